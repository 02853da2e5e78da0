// tty(4), ioctl_tty(2): /dev/tty is ENXIO without a controlling terminal; terminal requests on other files are ENOTTY.
// calls: ioctl setsid
#include "../harness.h"
#include <termios.h>

int main(void) {
    struct termios t;
    struct winsize size;
    pid_t group;
    int ends[2], queued = -1;
    OK(pipe(ends));
    CHECK_ERRNO(ioctl(ends[0], TCGETS, &t), ENOTTY);
    CHECK_ERRNO(ioctl(ends[0], TIOCGWINSZ, &size), ENOTTY);
    CHECK_ERRNO(ioctl(ends[0], TIOCGPGRP, &group), ENOTTY);
    CHECK_ERRNO(ioctl(-1, TCGETS, &t), EBADF);
    CHECK_EQ(isatty(ends[0]), 0);
    CHECK_EQ(write(ends[1], "abc", 3), 3);
    OK(ioctl(ends[0], FIONREAD, &queued));
    CHECK_EQ(queued, 3);
    int on = 1;
    OK(ioctl(ends[0], FIONBIO, &on));
    CHECK(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
    OK(ioctl(ends[0], FIOCLEX));
    CHECK_EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
    OK(ioctl(ends[0], FIONCLEX));
    CHECK_EQ(fcntl(ends[0], F_GETFD), 0);
    IN_CHILD({
        CHECK_EQ(setsid(), getpid());
        CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
    });
    return 0;
}
