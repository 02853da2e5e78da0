// renameat2(2), RENAME_EXCHANGE: both names swap, of any kind; ENOENT if one is absent, EINVAL for a directory with its own child.
// calls: renameat2
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("a", "A");
    OK(mkdir("d", 0755));
    OK(mkdir("d/sub", 0755));
    OK(mkdir("p", 0755));
    OK(renameat2(AT_FDCWD, "a", AT_FDCWD, "d/sub", RENAME_EXCHANGE));
    CHECK_STR(h_read_file("d/sub"), "A");
    struct stat st, dir;
    OK(stat("a", &st));
    CHECK(S_ISDIR(st.st_mode));
    OK(stat("a/..", &st));
    OK(stat(".", &dir));
    CHECK_EQ(st.st_ino, dir.st_ino);
    CHECK_EQ(dir.st_nlink, 5); // a d p
    OK(stat("d", &st));
    CHECK_EQ(st.st_nlink, 2);
    CHECK_ERRNO(renameat2(AT_FDCWD, "a", AT_FDCWD, "absent", RENAME_EXCHANGE), ENOENT);
    OK(mkdir("p/child", 0755));
    CHECK_ERRNO(renameat2(AT_FDCWD, "p", AT_FDCWD, "p/child", RENAME_EXCHANGE), EINVAL);
    return 0;
}
