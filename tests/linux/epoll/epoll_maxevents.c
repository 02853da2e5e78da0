// epoll_wait(2): the number of events and the place for them are checked; a short array takes turns.
// calls: epoll_pwait
#include "epoll.h"

int main(void) {
    struct epoll_event e[8];
    int huge = INT_MAX, none = -1;
    __asm__("" : "+r"(huge), "+r"(none)); // the compiler would warn of what is tested
    int set = OK(epoll_create1(0)), fd[5];
    CHECK_ERRNO(epoll_wait(set, e, 0, 0), EINVAL);
    CHECK_ERRNO(epoll_wait(set, e, none, 0), EINVAL);
    CHECK_ERRNO(epoll_wait(set, e, huge, 0), EINVAL);
    CHECK_ERRNO(epoll_wait(set, e, huge / 16 + 1, 0), EINVAL);
    CHECK_ERRNO(epoll_wait(-1, e, 0, 0), EINVAL);
    CHECK_ERRNO(epoll_wait(-1, e, 1, 0), EBADF);
    CHECK_ERRNO(epoll_wait(-1, (void *)-16L, 1, 0), EFAULT);
    CHECK_ERRNO(epoll_wait(0, e, 1, 0), EINVAL);
    // Nothing to report: a place that cannot be written does no harm.
    CHECK_EQ(epoll_wait(set, h_bad, 8, 0), 0);
    for (int i = 0; i < 5; i++) {
        fd[i] = OK(eventfd(1, 0));
        ep_add(set, fd[i], EPOLLIN);
    }
    CHECK_EQ(sizeof(struct epoll_event), 16);
    CHECK_EQ(offsetof(struct epoll_event, data), 8);
    int seen[5] = {0};
    for (int turn = 0; turn < 5; turn++) {
        CHECK_EQ(epoll_wait(set, e, 2, -1), 2);
        CHECK(e[0].data.fd != e[1].data.fd);
        for (int i = 0; i < 2; i++) {
            CHECK_EQ(e[i].events, EPOLLIN);
            seen[e[i].data.fd - fd[0]]++;
        }
    }
    for (int i = 0; i < 5; i++) CHECK_EQ(seen[i], 2);
    CHECK_EQ(epoll_wait(set, e, 8, -1), 5);
    return 0;
}
