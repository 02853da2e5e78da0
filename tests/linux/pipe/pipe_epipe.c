// pipe(7): writing with no reader raises SIGPIPE, or gives EPIPE when that is ignored; a blocked writer is woken.
// calls: pipe2 write close
#include "../harness.h"

static volatile sig_atomic_t seen;
static void on_signal(int signal) { seen = signal; }

int main(void) {
    int ends[2];
    OK(pipe(ends));
    OK(close(ends[0]));
    h_on_signal(SIGPIPE, on_signal, 0);
    CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
    CHECK_EQ(seen, SIGPIPE);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
    pid_t child = h_fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        if (write(ends[1], "x", 1)) {}
        _exit(0);
    }
    int status = h_wait(child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
    OK(pipe(ends));
    child = h_fork();
    if (child == 0) {
        static char big[100000];
        OK(close(ends[0]));
        ssize_t n = write(ends[1], big, sizeof big); // blocks when full; then the reader goes
        CHECK(n == 65536 || (n == -1 && errno == EPIPE));
        CHECK_ERRNO(write(ends[1], big, 1), EPIPE);
        _exit(0);
    }
    h_until_asleep(child, 0);
    OK(close(ends[0]));
    h_join(child);
    return 0;
}
