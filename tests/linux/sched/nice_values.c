// setpriority(2), nice: from -20 to 19, cut at the ends, per process and group; EACCES lowering it without privilege; ESRCH, EINVAL.
// calls: setpriority getpriority
#include "../harness.h"

int main(void) {
    errno = 0;
    CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
    CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 20); // the raw call gives 20 - nice
    IN_CHILD({
        OK(setpriority(PRIO_PROCESS, 0, 7));
        CHECK_EQ(getpriority(PRIO_PROCESS, 0), 7);
        IN_CHILD(CHECK_EQ(getpriority(PRIO_PROCESS, 0), 7));
        OK(setpriority(PRIO_PROCESS, 0, 100));
        CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
        OK(setpriority(PRIO_PROCESS, 0, -100));
        CHECK_EQ(getpriority(PRIO_PROCESS, 0), -20);
        OK(setpgid(0, 0));
        OK(setpriority(PRIO_PGRP, 0, 3));
        CHECK_EQ(getpriority(PRIO_PGRP, 0), 3);
        struct rlimit limit = {0, 0};
        OK(setrlimit(RLIMIT_NICE, &limit));
        h_drop_to(1000);
        CHECK_ERRNO(setpriority(PRIO_PROCESS, 0, 2), EACCES);
        OK(setpriority(PRIO_PROCESS, 0, 5));
        CHECK_ERRNO(setpriority(PRIO_PROCESS, getppid(), 5), EPERM);
    });
    CHECK_ERRNO(setpriority(PRIO_PROCESS, 1 << 30, 0), ESRCH);
    CHECK_ERRNO(setpriority(9, 0, 0), EINVAL);
    CHECK_ERRNO(getpriority(9, 0), EINVAL);
    return 0;
}
