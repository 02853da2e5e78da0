// epoll(7), EPOLLET: readable, emptied and readable again between two waits is news, not the same state as before.
// calls: epoll_pwait
#include "epoll.h"

int main(void) {
    int set = OK(epoll_create1(0)), fd = OK(eventfd(0, 0)), ends[2];
    char byte;
    OK(pipe(ends));
    ep_add(set, fd, EPOLLIN | EPOLLET);
    ep_put(fd, 1);
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    CHECK_EQ(ep_take(fd), 1);
    ep_put(fd, 1);
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    CHECK_EQ(ep_now(set, fd), 0);
    // Readable and emptied: nothing to report.
    CHECK_EQ(ep_take(fd), 1);
    ep_put(fd, 1);
    CHECK_EQ(ep_take(fd), 1);
    CHECK_EQ(ep_now(set, fd), 0);
    ep_add(set, ends[0], EPOLLIN | EPOLLET);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(write(ends[1], "x", 1), 1);
        if (i > 0) CHECK_EQ(read(ends[0], &byte, 1), 1);
        if (i > 0) CHECK_EQ(write(ends[1], "y", 1), 1);
        CHECK_EQ(ep_now(set, ends[0]), EPOLLIN);
        CHECK_EQ(ep_now(set, ends[0]), 0);
    }
    return 0;
}
