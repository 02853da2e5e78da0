// sigaction(2), SA_NOCLDWAIT and ignored SIGCHLD: children leave no zombies, wait blocks until all are gone and then is ECHILD.
// calls: rt_sigaction wait4
#include "../harness.h"

static volatile sig_atomic_t count;
static void on_signal(int signal) { (void)signal; count++; }

static void no_zombies(void) {
    int ends[2];
    OK(pipe(ends));
    pid_t child = h_fork();
    if (child == 0) h_await(ends[0]), _exit(5);
    OK(close(ends[0]));
    h_signal(ends[1]);
    int result;
    do result = waitpid(-1, NULL, 0);
    while (result == -1 && errno == EINTR);
    CHECK_EQ(result, -1);
    CHECK_EQ(errno, ECHILD);
    while (kill(child, 0) == 0) sched_yield(); // its number goes a little later
    CHECK_EQ(errno, ESRCH);
    OK(close(ends[1]));
}

int main(void) {
    signal(SIGCHLD, SIG_IGN);
    no_zombies();
    h_on_signal(SIGCHLD, on_signal, SA_NOCLDWAIT);
    no_zombies();
    CHECK_EQ(count, 1); // the signal still comes
    signal(SIGCHLD, SIG_DFL);
    pid_t child = h_fork();
    if (child == 0) _exit(5);
    CHECK_EQ(h_wait(child), 5 << 8);
    return 0;
}
