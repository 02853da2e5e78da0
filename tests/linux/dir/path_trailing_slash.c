// path_resolution(7): a trailing slash asks for a directory, follows a symlink, and cannot name a file to create.
// calls: openat newfstatat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(mkdir("dir", 0755));
    h_write_file("file", "");
    OK(symlink("dir", "link"));
    struct stat st, dir;
    OK(stat("dir/", &dir));
    OK(lstat("link/", &st));
    CHECK(S_ISDIR(st.st_mode));
    CHECK_EQ(st.st_ino, dir.st_ino);
    OK(stat("dir//../dir/././", &st));
    CHECK_EQ(st.st_ino, dir.st_ino);
    CHECK_ERRNO(stat("file/", &st), ENOTDIR);
    CHECK_ERRNO(stat("file/.", &st), ENOTDIR);
    CHECK_ERRNO(stat("file/..", &st), ENOTDIR);
    CHECK_ERRNO(open("file/", O_RDONLY), ENOTDIR);
    CHECK_ERRNO(open("new/", O_RDWR | O_CREAT, 0600), EISDIR);
    CHECK_ERRNO(unlink("file/"), ENOTDIR);
    CHECK_ERRNO(rename("file", "other/"), ENOTDIR);
    CHECK_ERRNO(link("file", "other/"), ENOENT);
    CHECK_ERRNO(symlink("x", "other/"), ENOENT);
    OK(rename("dir/", "dir2/"));
    CHECK_ERRNO(rmdir("link/"), ENOTDIR);
    struct stat root, above;
    OK(stat("/", &root));
    OK(stat("/..", &above));
    CHECK_EQ(root.st_ino, above.st_ino);
    return 0;
}
