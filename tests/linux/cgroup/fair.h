// Hogs that run side by side on one CPU, and what they got.
#include "cg.h"
#include <sched.h>

static H_UNUSED void one_cpu(void) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    OK(sched_setaffinity(0, sizeof one, &one));
}

// On one hart that nobody takes time from, shares are exact; elsewhere the host takes time from the harts as it likes.
static H_UNUSED int percent_off(void) { return sysconf(_SC_NPROCESSORS_ONLN) == 1 ? 3 : 25; }

static H_UNUSED int64_t cpu_of(pid_t pid) {
    clockid_t clock;
    CHECK_EQ(clock_getcpuclockid(pid, &clock), 0);
    return h_now_ns(clock);
}

static H_UNUSED pid_t hog(int nice_value) {
    pid_t pid = h_fork();
    if (pid != 0) return pid;
    OK(setpriority(PRIO_PROCESS, 0, nice_value));
    for (;;) __asm__ volatile("");
}

static H_UNUSED int64_t sum_of(const pid_t *pids, int count) {
    int64_t sum = 0;
    for (int i = 0; i < count; i++) sum += cpu_of(pids[i]);
    return sum;
}

// a/b is `want` thousandths, within `percent`.
static H_UNUSED void check_ratio(int64_t a, int64_t b, int64_t want, int percent) {
    if (a * 1000 * 100 < b * want * (100 - percent) || a * 1000 * 100 > b * want * (100 + percent))
        FAIL("%lld to %lld is not %lld thousandths within %d %%", (long long)a, (long long)b, (long long)want, percent);
}
