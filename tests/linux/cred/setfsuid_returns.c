// setfsuid(2): always returns the old value; what is not allowed changes nothing; follows the effective id.
// calls: setfsuid setfsgid
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0777));
    IN_CHILD({
        CHECK_EQ(syscall(SYS_setfsgid, 1500), getegid());
        CHECK_EQ(syscall(SYS_setfsgid, -1), 1500);
        CHECK_EQ(syscall(SYS_setfsuid, 1500), 0);
        CHECK_EQ(syscall(SYS_setfsuid, -1), 1500);
        h_write_file("file", "");
        struct stat st;
        OK(stat("file", &st));
        CHECK_EQ(st.st_uid, 1500);
        CHECK_EQ(st.st_gid, 1500);
        h_drop_to(1000);
        CHECK_EQ(syscall(SYS_setfsuid, 0), 1000);
        CHECK_EQ(syscall(SYS_setfsuid, -1), 1000); // refused silently
        CHECK_ERRNO(chmod("file", 0600), EPERM);
    });
    return 0;
}
