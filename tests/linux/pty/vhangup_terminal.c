// vhangup(2): the controlling terminal is nobody's any more, its session's leader gets SIGHUP and SIGCONT, and what was opened before
// is dead; the terminal can be opened anew. Without a terminal nothing happens; others than root may not.
// calls: vhangup
#include "pty.h"

static volatile sig_atomic_t hups, conts;
static void count(int signal) {
    if (signal == SIGHUP) hups++;
    else conts++;
}

// Whether the caller has a controlling terminal.
static int has_terminal(void) {
    int fd = open("/dev/tty", O_RDWR);
    if (fd < 0) CHECK_EQ(errno, ENXIO);
    else OK(close(fd));
    return fd >= 0;
}

static void session(int master, const char *name, int by_ioctl) {
    char byte;
    OK(setsid());
    CHECK(!has_terminal());
    OK(vhangup());
    int slave = OK(open(name, O_RDWR));
    CHECK(has_terminal());
    h_on_signal(SIGHUP, count, 0);
    h_on_signal(SIGCONT, count, 0);
    pt_flags(slave, 0, 0, ECHO, 0);
    // Another of the session, in the foreground, which hears nothing.
    int ready[2];
    int go[2];
    OK(pipe(ready)), OK(pipe(go));
    pid_t other = h_fork();
    if (other == 0) {
        CHECK(has_terminal());
        hups = conts = 0;
        h_signal(ready[1]);
        h_await(go[0]);
        CHECK(!has_terminal());
        CHECK_EQ(pt_stat(7), 0);
        CHECK_EQ(hups + conts, 0);
        _exit(0);
    }
    h_await(ready[0]);
    if (by_ioctl) OK(ioctl(slave, TIOCVHANGUP));
    else OK(vhangup());
    CHECK_EQ(hups, 1);
    CHECK_EQ(conts, 1);
    CHECK(!has_terminal());
    CHECK_EQ(pt_stat(7), 0);
    CHECK_EQ(pt_stat(8), -1);
    CHECK_EQ(read(slave, &byte, 1), 0);
    CHECK_ERRNO(write(slave, "x", 1), EIO);
    CHECK_EQ(pt_poll(slave, POLLIN | POLLOUT), POLLIN | POLLOUT | POLLHUP | POLLERR);
    CHECK_ERRNO(tcgetpgrp(slave), EIO);
    h_signal(go[1]);
    h_join(other);
    // Once more from the start.
    OK(vhangup());
    CHECK_EQ(hups, 1);
    int again = OK(open(name, O_RDWR));
    CHECK(has_terminal());
    CHECK_EQ(tcgetpgrp(again), getpid());
    CHECK_EQ(tcgetsid(again), getpid());
    struct termios t;
    OK(tcgetattr(again, &t));
    CHECK(t.c_lflag & ECHO);
    pt_put(master, "line\n");
    pt_get(again, "line\n");
    pt_get(master, "line\r\n");
    pt_put(again, "out");
    pt_get(master, "out");
    CHECK_ERRNO(write(slave, "x", 1), EIO);
    OK(close(slave));
    OK(ioctl(again, TIOCNOTTY));
    OK(close(again));
}

int main(void) {
    if (geteuid() != 0) h_skip("not root");
    int master = pt_open(0);
    const char *name = pt_name(master);
    for (int by_ioctl = 0; by_ioctl < 2; by_ioctl++) {
        pid_t child = h_fork();
        if (child == 0) {
            session(master, name, by_ioctl);
            _exit(0);
        }
        h_join(child);
    }
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(vhangup(), EPERM);
    });
    OK(close(master));
    return 0;
}
