// epoll_pwait2(2), epoll_wait(2): never before the time-out, in nanoseconds or milliseconds; bad times are refused.
// calls: epoll_pwait epoll_pwait2
#include "epoll.h"

int main(void) {
    struct epoll_event e;
    int set = OK(epoll_create1(0)), fd = OK(eventfd(0, 0));
    ep_add(set, fd, EPOLLIN);
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    CHECK_EQ(epoll_wait(set, &e, 1, 20), 0);
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 20000000);
    struct timespec wait = {0, 1500001}, bad = {0, 1000000000}, negative = {-1, 0}, zero = {0, 0};
    start = h_now_ns(CLOCK_MONOTONIC);
    CHECK_EQ(epoll_pwait2(set, &e, 1, &wait, NULL), 0);
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 1500001);
    CHECK_EQ(epoll_pwait2(set, &e, 1, &zero, NULL), 0);
    CHECK_ERRNO(epoll_pwait2(set, &e, 1, &bad, NULL), EINVAL);
    CHECK_ERRNO(epoll_pwait2(set, &e, 1, &negative, NULL), EINVAL);
    CHECK_ERRNO(epoll_pwait2(set, &e, 1, h_bad, NULL), EFAULT);
    ep_put(fd, 1);
    CHECK_EQ(epoll_pwait2(set, &e, 1, NULL, NULL), 1);
    CHECK_EQ(epoll_pwait2(set, &e, 1, &zero, NULL), 1);
    return 0;
}
