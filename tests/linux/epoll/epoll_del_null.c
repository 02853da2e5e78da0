// epoll_ctl(2): EPOLL_CTL_DEL does not look at the event; ADD and MOD need one, and say EFAULT before anything else.
// calls: epoll_ctl
#include "epoll.h"

int main(void) {
    int set = OK(epoll_create1(0)), fd = OK(eventfd(1, 0));
    ep_add(set, fd, EPOLLIN);
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    OK(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL));
    CHECK_EQ(ep_now(set, fd), 0);
    CHECK_ERRNO(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL), ENOENT);
    ep_add(set, fd, EPOLLIN);
    OK(epoll_ctl(set, EPOLL_CTL_DEL, fd, h_bad));
    CHECK_ERRNO(epoll_ctl(set, EPOLL_CTL_ADD, fd, NULL), EFAULT);
    CHECK_ERRNO(epoll_ctl(set, EPOLL_CTL_MOD, fd, h_bad), EFAULT);
    CHECK_ERRNO(epoll_ctl(-1, EPOLL_CTL_ADD, -1, NULL), EFAULT);
    CHECK_ERRNO(epoll_ctl(-1, EPOLL_CTL_DEL, fd, NULL), EBADF);
    return 0;
}
