// fcntl(2), F_DUPFD and F_DUPFD_CLOEXEC: the lowest number not below the argument; EINVAL beyond the limit.
// calls: fcntl
#include "../harness.h"

int main(void) {
    int fd = OK(open("/dev/null", O_RDONLY));
    CHECK_EQ(fcntl(fd, F_DUPFD, 100), 100);
    CHECK_EQ(fcntl(fd, F_DUPFD, 100), 101);
    CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 100), 102);
    CHECK_EQ(fcntl(101, F_GETFD), 0);
    CHECK_EQ(fcntl(102, F_GETFD), FD_CLOEXEC);
    OK(fcntl(102, F_SETFD, 0));
    CHECK_EQ(fcntl(102, F_GETFD), 0);
    CHECK_ERRNO(fcntl(fd, F_DUPFD, -1), EINVAL);
    struct rlimit limit;
    OK(getrlimit(RLIMIT_NOFILE, &limit));
    CHECK_ERRNO(fcntl(fd, F_DUPFD, limit.rlim_cur), EINVAL);
    CHECK_ERRNO(fcntl(99, F_DUPFD, 0), EBADF);
    CHECK_ERRNO(fcntl(fd, 9999, 0), EINVAL);
    return 0;
}
