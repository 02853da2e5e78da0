// linkat(2): another name for the same inode; EPERM for a directory, EEXIST; a symlink itself unless AT_SYMLINK_FOLLOW.
// calls: linkat newfstatat
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("a", "text");
    OK(mkdir("d", 0755));
    OK(linkat(AT_FDCWD, "a", AT_FDCWD, "d/b", 0));
    struct stat a, b;
    OK(stat("a", &a));
    OK(stat("d/b", &b));
    CHECK_EQ(a.st_nlink, 2);
    CHECK_EQ(a.st_ino, b.st_ino);
    OK(unlink("a"));
    OK(stat("d/b", &b));
    CHECK_EQ(b.st_nlink, 1);
    CHECK_STR(h_read_file("d/b"), "text");
    OK(symlink("d/b", "s"));
    OK(linkat(AT_FDCWD, "s", AT_FDCWD, "s2", 0));
    OK(lstat("s2", &a));
    CHECK(S_ISLNK(a.st_mode));
    CHECK_EQ(a.st_nlink, 2);
    OK(linkat(AT_FDCWD, "s", AT_FDCWD, "s3", AT_SYMLINK_FOLLOW));
    OK(lstat("s3", &a));
    CHECK(S_ISREG(a.st_mode));
    CHECK_ERRNO(linkat(AT_FDCWD, "d", AT_FDCWD, "e", 0), EPERM);
    CHECK_ERRNO(linkat(AT_FDCWD, "s3", AT_FDCWD, "d/b", 0), EEXIST);
    CHECK_ERRNO(linkat(AT_FDCWD, "absent", AT_FDCWD, "e", 0), ENOENT);
    CHECK_ERRNO(linkat(AT_FDCWD, "s3", AT_FDCWD, "e", 1), EINVAL);
    return 0;
}
