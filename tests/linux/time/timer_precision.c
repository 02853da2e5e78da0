// time(7), high-resolution timers: sleeps end after their time, and well before ten milliseconds more: there is no tick to wait for.
// calls: nanosleep clock_nanosleep ppoll
// A loaded machine can delay any one sleep, so the smallest delay of many counts.
#include "../harness.h"

#define ROUNDS 40

static int64_t slept(int kind, int64_t ns) {
    struct timespec time = {ns / 1000000000, ns % 1000000000};
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    if (kind == 0) OK(syscall(SYS_nanosleep, &time, NULL));
    if (kind == 1) CHECK_EQ(ppoll(NULL, 0, &time, NULL), 0);
    if (kind == 2) {
        int64_t at = start + ns;
        time = (struct timespec){at / 1000000000, at % 1000000000};
        CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL), 0);
    }
    int64_t spent = h_now_ns(CLOCK_MONOTONIC) - start;
    if (spent < ns) FAIL("kind %d: slept %lld ns of %lld", kind, (long long)spent, (long long)ns);
    return spent - ns;
}

int main(void) {
    const int64_t times[] = {1000, 100000, 1000000, 2500000};
    for (int kind = 0; kind < 3; kind++)
        for (int t = 0; t < 4; t++) {
            int64_t least = INT64_MAX;
            for (int i = 0; i < ROUNDS; i++) {
                int64_t late = slept(kind, times[t]);
                if (late < least) least = late;
                if (least < 200000) break;
            }
            if (least > 2000000) FAIL("kind %d, %lld ns: always at least %lld ns late", kind, (long long)times[t], (long long)least);
        }
    struct timespec bad = {0, -1};
    CHECK_ERRNO(syscall(SYS_nanosleep, &bad, NULL), EINVAL);
    return 0;
}
