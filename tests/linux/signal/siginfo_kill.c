// sigaction(2), siginfo_t: kill gives SI_USER, tgkill SI_TKILL, sigqueue SI_QUEUE with its value, each with pid and uid of the sender.
// calls: kill tgkill rt_sigqueueinfo rt_sigaction
#include "../harness.h"

static siginfo_t got;
static void handler(int signal, siginfo_t *info, void *context) { (void)signal, (void)context; got = *info; }

static void expect(int code, pid_t pid) {
    CHECK_EQ(got.si_signo, SIGUSR1);
    CHECK_EQ(got.si_code, code);
    CHECK_EQ(got.si_errno, 0);
    CHECK_EQ(got.si_pid, pid);
    CHECK_EQ(got.si_uid, 0);
    memset(&got, 0xff, sizeof got);
}

int main(void) {
    pid_t self = getpid();
    h_on_siginfo(SIGUSR1, handler, 0);
    OK(kill(self, SIGUSR1));
    expect(SI_USER, self);
    OK(syscall(SYS_tgkill, self, self, SIGUSR1));
    expect(SI_TKILL, self);
    OK(sigqueue(self, SIGUSR1, (union sigval){.sival_ptr = (void *)0x123456789abcdef0}));
    CHECK(got.si_value.sival_ptr == (void *)0x123456789abcdef0);
    expect(SI_QUEUE, self);
    pid_t child = h_fork();
    if (child == 0) _exit(kill(self, SIGUSR1));
    h_join(child);
    expect(SI_USER, child);
    siginfo_t forged = {.si_signo = SIGUSR1, .si_code = SI_USER};
    child = h_fork();
    if (child == 0) {
        CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, self, SIGUSR1, &forged), EPERM); // only the kernel says SI_USER
        _exit(0);
    }
    h_join(child);
    CHECK_ERRNO(sigqueue(self, 70, (union sigval){0}), EINVAL);
    CHECK_ERRNO(sigqueue(1 << 30, SIGUSR1, (union sigval){0}), ESRCH);
    CHECK_ERRNO(syscall(SYS_tgkill, self, 1 << 30, SIGUSR1), ESRCH);
    CHECK_ERRNO(syscall(SYS_tgkill, 1, self, SIGUSR1), ESRCH);
    CHECK_ERRNO(syscall(SYS_tgkill, self, -1, SIGUSR1), EINVAL);
    return 0;
}
