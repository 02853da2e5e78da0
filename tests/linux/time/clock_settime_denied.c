// clock_settime(2), settimeofday(2): EPERM without privilege, EINVAL for clocks that cannot be set and bad times.
// calls: clock_settime settimeofday
#include "../harness.h"

int main(void) {
    struct timespec now, bad = {0, -1};
    OK(clock_gettime(CLOCK_REALTIME, &now));
    CHECK_ERRNO(clock_settime(CLOCK_MONOTONIC, &now), EINVAL);
    CHECK_ERRNO(clock_settime(99, &now), EINVAL);
    CHECK_ERRNO(clock_settime(CLOCK_REALTIME, &bad), EINVAL);
    CHECK_ERRNO(syscall(SYS_clock_settime, CLOCK_REALTIME, h_bad), EFAULT);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(clock_settime(CLOCK_REALTIME, &now), EPERM);
        struct timeval t = {now.tv_sec, 0};
        CHECK_ERRNO(syscall(SYS_settimeofday, &t, NULL), EPERM);
    });
    return 0;
}
