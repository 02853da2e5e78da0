// vdso(7), clock_gettime(2): no clock of the vDSO goes backwards between threads on all processors, nor when the system call is asked between.
// calls: clock_gettime
#include "../harness.h"
#include <stdatomic.h>

enum { THREADS = 4, ROUNDS = 3000 };
static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE, CLOCK_REALTIME_COARSE};
enum { CLOCKS = sizeof clocks / sizeof *clocks };
static _Atomic int64_t latest[CLOCKS];

static int64_t raw(clockid_t clock) {
    struct timespec t = {-9, 0};
    OK(syscall(SYS_clock_gettime, clock, &t));
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// What anyone has seen before is not later than what is seen now.
static void *watch(void *arg) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((intptr_t)arg, &one);
    sched_setaffinity(0, sizeof one, &one); // with fewer processors they share
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < CLOCKS; i++) {
            int64_t before = latest[i];
            int64_t now = round % 4 == 3 ? raw(clocks[i]) : h_now_ns(clocks[i]);
            if (now < before) FAIL("clock %d: %lld after %lld", clocks[i], (long long)now, (long long)before);
            while (before < now && !atomic_compare_exchange_weak(&latest[i], &before, now)) {}
        }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++) CHECK_EQ(pthread_create(&threads[i], NULL, watch, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < CLOCKS; i++) CHECK(latest[i] > 0);
    CHECK_ERRNO(syscall(SYS_clock_gettime, 99, h_bad), EINVAL);
    return 0;
}
