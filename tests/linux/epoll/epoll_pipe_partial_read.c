// epoll(7): a pipe with bytes left stays ready, level-triggered; with EPOLLET it is quiet until the next write.
// calls: epoll_create1 epoll_ctl epoll_pwait
#include "epoll.h"

int main(void) {
    int ends[2], level = OK(epoll_create1(EPOLL_CLOEXEC)), edge = OK(epoll_create1(0));
    CHECK_EQ(fcntl(level, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(edge, F_GETFD), 0);
    CHECK_ERRNO(epoll_create1(1), EINVAL);
    OK(pipe(ends));
    ep_add(level, ends[0], EPOLLIN);
    ep_add(edge, ends[0], EPOLLIN | EPOLLET);
    CHECK_EQ(ep_now(level, ends[0]), 0);
    char bytes[8];
    CHECK_EQ(write(ends[1], "abc", 3), 3);
    for (int left = 3; left > 0; left--) {
        CHECK_EQ(ep_now(level, ends[0]), EPOLLIN);
        CHECK_EQ(ep_now(edge, ends[0]), left == 3 ? EPOLLIN : 0);
        CHECK_EQ(read(ends[0], bytes, 1), 1);
    }
    CHECK_EQ(ep_now(level, ends[0]), 0);
    CHECK_EQ(write(ends[1], "de", 2), 2);
    CHECK_EQ(read(ends[0], bytes, 1), 1);
    CHECK_EQ(ep_now(edge, ends[0]), EPOLLIN);
    CHECK_EQ(ep_now(edge, ends[0]), 0);
    CHECK_EQ(ep_now(level, ends[0]), EPOLLIN);
    CHECK_EQ(read(ends[0], bytes, 8), 1);
    CHECK_EQ(ep_now(level, ends[0]), 0);
    return 0;
}
