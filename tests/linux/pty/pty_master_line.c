// ioctl_tty(2) on the master of a pseudo-terminal: TIOCEXCL and TCXONC are about an end of its own. A slave that is exclusive opens
// for root alone, under each of its names; a master that is stopped takes nothing, and can send STOP and START through.
// calls: ioctl openat
#include "pty.h"

#ifndef TIOCGEXCL
#define TIOCGEXCL 0x80045440
#endif

static int exclusive(int fd) {
    int on = -1;
    OK(ioctl(fd, TIOCGEXCL, &on));
    return on;
}

static void exclusive_slave(void) {
    int master = pt_open(0), slave = pt_slave(master, 0);
    CHECK_EQ(exclusive(master), 0);
    OK(ioctl(master, TIOCEXCL));
    CHECK_EQ(exclusive(master), 1);
    CHECK_EQ(exclusive(slave), 0);
    OK(ioctl(slave, TIOCEXCL));
    OK(ioctl(master, TIOCNXCL));
    CHECK_EQ(exclusive(master), 0);
    CHECK_EQ(exclusive(slave), 1);
    OK(fchmod(slave, 0666));
    OK(close(pt_slave(master, 0)));
    const char *name = pt_name(master);
    if (geteuid() == 0)
        IN_CHILD({
            OK(setsid());
            OK(ioctl(slave, TIOCSCTTY, 0));
            OK(close(OK(open("/dev/tty", O_RDWR))));
            h_drop_to(1000);
            CHECK_ERRNO(open(name, O_RDWR | O_NOCTTY), EBUSY);
            CHECK_ERRNO(open("/dev/tty", O_RDWR), EBUSY);
            OK(ioctl(slave, TIOCNXCL));
            OK(close(OK(open(name, O_RDWR | O_NOCTTY))));
            OK(close(OK(open("/dev/tty", O_RDWR))));
            OK(ioctl(slave, TIOCEXCL));
        });
    CHECK_EQ(exclusive(slave), 1);
    CHECK_ERRNO(ioctl(slave, TIOCGEXCL, h_bad), EFAULT);
    OK(close(slave));
    OK(close(master));
}

static void stopped_master(void) {
    int master = pt_open(O_NONBLOCK), slave = pt_slave(master, O_NONBLOCK);
    pt_raw(slave, 1, 0);
    CHECK_EQ(pt_poll(master, POLLOUT), POLLOUT);
    OK(ioctl(master, TCXONC, TCOOFF));
    OK(ioctl(master, TCXONC, TCOOFF));
    CHECK_EQ(pt_poll(master, POLLOUT), 0);
    CHECK_ERRNO(write(master, "a", 1), EAGAIN);
    // The slave is not concerned, nor does a slave's flow start the master.
    pt_put(slave, "out");
    pt_get(master, "out");
    OK(ioctl(slave, TCXONC, TCOON));
    CHECK_ERRNO(write(master, "a", 1), EAGAIN);
    // Nor do STOP and START get through.
    OK(ioctl(master, TCXONC, TCIOFF));
    OK(ioctl(master, TCXONC, TCION));
    // A writer waits until it is started.
    pid_t child = h_fork();
    if (child == 0) {
        OK(fcntl(master, F_SETFL, 0));
        CHECK_EQ(write(master, "b", 1), 1);
        _exit(0);
    }
    h_until_asleep(child, 0);
    OK(ioctl(master, TCXONC, TCOON));
    h_join(child);
    pt_get(slave, "b");
    CHECK_EQ(pt_poll(master, POLLOUT), POLLOUT);
    CHECK_ERRNO(ioctl(master, TCXONC, 4), EINVAL);
    OK(ioctl(master, TCXONC, TCIOFF));
    OK(ioctl(master, TCXONC, TCION));
    pt_get(slave, "\x13\x11");

    // What STOP from the master does is up to the slave's settings.
    pt_flags(slave, 0, IXON, 0, 0);
    OK(ioctl(master, TCXONC, TCIOFF));
    pt_until(slave, POLLOUT | POLLIN, 0);
    CHECK_ERRNO(write(slave, "held", 4), EAGAIN);
    OK(ioctl(master, TCXONC, TCION));
    pt_until(slave, POLLOUT | POLLIN, POLLOUT);
    pt_put(slave, "out");
    pt_get(master, "out");
    CHECK_ERRNO(ioctl(master, TIOCNOTTY), ENOTTY);
    OK(close(slave));
    OK(close(master));
}

int main(void) {
    exclusive_slave();
    stopped_master();
    return 0;
}
