// setreuid(2): changing the real id, or the effective one to something else, sets the saved id to the new effective id; EPERM.
// calls: setreuid setregid getresuid
#include "../harness.h"

int main(void) {
    IN_CHILD({
        uid_t r, e, s;
        OK(syscall(SYS_setregid, 5, 6));
        CHECK_EQ(getgid(), 5);
        CHECK_EQ(getegid(), 6);
        OK(syscall(SYS_setreuid, 1001, 1002));
        OK(getresuid(&r, &e, &s));
        CHECK_EQ(r, 1001);
        CHECK_EQ(e, 1002);
        CHECK_EQ(s, 1002);
        OK(syscall(SYS_setreuid, -1, 1001));
        OK(syscall(SYS_setreuid, -1, 1002));
        OK(syscall(SYS_setreuid, 1002, 1001)); // swap
        OK(getresuid(&r, &e, &s));
        CHECK_EQ(r, 1002);
        CHECK_EQ(e, 1001);
        CHECK_EQ(s, 1001);
        CHECK_ERRNO(syscall(SYS_setreuid, 0, -1), EPERM);
        CHECK_ERRNO(syscall(SYS_setregid, 7, -1), EPERM);
    });
    return 0;
}
