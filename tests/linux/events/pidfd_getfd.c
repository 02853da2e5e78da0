// pidfd_getfd(2): the other process's open description, close-on-exec; EBADF, EINVAL, ESRCH; EPERM for other users.
// calls: pidfd_getfd pidfd_open
#include "../harness.h"

static int getfd(int pidfd, int fd, unsigned flags) { return syscall(SYS_pidfd_getfd, pidfd, fd, flags); }

int main(void) {
    h_scratch();
    h_write_file("file", "0123456789");
    int ready[2], *number = h_shared(sizeof(int));
    OK(pipe(ready));
    pid_t child = h_fork();
    if (child == 0) {
        *number = OK(open("file", O_RDWR));
        h_signal(ready[1]);
        for (;;) pause();
    }
    h_await(ready[0]);
    int pidfd = OK(syscall(SYS_pidfd_open, child, 0));
    int before = h_open_fds();
    int fd = OK(getfd(pidfd, *number, 0));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    char c;
    CHECK_EQ(read(fd, &c, 1), 1);
    int again = OK(getfd(pidfd, *number, 0));
    CHECK_EQ(read(again, &c, 1), 1); // one description, one offset
    CHECK_EQ(c, '1');
    CHECK_EQ(write(again, "x", 1), 1);
    CHECK_STR(h_read_file("file"), "01x3456789");
    OK(close(fd));
    OK(close(again));
    CHECK_ERRNO(getfd(pidfd, 99, 0), EBADF);
    CHECK_ERRNO(getfd(pidfd, -1, 0), EBADF);
    CHECK_ERRNO(getfd(pidfd, *number, 1), EINVAL);
    CHECK_ERRNO(getfd(ready[0], 0, 0), EBADF);
    CHECK_ERRNO(getfd(-1, 0, 0), EBADF);
    if (geteuid() == 0) {
        IN_CHILD({
            h_drop_to(1000);
            CHECK_ERRNO(getfd(pidfd, *number, 0), EPERM);
        });
    }
    h_kill_and_reap(child);
    CHECK_ERRNO(getfd(pidfd, *number, 0), ESRCH);
    CHECK_EQ(h_open_fds(), before);
    return 0;
}
