// timerfd_settime(2): setting the clock moves absolute expiries, not relative ones; TFD_TIMER_CANCEL_ON_SET (ECANCELED, once).
// calls: timerfd_create timerfd_settime clock_settime
#include "../harness.h"
#include <sys/timerfd.h>

static void jump(int seconds) {
    struct timespec t;
    OK(clock_gettime(CLOCK_REALTIME, &t));
    t.tv_sec += seconds;
    OK(clock_settime(CLOCK_REALTIME, &t));
}

static int64_t left(int fd) {
    struct itimerspec now;
    OK(timerfd_gettime(fd, &now));
    return now.it_value.tv_sec;
}

static int ready(int fd) {
    struct pollfd p = {fd, POLLIN, 0};
    return OK(poll(&p, 1, 0));
}

int main(void) {
    uint64_t n;
    struct itimerspec set = {.it_value = {1000, 0}}, old;
    if (geteuid() != 0) h_skip("only root sets the clock");
    int relative = OK(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
    int absolute = OK(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
    int canceled = OK(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
    int steady = OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
    OK(timerfd_settime(relative, TFD_TIMER_CANCEL_ON_SET, &set, NULL));
    OK(clock_gettime(CLOCK_REALTIME, &set.it_value));
    set.it_value.tv_sec += 1000;
    OK(timerfd_settime(absolute, TFD_TIMER_ABSTIME, &set, NULL));
    OK(timerfd_settime(canceled, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &set, NULL));
    OK(timerfd_settime(steady, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &set, NULL));
    CHECK(!ready(canceled));

    jump(500);
    CHECK(left(relative) >= 990);
    CHECK(left(absolute) >= 400 && left(absolute) <= 500);
    CHECK(!ready(relative) && !ready(absolute) && !ready(steady));
    CHECK(ready(canceled));
    CHECK_ERRNO(read(canceled, &n, 8), ECANCELED);
    CHECK(!ready(canceled));
    CHECK_ERRNO(read(canceled, &n, 8), EAGAIN);
    CHECK(left(canceled) >= 400);
    jump(-100);
    CHECK_ERRNO(timerfd_settime(canceled, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &set, &old), ECANCELED);
    CHECK(left(canceled) >= 500);
    OK(timerfd_settime(canceled, TFD_TIMER_ABSTIME, &set, &old)); // no longer wants to hear of it
    jump(-1);
    CHECK(!ready(canceled));

    // A reader that sleeps is woken by the jump over the expiry, and by one that cancels.
    OK(timerfd_settime(canceled, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &set, NULL));
    OK(fcntl(canceled, F_SETFL, 0));
    OK(fcntl(absolute, F_SETFL, 0));
    pid_t first = h_fork(), second;
    if (first == 0) {
        CHECK_EQ(read(absolute, &n, 8), 8);
        CHECK_EQ(n, 1);
        _exit(0);
    }
    second = h_fork();
    if (second == 0) {
        CHECK_ERRNO(read(canceled, &n, 8), ECANCELED);
        _exit(0);
    }
    h_until_asleep(first, 0);
    h_until_asleep(second, 0);
    jump(2000);
    h_join(first);
    h_join(second);
    jump(-2399);
    CHECK(!ready(relative));
    return 0;
}
