// setgid(2), setresgid(2): the same for groups; EPERM for an id that is none of the three.
// calls: setgid setresgid getresgid getgid getegid
#include "../harness.h"

static void is(gid_t r, gid_t e, gid_t s) {
    gid_t got[3] = {9, 9, 9};
    OK(getresgid(&got[0], &got[1], &got[2]));
    CHECK_EQ(got[0], r);
    CHECK_EQ(got[1], e);
    CHECK_EQ(got[2], s);
    CHECK_EQ(syscall(SYS_getgid), r);
    CHECK_EQ(syscall(SYS_getegid), e);
}

int main(void) {
    IN_CHILD({
        OK(syscall(SYS_setresgid, 2001, 2002, 2003));
        is(2001, 2002, 2003);
        OK(syscall(SYS_setgid, 2005)); // still uid 0
        is(2005, 2005, 2005);
        OK(syscall(SYS_setresgid, 2001, 2002, 2003));
        OK(syscall(SYS_setresuid, 1000, 1000, 1000));
        OK(syscall(SYS_setgid, 2003));
        is(2001, 2003, 2003);
        CHECK_ERRNO(syscall(SYS_setgid, 0), EPERM);
        CHECK_ERRNO(syscall(SYS_setresgid, 2002, -1, -1), EPERM);
        OK(syscall(SYS_setresgid, -1, 2001, -1));
        is(2001, 2001, 2003);
    });
    return 0;
}
