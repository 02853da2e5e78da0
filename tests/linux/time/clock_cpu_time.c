// clock_gettime(2), CPU-time clocks: count work, not sleep; the process's clock covers its threads; another process's by clock id.
// calls: clock_nanosleep
#include "../harness.h"

#define BURN_NS 30000000
#define THREADS 8

static void *burn(void *arg) {
    while (h_now_ns(CLOCK_THREAD_CPUTIME_ID) < BURN_NS) {}
    return arg;
}

int main(void) {
    int64_t before = h_now_ns(CLOCK_PROCESS_CPUTIME_ID);
    struct timespec time = {0, 100000000};
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    OK(nanosleep(&time, NULL));
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 100000000);
    CHECK(h_now_ns(CLOCK_PROCESS_CPUTIME_ID) - before < 90000000);
    // A host that takes a hart away for tens of milliseconds takes them from whoever runs there: that is his own time. Of
    // all that the threads use, the one that waits for them has next to nothing all the same.
    int64_t own = h_now_ns(CLOCK_THREAD_CPUTIME_ID), all = THREADS * BURN_NS;
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, burn, NULL), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    CHECK(h_now_ns(CLOCK_PROCESS_CPUTIME_ID) - before >= all);
    CHECK(h_now_ns(CLOCK_THREAD_CPUTIME_ID) - own < all / 2);
    clockid_t clock;
    pid_t child = h_fork();
    if (child == 0) burn(NULL), pause(), _exit(0);
    CHECK_EQ(clock_getcpuclockid(child, &clock), 0);
    while (h_now_ns(clock) < 29000000) sched_yield();
    h_kill_and_reap(child);
    struct timespec t;
    CHECK_ERRNO(clock_gettime(clock, &t), EINVAL);
    return 0;
}
