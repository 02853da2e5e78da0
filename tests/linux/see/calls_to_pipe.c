// /proc/PID/calls: the number of a pipe's descriptor written there has every call of the process and of its children
// written to that pipe before and after it is made; a slow reader stops them and loses nothing; the end of all is the end of
// file; a reader that goes does not hurt them.
// calls: write read openat pipe2 clone
// only: rvos
#include "../harness.h"

struct header {
    uint16_t size, phase;
    uint32_t tid;
    uint64_t time, number;
    int64_t result;
    uint64_t args[7];
};

static void attach(int fd) {
    char number[16];
    int calls = OK(open("/proc/self/calls", O_WRONLY));
    int n = snprintf(number, sizeof number, "%d", fd);
    CHECK_EQ(write(calls, number, n), n);
    OK(close(calls));
}

static void read_all(int fd, void *to, size_t n) {
    for (size_t got = 0; got < n;) {
        ssize_t more = OK(read(fd, (char *)to + got, n - got));
        if (more == 0) FAIL("end of file");
        got += more;
    }
}

// Reads one record with its parts; 0 at the end of file.
static int next(int fd, struct header *h, char *parts) {
    ssize_t n = OK(read(fd, h, sizeof *h));
    if (n == 0) return 0;
    if (n < (ssize_t)sizeof *h) read_all(fd, (char *)h + n, sizeof *h - n);
    CHECK(h->size >= sizeof *h);
    read_all(fd, parts, h->size - sizeof *h);
    return 1;
}

int main(void) {
    int ends[2];
    struct header h;
    static char parts[4096];
    OK(pipe2(ends, O_CLOEXEC));
    pid_t child = h_fork();
    if (child == 0) {
        close(ends[0]);
        attach(ends[1]);
        close(ends[1]);
        // More records than the pipe holds.
        for (int i = 0; i < 2000; i++) syscall(SYS_getppid);
        openat(AT_FDCWD, "/no/such/file", O_RDONLY);
        if (fork() == 0) _exit(7);
        wait(NULL);
        _exit(3);
    }
    close(ends[1]);
    h_sleep_ms(20); // It may run into the full pipe meanwhile.
    int getppids = 0, opens = 0, gone = 0, begun = 0;
    while (next(ends[0], &h, parts)) {
        if (h.number == SYS_getppid && h.phase == 1) begun++;
        if (h.number == SYS_getppid && h.phase == 2) {
            CHECK_EQ(h.result, getpid());
            CHECK_EQ(++getppids, begun);
        }
        if (h.number == SYS_openat && h.phase == 1 && h.tid == (uint32_t)child) {
            CHECK_EQ(parts[0], 1); // the index of the path, not cut short, its length
            CHECK_EQ(parts[1], 0);
            CHECK_EQ(parts[2], 13);
            CHECK(memcmp(parts + 4, "/no/such/file", 13) == 0);
            opens++;
        }
        if (h.number == SYS_openat && h.phase == 2 && h.tid == (uint32_t)child) CHECK_EQ(h.result, -ENOENT);
        if (h.phase == 3) {
            CHECK_EQ(h.result, h.tid == (uint32_t)child ? 0x300 : 0x700);
            gone++;
        }
    }
    CHECK_EQ(getppids, 2000);
    CHECK_EQ(opens, 1);
    CHECK_EQ(gone, 2);
    close(ends[0]);
    CHECK_EQ(h_wait(child), 0x300);

    // The reader goes: the program does not notice.
    OK(pipe2(ends, O_CLOEXEC));
    child = h_fork();
    if (child == 0) {
        close(ends[0]);
        attach(ends[1]);
        close(ends[1]);
        for (int i = 0; i < 5000; i++) syscall(SYS_getppid);
        _exit(5);
    }
    close(ends[1]);
    CHECK_EQ(next(ends[0], &h, parts), 1);
    close(ends[0]);
    CHECK_EQ(h_wait(child), 0x500);

    // Not a pipe, not open, not a number; taken away again.
    int calls = OK(open("/proc/self/calls", O_RDWR)), null = OK(open("/dev/null", O_WRONLY));
    char text[16];
    snprintf(text, sizeof text, "%d", null);
    CHECK(write(calls, text, strlen(text)) == -1 && errno == EINVAL);
    CHECK(write(calls, "500", 3) == -1 && errno == EBADF);
    CHECK(write(calls, "x", 1) == -1 && errno == EINVAL);
    CHECK_EQ(write(calls, "-1", 2), 2);
    CHECK_STR(h_read_file("/proc/self/calls"), "0\n");
    return 0;
}
