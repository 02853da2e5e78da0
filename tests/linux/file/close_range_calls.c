// close_range(2): closes or marks every descriptor in the range; first above last and unknown flags are EINVAL.
// calls: close_range
#include "../harness.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif
int main(void) {
    for (int fd = 50; fd < 60; fd++) OK(dup2(2, fd));
    OK(syscall(SYS_close_range, 52, 55, 0));
    for (int fd = 50; fd < 60; fd++) {
        errno = 0;
        CHECK_EQ(fcntl(fd, F_GETFD), fd >= 52 && fd <= 55 ? -1 : 0);
    }
    OK(syscall(SYS_close_range, 57, ~0U, CLOSE_RANGE_CLOEXEC));
    CHECK_EQ(fcntl(56, F_GETFD), 0);
    CHECK_EQ(fcntl(57, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(59, F_GETFD), FD_CLOEXEC);
    CHECK_ERRNO(syscall(SYS_close_range, 9, 8, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_close_range, 8, 9, 1 << 20), EINVAL);
    OK(syscall(SYS_close_range, 50, ~0U, 0));
    CHECK_ERRNO(fcntl(50, F_GETFD), EBADF);
    CHECK_ERRNO(fcntl(59, F_GETFD), EBADF);
    return 0;
}
