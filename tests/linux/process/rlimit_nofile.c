// setrlimit(2), RLIMIT_NOFILE: numbers at or above the limit are EMFILE for open, dup, pipe; dup2 to one is EBADF; open ones stay.
// calls: prlimit64 openat dup pipe2
#include "../harness.h"

int main(void) {
    OK(dup2(0, 50));
    struct rlimit limit = {20, 30};
    OK(setrlimit(RLIMIT_NOFILE, &limit));
    int fd, count = 0, ends[2] = {-7, -7};
    while ((fd = open("/dev/null", O_RDONLY)) >= 0) {
        CHECK(fd < 20);
        count++;
    }
    CHECK_EQ(errno, EMFILE);
    CHECK(count > 0);
    CHECK_ERRNO(dup(0), EMFILE);
    CHECK_ERRNO(pipe(ends), EMFILE);
    CHECK_EQ(ends[0], -7);
    OK(close(19));
    CHECK_ERRNO(pipe(ends), EMFILE); // one is not enough, and is not lost
    CHECK_EQ(dup(0), 19);
    CHECK_ERRNO(dup2(0, 20), EBADF);
    CHECK_EQ(fcntl(50, F_GETFD), 0);
    OK(dup2(50, 5));
    limit.rlim_cur = 25;
    OK(setrlimit(RLIMIT_NOFILE, &limit));
    CHECK_EQ(dup(0), 20);
    limit = (struct rlimit){1UL << 40, 1UL << 40};
    CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EPERM); // above /proc/sys/fs/nr_open
    return 0;
}
