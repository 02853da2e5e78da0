// sigsuspend(2): waits with another mask, always EINTR, then the old mask is back; the handler sees the mask of the wait.
// calls: rt_sigsuspend rt_sigprocmask
#include "../harness.h"

static volatile sig_atomic_t seen, blocked_inside;
static void handler(int signal) {
    sigset_t now;
    seen = signal;
    sigprocmask(SIG_BLOCK, NULL, &now);
    blocked_inside = sigismember(&now, SIGHUP) && !sigismember(&now, SIGTERM);
}

int main(void) {
    sigset_t block, wait, now;
    h_on_signal(SIGUSR1, handler, SA_RESTART);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigaddset(&block, SIGTERM);
    OK(sigprocmask(SIG_BLOCK, &block, NULL));
    sigemptyset(&wait);
    sigaddset(&wait, SIGHUP);
    pid_t parent = getpid(), child = h_fork();
    if (child == 0) {
        h_until_asleep(parent, 0);
        _exit(kill(parent, SIGUSR1));
    }
    CHECK_ERRNO(sigsuspend(&wait), EINTR);
    CHECK_EQ(seen, SIGUSR1);
    CHECK(blocked_inside);
    OK(sigprocmask(SIG_BLOCK, NULL, &now));
    CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGTERM) && !sigismember(&now, SIGHUP));
    h_join(child);
    seen = 0;
    OK(raise(SIGUSR1)); // already pending
    CHECK_ERRNO(sigsuspend(&wait), EINTR);
    CHECK_EQ(seen, SIGUSR1);
    CHECK_ERRNO(syscall(SYS_rt_sigsuspend, &wait, 4), EINVAL);
    CHECK_ERRNO(syscall(SYS_rt_sigsuspend, h_bad, 8), EFAULT);
    return 0;
}
