// vdso(7): there is a vDSO, its clock agrees with the system call's, whichever is asked first, for all fine and coarse clocks.
// calls: clock_gettime gettimeofday
#include "../harness.h"
#include <sys/auxv.h>

static int64_t raw(clockid_t clock) {
    struct timespec t = {-9, 0};
    OK(syscall(SYS_clock_gettime, clock, &t));
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void) {
    CHECK(getauxval(AT_SYSINFO_EHDR) != 0);
    clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE};
    for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++)
        for (int round = 0; round < 300; round++) {
            int64_t a = raw(clocks[i]), b = h_now_ns(clocks[i]), c = raw(clocks[i]), d = h_now_ns(clocks[i]);
            if (a > b || b > c || c > d) FAIL("clock %d: %lld %lld %lld %lld", clocks[i], (long long)a, (long long)b, (long long)c, (long long)d);
        }
    struct timeval t = {-1, -1};
    int64_t before = raw(CLOCK_REALTIME);
    OK(syscall(SYS_gettimeofday, &t, NULL));
    int64_t after = raw(CLOCK_REALTIME), between = t.tv_sec * 1000000000LL + t.tv_usec * 1000LL;
    CHECK(between >= before - 1000 && between <= after);
    CHECK_ERRNO(syscall(SYS_clock_gettime, 99, &t), EINVAL);
    CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, h_bad), EFAULT);
    return 0;
}
