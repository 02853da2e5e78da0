// sigtimedwait(2): takes a pending signal with its siginfo, EAGAIN at the time-out, EINTR by another handled signal, EINVAL.
// calls: rt_sigtimedwait
#include "../harness.h"

static volatile sig_atomic_t seen;
static void handler(int signal) { seen = signal; }

int main(void) {
    sigset_t set;
    siginfo_t info;
    struct timespec none = {0, 0}, some = {0, 20000000}, bad = {0, -1};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    OK(sigprocmask(SIG_BLOCK, &set, NULL));
    CHECK_ERRNO(sigtimedwait(&set, &info, &none), EAGAIN);
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    CHECK_ERRNO(sigtimedwait(&set, &info, &some), EAGAIN);
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 20000000);
    OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1234}));
    CHECK_EQ(sigtimedwait(&set, &info, NULL), SIGRTMIN);
    CHECK_EQ(info.si_value.sival_int, 1234);
    CHECK_EQ(info.si_code, SI_QUEUE);
    pid_t parent = getpid(), child = h_fork();
    if (child == 0) {
        h_until_asleep(parent, 0);
        _exit(kill(parent, SIGUSR1));
    }
    CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    CHECK_EQ(info.si_pid, child);
    h_join(child);
    h_on_signal(SIGUSR2, handler, SA_RESTART);
    child = h_fork();
    if (child == 0) {
        h_until_asleep(parent, 0);
        _exit(kill(parent, SIGUSR2));
    }
    CHECK_ERRNO(sigwaitinfo(&set, &info), EINTR);
    CHECK_EQ(seen, SIGUSR2);
    h_join(child);
    CHECK_ERRNO(sigtimedwait(&set, &info, &bad), EINVAL);
    CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, &set, &info, &none, 4), EINVAL);
    return 0;
}
