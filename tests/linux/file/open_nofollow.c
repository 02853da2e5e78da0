// open(2), O_NOFOLLOW: the last component must not be a symlink (ELOOP); symlinks before it are followed.
// calls: openat symlinkat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(mkdir("dir", 0755));
    h_write_file("dir/file", "inside");
    OK(symlinkat("dir", AT_FDCWD, "to-dir"));
    OK(symlinkat("dir/file", AT_FDCWD, "to-file"));
    CHECK_ERRNO(openat(AT_FDCWD, "to-file", O_RDONLY | O_NOFOLLOW), ELOOP);
    int fd = OK(openat(AT_FDCWD, "to-dir/file", O_RDONLY | O_NOFOLLOW));
    char text[16] = "";
    CHECK_EQ(read(fd, text, sizeof text), 6);
    CHECK_STR(text, "inside");
    CHECK_ERRNO(openat(AT_FDCWD, "to-dir", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), ENOTDIR);
    // O_PATH | O_NOFOLLOW gives the link itself.
    struct stat st;
    OK(fstat(OK(openat(AT_FDCWD, "to-file", O_PATH | O_NOFOLLOW)), &st));
    CHECK(S_ISLNK(st.st_mode));
    return 0;
}
