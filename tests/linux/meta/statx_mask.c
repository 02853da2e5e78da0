// statx(2): the basic fields agree with stat; birth time; stx_mask says what is valid; reserved mask bits are EINVAL.
// calls: statx
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("file", "12345");
    OK(symlink("file", "link"));
    struct stat st;
    struct statx x;
    memset(&x, 0xff, sizeof x);
    OK(stat("file", &st));
    OK(syscall(SYS_statx, AT_FDCWD, "link", 0, STATX_BASIC_STATS, &x));
    CHECK_EQ(x.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
    CHECK_EQ(x.stx_size, 5);
    CHECK_EQ(x.stx_ino, st.st_ino);
    CHECK_EQ(x.stx_mode, st.st_mode);
    CHECK_EQ(x.stx_nlink, 1);
    CHECK_EQ(x.stx_mtime.tv_sec, st.st_mtim.tv_sec);
    CHECK_EQ(x.stx_mtime.tv_nsec, st.st_mtim.tv_nsec);
    OK(syscall(SYS_statx, AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x));
    CHECK(S_ISLNK(x.stx_mode));
    int fd = OK(open("file", O_RDONLY));
    OK(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_SIZE, &x));
    CHECK_EQ(x.stx_size, 5);
    CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "file", 0, 0x80000000U, &x), EINVAL);
    CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "file", 0x10, STATX_SIZE, &x), EINVAL);
    CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "absent", 0, STATX_SIZE, &x), ENOENT);
    CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "file", 0, STATX_SIZE, h_bad), EFAULT);
    return 0;
}
