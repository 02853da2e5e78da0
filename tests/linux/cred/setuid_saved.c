// setuid(2), setresuid(2): privileged sets all three; unprivileged moves between real, effective and saved; EPERM otherwise.
// calls: setuid setresuid getresuid getuid geteuid
#include "../harness.h"

static void is(uid_t r, uid_t e, uid_t s) {
    uid_t got[3] = {9, 9, 9};
    OK(getresuid(&got[0], &got[1], &got[2]));
    CHECK_EQ(got[0], r);
    CHECK_EQ(got[1], e);
    CHECK_EQ(got[2], s);
    CHECK_EQ(syscall(SYS_getuid), r);
    CHECK_EQ(syscall(SYS_geteuid), e);
}

int main(void) {
    is(0, 0, 0);
    IN_CHILD({
        OK(syscall(SYS_setresuid, 1001, 1002, 1003));
        is(1001, 1002, 1003);
        OK(syscall(SYS_setuid, 1003));
        is(1001, 1003, 1003);
        OK(syscall(SYS_setuid, 1001));
        is(1001, 1001, 1003);
        CHECK_ERRNO(syscall(SYS_setuid, 1002), EPERM);
        CHECK_ERRNO(syscall(SYS_setuid, 0), EPERM);
        CHECK_ERRNO(syscall(SYS_setresuid, -1, 1002, -1), EPERM);
        OK(syscall(SYS_setresuid, -1, -1, -1));
        is(1001, 1001, 1003);
        OK(syscall(SYS_setresuid, 1003, 1003, 1001));
        is(1003, 1003, 1001);
        CHECK_ERRNO(syscall(SYS_getresuid, h_bad, h_bad, h_bad), EFAULT);
    });
    IN_CHILD({
        OK(syscall(SYS_setuid, 1000)); // all three
        is(1000, 1000, 1000);
        CHECK_ERRNO(syscall(SYS_setresuid, 0, 0, 0), EPERM);
    });
    IN_CHILD({
        OK(syscall(SYS_setresuid, -1, 1000, -1));
        is(0, 1000, 0);
        OK(syscall(SYS_setresuid, -1, 0, -1)); // back through the saved id
        is(0, 0, 0);
    });
    return 0;
}
