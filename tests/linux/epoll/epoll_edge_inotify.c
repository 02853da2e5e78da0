// epoll(7), EPOLLET on inotify(7): each event is news, reading is none.
// calls: epoll_ctl epoll_pwait inotify_add_watch
#include "epoll.h"
#include <sys/inotify.h>

int main(void) {
    char events[4096];
    h_scratch();
    int set = OK(epoll_create1(0)), fd = OK(inotify_init1(IN_NONBLOCK));
    OK(inotify_add_watch(fd, ".", IN_CREATE));
    ep_add(set, fd, EPOLLIN | EPOLLET);
    CHECK_EQ(ep_now(set, fd), 0);
    for (int i = 0; i < 4; i++) {
        char name[2] = {(char)('a' + i), 0};
        OK(close(OK(open(name, O_CREAT | O_WRONLY, 0600))));
        CHECK_EQ(ep_now(set, fd), EPOLLIN);
        CHECK_EQ(ep_now(set, fd), 0);
        if (i == 2) CHECK(read(fd, events, sizeof events) > 0);
        CHECK_EQ(ep_now(set, fd), 0);
    }
    return 0;
}
