// pty(7), tty_ioctl(4): what is left when either end of a pseudo-terminal is closed, and who hears of it.
// calls: read write ioctl ppoll
#include "pty.h"

static void nothing(int signal) { (void)signal; }

static void check_slave_closed(void) {
    char bytes[16];
    int master = pt_open(O_NONBLOCK);
    CHECK_ERRNO(read(master, bytes, 1), EAGAIN); // it was never open
    CHECK_EQ(pt_poll(master, POLLIN), 0);
    int slave = pt_slave(master, 0), second = pt_slave(master, 0);
    pt_put(slave, "last");
    OK(close(slave));
    CHECK_EQ(pt_poll(master, POLLOUT), POLLOUT);
    OK(close(second));
    pt_until(master, POLLIN | POLLOUT, POLLIN | POLLOUT | POLLHUP);
    pt_get(master, "last");
    CHECK_ERRNO(read(master, bytes, 1), EIO);
    CHECK_EQ(pt_poll(master, POLLIN), POLLHUP);
    pt_put(master, "kept\n");
    slave = pt_slave(master, 0);
    CHECK_EQ(pt_poll(master, 0), 0);
    pt_get(slave, "kept\n");
    pt_get(master, "kept\r\n");
    OK(fcntl(master, F_SETFL, 0));
    pid_t reader = h_fork();
    if (reader == 0) {
        OK(close(slave));
        CHECK_ERRNO(read(master, bytes, 1), EIO);
        _exit(0);
    }
    h_until_asleep(reader, 0);
    OK(close(slave));
    h_join(reader);
    OK(close(master));
}

static void check_master_closed(void) {
    char bytes[16];
    struct termios t;
    int master = pt_open(0), slave = pt_slave(master, 0), n;
    char path[32];
    snprintf(path, sizeof path, "%s", pt_name(master));
    pt_put(master, "unread\n");
    OK(close(master));
    CHECK_EQ(read(slave, bytes, sizeof bytes), 0);
    CHECK_ERRNO(write(slave, "x", 1), EIO);
    CHECK_ERRNO(tcgetattr(slave, &t), EIO);
    CHECK_ERRNO(ioctl(slave, FIONREAD, &n), EIO);
    CHECK_ERRNO(tcsetpgrp(slave, getpgrp()), ENOTTY);
    CHECK_EQ(pt_poll(slave, POLLIN | POLLOUT), POLLIN | POLLOUT | POLLERR | POLLHUP);
    CHECK_ERRNO(open(path, O_RDWR | O_NOCTTY), ENOENT);
    OK(close(slave));
    // Whoever waits comes back.
    for (int way = 0; way < 2; way++) {
        master = pt_open(0);
        slave = pt_slave(master, 0);
        pid_t waiter = h_fork();
        if (waiter == 0) {
            static char much[65536];
            OK(close(master));
            ssize_t got = way ? read(slave, much, 1) : write(slave, much, sizeof much);
            CHECK(way ? got == 0 || (got == -1 && errno == EIO) : got < 65536);
            CHECK_ERRNO(write(slave, "x", 1), EIO);
            _exit(0);
        }
        h_until_asleep(waiter, 0);
        OK(close(master));
        h_join(waiter);
        OK(close(slave));
    }
}

// A session whose leader has a child in the foreground: closing the master tells the leader, whose end tells the child.
static void check_session(int closes) {
    int master = pt_open(0), ends[2], more[2];
    OK(pipe(ends));
    OK(pipe(more));
    pid_t leader = h_fork();
    if (leader == 0) {
        sigset_t set;
        int signal;
        sigemptyset(&set);
        sigaddset(&set, SIGHUP);
        sigaddset(&set, SIGCONT);
        h_on_signal(SIGCONT, nothing, 0);
        OK(sigprocmask(SIG_BLOCK, &set, NULL));
        OK(setsid());
        int slave = OK(open(pt_name(master), O_RDWR));
        OK(close(master));
        pid_t child = OK(fork());
        if (child == 0) {
            OK(prctl(PR_SET_PDEATHSIG, 0));
            OK(setpgid(0, 0));
            h_on_signal(SIGTTOU, SIG_IGN, 0);
            OK(tcsetpgrp(slave, getpid()));
            sigdelset(&set, SIGCONT);
            h_signal(ends[1]);
            OK(sigwait(&set, &signal));
            CHECK_EQ(signal, SIGHUP);
            CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
            if (!closes) pt_put(slave, "still");
            h_signal(more[1]);
            _exit(0);
        }
        if (closes) {
            sigdelset(&set, SIGCONT);
            OK(sigwait(&set, &signal));
            sigset_t pending;
            do OK(sigpending(&pending));
            while (!sigismember(&pending, SIGCONT));
            CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
            CHECK_EQ(pt_stat(7), 0);
        } else {
            for (;;) pause();
        }
        _exit(0);
    }
    h_await(ends[0]);
    if (closes) OK(close(master));
    if (!closes) h_kill_and_reap(leader);
    if (closes) h_join(leader);
    h_await(more[0]);
    if (!closes) {
        pt_get(master, "still"); // the end of the leader hangs no pseudo-terminal up
        OK(close(master));
    }
    for (int i = 0; i < 2; i++) {
        OK(close(ends[i]));
        OK(close(more[i]));
    }
}

int main(void) {
    check_slave_closed();
    check_master_closed();
    check_session(1);
    check_session(0);
    return 0;
}
