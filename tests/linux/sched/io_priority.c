// ioprio_set(2): class and level, inherited by fork, per process; EINVAL, ESRCH.
// calls: ioprio_set ioprio_get
#include "../harness.h"

int main(void) {
    const int best_effort = 2 << 13, idle = 3 << 13;
    OK(syscall(SYS_ioprio_set, 1, 0, best_effort | 6));
    CHECK_EQ(syscall(SYS_ioprio_get, 1, 0), best_effort | 6);
    IN_CHILD({
        CHECK_EQ(syscall(SYS_ioprio_get, 1, 0), best_effort | 6);
        OK(syscall(SYS_ioprio_set, 1, 0, idle));
        CHECK_EQ(syscall(SYS_ioprio_get, 1, 0), idle);
    });
    CHECK_EQ(syscall(SYS_ioprio_get, 1, 0), best_effort | 6);
    CHECK_ERRNO(syscall(SYS_ioprio_get, 9, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_ioprio_set, 1, 0, 7 << 13), EINVAL);
    CHECK_ERRNO(syscall(SYS_ioprio_get, 1, 1 << 30), ESRCH);
    return 0;
}
