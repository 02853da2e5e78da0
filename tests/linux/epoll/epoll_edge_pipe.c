// epoll(7), EPOLLET: each write to a pipe is news for the reading end, reading is none; the writing end hears of room after a
// full pipe was read, and both of the peer's end.
// calls: epoll_ctl epoll_pwait
#include "epoll.h"

int main(void) {
    int ends[2], set = OK(epoll_create1(0)), out = OK(epoll_create1(0));
    OK(pipe2(ends, O_NONBLOCK));
    static char bytes[65536];
    ep_add(set, ends[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    ep_add(out, ends[1], EPOLLOUT | EPOLLET);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    CHECK_EQ(ep_now(out, ends[1]), EPOLLOUT);
    CHECK_EQ(ep_now(out, ends[1]), 0);
    CHECK_EQ(write(ends[1], "ab", 2), 2);
    CHECK_EQ(ep_now(set, ends[0]), EPOLLIN);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    CHECK_EQ(read(ends[0], bytes, 1), 1);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    CHECK_EQ(write(ends[1], "c", 1), 1); // not empty before: news all the same
    CHECK_EQ(ep_now(set, ends[0]), EPOLLIN);
    CHECK_EQ(read(ends[0], bytes, 8), 2);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    CHECK_EQ(ep_now(out, ends[1]), 0);
    CHECK_EQ(write(ends[1], bytes, 65536), 65536);
    CHECK_EQ(ep_now(out, ends[1]), 0);
    CHECK_EQ(read(ends[0], bytes, 4096), 4096);
    CHECK_EQ(ep_now(out, ends[1]), EPOLLOUT);
    CHECK_EQ(ep_now(out, ends[1]), 0);
    CHECK_EQ(ep_now(set, ends[0]), EPOLLIN);
    // A change of the interest looks at once, whatever was reported.
    OK(ep_ctl(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET));
    CHECK_EQ(ep_now(set, ends[0]), EPOLLIN);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    OK(close(ends[1]));
    CHECK_EQ(ep_now(set, ends[0]), EPOLLIN | EPOLLHUP);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    CHECK_EQ(read(ends[0], bytes, 65536), 61440);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    OK(pipe2(ends, O_NONBLOCK)); // takes the number of the writing end that was closed, whose interest is gone
    int number = ends[0] == 4 ? ends[0] : ends[1];
    (void)number;
    ep_add(out, ends[1], EPOLLOUT | EPOLLET);
    CHECK_EQ(ep_now(out, ends[1]), EPOLLOUT);
    OK(close(ends[0]));
    CHECK_EQ(ep_now(out, ends[1]), EPOLLOUT | EPOLLERR);
    CHECK_EQ(ep_now(out, ends[1]), 0);
    return 0;
}
