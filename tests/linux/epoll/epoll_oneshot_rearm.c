// epoll_ctl(2), EPOLLONESHOT: one report, then nothing, errors included, until EPOLL_CTL_MOD, which looks at once.
// calls: epoll_ctl epoll_pwait
#include "epoll.h"

int main(void) {
    int set = OK(epoll_create1(0)), fd = OK(eventfd(0, 0)), ends[2];
    ep_add(set, fd, EPOLLIN | EPOLLONESHOT);
    ep_put(fd, 1);
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    CHECK_EQ(ep_now(set, fd), 0);
    ep_put(fd, 1);
    CHECK_EQ(ep_now(set, fd), 0);
    OK(ep_ctl(set, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT));
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    CHECK_EQ(ep_now(set, fd), 0);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_ADD, fd, EPOLLIN), EEXIST);
    // Armed again without being ready: the next news.
    CHECK_EQ(ep_take(fd), 2);
    OK(ep_ctl(set, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT | EPOLLET));
    CHECK_EQ(ep_now(set, fd), 0);
    ep_put(fd, 1);
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    ep_put(fd, 1);
    CHECK_EQ(ep_now(set, fd), 0);
    // It keeps EPOLLET when it is armed.
    OK(ep_ctl(set, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLET));
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    CHECK_EQ(ep_now(set, fd), 0);
    OK(close(fd));
    OK(pipe(ends));
    ep_add(set, ends[0], EPOLLIN | EPOLLONESHOT);
    CHECK_EQ(write(ends[1], "x", 1), 1);
    CHECK_EQ(ep_now(set, ends[0]), EPOLLIN);
    OK(close(ends[1]));
    CHECK_EQ(ep_now(set, ends[0]), 0);
    OK(ep_ctl(set, EPOLL_CTL_MOD, ends[0], EPOLLONESHOT));
    CHECK_EQ(ep_now(set, ends[0]), EPOLLHUP);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    return 0;
}
