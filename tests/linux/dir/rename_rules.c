// rename(2): replaces atomically, a directory only an empty one; EISDIR, ENOTDIR, ENOTEMPTY, EINVAL into itself; same inode is a no-op.
// calls: renameat2
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("a", "A");
    h_write_file("b", "B");
    int old = OK(open("b", O_RDONLY));
    OK(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 0));
    CHECK_STR(h_read_file("b"), "A");
    struct stat st;
    CHECK_ERRNO(stat("a", &st), ENOENT);
    OK(fstat(old, &st));
    CHECK_EQ(st.st_nlink, 0);
    OK(link("b", "same"));
    OK(rename("b", "same"));
    OK(stat("b", &st));
    CHECK_EQ(st.st_nlink, 2);
    OK(mkdir("d", 0755));
    OK(mkdir("e", 0755));
    h_write_file("e/full", "");
    CHECK_ERRNO(rename("d", "e"), ENOTEMPTY);
    CHECK_ERRNO(rename("d", "b"), ENOTDIR);
    CHECK_ERRNO(rename("b", "d"), EISDIR);
    CHECK_ERRNO(rename("d", "d/inside"), EINVAL);
    CHECK_ERRNO(rename("e/full", "e/full/x"), ENOTDIR);
    CHECK_ERRNO(rename("d/x", "y"), ENOENT);
    CHECK_ERRNO(rename("d/.", "y"), EBUSY);
    OK(rename("e", "d"));
    OK(stat("d/full", &st));
    CHECK_ERRNO(stat("e", &st), ENOENT);
    OK(mkdir("p", 0755));
    OK(rename("d", "p/d")); // ".." follows
    struct stat parent;
    OK(stat("p/d/..", &st));
    OK(stat("p", &parent));
    CHECK_EQ(st.st_ino, parent.st_ino);
    CHECK_EQ(parent.st_nlink, 3);
    CHECK_ERRNO(rename("p", "p/d/p"), EINVAL);
    return 0;
}
