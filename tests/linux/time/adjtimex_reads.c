// adjtimex(2), clock_adjtime(2): modes 0 only reads the clock's state; changing it is EPERM without privilege; EINVAL, EFAULT.
// calls: adjtimex clock_adjtime
#include "../harness.h"
#include <sys/timex.h>

int main(void) {
    struct timex t = {.modes = 0};
    int state = OK(adjtimex(&t));
    CHECK(state >= TIME_OK && state <= TIME_ERROR);
    CHECK(t.tick >= 9000 && t.tick <= 11000);
    CHECK(labs(t.time.tv_sec - time(NULL)) <= 5);
    memset(&t, 0, sizeof t);
    OK(clock_adjtime(CLOCK_REALTIME, &t));
    CHECK(t.tick >= 9000 && t.tick <= 11000);
    CHECK_ERRNO(clock_adjtime(CLOCK_MONOTONIC, &t), EOPNOTSUPP);
    CHECK_ERRNO(clock_adjtime(99, &t), EINVAL);
    CHECK_ERRNO(syscall(SYS_adjtimex, h_bad), EFAULT);
    IN_CHILD({
        h_drop_to(1000);
        t.modes = ADJ_TICK;
        CHECK_ERRNO(adjtimex(&t), EPERM);
    });
    return 0;
}
