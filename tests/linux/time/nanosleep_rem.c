// nanosleep(2), clock_nanosleep(2): never too short; absolute times; the rest after EINTR; a past absolute time is no wait; EINVAL.
// calls: nanosleep clock_nanosleep
#include "../harness.h"

static void handler(int signal) { (void)signal; }

int main(void) {
    struct timespec time = {0, 12345678}, rest = {0, 0};
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    OK(syscall(SYS_nanosleep, &time, &rest));
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 12345678);
    OK(clock_gettime(CLOCK_MONOTONIC, &time));
    int64_t target = h_now_ns(CLOCK_MONOTONIC) + 15000000;
    time = (struct timespec){target / 1000000000, target % 1000000000};
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL), 0);
    CHECK(h_now_ns(CLOCK_MONOTONIC) >= target);
    time.tv_sec = 0;
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL), 0);
    target = h_now_ns(CLOCK_REALTIME) + 15000000;
    time = (struct timespec){target / 1000000000, target % 1000000000};
    CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL), 0);
    CHECK(h_now_ns(CLOCK_REALTIME) >= target);
    h_on_signal(SIGALRM, handler, 0);
    struct itimerval timer = {.it_value = {0, 20000}};
    OK(setitimer(ITIMER_REAL, &timer, NULL));
    time = (struct timespec){1000, 0};
    CHECK_EQ(clock_nanosleep(CLOCK_BOOTTIME, 0, &time, &rest), EINTR);
    CHECK(rest.tv_sec > 900 && rest.tv_sec < 1000);
    time = (struct timespec){0, 1000000000};
    CHECK_ERRNO(syscall(SYS_nanosleep, &time, NULL), EINVAL);
    time = (struct timespec){-1, 0};
    CHECK_ERRNO(syscall(SYS_nanosleep, &time, NULL), EINVAL);
    CHECK_ERRNO(syscall(SYS_nanosleep, h_bad, NULL), EFAULT);
    CHECK_EQ(clock_nanosleep(99, 0, &rest, NULL), EINVAL);
    return 0;
}
