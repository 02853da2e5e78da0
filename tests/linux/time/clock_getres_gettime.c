// clock_getres(2): the clocks there are, a resolution of 1 ns for the fine ones; monotonic ones never go back; EINVAL.
// calls: clock_getres
#include "../harness.h"

int main(void) {
    clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW,
                          CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI};
    for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        struct timespec step = {9, 9}, time = {-1, -1};
        OK(syscall(SYS_clock_getres, clocks[i], &step));
        CHECK_EQ(step.tv_sec, 0);
        int coarse = clocks[i] == CLOCK_REALTIME_COARSE || clocks[i] == CLOCK_MONOTONIC_COARSE;
        if (coarse) CHECK(step.tv_nsec >= 1 && step.tv_nsec <= 10000000);
        else CHECK_EQ(step.tv_nsec, 1);
        OK(syscall(SYS_clock_gettime, clocks[i], &time));
        CHECK(time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
        OK(syscall(SYS_clock_getres, clocks[i], NULL));
    }
    int64_t last = 0;
    for (int i = 0; i < 20000; i++) {
        int64_t now = h_now_ns(CLOCK_MONOTONIC);
        CHECK(now >= last);
        last = now;
    }
    CHECK_ERRNO(syscall(SYS_clock_getres, 77, &(struct timespec){0}), EINVAL);
    CHECK_ERRNO(syscall(SYS_clock_getres, CLOCK_REALTIME, h_bad), EFAULT);
    return 0;
}
