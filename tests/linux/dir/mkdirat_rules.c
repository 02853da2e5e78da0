// mkdirat(2): mode & ~umask, link counts of parent and child, EEXIST, ENOENT, ENOTDIR.
// calls: mkdirat newfstatat
#include "../harness.h"

int main(void) {
    h_scratch();
    umask(022);
    int dir = OK(open(".", O_RDONLY | O_DIRECTORY));
    OK(mkdirat(dir, "sub", 0777));
    struct stat st;
    OK(stat("sub", &st));
    CHECK_EQ(st.st_mode, S_IFDIR | 0755);
    CHECK_EQ(st.st_nlink, 2);
    OK(stat(".", &st));
    CHECK_EQ(st.st_nlink, 3);
    OK(mkdirat(dir, "sub/inner/", 01777)); // trailing slash is fine, and so is the sticky bit
    OK(stat("sub/inner", &st));
    CHECK_EQ(st.st_mode, S_IFDIR | 01755);
    CHECK_ERRNO(mkdirat(dir, "sub", 0755), EEXIST);
    CHECK_ERRNO(mkdirat(dir, ".", 0755), EEXIST);
    OK(symlink("nowhere", "dangling"));
    CHECK_ERRNO(mkdirat(dir, "dangling", 0755), EEXIST);
    CHECK_ERRNO(mkdirat(dir, "absent/x", 0755), ENOENT);
    h_write_file("file", "");
    CHECK_ERRNO(mkdirat(dir, "file/x", 0755), ENOTDIR);
    CHECK_ERRNO(mkdirat(dir, "", 0755), ENOENT);
    CHECK_ERRNO(mkdirat(-1, "x", 0755), EBADF);
    return 0;
}
