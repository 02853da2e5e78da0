// inode(7), S_ISGID: files in a set-group-id directory take its group, directories also the bit; chmod by a non-member clears it.
// calls: fchmodat fchownat mkdirat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0777));
    OK(mkdir("d", 0777));
    OK(chown("d", 1000, 4000));
    OK(chmod("d", 02777));
    umask(022);
    struct stat st;
    h_write_file("d/file", "");
    OK(stat("d/file", &st));
    CHECK_EQ(st.st_gid, 4000);
    CHECK_EQ(st.st_mode & 07777, 0644);
    OK(mkdir("d/sub", 0755));
    OK(stat("d/sub", &st));
    CHECK_EQ(st.st_gid, 4000);
    CHECK_EQ(st.st_mode & 07777, 02755);
    h_write_file("plain", "");
    OK(stat("plain", &st));
    CHECK_EQ(st.st_gid, getegid());
    IN_CHILD({
        h_drop_to(1000); // owner, but not in group 4000: chmod(2) says the bit is turned off
        OK(chmod("d", 02777));
        OK(stat("d", &st));
        CHECK_EQ(st.st_mode & 07777, 0777);
        CHECK_ERRNO(chmod("plain", 02777), EPERM);
    });
    return 0;
}
