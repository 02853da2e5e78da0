// termios(3) on a pseudo-terminal: canonical and raw input, erasing, end of file, maps, echo, flow control, VMIN and VTIME.
// calls: ioctl read write
#include "pty.h"

static int master, slave;

static void check_settings(void) {
    struct termios t, u;
    OK(tcgetattr(slave, &t));
    CHECK_EQ(t.c_iflag, ICRNL | IXON);
    CHECK_EQ(t.c_oflag, OPOST | ONLCR);
    CHECK_EQ(t.c_cflag, B38400 | CS8 | CREAD);
    CHECK_EQ(t.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN);
    CHECK_EQ(t.c_cc[VINTR], 3);
    CHECK_EQ(t.c_cc[VMIN], 1);
    CHECK_EQ(cfgetospeed(&t), B38400);
    t.c_cflag = B9600 | CS7 | PARENB;
    OK(tcsetattr(master, TCSANOW, &t)); // the master has no settings of its own
    OK(tcgetattr(slave, &u));
    CHECK_EQ(u.c_cflag, B9600 | CS8 | CREAD);
    t.c_cflag = B38400 | CS8 | CREAD;
    OK(tcsetattr(slave, TCSADRAIN, &t));
}

static void check_canonical(void) {
    char line[64];
    pt_put(master, "ab\x7f" "c");
    pt_get(master, "ab\b \bc");
    CHECK_EQ(pt_poll(slave, POLLIN), 0);
    pt_put(master, "\r");
    CHECK_EQ(read(slave, line, sizeof line), 3);
    CHECK(!memcmp(line, "ac\n", 3));
    pt_get(master, "\r\n");
    pt_put(master, "one\ntwo\n");
    pt_until_bytes(slave, 8);
    CHECK_EQ(read(slave, line, sizeof line), 4); // a line at a time
    CHECK_EQ(read(slave, line, 2), 2);
    CHECK_EQ(read(slave, line, sizeof line), 2);
    pt_get(master, "one\r\ntwo\r\n");
    pt_put(master, "x\x04\x04");
    CHECK_EQ(read(slave, line, sizeof line), 1);
    CHECK_EQ(read(slave, line, sizeof line), 0); // end of file
    pt_get(master, "x");
    pt_put(master, "lost\x15" "a b\x17\x16\x03\n");
    CHECK_EQ(read(slave, line, sizeof line), 4);
    CHECK(!memcmp(line, "a \x03\n", 4));
    pt_get(master, "lost\b \b\b \b\b \b\b \ba b\b \b^\b^C\r\n");
    pt_put(master, "gone\x03kept\n"); // no foreground group: the input is flushed all the same
    CHECK_EQ(read(slave, line, sizeof line), 5);
    CHECK(!memcmp(line, "kept\n", 5));
    OK(tcflush(master, TCIFLUSH));
    CHECK_EQ(fcntl(slave, F_SETFL, O_NONBLOCK), 0);
    CHECK_ERRNO(read(slave, line, 1), EAGAIN);
    CHECK_EQ(fcntl(slave, F_SETFL, 0), 0);
}

static void check_maps(void) {
    pt_flags(slave, ICRNL, INLCR, ECHO, 0);
    pt_put(master, "a\nb\x04"); // a line feed becomes a return, which ends no line
    pt_get(slave, "a\rb");
    pt_flags(slave, INLCR, IGNCR, 0, 0);
    pt_put(master, "a\rb\n");
    pt_get(slave, "ab\n");
    pt_flags(slave, IGNCR, ICRNL, 0, ECHONL);
    pt_put(master, "c\r");
    pt_get(slave, "c\n");
    pt_get(master, "\r\n");
    pt_flags(slave, 0, 0, ECHONL, ECHO);
    struct termios t;
    OK(tcgetattr(slave, &t));
    t.c_oflag = OPOST | OCRNL | XTABS;
    OK(tcsetattr(slave, TCSANOW, &t));
    pt_put(slave, "1\r2\n\t3");
    pt_get(master, "1\n2\n");
    char tab[16];
    pt_until_bytes(master, 7); // no line feed went back to the first column
    CHECK_EQ(read(master, tab, sizeof tab), 7);
    CHECK_EQ(tab[6], '3');
    t.c_oflag = OPOST | ONLCR;
    OK(tcsetattr(slave, TCSANOW, &t));
    pt_put(slave, "\n");
    pt_get(master, "\r\n");
}

static void check_flow(void) {
    pt_put(slave, "before");
    pt_put(master, "\x13");
    pt_until(slave, POLLOUT, 0);
    CHECK_EQ(fcntl(slave, F_SETFL, O_NONBLOCK), 0);
    CHECK_ERRNO(write(slave, "x", 1), EAGAIN);
    pt_get(master, "before"); // was on its way
    pt_put(master, "\x11");
    pt_until(slave, POLLOUT, POLLOUT);
    pt_put(slave, "after");
    pt_get(master, "after");
    OK(tcflow(slave, TCOOFF));
    CHECK_ERRNO(write(slave, "x", 1), EAGAIN);
    OK(tcflow(slave, TCOON));
    pt_put(slave, "on");
    pt_get(master, "on");
    OK(tcflow(slave, TCIOFF));
    pt_get(master, "\x13");
    OK(tcflow(slave, TCION));
    pt_get(master, "\x11");
    CHECK_EQ(fcntl(slave, F_SETFL, 0), 0);
}

static void check_raw(void) {
    char bytes[64];
    pt_flags(slave, 0, 0, ECHO, 0);
    pt_put(master, "part");
    CHECK_EQ(pt_poll(slave, POLLIN), 0);
    pt_raw(slave, 1, 0);
    pt_get(slave, "part"); // what was typed is there when lines are no more
    pt_put(master, "\x03\x04\x13\r\n\x7f");
    pt_get(slave, "\x03\x04\x13\r\n\x7f");
    pt_put(slave, "\n\t");
    pt_get(master, "\n\t");
    pt_raw(slave, 3, 0);
    pt_put(master, "ab");
    pt_until_bytes(slave, 2);
    CHECK_EQ(pt_poll(slave, POLLIN), 0);
    pt_put(master, "c");
    CHECK_EQ(read(slave, bytes, sizeof bytes), 3);
    pt_raw(slave, 0, 0);
    CHECK_EQ(read(slave, bytes, sizeof bytes), 0);
    pt_raw(slave, 0, 1);
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    CHECK_EQ(read(slave, bytes, sizeof bytes), 0);
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 99000000);
    pt_raw(slave, 5, 1);
    pt_put(master, "xy");
    CHECK_EQ(read(slave, bytes, sizeof bytes), 2); // the time between bytes ended it
}

// Whole writes arrive in order, whoever is faster, and both ends wait for room.
static void check_pressure(void) {
    enum { BYTES = 100000 };
    static char buffer[4096];
    pt_raw(slave, 1, 0);
    for (int way = 0; way < 2; way++) {
        int from = way ? slave : master, to = way ? master : slave;
        pid_t writer = h_fork();
        if (writer == 0) {
            static char all[BYTES];
            for (int i = 0; i < BYTES; i++) all[i] = i * 7 + i / 256;
            pt_put_bytes(from, all, BYTES);
            _exit(0);
        }
        for (int done = 0; done < BYTES;) {
            int n = OK(read(to, buffer, sizeof buffer));
            CHECK(n > 0);
            for (int i = 0; i < n; i++, done++) CHECK_EQ(buffer[i], (char)(done * 7 + done / 256));
        }
        h_join(writer);
        CHECK_EQ(fcntl(from, F_SETFL, O_NONBLOCK), 0);
        long total = 0, n;
        while ((n = write(from, buffer, 100)) > 0) total += n;
        CHECK_EQ(errno, EAGAIN);
        CHECK(total >= 2048 && total < 65536);
        CHECK_EQ(pt_poll(from, POLLOUT), 0);
        while (total > 0) total -= OK(read(to, buffer, sizeof buffer));
        CHECK_EQ(total, 0);
        pt_until(from, POLLOUT, POLLOUT);
        CHECK_EQ(fcntl(from, F_SETFL, 0), 0);
    }
}

int main(void) {
    master = pt_open(0);
    slave = pt_slave(master, 0);
    check_settings();
    check_canonical();
    check_maps();
    check_flow();
    check_raw();
    check_pressure();
    CHECK_ERRNO(read(master, h_bad, 0) == 0 ? write(slave, h_bad, 4) : 0, EFAULT);
    return 0;
}
