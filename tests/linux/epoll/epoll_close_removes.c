// epoll(7): an interest goes with the last descriptor of the open description, not with the number; a number that is used
// again has nothing to do with it, and peers see the end of a pipe that only a set still knew.
// calls: epoll_ctl epoll_pwait
#include "epoll.h"

int main(void) {
    int set = OK(epoll_create1(0)), fd = OK(eventfd(1, 0)), ends[2];
    char byte;
    ep_add(set, fd, EPOLLIN);
    int copy = OK(dup(fd));
    OK(close(fd));
    CHECK_EQ(ep_now(set, fd), EPOLLIN); // the description lives on
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_DEL, fd, 0), EBADF);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_DEL, copy, 0), ENOENT);
    // The number again, for something else: both are interests of one set.
    CHECK_EQ(eventfd(0, 0), fd);
    ep_add(set, fd, EPOLLIN);
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    OK(close(copy));
    CHECK_EQ(ep_now(set, fd), 0);
    ep_put(fd, 1);
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    OK(close(fd));
    CHECK_EQ(ep_now(set, fd), 0);

    OK(pipe(ends));
    ep_add(set, ends[1], EPOLLOUT);
    ep_add(set, ends[0], EPOLLIN | EPOLLET);
    OK(close(ends[1]));
    CHECK_EQ(read(ends[0], &byte, 1), 0);
    CHECK_EQ(ep_now(set, ends[0]), EPOLLHUP);
    OK(close(ends[0]));
    CHECK_EQ(ep_now(set, -1), 0);

    // A child's descriptor counts too.
    OK(pipe(ends));
    int ready[2];
    OK(pipe(ready));
    ep_add(set, ends[0], EPOLLIN);
    pid_t child = h_fork();
    if (child == 0) {
        OK(close(ends[1]));
        h_await(ready[0]);
        _exit(0);
    }
    OK(close(ends[0]));
    CHECK_EQ(write(ends[1], "x", 1), 1);
    CHECK_EQ(ep_now(set, ends[0]), EPOLLIN);
    h_signal(ready[1]);
    h_join(child);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
    // Many sets watch one description.
    for (int i = 0; i < 50; i++) ep_add(OK(epoll_create1(0)), ends[1], EPOLLOUT);
    OK(close(ends[1]));
    return 0;
}
