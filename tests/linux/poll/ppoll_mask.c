// ppoll(2): the mask holds during the call alone, so that a pending blocked signal interrupts it at once; the old mask comes back.
// calls: ppoll rt_sigprocmask
#include "../harness.h"

static volatile sig_atomic_t seen;
static void on_signal(int signal) { seen = signal; }

int main(void) {
    sigset_t block, none, now;
    sigemptyset(&none);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    OK(sigprocmask(SIG_BLOCK, &block, NULL));
    h_on_signal(SIGUSR1, on_signal, 0);
    OK(raise(SIGUSR1));
    CHECK_EQ(seen, 0);
    CHECK_EQ(ppoll(NULL, 0, &(struct timespec){0, 0}, NULL), 0);
    CHECK_EQ(seen, 0);
    CHECK_ERRNO(ppoll(NULL, 0, NULL, &none), EINTR);
    CHECK_EQ(seen, SIGUSR1);
    OK(sigprocmask(SIG_BLOCK, NULL, &now));
    CHECK(sigismember(&now, SIGUSR1));
    CHECK_ERRNO(syscall(SYS_ppoll, NULL, 0, NULL, &none, 4), EINVAL);
    CHECK_ERRNO(syscall(SYS_ppoll, NULL, 0, NULL, h_bad, 8), EFAULT);
    return 0;
}
