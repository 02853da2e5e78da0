// epoll(7), EPOLLET: a process's end is one event at its descriptor.
// calls: pidfd_open epoll_ctl epoll_pwait
#include "epoll.h"

int main(void) {
    int edge = OK(epoll_create1(0)), level = OK(epoll_create1(0)), go[2];
    OK(pipe(go));
    pid_t child = h_fork();
    if (child == 0) {
        h_await(go[0]);
        _exit(0);
    }
    int fd = OK(syscall(SYS_pidfd_open, child, 0));
    ep_add(edge, fd, EPOLLIN | EPOLLET);
    ep_add(level, fd, EPOLLIN);
    CHECK_EQ(ep_now(edge, fd), 0);
    CHECK_EQ(ep_now(level, fd), 0);
    h_signal(go[1]);
    struct epoll_event e;
    CHECK_EQ(epoll_wait(edge, &e, 1, -1), 1);
    CHECK_EQ(e.events, EPOLLIN);
    CHECK_EQ(e.data.u64, (uint64_t)fd);
    CHECK_EQ(ep_now(edge, fd), 0);
    CHECK_EQ(epoll_wait(level, &e, 1, -1), 1); // sets are told one after the other
    h_join(child);
    CHECK_EQ(ep_now(level, fd) & EPOLLIN, EPOLLIN);
    OK(close(fd));
    CHECK_EQ(ep_now(level, fd), 0);
    // One that has ended already is there at once.
    child = h_fork();
    if (child == 0) _exit(0);
    siginfo_t info;
    OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    fd = OK(syscall(SYS_pidfd_open, child, 0));
    ep_add(edge, fd, EPOLLIN | EPOLLET);
    CHECK_EQ(ep_now(edge, fd), EPOLLIN);
    CHECK_EQ(ep_now(edge, fd), 0);
    h_join(child);
    return 0;
}
