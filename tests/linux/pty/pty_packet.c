// ioctl_tty(2), TIOCPKT: each read of a master in packet mode begins with what has changed, or with 0 and data.
// calls: ioctl read
#include "pty.h"

#ifndef EXTPROC
#define EXTPROC 0200000
#endif

static int master, slave;

static void status(int want) {
    char bytes[16];
    pt_until(master, POLLPRI, POLLPRI);
    CHECK_EQ(read(master, bytes, sizeof bytes), 1);
    CHECK_EQ(bytes[0], want);
    CHECK_EQ(pt_poll(master, POLLPRI), 0);
}

int main(void) {
    int on = 1, got = -1;
    char bytes[300];
    master = pt_open(O_NONBLOCK);
    slave = pt_slave(master, 0);
    OK(ioctl(master, TIOCGPKT, &got));
    CHECK_EQ(got, 0);
    CHECK_ERRNO(ioctl(slave, TIOCPKT, &on), ENOTTY);
    CHECK_ERRNO(ioctl(master, TIOCPKT, h_bad), EFAULT);
    OK(tcflush(slave, TCIOFLUSH)); // before it was on
    OK(ioctl(master, TIOCPKT, &on));
    OK(ioctl(master, TIOCGPKT, &got));
    CHECK_EQ(got, 1);
    CHECK_ERRNO(read(master, bytes, sizeof bytes), EAGAIN);
    pt_put(slave, "abc");
    pt_until(master, POLLIN | POLLPRI, POLLIN);
    CHECK_EQ(read(master, bytes, sizeof bytes), 4);
    CHECK(!memcmp(bytes, "\0abc", 4));
    pt_put(slave, "de");
    pt_until(master, POLLIN, POLLIN);
    CHECK_EQ(read(master, bytes, 2), 2);
    CHECK(!memcmp(bytes, "\0d", 2));
    CHECK_EQ(read(master, bytes, 9), 2);
    CHECK(!memcmp(bytes, "\0e", 2));
    memset(bytes, 'x', sizeof bytes);
    pt_put_bytes(slave, bytes, 299);
    pt_until_bytes(master, 299);
    CHECK_EQ(read(master, bytes, sizeof bytes), 300);
    CHECK_EQ(bytes[0], 0);
    OK(tcflush(slave, TCIFLUSH));
    status(TIOCPKT_FLUSHREAD);
    OK(tcflush(slave, TCOFLUSH));
    status(TIOCPKT_FLUSHWRITE);
    OK(tcflow(slave, TCOOFF));
    status(TIOCPKT_STOP);
    OK(tcflow(slave, TCOON));
    status(TIOCPKT_START);
    OK(tcflow(slave, TCOOFF));
    OK(tcflow(slave, TCOON));
    status(TIOCPKT_START);
    pt_put(slave, "f"); // a status goes before data
    pt_flags(slave, IXON, 0, 0, 0);
    status(TIOCPKT_NOSTOP);
    pt_get(master, "\0f");
    pt_flags(slave, 0, IXON, 0, 0);
    status(TIOCPKT_DOSTOP);
    pt_flags(slave, 0, 0, ECHO, 0);
    CHECK_EQ(pt_poll(master, POLLPRI), 0);
    pt_flags(slave, 0, 0, 0, EXTPROC);
    status(TIOCPKT_IOCTL);
    pt_flags(slave, 0, 0, EXTPROC, 0);
    status(TIOCPKT_IOCTL);
    pt_put(master, "\x03");
    status(TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE);
    pt_put(master, "\x13");
    status(TIOCPKT_STOP);
    pt_put(master, "\x11");
    status(TIOCPKT_START);
    on = 0;
    OK(ioctl(master, TIOCPKT, &on));
    OK(tcflush(slave, TCIOFLUSH));
    CHECK_ERRNO(read(master, bytes, sizeof bytes), EAGAIN);
    pt_put(slave, "g");
    pt_get(master, "g");
    OK(close(master));
    OK(close(slave));
    return 0;
}
