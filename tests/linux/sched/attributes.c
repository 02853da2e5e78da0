// sched_setattr(2), sched_setparam(2): policy, nice and priority in a struct that knows its size; E2BIG, EINVAL, ESRCH.
// calls: sched_setattr sched_getattr sched_setparam
#include "../harness.h"

struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

int main(void) {
    struct attributes a = {.size = sizeof a, .policy = SCHED_OTHER, .nice = 5}, b;
    memset(&b, 0xff, sizeof b);
    OK(syscall(SYS_sched_setattr, 0, &a, 0));
    OK(syscall(SYS_sched_getattr, 0, &b, sizeof b, 0));
    CHECK_EQ(b.policy, SCHED_OTHER);
    CHECK_EQ(b.nice, 5);
    CHECK_EQ(b.size, sizeof b);
    CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
    IN_CHILD({
        a = (struct attributes){.size = sizeof a, .policy = SCHED_FIFO, .priority = 3};
        OK(syscall(SYS_sched_setattr, 0, &a, 0));
        struct sched_param param = {.sched_priority = 4};
        OK(syscall(SYS_sched_setparam, 0, &param));
        OK(syscall(SYS_sched_getattr, 0, &b, sizeof b, 0));
        CHECK_EQ(b.policy, SCHED_FIFO);
        CHECK_EQ(b.priority, 4);
    });
    struct sched_param wrong = {.sched_priority = 4};
    CHECK_ERRNO(syscall(SYS_sched_setparam, 0, &wrong), EINVAL);
    CHECK_ERRNO(syscall(SYS_sched_setparam, 1 << 30, &wrong), ESRCH);
    char big[128] = {0};
    memcpy(big, &a, sizeof a);
    ((struct attributes *)big)->size = sizeof big;
    big[100] = 1;
    CHECK_ERRNO(syscall(SYS_sched_setattr, 0, big, 0), E2BIG);
    CHECK_ERRNO(syscall(SYS_sched_getattr, 0, &b, 8, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_sched_getattr, 0, &b, sizeof b, 1), EINVAL);
    CHECK_ERRNO(syscall(SYS_sched_getattr, 1 << 30, &b, sizeof b, 0), ESRCH);
    CHECK_ERRNO(syscall(SYS_sched_setattr, 0, h_bad, 0), EFAULT);
    return 0;
}
