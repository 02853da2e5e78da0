// epoll(7), EPOLLET on signalfd(2): each signal that it takes is news; one that it does not is none.
// calls: epoll_ctl epoll_pwait signalfd4
#include "epoll.h"
#include <sys/signalfd.h>

int main(void) {
    sigset_t mask, both;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    both = mask;
    sigaddset(&both, SIGUSR2);
    OK(sigprocmask(SIG_BLOCK, &both, NULL));
    int set = OK(epoll_create1(0)), fd = OK(signalfd(-1, &mask, SFD_NONBLOCK));
    struct signalfd_siginfo info;
    ep_add(set, fd, EPOLLIN | EPOLLET);
    CHECK_EQ(ep_now(set, fd), 0);
    for (int i = 0; i < 3; i++) {
        OK(kill(getpid(), SIGUSR1));
        CHECK_EQ(ep_now(set, fd), EPOLLIN);
        CHECK_EQ(ep_now(set, fd), 0);
        CHECK_EQ(read(fd, &info, sizeof info), (ssize_t)sizeof info);
        CHECK_EQ(ep_now(set, fd), 0);
    }
    OK(raise(SIGUSR2));
    CHECK_EQ(ep_now(set, fd), 0);
    OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(read(fd, &info, sizeof info), (ssize_t)sizeof info);
    OK(kill(getpid(), SIGUSR1)); // taken and there again between two waits
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    CHECK_EQ(ep_now(set, fd), 0);
    return 0;
}
