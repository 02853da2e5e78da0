// credentials(7), tty_ioctl(4): a pseudo-terminal as controlling terminal: sessions, foreground, SIGTTIN, SIGTTOU, keys.
// calls: ioctl setsid read write
#include "pty.h"

static int master;

static void stopped_by(pid_t pid, int signal) {
    int status;
    CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
    CHECK(WIFSTOPPED(status));
    CHECK_EQ(WSTOPSIG(status), signal);
}

static pid_t in_group(void (*run)(int), int slave) {
    pid_t pid = h_fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        OK(sigprocmask(SIG_SETMASK, &none, NULL));
        OK(setpgid(0, 0));
        run(slave);
        _exit(0);
    }
    setpgid(pid, pid);
    return pid;
}

static void reads(int slave) {
    char bytes[8];
    CHECK_EQ(read(slave, bytes, sizeof bytes), 3);
}

static void writes(int slave) { pt_put(slave, "out"); }

static void waits(int slave) {
    (void)slave;
    for (;;) pause();
}

static void check_acquiring(void) {
    CHECK_EQ(pt_stat(7), 0);
    CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
    int slave = pt_slave(master, 0);
    pid_t got = -1;
    CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO); // O_NOCTTY
    CHECK_ERRNO(ioctl(slave, TIOCGPGRP, &got), ENOTTY);
    OK(ioctl(master, TIOCGPGRP, &got));
    CHECK_EQ(got, 0);
    CHECK_ERRNO(ioctl(master, TIOCGSID, &got), ENOTTY);
    OK(ioctl(slave, TIOCSCTTY, 0));
    CHECK_EQ(tcgetsid(slave), getpid());
    CHECK_EQ(pt_stat(7), makedev(136, pt_number(master)));
    CHECK_EQ(pt_stat(8), getpgrp());
    IN_CHILD({
        OK(setsid());
        CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
        CHECK_ERRNO(ioctl(slave, TIOCSCTTY, 0), EPERM); // another session has it
    });
    OK(ioctl(slave, TIOCNOTTY));
    CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
    CHECK_ERRNO(ioctl(slave, TIOCNOTTY), ENOTTY);
    OK(close(slave));
    slave = OK(open(pt_name(master), O_RDWR)); // by opening it
    int tty = OK(open("/dev/tty", O_RDWR));
    pt_put(tty, "tty");
    pt_get(master, "tty");
    OK(ioctl(master, TIOCGPGRP, &got));
    CHECK_EQ(got, getpgrp());
    OK(ioctl(master, TIOCGSID, &got));
    CHECK_EQ(got, getsid(0));
    OK(close(tty));
    OK(close(slave));
}

static void check_background(int slave) {
    pid_t pid = in_group(reads, slave);
    stopped_by(pid, SIGTTIN);
    OK(tcsetpgrp(slave, pid));
    OK(kill(pid, SIGCONT));
    pt_put(master, "in\n");
    h_join(pid);
    OK(tcsetpgrp(slave, getpgrp()));
    pt_get(master, "in\r\n");
    pid = in_group(writes, slave);
    h_join(pid);
    pt_get(master, "out");
    pt_flags(slave, 0, 0, 0, TOSTOP);
    pid = in_group(writes, slave);
    stopped_by(pid, SIGTTOU);
    OK(tcsetpgrp(slave, pid));
    OK(kill(pid, SIGCONT));
    h_join(pid);
    OK(tcsetpgrp(slave, getpgrp()));
    pt_get(master, "out");
    pt_flags(slave, 0, 0, TOSTOP, 0);
    CHECK_ERRNO(tcsetpgrp(slave, 1 << 22), ESRCH);
    CHECK_ERRNO(tcsetpgrp(slave, getppid()), EPERM);
}

static void check_keys(int slave) {
    int status;
    pid_t pid = in_group(waits, slave), beside = in_group(waits, slave);
    OK(tcsetpgrp(slave, pid));
    CHECK_EQ(pt_stat(8), pid);
    pt_put(master, "\x1a");
    stopped_by(pid, SIGTSTP);
    OK(kill(pid, SIGCONT));
    pt_put(master, "\x03");
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    pt_get(master, "^Z^C");
    OK(tcsetpgrp(slave, beside));
    CHECK_ERRNO(ioctl(master, TIOCSIG, SIGTERM), EINVAL);
    OK(ioctl(master, TIOCSIG, SIGQUIT));
    CHECK_EQ(waitpid(beside, &status, 0), beside);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGQUIT);
    OK(tcsetpgrp(slave, getpgrp()));
}

int main(void) {
    master = pt_open(0);
    IN_CHILD({
        h_on_signal(SIGHUP, SIG_IGN, 0);
        OK(setsid());
        check_acquiring();
    });
    OK(close(master));
    master = pt_open(0);
    IN_CHILD({
        h_on_signal(SIGHUP, SIG_IGN, 0);
        OK(setsid());
        int slave = OK(open(pt_name(master), O_RDWR));
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGTTOU); // the leader takes the foreground back from behind
        OK(sigprocmask(SIG_BLOCK, &set, NULL));
        check_background(slave);
        check_keys(slave);
    });
    OK(close(master));
    return 0;
}
