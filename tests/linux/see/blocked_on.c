// /proc/PID/wchan, /proc/rvos/blocked: what a sleeping process waits for, and who can end that: the holder of a pipe's or
// socket's other end, a child.
// calls: read write pipe2 socketpair wait4 openat
// only: rvos
#include "../harness.h"
#include <linux/futex.h>
#include <sys/socket.h>

// The words of the line of a thread in /proc/rvos/blocked.
static void blocked_line(pid_t pid, char *waits, char *by) {
    char *save, *text = h_read_file("/proc/rvos/blocked");
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char name[32], id[32];
        long p, tid, us;
        if (sscanf(line, "%ld %ld %31s %31s %31s %ld %63s", &p, &tid, name, waits, id, &us, by) == 7 && p == pid) {
            CHECK_EQ(tid, pid);
            CHECK(us >= 0);
            return;
        }
    }
    FAIL("no line of %d", pid);
}

// The child waits for `want`, and exactly `holder` can end that (0: nobody is known).
static void check(pid_t child, const char *want, pid_t holder) {
    char path[64], waits[32], by[64], number[16] = "-";
    h_until_asleep(child, 0);
    snprintf(path, sizeof path, "/proc/%d/wchan", child);
    CHECK_STR(h_read_file(path), want);
    if (holder) snprintf(number, sizeof number, "%d", holder);
    blocked_line(child, waits, by);
    CHECK_STR(waits, want);
    CHECK_STR(by, number);
}

static pid_t reader_of(int own, int others) {
    pid_t pid = h_fork();
    if (pid == 0) {
        char byte;
        OK(close(others));
        _exit(read(own, &byte, 1) != 1);
    }
    OK(close(own));
    return pid;
}

int main(void) {
    int ends[2];
    OK(pipe2(ends, O_CLOEXEC));
    pid_t child = reader_of(ends[0], ends[1]);
    check(child, "pipe_read", getpid());
    h_signal(ends[1]);
    h_join(child);
    close(ends[1]);

    OK(pipe2(ends, O_CLOEXEC));
    child = h_fork();
    if (child == 0) {
        static char much[1 << 17];
        close(ends[0]);
        _exit(write(ends[1], much, sizeof much) != sizeof much);
    }
    close(ends[1]);
    check(child, "pipe_write", getpid());
    static char all[1 << 17];
    for (size_t got = 0; got < sizeof all; got += OK(read(ends[0], all, sizeof all))) {}
    h_join(child);
    close(ends[0]);

    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    child = reader_of(ends[0], ends[1]);
    check(child, "socket_read", getpid());
    h_signal(ends[1]);
    h_join(child);
    close(ends[1]);

    // A child that waits for a child that waits for a futex.
    int *word = h_shared(PAGE);
    child = h_fork();
    if (child == 0) {
        pid_t grandchild = h_fork();
        if (grandchild == 0) {
            __atomic_store_n(&word[1], getpid(), __ATOMIC_SEQ_CST);
            while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == 0) syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
            _exit(0);
        }
        h_join(grandchild);
        _exit(0);
    }
    while (__atomic_load_n(&word[1], __ATOMIC_SEQ_CST) == 0) h_sleep_ms(1);
    check(child, "child", word[1]);
    check(word[1], "futex", 0);
    __atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
    OK(syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0));
    h_join(child);

    // Who runs waits for nothing.
    CHECK_STR(h_read_file("/proc/self/wchan"), "0");
    errno = 0;
    CHECK(open("/proc/rvos/blocked", O_WRONLY | O_TRUNC) >= 0 || errno == EACCES);
    return 0;
}
