// epoll(7), EPOLLET: each write to an event counter is news for readers, each read for writers.
// calls: eventfd2 epoll_ctl epoll_pwait
#include "epoll.h"

int main(void) {
    int in = OK(epoll_create1(0)), out = OK(epoll_create1(0)), both = OK(epoll_create1(0)), fd = OK(eventfd(0, EFD_NONBLOCK));
    ep_add(in, fd, EPOLLIN | EPOLLET);
    ep_add(out, fd, EPOLLOUT | EPOLLET);
    ep_add(both, fd, EPOLLIN | EPOLLOUT | EPOLLET);
    CHECK_EQ(ep_now(in, fd), 0);
    CHECK_EQ(ep_now(out, fd), EPOLLOUT);
    CHECK_EQ(ep_now(both, fd), EPOLLOUT);
    for (int i = 0; i < 3; i++) {
        ep_put(fd, 1); // also when it is not zero: news
        CHECK_EQ(ep_now(in, fd), EPOLLIN);
        CHECK_EQ(ep_now(in, fd), 0);
        CHECK_EQ(ep_now(out, fd), 0);
        CHECK_EQ(ep_now(both, fd), EPOLLIN | EPOLLOUT);
        CHECK_EQ(ep_now(both, fd), 0);
    }
    CHECK_EQ(ep_take(fd), 3);
    CHECK_EQ(ep_now(in, fd), 0);
    CHECK_EQ(ep_now(out, fd), EPOLLOUT);
    CHECK_EQ(ep_now(out, fd), 0);
    CHECK_EQ(ep_now(both, fd), EPOLLOUT);
    CHECK_EQ(ep_now(both, fd), 0);
    ep_put(fd, UINT64_MAX - 1);
    CHECK_EQ(ep_now(out, fd), 0);
    CHECK_EQ(ep_now(both, fd), EPOLLIN);
    return 0;
}
