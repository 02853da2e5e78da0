// fsync(2): regular files and directories sync; a pipe is EINVAL, a bad descriptor EBADF.
// calls: fsync fdatasync
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600)), ends[2];
    CHECK_EQ(write(fd, "x", 1), 1);
    OK(fsync(fd));
    OK(fdatasync(fd));
    OK(fsync(OK(open(".", O_RDONLY))));
    OK(pipe(ends));
    CHECK_ERRNO(fsync(ends[1]), EINVAL);
    CHECK_ERRNO(fdatasync(ends[1]), EINVAL);
    CHECK_ERRNO(fsync(-1), EBADF);
    CHECK_ERRNO(fdatasync(-1), EBADF);
    return 0;
}
