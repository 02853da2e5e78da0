// timerfd_create(2): the clocks that wake the machine need CAP_WAKE_ALARM, to make a timer and to set one.
// calls: timerfd_create timerfd_settime
#include "../harness.h"
#include <sys/timerfd.h>

int main(void) {
    uint64_t n;
    struct itimerspec set = {.it_value = {0, 1000000}};
    if (geteuid() != 0) h_skip("needs CAP_WAKE_ALARM");
    int fd = timerfd_create(CLOCK_BOOTTIME_ALARM, 0);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EINVAL)) h_skip("no clock to wake the machine");
    CHECK(fd >= 0);
    OK(timerfd_settime(fd, 0, &set, NULL));
    CHECK_EQ(read(fd, &n, 8), 8);
    CHECK_EQ(n, 1);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(timerfd_create(CLOCK_REALTIME_ALARM, 0), EPERM);
        CHECK_ERRNO(timerfd_create(CLOCK_BOOTTIME_ALARM, 0), EPERM);
        CHECK_ERRNO(timerfd_create(CLOCK_BOOTTIME_ALARM, 1), EINVAL);
        CHECK_ERRNO(timerfd_settime(fd, 0, &set, NULL), EPERM);
        OK(timerfd_create(CLOCK_BOOTTIME, 0));
    });
    return 0;
}
