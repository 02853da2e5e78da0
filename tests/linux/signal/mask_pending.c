// sigprocmask(2), sigpending(2): blocked signals stay pending, once each, and come on unblocking; KILL and STOP cannot be blocked; EINVAL.
// calls: rt_sigprocmask rt_sigpending kill
#include "../harness.h"

static volatile sig_atomic_t count;
static void on_signal(int signal) { (void)signal; count++; }

int main(void) {
    sigset_t set, old;
    h_on_signal(SIGUSR1, on_signal, 0);
    sigfillset(&set);
    OK(sigprocmask(SIG_SETMASK, &set, NULL));
    OK(sigprocmask(SIG_BLOCK, NULL, &old));
    CHECK(sigismember(&old, SIGUSR1) && !sigismember(&old, SIGKILL) && !sigismember(&old, SIGSTOP));
    for (int i = 0; i < 3; i++) OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(count, 0);
    OK(sigpending(&old));
    CHECK(sigismember(&old, SIGUSR1) && !sigismember(&old, SIGUSR2));
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
    CHECK_EQ(count, 1); // standard signals do not queue
    OK(sigpending(&old));
    CHECK(!sigismember(&old, SIGUSR1));
    OK(sigprocmask(SIG_BLOCK, &set, NULL));
    OK(kill(getpid(), SIGUSR1));
    signal(SIGUSR1, SIG_IGN); // ignoring discards what is pending
    OK(sigpending(&old));
    CHECK(!sigismember(&old, SIGUSR1));
    CHECK_ERRNO(syscall(SYS_rt_sigprocmask, 77, &set, NULL, 8), EINVAL);
    CHECK_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 4), EINVAL);
    CHECK_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, h_bad, NULL, 8), EFAULT);
    CHECK_ERRNO(syscall(SYS_rt_sigpending, &set, 16), EINVAL);
    return 0;
}
