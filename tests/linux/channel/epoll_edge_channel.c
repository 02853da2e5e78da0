// epoll(7), EPOLLET on a channel: each message is news, receiving is none, the peer's close is; one sent and received between
// two waits is not reported.
// calls: chan_create chan_send chan_recv epoll_ctl epoll_pwait
// only: rvos
#include "../channel.h"
#include <sys/epoll.h>

static uint32_t now(int set) {
    struct epoll_event e = {0};
    return OK(epoll_wait(set, &e, 1, 0)) == 1 ? e.events : 0;
}

int main(void) {
    int ends[2], set = OK(epoll_create1(0)), level = OK(epoll_create1(0));
    char bytes[8];
    ch_pair(ends);
    struct epoll_event e = {.events = EPOLLIN | EPOLLET};
    OK(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &e));
    e.events = EPOLLIN;
    OK(epoll_ctl(level, EPOLL_CTL_ADD, ends[0], &e));
    CHECK_EQ(now(set), 0);
    for (int i = 0; i < 3; i++) {
        OK(ch_send(ends[1], "a", 1, NULL, 0, 0));
        CHECK_EQ(now(set), EPOLLIN);
        CHECK_EQ(now(set), 0);
        CHECK_EQ(now(level), EPOLLIN);
    }
    OK(ch_recv(ends[0], bytes, 8, NULL, 0, 0, NULL));
    CHECK_EQ(now(set), 0);
    OK(ch_recv(ends[0], bytes, 8, NULL, 0, 0, NULL));
    OK(ch_recv(ends[0], bytes, 8, NULL, 0, 0, NULL));
    CHECK_EQ(now(level), 0);
    OK(ch_send(ends[1], "b", 1, NULL, 0, 0));
    OK(ch_recv(ends[0], bytes, 8, NULL, 0, 0, NULL));
    CHECK_EQ(now(set), 0);
    OK(close(ends[1]));
    CHECK((now(set) & EPOLLHUP) != 0);
    CHECK_EQ(now(set), 0);
    CHECK((now(level) & EPOLLHUP) != 0);
    return 0;
}
