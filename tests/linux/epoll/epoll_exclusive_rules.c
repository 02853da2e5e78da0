// epoll_ctl(2), EPOLLEXCLUSIVE: only with EPOLL_CTL_ADD, not for a set, not with EPOLLONESHOT or other events than in, out,
// error and hang-up.
// calls: epoll_ctl
#include "epoll.h"

int main(void) {
    int set = OK(epoll_create1(0)), other = OK(epoll_create1(0)), fd = OK(eventfd(1, 0));
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_ADD, other, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT), EINVAL);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLPRI), EINVAL);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLRDHUP), EINVAL);
    ep_add(set, fd, EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET | EPOLLWAKEUP | EPOLLEXCLUSIVE);
    CHECK_EQ(ep_now(set, fd), EPOLLIN | EPOLLOUT);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_MOD, fd, EPOLLIN), EINVAL);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
    OK(ep_ctl(set, EPOLL_CTL_DEL, fd, 0));
    ep_add(set, fd, EPOLLIN);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
    OK(ep_ctl(set, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLWAKEUP));
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    return 0;
}
