// setitimer(2), ITIMER_REAL: SIGALRM after the time, again each interval; getitimer says what is left; 0 disarms; EINVAL.
// calls: setitimer getitimer
#include "../harness.h"

static volatile sig_atomic_t count;
static void handler(int signal) { (void)signal; count++; }

int main(void) {
    h_on_signal(SIGALRM, handler, 0);
    struct itimerval timer = {.it_value = {0, 20000}, .it_interval = {0, 10000}}, now;
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    OK(setitimer(ITIMER_REAL, &timer, NULL));
    while (count < 3) pause();
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 40000000);
    OK(getitimer(ITIMER_REAL, &now));
    CHECK_EQ(now.it_interval.tv_usec, 10000);
    timer = (struct itimerval){.it_value = {1000, 0}};
    OK(setitimer(ITIMER_REAL, &timer, &now));
    CHECK(now.it_value.tv_usec > 0 && now.it_value.tv_usec <= 10000);
    OK(getitimer(ITIMER_REAL, &now));
    CHECK(now.it_value.tv_sec >= 900 && now.it_value.tv_sec <= 1000);
    timer = (struct itimerval){0};
    OK(setitimer(ITIMER_REAL, &timer, NULL));
    OK(getitimer(ITIMER_REAL, &now));
    CHECK_EQ(now.it_value.tv_sec, 0);
    timer.it_value.tv_usec = -1;
    CHECK_ERRNO(setitimer(ITIMER_REAL, &timer, NULL), EINVAL);
    CHECK_ERRNO(setitimer(9, &now, NULL), EINVAL);
    CHECK_ERRNO(getitimer(9, &now), EINVAL);
    return 0;
}
