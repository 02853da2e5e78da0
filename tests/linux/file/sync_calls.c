// sync(2), syncfs(2), sync_file_range(2): succeed on a file system without a disk; EBADF, ESPIPE, EINVAL.
// calls: sync syncfs sync_file_range
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600)), ends[2];
    CHECK_EQ(write(fd, "x", 1), 1);
    CHECK_EQ(syscall(SYS_sync), 0);
    OK(syncfs(fd));
    OK(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
    OK(pipe(ends));
    CHECK_ERRNO(sync_file_range(ends[0], 0, 0, SYNC_FILE_RANGE_WRITE), ESPIPE);
    CHECK_ERRNO(sync_file_range(fd, -1, 0, SYNC_FILE_RANGE_WRITE), EINVAL);
    CHECK_ERRNO(sync_file_range(fd, 0, 0, 0x40), EINVAL);
    CHECK_ERRNO(syncfs(-1), EBADF);
    CHECK_ERRNO(syncfs(1000), EBADF);
    return 0;
}
