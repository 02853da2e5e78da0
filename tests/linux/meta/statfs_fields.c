// statfs(2): magic, block size and name length of tmpfs and proc; files take free blocks; EBADF, ENOENT, EFAULT.
// calls: statfs fstatfs
#include "../harness.h"
#include <linux/magic.h>
#include <sys/statfs.h>

int main(void) {
    h_scratch();
    struct statfs before, after;
    OK(statfs(".", &before));
    CHECK(before.f_type == TMPFS_MAGIC || before.f_type == RAMFS_MAGIC);
    CHECK_EQ(before.f_bsize, PAGE);
    CHECK_EQ(before.f_namelen, 255);
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    static char bytes[64 * 4096];
    memset(bytes, 1, sizeof bytes);
    CHECK_EQ(write(fd, bytes, sizeof bytes), sizeof bytes);
    OK(fstatfs(fd, &after));
    CHECK_EQ(after.f_type, before.f_type);
    if (before.f_blocks) {
        CHECK(before.f_bfree <= before.f_blocks);
        CHECK(after.f_bfree < before.f_bfree);
    }
    OK(statfs("/proc", &after));
    CHECK_EQ(after.f_type, PROC_SUPER_MAGIC);
    CHECK_ERRNO(statfs("absent", &after), ENOENT);
    CHECK_ERRNO(fstatfs(-1, &after), EBADF);
    CHECK_ERRNO(syscall(SYS_fstatfs, fd, h_bad), EFAULT);
    return 0;
}
