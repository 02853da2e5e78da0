// sched_setscheduler(2): policies and priorities, their ranges, EPERM for real-time without privilege, EINVAL, ESRCH; RESET_ON_FORK.
// calls: sched_setscheduler sched_getscheduler sched_getparam sched_get_priority_max sched_get_priority_min sched_rr_get_interval
#include "../harness.h"

int main(void) {
    struct sched_param param = {.sched_priority = 77};
    CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
    CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
    CHECK_EQ(sched_get_priority_min(SCHED_FIFO), 1);
    CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
    CHECK_ERRNO(sched_get_priority_max(88), EINVAL);
    CHECK_ERRNO(sched_get_priority_min(88), EINVAL);
    OK(sched_getparam(0, &param));
    CHECK_EQ(param.sched_priority, 0);
    struct timespec slice = {-1, -1};
    IN_CHILD({
        param.sched_priority = 5;
        OK(sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param));
        CHECK_EQ(sched_getscheduler(0), SCHED_RR | SCHED_RESET_ON_FORK);
        param.sched_priority = 0;
        OK(sched_getparam(0, &param));
        CHECK_EQ(param.sched_priority, 5);
        OK(sched_rr_get_interval(0, &slice));
        CHECK(slice.tv_sec == 0 && slice.tv_nsec > 0);
        IN_CHILD(CHECK_EQ(sched_getscheduler(0), SCHED_OTHER));
        param.sched_priority = 100;
        CHECK_ERRNO(sched_setscheduler(0, SCHED_RR, &param), EINVAL);
    });
    param.sched_priority = 1;
    CHECK_ERRNO(sched_setscheduler(0, SCHED_OTHER, &param), EINVAL);
    CHECK_ERRNO(sched_setscheduler(0, 88, &param), EINVAL);
    CHECK_ERRNO(sched_setscheduler(1 << 30, SCHED_FIFO, &param), ESRCH);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(sched_setscheduler(0, SCHED_FIFO, &param), EPERM);
        param.sched_priority = 0;
        OK(sched_setscheduler(0, SCHED_BATCH, &param));
        CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
    });
    return 0;
}
