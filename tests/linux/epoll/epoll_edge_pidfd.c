// epoll(7) on pidfd_open(2): the end of the process is news once with EPOLLET, and a state without.
// calls: epoll_ctl epoll_pwait pidfd_open
#include "epoll.h"

int main(void) {
    int go[2], edge = OK(epoll_create1(0)), level = OK(epoll_create1(0));
    OK(pipe(go));
    pid_t child = h_fork();
    if (child == 0) {
        h_await(go[0]);
        _exit(0);
    }
    int fd = OK((int)syscall(SYS_pidfd_open, child, 0));
    ep_add(edge, fd, EPOLLIN | EPOLLET);
    ep_add(level, fd, EPOLLIN);
    CHECK_EQ(ep_now(edge, fd), 0);
    h_signal(go[1]);
    struct epoll_event e;
    CHECK_EQ(epoll_wait(level, &e, 1, -1), 1);
    CHECK_EQ(e.events, EPOLLIN);
    CHECK_EQ(ep_now(edge, fd), EPOLLIN);
    CHECK_EQ(ep_now(edge, fd), 0);
    CHECK_EQ(ep_now(level, fd), EPOLLIN);
    h_join(child);
    return 0;
}
