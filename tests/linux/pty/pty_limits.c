// getrlimit(2), pts(4): opening pseudo-terminals without end runs into a limit, and all is there again when they are closed.
// calls: openat ioctl prlimit64
#include "pty.h"

int main(void) {
    for (int round = 0; round < 2; round++)
        IN_CHILD({
            struct rlimit limit;
            OK(getrlimit(RLIMIT_NOFILE, &limit));
            limit.rlim_cur = 200;
            OK(setrlimit(RLIMIT_NOFILE, &limit));
            int count = 0;
            int fd;
            while ((fd = open("/dev/ptmx", O_RDWR | O_NOCTTY)) >= 0) count++;
            CHECK_EQ(errno, EMFILE);
            CHECK(count > 150 && count < 200);
            CHECK_EQ(pt_number(3) == pt_number(4), 0);
            // What could not be opened has taken nothing.
            int number = pt_number(199);
            char path[32];
            OK(close(199));
            snprintf(path, sizeof path, "/dev/pts/%d", number);
            CHECK_ERRNO(access(path, F_OK), ENOENT);
            fd = pt_open(0);
            CHECK_EQ(fd, 199);
            OK(close(198));
            int slave = pt_slave(fd, 0);
            CHECK_EQ(slave, 198);
            CHECK_ERRNO(ioctl(fd, TIOCGPTPEER, O_RDWR | O_NOCTTY), EMFILE);
            CHECK_EQ(close(slave), 0);
            OK(ioctl(fd, TIOCGPTPEER, O_RDWR | O_NOCTTY));
        });
    return 0;
}
