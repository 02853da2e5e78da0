// splice(2), tee(2), vmsplice(2), sendfile(2): they wait for data and for room, move what is there and lose no byte when the other
// side takes less; EAGAIN without waiting, EPIPE with SIGPIPE, EINVAL for a directory and for appending.
// calls: splice tee vmsplice sendfile
#include "../harness.h"
#include <sys/sendfile.h>

#define TOTAL 300000

static volatile sig_atomic_t seen;
static void on_signal(int signal) { seen = signal; }

static char pattern(int i) { return i % 251; }

// Everything that comes out of the pipe is the pattern from `at` on.
static int drain(int fd, int at) {
    static char piece[5000];
    for (;;) {
        int n = OK(read(fd, piece, sizeof piece));
        if (n == 0) return at;
        for (int i = 0; i < n; i++, at++)
            if (piece[i] != pattern(at)) FAIL("byte %d is %d", at, piece[i]);
    }
}

int main(void) {
    h_scratch();
    int a[2], b[2], status;
    static char bytes[TOTAL];
    for (int i = 0; i < TOTAL; i++) bytes[i] = pattern(i);
    int in = OK(open("in", O_RDWR | O_CREAT, 0600));
    CHECK_EQ(write(in, bytes, TOTAL), TOTAL);
    OK(lseek(in, 0, SEEK_SET));
    // File to pipe, pipe to pipe, pipe to file, all of them waiting for each other, in odd portions.
    OK(pipe(a));
    OK(pipe(b));
    pid_t feeder = h_fork();
    if (feeder == 0) {
        for (int done = 0, n; done < TOTAL; done += n) CHECK((n = OK(splice(in, NULL, a[1], NULL, 7001, 0))) > 0);
        _exit(0);
    }
    pid_t middle = h_fork();
    if (middle == 0) {
        OK(close(a[1]));
        while (OK(splice(a[0], NULL, b[1], NULL, 12345, 0)) > 0) {}
        _exit(0);
    }
    OK(close(a[0]));
    OK(close(a[1]));
    OK(close(b[1]));
    int out = OK(open("out", O_RDWR | O_CREAT, 0600)), moved = 0;
    loff_t to = 5;
    for (int n; (n = OK(splice(b[0], NULL, out, &to, 9999, 0))) > 0;) moved += n;
    CHECK_EQ(moved, TOTAL);
    CHECK_EQ(to, TOTAL + 5);
    h_join(feeder);
    h_join(middle);
    static char copy[TOTAL];
    CHECK_EQ(pread(out, copy, TOTAL, 5), TOTAL);
    CHECK(memcmp(copy, bytes, TOTAL) == 0);
    // A reader waits for what sendfile and vmsplice bring; tee gives both readers everything.
    OK(pipe(a));
    OK(pipe(b));
    pid_t readers[2];
    for (int i = 0; i < 2; i++)
        if ((readers[i] = h_fork()) == 0) {
            OK(close(a[1]));
            OK(close(b[1]));
            if (i == 0) CHECK_EQ(drain(b[0], 0), 50000);
            else h_await(a[0]);
            _exit(0);
        }
    h_until_asleep(readers[0], 0);
    h_until_asleep(readers[1], 0);
    h_kill_and_reap(readers[1]);
    OK(lseek(in, 0, SEEK_SET));
    for (int done = 0; done < 20000;) done += OK(sendfile(a[1], in, NULL, 20000 - done));
    struct iovec more = {bytes + 20000, 30000};
    for (; more.iov_len;) {
        int n = OK(vmsplice(a[1], &more, 1, 0));
        more.iov_base = (char *)more.iov_base + n;
        more.iov_len -= n;
    }
    CHECK_EQ(tee(a[0], b[1], 1 << 20, 0), 50000);
    OK(close(b[1]));
    OK(close(a[1]));
    h_join(readers[0]);
    CHECK_EQ(drain(a[0], 0), 50000);
    // Without waiting.
    OK(pipe2(a, O_NONBLOCK));
    OK(lseek(in, 0, SEEK_SET));
    CHECK_ERRNO(splice(a[0], NULL, out, NULL, 1, 0), EAGAIN);
    CHECK_EQ(splice(in, NULL, a[1], NULL, 1 << 20, 0), 65536);
    CHECK_ERRNO(splice(in, NULL, a[1], NULL, 1, 0), EAGAIN);
    CHECK_EQ(lseek(in, 0, SEEK_CUR), 65536);
    CHECK_ERRNO(sendfile(a[1], in, NULL, 1), EAGAIN);
    struct iovec one = {bytes, 1};
    CHECK_ERRNO(vmsplice(a[1], &one, 1, 0), EAGAIN);
    OK(pipe2(b, O_NONBLOCK));
    CHECK_EQ(tee(a[0], b[1], 100, 0), 100);
    OK(close(a[0]));
    h_on_signal(SIGPIPE, on_signal, 0);
    CHECK_ERRNO(splice(in, NULL, a[1], NULL, 1, 0), EPIPE);
    CHECK_EQ(seen, SIGPIPE);
    seen = 0;
    CHECK_ERRNO(vmsplice(a[1], &one, 1, 0), EPIPE);
    CHECK_EQ(seen, SIGPIPE);
    CHECK_ERRNO(splice(OK(open(".", O_RDONLY)), NULL, b[1], NULL, 1, 0), EINVAL);
    CHECK_ERRNO(splice(b[0], NULL, OK(open("out", O_WRONLY | O_APPEND)), NULL, 1, 0), EINVAL);
    CHECK_ERRNO(splice(b[0], NULL, b[1], NULL, 1, 0), EINVAL);
    CHECK_ERRNO(splice(b[0], NULL, out, NULL, 1, 0x40), EINVAL);
    CHECK_EQ(splice(b[0], NULL, out, NULL, 0, 0), 0);
    // A wait that a signal ends.
    OK(pipe(a));
    pid_t waiter = h_fork();
    if (waiter == 0) {
        h_on_signal(SIGUSR1, on_signal, 0);
        CHECK_ERRNO(splice(a[0], NULL, out, NULL, 1, 0), EINTR);
        _exit(0);
    }
    h_until_asleep(waiter, 0);
    OK(kill(waiter, SIGUSR1));
    CHECK_EQ(waitpid(waiter, &status, 0), waiter);
    CHECK_EQ(status, 0);
    return 0;
}
