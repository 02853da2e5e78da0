// epoll_pwait(2): the mask holds for the wait alone; a handler ends it with EINTR, whatever SA_RESTART says; what is ready
// comes first.
// calls: epoll_pwait epoll_pwait2
#include "epoll.h"
#include <sys/syscall.h>

static volatile sig_atomic_t seen;
static void on_signal(int signal) { seen = signal; }

int main(void) {
    struct epoll_event e;
    int set = OK(epoll_create1(0)), fd = OK(eventfd(0, 0));
    ep_add(set, fd, EPOLLIN);
    h_on_signal(SIGUSR1, on_signal, SA_RESTART);
    sigset_t block, none, old;
    sigemptyset(&none);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    OK(sigprocmask(SIG_BLOCK, &block, NULL));
    OK(raise(SIGUSR1));
    CHECK_EQ(seen, 0);
    CHECK_EQ(epoll_pwait(set, &e, 1, 0, &block), 0);
    CHECK_EQ(seen, 0);
    CHECK_ERRNO(epoll_pwait(set, &e, 1, -1, &none), EINTR);
    CHECK_EQ(seen, SIGUSR1);
    OK(sigprocmask(SIG_BLOCK, NULL, &old));
    CHECK(sigismember(&old, SIGUSR1));
    seen = 0;
    OK(raise(SIGUSR1));
    struct timespec soon = {1, 0};
    CHECK_ERRNO(epoll_pwait2(set, &e, 1, &soon, &none), EINTR);
    CHECK_EQ(seen, SIGUSR1);
    CHECK_ERRNO(syscall(SYS_epoll_pwait, set, &e, 1, 0, &none, 4), EINVAL);
    CHECK_ERRNO(syscall(SYS_epoll_pwait, set, &e, 1, 0, h_bad, 8), EFAULT);
    ep_put(fd, 1);
    seen = 0;
    CHECK_EQ(epoll_pwait(set, &e, 1, -1, NULL), 1);
    // From another process, while it sleeps.
    CHECK_EQ(ep_take(fd), 1);
    OK(sigprocmask(SIG_UNBLOCK, &block, NULL));
    pid_t me = getpid(), child = h_fork();
    if (child == 0) {
        h_until_asleep(me, me);
        OK(kill(me, SIGUSR1));
        _exit(0);
    }
    CHECK_ERRNO(epoll_wait(set, &e, 1, -1), EINTR);
    CHECK_EQ(seen, SIGUSR1);
    h_join(child);
    return 0;
}
