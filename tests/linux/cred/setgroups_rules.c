// getgroups(2), setgroups: the list as set, sorted; size 0 asks for the count; EINVAL for a small buffer or too many, EPERM.
// calls: setgroups getgroups
#include "../harness.h"

int main(void) {
    gid_t set[3] = {300, 100, 200}, got[8] = {0};
    IN_CHILD({
        OK(syscall(SYS_setgroups, 3, set));
        CHECK_EQ(syscall(SYS_getgroups, 0, NULL), 3);
        CHECK_EQ(syscall(SYS_getgroups, 8, got), 3);
        CHECK_EQ(got[0], 100);
        CHECK_EQ(got[1], 200);
        CHECK_EQ(got[2], 300);
        CHECK_ERRNO(syscall(SYS_getgroups, 2, got), EINVAL);
        CHECK_ERRNO(syscall(SYS_getgroups, -1, got), EINVAL);
        CHECK_ERRNO(syscall(SYS_setgroups, 65537, set), EINVAL);
        CHECK_ERRNO(syscall(SYS_setgroups, 3, h_bad), EFAULT);
        IN_CHILD(CHECK_EQ(syscall(SYS_getgroups, 0, NULL), 3));
        OK(syscall(SYS_setresuid, 1000, 1000, 1000));
        CHECK_EQ(syscall(SYS_getgroups, 8, got), 3);
        CHECK_ERRNO(syscall(SYS_setgroups, 0, NULL), EPERM);
    });
    return 0;
}
