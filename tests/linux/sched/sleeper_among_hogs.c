// sched(7): a process that sleeps most of the time runs soon after it wakes, beside eight that never do.
// calls: clock_nanosleep sched_setaffinity
// timeout: 60
#include "../harness.h"

enum { TURNS = 200, HOGS = 8 };

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(void) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CHECK_ERRNO(sched_setaffinity(0, sizeof one, &one), EINVAL);
    CPU_SET(0, &one);
    OK(sched_setaffinity(0, sizeof one, &one));
    pid_t hogs[HOGS];
    for (int i = 0; i < HOGS; i++) {
        hogs[i] = h_fork();
        if (hogs[i] == 0)
            for (;;) __asm__ volatile("");
    }
    h_sleep_ms(50);
    int64_t late[TURNS];
    for (int i = 0; i < TURNS; i++) {
        int64_t due = h_now_ns(CLOCK_MONOTONIC) + 3000000;
        struct timespec t = {due / 1000000000, due % 1000000000};
        CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
        late[i] = h_now_ns(CLOCK_MONOTONIC) - due;
        CHECK(late[i] >= 0);
    }
    for (int i = 0; i < HOGS; i++) h_kill_and_reap(hogs[i]);
    qsort(late, TURNS, sizeof *late, compare);
    // Where the host takes time from the harts, only the middle means something.
    int alone = sysconf(_SC_NPROCESSORS_ONLN) == 1;
    int64_t got = late[alone ? TURNS * 99 / 100 : TURNS / 2], most = alone ? 1000000 : 20000000;
    if (got > most) FAIL("%lld ns late", (long long)got);
    return 0;
}
