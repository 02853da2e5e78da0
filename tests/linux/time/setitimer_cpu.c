// setitimer(2), ITIMER_VIRTUAL and ITIMER_PROF: SIGVTALRM counts user time, SIGPROF user and system time, neither while asleep.
// calls: setitimer
#include "../harness.h"

static volatile sig_atomic_t seen;
static void handler(int signal) { seen = signal; }

static void run(int which, int signal, int in_kernel) {
    struct itimerval timer = {.it_value = {0, 30000}};
    seen = 0;
    h_on_signal(signal, handler, 0);
    OK(setitimer(which, &timer, NULL));
    h_sleep_ms(60);
    CHECK_EQ(seen, 0);
    int64_t start = h_now_ns(CLOCK_PROCESS_CPUTIME_ID);
    while (!seen) {
        if (in_kernel) getppid();
        if (h_now_ns(CLOCK_PROCESS_CPUTIME_ID) - start > 5000000000) FAIL("no signal %d", signal);
    }
    CHECK_EQ(seen, signal);
    CHECK(h_now_ns(CLOCK_PROCESS_CPUTIME_ID) - start >= 15000000);
}

int main(void) {
    run(ITIMER_VIRTUAL, SIGVTALRM, 0);
    run(ITIMER_PROF, SIGPROF, 1);
    struct itimerval bad = {.it_value = {0, 1000000}};
    CHECK_ERRNO(setitimer(ITIMER_PROF, &bad, NULL), EINVAL);
    return 0;
}
