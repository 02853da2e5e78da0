// epoll(7), EPOLLET: a FIFO as a pipe, also opened for both directions.
// calls: epoll_ctl epoll_pwait
#include "epoll.h"

int main(void) {
    int set = OK(epoll_create1(0)), both_set = OK(epoll_create1(0));
    char bytes[8];
    h_scratch();
    OK(mkfifo("fifo", 0600));
    int in = OK(open("fifo", O_RDONLY | O_NONBLOCK));
    ep_add(set, in, EPOLLIN | EPOLLET);
    CHECK_EQ(ep_now(set, in), 0);
    int out = OK(open("fifo", O_WRONLY | O_NONBLOCK));
    CHECK_EQ(write(out, "abc", 3), 3);
    CHECK_EQ(ep_now(set, in), EPOLLIN);
    CHECK_EQ(read(in, bytes, 1), 1);
    CHECK_EQ(ep_now(set, in), 0);
    OK(close(out));
    CHECK_EQ(ep_now(set, in), EPOLLIN | EPOLLHUP);
    CHECK_EQ(ep_now(set, in), 0);
    CHECK_EQ(read(in, bytes, 8), 2);
    int both = OK(open("fifo", O_RDWR | O_NONBLOCK));
    ep_add(both_set, both, EPOLLIN | EPOLLOUT | EPOLLET);
    CHECK_EQ(ep_now(both_set, both), EPOLLOUT);
    CHECK_EQ(ep_now(both_set, both), 0);
    CHECK_EQ(write(both, "x", 1), 1);
    CHECK_EQ(ep_now(both_set, both), EPOLLIN | EPOLLOUT);
    CHECK_EQ(ep_now(both_set, both), 0);
    return 0;
}
