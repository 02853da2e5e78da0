// clock_settime(2), settimeofday(2): the vDSO's real-time clock is the new one at once for every thread, and never a mixture; the time zone follows.
// calls: clock_settime settimeofday clock_gettime gettimeofday
#include "../harness.h"

enum { JUMPS = 200, STEP_NS = 100000000 };
static _Atomic int jumps, done;

static int64_t raw(clockid_t clock) {
    struct timespec t = {-9, 0};
    OK(syscall(SYS_clock_gettime, clock, &t));
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int64_t first_offset;

// Real time is ahead of monotonic time by as much as the jumps so far make it.
static void *watch(void *arg) {
    (void)arg;
    while (!done) {
        int from = jumps;
        int64_t earliest = h_now_ns(CLOCK_MONOTONIC), real = h_now_ns(CLOCK_REALTIME), latest = h_now_ns(CLOCK_MONOTONIC);
        int to = jumps + 1;
        // Setting takes the clock's time from two calls, so that each jump may lose what passes between them.
        if (real - latest > first_offset + (int64_t)to * STEP_NS) FAIL("ahead by %lld after %d jumps", (long long)(real - latest), to);
        int64_t again = h_now_ns(CLOCK_REALTIME);
        if (again < real) FAIL("%lld after %lld, jumps %d to %d", (long long)again, (long long)real, from, to);
        int64_t by_call = raw(CLOCK_REALTIME);
        if (by_call < again) FAIL("the call says %lld after %lld", (long long)by_call, (long long)again);
        CHECK(earliest <= latest);
    }
    return NULL;
}

static void set(int64_t ns) {
    struct timespec t = {ns / 1000000000, ns % 1000000000};
    OK(clock_settime(CLOCK_REALTIME, &t));
}

int main(void) {
    int64_t start_monotonic = raw(CLOCK_MONOTONIC), start = raw(CLOCK_REALTIME);
    first_offset = start - start_monotonic; // or less
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) CHECK_EQ(pthread_create(&threads[i], NULL, watch, NULL), 0);
    for (int i = 0; i < JUMPS; i++) {
        int64_t wanted = raw(CLOCK_REALTIME) + STEP_NS;
        set(wanted);
        jumps++;
        CHECK(h_now_ns(CLOCK_REALTIME) >= wanted);
        CHECK(raw(CLOCK_REALTIME_COARSE) <= h_now_ns(CLOCK_REALTIME));
    }
    done = 1;
    for (int i = 0; i < 2; i++) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    // Back again, also for the coarse clock.
    set(start + raw(CLOCK_MONOTONIC) - start_monotonic);
    CHECK(h_now_ns(CLOCK_REALTIME) < start + (int64_t)JUMPS * STEP_NS);
    CHECK(h_now_ns(CLOCK_REALTIME_COARSE) < start + (int64_t)JUMPS * STEP_NS);
    struct timeval now;
    OK(gettimeofday(&now, NULL));
    CHECK(now.tv_sec * 1000000000LL < start + (int64_t)JUMPS * STEP_NS);
    CHECK_ERRNO(syscall(SYS_clock_settime, CLOCK_REALTIME, h_bad), EFAULT);
    // With a time, so that the zone does not move the clock.
    struct timezone before, zone = {-90, 3};
    OK(syscall(SYS_gettimeofday, &now, &before));
    now.tv_sec -= 1000;
    OK(syscall(SYS_settimeofday, &now, &zone));
    zone = (struct timezone){0, 0};
    int64_t seconds = now.tv_sec;
    OK(syscall(SYS_gettimeofday, &now, &zone));
    CHECK(zone.tz_minuteswest == -90 && zone.tz_dsttime == 3);
    CHECK(now.tv_sec >= seconds && now.tv_sec < seconds + 500);
    now.tv_sec += 1000;
    OK(syscall(SYS_settimeofday, &now, &before));
    zone.tz_minuteswest = 16 * 60;
    CHECK_ERRNO(syscall(SYS_settimeofday, NULL, &zone), EINVAL);
    return 0;
}
