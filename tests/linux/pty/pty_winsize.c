// ioctl_tty(2), TIOCSWINSZ: both ends have one window size; the foreground hears of a change, from whichever end it comes.
// calls: ioctl
#include "pty.h"

static volatile int changes;

static void on_change(int signal) {
    (void)signal;
    changes++;
}

int main(void) {
    int master = pt_open(0);
    IN_CHILD({
        struct winsize size = {.ws_row = 9};
        struct winsize got;
        OK(setsid());
        h_on_signal(SIGHUP, SIG_IGN, 0);
        h_on_signal(SIGWINCH, on_change, SA_RESTART);
        int slave = OK(open(pt_name(master), O_RDWR));
        OK(ioctl(slave, TIOCGWINSZ, &got));
        CHECK_EQ(got.ws_row | got.ws_col | got.ws_xpixel | got.ws_ypixel, 0);
        size = (struct winsize){24, 80, 640, 480};
        OK(ioctl(master, TIOCSWINSZ, &size));
        CHECK_EQ(changes, 1);
        OK(ioctl(slave, TIOCGWINSZ, &got));
        CHECK(!memcmp(&size, &got, sizeof got));
        OK(ioctl(master, TIOCSWINSZ, &size));
        CHECK_EQ(changes, 1); // no change
        size.ws_col = 132;
        OK(ioctl(slave, TIOCSWINSZ, &size));
        CHECK_EQ(changes, 2);
        OK(ioctl(master, TIOCGWINSZ, &got));
        CHECK(!memcmp(&size, &got, sizeof got));
        CHECK_ERRNO(ioctl(master, TIOCSWINSZ, h_bad), EFAULT);
        CHECK_ERRNO(ioctl(slave, TIOCGWINSZ, h_bad), EFAULT);
        // Who is not in the foreground is not told.
        pid_t child = h_fork();
        if (child == 0) {
            OK(setpgid(0, 0));
            size.ws_row = 1;
            OK(ioctl(slave, TIOCSWINSZ, &size));
            CHECK_EQ(changes, 2);
            _exit(0);
        }
        h_join(child);
        CHECK_EQ(changes, 3);
    });
    OK(close(master));
    return 0;
}
