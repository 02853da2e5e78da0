// epoll_ctl(2): sets in sets end somewhere (ELOOP), are at most five deep (ELOOP), and not too many ways lead to one (EINVAL).
// calls: epoll_ctl
#include "epoll.h"

static int fresh(void) { return OK(epoll_create1(0)); }

int main(void) {
    int up[6], down[6], a = fresh(), b = fresh(), c = fresh(), ends[2];
    OK(pipe(ends));
    CHECK_ERRNO(ep_ctl(a, EPOLL_CTL_ADD, a, EPOLLIN), EINVAL);
    ep_add(a, b, EPOLLIN);
    CHECK_ERRNO(ep_ctl(b, EPOLL_CTL_ADD, a, EPOLLIN), ELOOP);
    ep_add(b, c, EPOLLIN);
    CHECK_ERRNO(ep_ctl(c, EPOLL_CTL_ADD, a, EPOLLIN), ELOOP);
    CHECK_ERRNO(ep_ctl(c, EPOLL_CTL_ADD, OK(dup(b)), EPOLLIN), ELOOP);
    OK(ep_ctl(a, EPOLL_CTL_DEL, b, 0));
    ep_add(c, a, EPOLLIN);
    for (int i = 0; i < 6; i++) up[i] = fresh(), down[i] = fresh();
    ep_add(up[0], ends[0], EPOLLIN);
    for (int i = 1; i < 5; i++) ep_add(up[i], up[i - 1], EPOLLIN);
    CHECK_ERRNO(ep_ctl(up[5], EPOLL_CTL_ADD, up[4], EPOLLIN), ELOOP);
    for (int i = 1; i < 5; i++) ep_add(down[i - 1], down[i], EPOLLIN);
    CHECK_ERRNO(ep_ctl(down[4], EPOLL_CTL_ADD, down[5], EPOLLIN), ELOOP);
    CHECK_ERRNO(ep_ctl(down[4], EPOLL_CTL_ADD, up[4], EPOLLIN), ELOOP);
    // News comes through all of it, and the closing of one in the middle ends that.
    CHECK_EQ(write(ends[1], "x", 1), 1);
    CHECK_EQ(ep_now(up[4], up[3]), EPOLLIN);
    OK(close(up[2]));
    CHECK_EQ(ep_now(up[4], up[3]), 0);
    CHECK_EQ(ep_now(up[1], up[0]), EPOLLIN);
    // Ways of length 1.
    int fd = OK(eventfd(0, 0)), inner = fresh();
    ep_add(inner, fd, EPOLLIN);
    for (int i = 0; i < 500; i++) ep_add(fresh(), inner, EPOLLIN);
    CHECK_ERRNO(ep_ctl(fresh(), EPOLL_CTL_ADD, inner, EPOLLIN), EINVAL);
    return 0;
}
