// timer_create(2), timer_settime(2): SI_TIMER with value and timer id; relative, absolute, periodic with overrun; gettime, delete; EINVAL.
// calls: timer_create timer_settime timer_gettime timer_delete timer_getoverrun
#include "../harness.h"

static siginfo_t got;
static volatile sig_atomic_t count;
static void handler(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    got = *info;
    count++;
}

int main(void) {
    timer_t timer = (timer_t)77, second = (timer_t)78;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 4711};
    struct itimerspec set = {.it_value = {0, 20000000}}, now;
    h_on_siginfo(SIGRTMIN, handler, 0);
    OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
    OK(timer_create(CLOCK_MONOTONIC, &event, &second));
    CHECK(timer != second);
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    OK(timer_settime(timer, 0, &set, NULL));
    OK(timer_gettime(timer, &now));
    CHECK(now.it_value.tv_nsec > 0 || count > 0);
    while (count == 0) pause();
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 20000000);
    CHECK_EQ(got.si_code, SI_TIMER);
    CHECK_EQ(got.si_value.sival_int, 4711);
    CHECK_EQ(got.si_overrun, 0);
    OK(timer_gettime(timer, &now));
    CHECK_EQ(now.it_value.tv_sec | now.it_value.tv_nsec, 0);
    sigset_t block, old;
    sigemptyset(&block);
    sigaddset(&block, SIGRTMIN);
    OK(sigprocmask(SIG_BLOCK, &block, &old));
    set.it_value.tv_nsec = 1000000, set.it_interval.tv_nsec = 1000000;
    OK(timer_settime(timer, 0, &set, NULL));
    h_sleep_ms(20); // one signal is queued, the others are counted
    set = (struct itimerspec){0};
    count = 0;
    OK(sigprocmask(SIG_SETMASK, &old, NULL));
    CHECK(count >= 1);
    CHECK(timer_getoverrun(timer) >= 0);
    CHECK(got.si_overrun >= 10 || timer_getoverrun(timer) >= 10 || count > 1);
    OK(timer_settime(timer, 0, &set, NULL));
    struct timespec at;
    OK(clock_gettime(CLOCK_MONOTONIC, &at));
    set.it_value = at; // already past
    count = 0;
    OK(timer_settime(second, TIMER_ABSTIME, &set, NULL));
    while (count == 0) pause();
    memset(&set.it_value, 0, sizeof set.it_value);
    OK(timer_settime(second, 0, &set, NULL)); // off, and with that the interval goes too
    OK(timer_gettime(second, &now));
    CHECK_EQ(now.it_interval.tv_nsec + now.it_interval.tv_sec + now.it_value.tv_nsec, 0);
    OK(timer_delete(timer));
    OK(timer_delete(second));
    CHECK_ERRNO(timer_gettime(timer, &now), EINVAL);
    CHECK_ERRNO(timer_delete(timer), EINVAL);
    CHECK_ERRNO(timer_getoverrun(timer), EINVAL);
    CHECK_ERRNO(timer_create(99, &event, &timer), EINVAL);
    event.sigev_signo = 99;
    CHECK_ERRNO(timer_create(CLOCK_MONOTONIC, &event, &timer), EINVAL);
    return 0;
}
