// epoll(7): 100,000 interests in one set; those that are quiet cost nothing, and all go with the set or their descriptors.
// calls: epoll_ctl epoll_pwait
#include "epoll.h"
#include <sys/resource.h>

enum { COUNT = 100, EACH = 1000 };

int main(void) {
    struct rlimit many = {COUNT * EACH + 200, COUNT * EACH + 200};
    OK(setrlimit(RLIMIT_NOFILE, &many));
    int set = OK(epoll_create1(0)), own = OK(eventfd(0, 0)), first[COUNT];
    for (int i = 0; i < COUNT; i++) {
        first[i] = OK(eventfd(0, 0));
        for (int j = 0, fd = first[i]; j < EACH; j++, fd = OK(dup(first[i]))) ep_add(set, fd, EPOLLIN);
    }
    ep_add(set, own, EPOLLIN);
    struct epoll_event e[8];
    CHECK_EQ(epoll_wait(set, e, 8, 0), 0);
    for (int i = 0; i < 1000; i++) {
        ep_put(own, 1);
        CHECK_EQ(ep_now(set, own), EPOLLIN);
        CHECK_EQ(ep_take(own), 1);
    }
    ep_put(first[7], 1);
    static struct epoll_event all[EACH + 8];
    CHECK_EQ(epoll_wait(set, all, EACH + 8, 0), EACH);
    CHECK_EQ(ep_take(first[7]), 1);
    CHECK_EQ(epoll_wait(set, e, 8, 0), 0);
    OK(close_range(first[0], COUNT * EACH / 2, 0));
    ep_put(own, 1);
    CHECK_EQ(ep_now(set, own), EPOLLIN);
    return 0; // the rest goes with the process
}
