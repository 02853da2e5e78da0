// open(2), O_DIRECTORY: a directory opens, anything else is ENOTDIR; a directory is not writable (EISDIR).
// calls: openat mkdirat fstat
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("file", "x");
    OK(mkdirat(AT_FDCWD, "dir", 0755));
    int fd = OK(openat(AT_FDCWD, "dir", O_RDONLY | O_DIRECTORY));
    struct stat st = {0};
    OK(syscall(SYS_fstat, fd, &st));
    CHECK(S_ISDIR(st.st_mode));
    CHECK_ERRNO(openat(AT_FDCWD, "file", O_RDONLY | O_DIRECTORY), ENOTDIR);
    CHECK_ERRNO(openat(AT_FDCWD, "dir", O_WRONLY), EISDIR);
    CHECK_ERRNO(openat(AT_FDCWD, "dir", O_RDWR | O_CREAT, 0600), EISDIR);
    char byte;
    CHECK_ERRNO(read(fd, &byte, 1), EISDIR);
    CHECK_ERRNO(openat(fd, "absent", O_RDONLY | O_DIRECTORY), ENOENT);
    CHECK_ERRNO(openat(AT_FDCWD, "dir", O_CREAT | O_DIRECTORY, 0600), EINVAL);
    CHECK_ERRNO(openat(AT_FDCWD, "absent", O_CREAT | O_DIRECTORY, 0600), EINVAL);
    CHECK_ERRNO(openat(AT_FDCWD, "absent", O_RDONLY), ENOENT);
    return 0;
}
