// stat(2): size, blocks, block size, links, owner, device, and type of regular files, directories, pipes and devices.
// calls: newfstatat fstat
#include "../harness.h"
#include <sys/sysmacros.h>

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0640)), ends[2];
    static char bytes[5000];
    memset(bytes, 1, sizeof bytes);
    CHECK_EQ(write(fd, bytes, sizeof bytes), sizeof bytes);
    struct stat a, b;
    OK(syscall(SYS_fstat, fd, &a));
    OK(syscall(SYS_newfstatat, AT_FDCWD, "file", &b, 0));
    CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
    CHECK_EQ(a.st_size, 5000);
    CHECK_EQ(a.st_blocks, 16);
    CHECK_EQ(a.st_blksize, PAGE);
    CHECK_EQ(a.st_nlink, 1);
    CHECK_EQ(a.st_uid, getuid());
    OK(syscall(SYS_newfstatat, fd, "", &b, AT_EMPTY_PATH));
    CHECK_EQ(b.st_ino, a.st_ino);
    OK(pipe(ends));
    OK(syscall(SYS_fstat, ends[0], &b));
    CHECK(S_ISFIFO(b.st_mode));
    OK(syscall(SYS_newfstatat, AT_FDCWD, "/dev/null", &b, 0));
    CHECK(S_ISCHR(b.st_mode));
    CHECK_EQ(b.st_rdev, makedev(1, 3));
    CHECK_ERRNO(syscall(SYS_fstat, -1, &b), EBADF);
    CHECK_ERRNO(syscall(SYS_fstat, fd, h_bad), EFAULT);
    CHECK_ERRNO(syscall(SYS_newfstatat, AT_FDCWD, "absent", &b, 0), ENOENT);
    CHECK_ERRNO(syscall(SYS_newfstatat, AT_FDCWD, "file", &b, 0x10), EINVAL);
    CHECK_ERRNO(syscall(SYS_newfstatat, AT_FDCWD, "", &b, 0), ENOENT);
    return 0;
}
