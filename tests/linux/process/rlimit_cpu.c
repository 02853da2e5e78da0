// setrlimit(2), RLIMIT_CPU: SIGXCPU at the soft limit, SIGKILL at the hard one, in seconds of CPU time.
// calls: prlimit64
// timeout: 60
#include "../harness.h"

static volatile sig_atomic_t seen;
static void on_signal(int signal) { seen = signal; }

int main(void) {
    pid_t child = h_fork();
    if (child == 0) {
        struct rlimit limit = {1, 2};
        OK(setrlimit(RLIMIT_CPU, &limit));
        h_on_signal(SIGXCPU, on_signal, 0);
        while (!seen)
            if (h_now_ns(CLOCK_PROCESS_CPUTIME_ID) > 8000000000) _exit(2);
        if (h_now_ns(CLOCK_PROCESS_CPUTIME_ID) < 990000000) _exit(3);
        while (h_now_ns(CLOCK_PROCESS_CPUTIME_ID) < 8000000000) {}
        _exit(4);
    }
    CHECK_EQ(h_wait(child), SIGKILL);
    struct rlimit limit = {3, 2};
    CHECK_ERRNO(setrlimit(RLIMIT_CPU, &limit), EINVAL);
    return 0;
}
