// epoll(7), EPOLLET: each signal of the set that becomes pending is one event; level-triggered interests last until it is read.
// calls: signalfd4 epoll_ctl epoll_pwait
#include "epoll.h"
#include <sys/signalfd.h>

static int take(int fd) {
    struct signalfd_siginfo info;
    CHECK_EQ(read(fd, &info, sizeof info), sizeof info);
    return info.ssi_signo;
}

int main(void) {
    sigset_t set, other;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    other = set;
    sigaddset(&other, SIGUSR2);
    OK(sigprocmask(SIG_BLOCK, &other, NULL));
    int edge = OK(epoll_create1(0)), level = OK(epoll_create1(0)), fd = OK(signalfd(-1, &set, SFD_NONBLOCK));
    ep_add(edge, fd, EPOLLIN | EPOLLET);
    ep_add(level, fd, EPOLLIN);
    CHECK_EQ(ep_now(edge, fd), 0);
    CHECK_EQ(ep_now(level, fd), 0);
    for (int i = 0; i < 3; i++) {
        OK(kill(getpid(), SIGUSR1));
        CHECK_EQ(ep_now(edge, fd), EPOLLIN);
        CHECK_EQ(ep_now(edge, fd), 0);
        CHECK_EQ(ep_now(level, fd), EPOLLIN);
        CHECK_EQ(take(fd), SIGUSR1);
        CHECK_EQ(ep_now(edge, fd), 0);
        CHECK_EQ(ep_now(level, fd), 0);
    }
    // One more while one is pending: news. Read and sent again between two waits: news.
    OK(sigqueue(getpid(), SIGRTMIN, (union sigval){0}));
    CHECK_EQ(ep_now(edge, fd), EPOLLIN);
    OK(sigqueue(getpid(), SIGRTMIN, (union sigval){0}));
    CHECK_EQ(ep_now(edge, fd), EPOLLIN);
    CHECK_EQ(take(fd), SIGRTMIN);
    CHECK_EQ(take(fd), SIGRTMIN);
    OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(ep_now(edge, fd), EPOLLIN);
    CHECK_EQ(take(fd), SIGUSR1);
    // Not of the set.
    OK(kill(getpid(), SIGUSR2));
    CHECK_EQ(ep_now(edge, fd), 0);
    CHECK_EQ(ep_now(level, fd), 0);
    // A sleeper is woken.
    pid_t child = h_fork();
    if (child == 0) {
        int mine = OK(epoll_create1(0));
        struct epoll_event e;
        ep_add(mine, fd, EPOLLIN | EPOLLET);
        CHECK_EQ(epoll_wait(mine, &e, 1, -1), 1);
        CHECK_EQ(take(fd), SIGUSR1);
        _exit(0);
    }
    h_until_asleep(child, 0);
    OK(kill(child, SIGUSR1));
    h_join(child);
    OK(close(fd));
    OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(ep_now(level, fd), 0);
    return 0;
}
