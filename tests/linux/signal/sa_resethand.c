// sigaction(2), SA_RESETHAND: the action is the default from the handler's start on.
// calls: rt_sigaction kill
#include "../harness.h"

static volatile sig_atomic_t seen, was_default;
static void handler(int signal) {
    struct sigaction now;
    seen++;
    was_default = sigaction(signal, NULL, &now) == 0 && now.sa_handler == SIG_DFL;
}

int main(void) {
    volatile int *handled = h_shared(4096);
    pid_t child = h_fork();
    if (child == 0) {
        h_on_signal(SIGUSR1, handler, SA_RESETHAND);
        OK(kill(getpid(), SIGUSR1));
        CHECK_EQ(seen, 1);
        CHECK(was_default);
        *handled = 1;
        OK(kill(getpid(), SIGUSR1));
        _exit(1);
    }
    CHECK_EQ(h_wait(child), SIGUSR1);
    CHECK_EQ(*handled, 1); // it was the second signal
    CHECK_ERRNO(kill(child, SIGUSR1), ESRCH);
    return 0;
}
