// Short forms for the tests of pseudo-terminals. On Linux bytes go from one end to the other by a worker of its own, so that
// what is to be seen at the other end is waited for.
#include "../harness.h"
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <termios.h>

static H_UNUSED int pt_number(int master) {
    int n = -1;
    OK(ioctl(master, TIOCGPTN, &n));
    return n;
}

static H_UNUSED char *pt_name(int master) {
    static char path[32];
    snprintf(path, sizeof path, "/dev/pts/%d", pt_number(master));
    return path;
}

// A master whose slave can be opened.
static H_UNUSED int pt_open(int flags) {
    int locked = 0, master = OK(open("/dev/ptmx", O_RDWR | O_NOCTTY | flags));
    OK(ioctl(master, TIOCSPTLCK, &locked));
    return master;
}

static H_UNUSED int pt_slave(int master, int flags) { return OK(open(pt_name(master), O_RDWR | O_NOCTTY | flags)); }

static H_UNUSED void pt_put_bytes(int fd, const char *bytes, size_t n) { CHECK_EQ(write(fd, bytes, n), n); }
#define pt_put(fd, text) pt_put_bytes(fd, text, sizeof(text) - 1)

// The next bytes are these.
static H_UNUSED void pt_get_bytes(int fd, const char *bytes, size_t n, const char *where, int line) {
    char got[512];
    size_t done = 0;
    while (done < n) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 10000) != 1) FAIL("line %d: %zu of %zu bytes of %s came", line, done, n, where);
        ssize_t more = read(fd, got + done, n - done);
        if (more <= 0) FAIL("line %d: read gave %zd, errno %d, after %zu bytes of %s", line, more, errno, done, where);
        done += more;
    }
    for (size_t i = 0; i < n; i++)
        if (got[i] != bytes[i]) FAIL("line %d: byte %zu is %#x, want %#x of %s", line, i, got[i], bytes[i], where);
}
#define pt_get(fd, text) pt_get_bytes(fd, text, sizeof(text) - 1, #text, __LINE__)

static H_UNUSED short pt_poll(int fd, short events) {
    struct pollfd p = {.fd = fd, .events = events};
    OK(poll(&p, 1, 0));
    return p.revents;
}

// Comes back when poll(2) shows exactly `want` of `events`.
static H_UNUSED void pt_until(int fd, short events, short want) {
    for (int round = 0; round < 2000; round++) {
        if (pt_poll(fd, events) == want) return;
        h_sleep_ms(1);
    }
    FAIL("poll shows %#x, want %#x", pt_poll(fd, events), want);
}

static H_UNUSED void pt_until_bytes(int fd, int want) {
    int n = -1;
    for (int round = 0; round < 2000; round++) {
        OK(ioctl(fd, FIONREAD, &n));
        if (n == want) return;
        h_sleep_ms(1);
    }
    FAIL("there are %d bytes, want %d", n, want);
}

static H_UNUSED void pt_raw(int fd, int min, int time) {
    struct termios t;
    OK(tcgetattr(fd, &t));
    cfmakeraw(&t);
    t.c_cc[VMIN] = min;
    t.c_cc[VTIME] = time;
    OK(tcsetattr(fd, TCSANOW, &t));
}

// Clears and sets flags.
static H_UNUSED void pt_flags(int fd, tcflag_t ioff, tcflag_t ion, tcflag_t loff, tcflag_t lon) {
    struct termios t;
    OK(tcgetattr(fd, &t));
    t.c_iflag = (t.c_iflag & ~ioff) | ion;
    t.c_lflag = (t.c_lflag & ~loff) | lon;
    OK(tcsetattr(fd, TCSANOW, &t));
}

// Field `n` of /proc/self/stat, counted as in proc_pid_stat(5).
static H_UNUSED long pt_stat(int n) {
    char *at = strrchr(h_read_file("/proc/self/stat"), ')');
    for (int i = 2; i < n; i++) {
        at = strchr(at, ' ');
        CHECK(at != NULL);
        at++;
    }
    return atol(at);
}
