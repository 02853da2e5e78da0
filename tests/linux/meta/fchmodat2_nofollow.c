// fchmodat2(2): AT_EMPTY_PATH changes the descriptor's file; a symlink's mode cannot change (EOPNOTSUPP); EINVAL for flags.
// calls: fchmodat2
#include "../harness.h"

#define SYS_FCHMODAT2 452

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    OK(symlink("file", "link"));
    struct stat st;
    OK(syscall(SYS_FCHMODAT2, AT_FDCWD, "link", 0640, 0));
    OK(fstat(fd, &st));
    CHECK_EQ(st.st_mode & 07777, 0640);
    OK(syscall(SYS_FCHMODAT2, fd, "", 0604, AT_EMPTY_PATH));
    OK(fstat(fd, &st));
    CHECK_EQ(st.st_mode & 07777, 0604);
    CHECK_ERRNO(syscall(SYS_FCHMODAT2, AT_FDCWD, "link", 0600, AT_SYMLINK_NOFOLLOW), EOPNOTSUPP);
    OK(syscall(SYS_FCHMODAT2, AT_FDCWD, "file", 0600, AT_SYMLINK_NOFOLLOW));
    CHECK_ERRNO(syscall(SYS_FCHMODAT2, AT_FDCWD, "file", 0600, 1), EINVAL);
    CHECK_ERRNO(syscall(SYS_FCHMODAT2, AT_FDCWD, "absent", 0600, 0), ENOENT);
    return 0;
}
