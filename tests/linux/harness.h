// Harness of the contract tests: checks, children, scratch directories, raw calls.
//
// A test is one C source with main(): exit 0 passes, 1 fails with a message on stderr, 77 skips.
// Every check prints through one write(2) and leaves by _exit, so that a test also fails cleanly when
// the very calls that stdio or atexit would need are the ones that do not work.
#ifndef HARNESS_H
#define HARNESS_H
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define H_UNUSED __attribute__((unused))
#define H_SKIP 77
#define PAGE 4096UL

// An address that is never mapped; volatile, so that the compiler lets tests hand it to calls.
static H_UNUSED void *volatile h_bad = (void *)8;

static char h_dir[PATH_MAX]; // the scratch directory, empty if there is none
static pid_t h_owner;        // the process that removes it

// Removes one entry of the current directory; a directory's entries first move up beside it, so that no
// depth is too deep. Returns whether it went.
static H_UNUSED int h_remove_entry(const char *name) {
    static int moved;
    char up[32];
    if (unlink(name) == 0 || rmdir(name) == 0) return 1;
    DIR *dir = opendir(name);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (unlinkat(dirfd(dir), entry->d_name, 0) == 0) continue;
        snprintf(up, sizeof up, ".h-%d", moved++);
        renameat(dirfd(dir), entry->d_name, AT_FDCWD, up);
    }
    if (dir) closedir(dir);
    return rmdir(name) == 0;
}

static H_UNUSED void h_cleanup(void) {
    if (!h_dir[0] || getpid() != h_owner || chdir(h_dir) != 0) return;
    for (int progress = 1, round = 0; progress && round < 5000; round++) {
        progress = 0;
        DIR *dir = opendir(".");
        struct dirent *entry;
        while (dir && (entry = readdir(dir)))
            if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) progress |= h_remove_entry(entry->d_name);
        if (dir) closedir(dir);
    }
    rmdir(h_dir);
    h_dir[0] = 0;
}

static H_UNUSED void h_say(const char *format, va_list args) {
    char line[1024];
    int n = vsnprintf(line, sizeof line - 1, format, args);
    if (n < 0) n = 0;
    if (n > (int)sizeof line - 2) n = sizeof line - 2;
    line[n++] = '\n';
    if (write(2, line, n) < 0) { /* the exit status still tells */ }
}

__attribute__((format(printf, 1, 2), noreturn)) static H_UNUSED void h_fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    h_say(format, args);
    h_cleanup();
    _exit(1);
}

__attribute__((format(printf, 1, 2), noreturn)) static H_UNUSED void h_skip(const char *format, ...) {
    va_list args;
    va_start(args, format);
    h_say(format, args);
    h_cleanup();
    _exit(H_SKIP);
}

#define FAIL(format, ...) h_fail("%s:%d: " format, __FILE__, __LINE__, ##__VA_ARGS__)

// The condition holds.
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) FAIL("%s (errno %d: %s)", #condition, errno, strerror(errno));           \
    } while (0)

// Both are the same number.
#define CHECK_EQ(got, want)                                                                        \
    do {                                                                                           \
        long long got_ = (long long)(got), want_ = (long long)(want);                              \
        if (got_ != want_)                                                                         \
            FAIL("%s is %lld (%#llx), want %s = %lld (%#llx)", #got, got_, got_, #want, want_, want_); \
    } while (0)

// Both are the same string.
#define CHECK_STR(got, want)                                                                       \
    do {                                                                                           \
        const char *gots_ = (got), *wants_ = (want);                                               \
        if (strcmp(gots_, wants_)) FAIL("%s is \"%s\", want \"%s\"", #got, gots_, wants_);         \
    } while (0)

// The call succeeds (is not -1); the value of the expression is its result.
#define OK(expression)                                                                             \
    ({                                                                                             \
        long ok_ = (long)(expression);                                                             \
        if (ok_ == -1) FAIL("%s: errno %d: %s", #expression, errno, strerror(errno));              \
        ok_;                                                                                       \
    })

// The call fails with exactly this errno.
#define CHECK_ERRNO(expression, want)                                                              \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long result_ = (long)(expression);                                                         \
        if (result_ != -1) FAIL("%s gave %ld, want %s", #expression, result_, #want);              \
        if (errno != (want)) FAIL("%s: errno %d (%s), want %s", #expression, errno, strerror(errno), #want); \
    } while (0)

// fork() whose child dies with its parent; a fork that answers 0 without a child is a failure.
static H_UNUSED pid_t h_fork(void) {
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) FAIL("fork: errno %d: %s", errno, strerror(errno));
    if (pid == 0) {
        if (getpid() == parent) FAIL("fork returned 0 in the parent");
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    return pid;
}

// Waits for exactly this child and returns its status.
static H_UNUSED int h_wait(pid_t pid) {
    int status = -1;
    pid_t got;
    do got = waitpid(pid, &status, 0);
    while (got < 0 && errno == EINTR);
    if (got != pid) FAIL("waitpid(%d) gave %d, errno %d", pid, got, errno);
    return status;
}

// The child must have left with exit status 0.
static H_UNUSED void h_join(pid_t pid) {
    int status = h_wait(pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == H_SKIP) {
        h_cleanup();
        _exit(H_SKIP);
    }
    if (status != 0) FAIL("child ended with status %#x", status);
}

// Runs the statements in a child; a failed check there fails the test.
#define IN_CHILD(...)                                                                              \
    do {                                                                                           \
        pid_t child_ = h_fork();                                                                   \
        if (child_ == 0) {                                                                         \
            __VA_ARGS__;                                                                           \
            _exit(0);                                                                              \
        }                                                                                          \
        h_join(child_);                                                                            \
    } while (0)

static H_UNUSED void h_kill_and_reap(pid_t pid) {
    kill(pid, SIGKILL);
    h_wait(pid);
}

// A fresh directory to work in, removed at the end.
static H_UNUSED void h_scratch(void) {
    const char *base = getenv("TMPDIR");
    snprintf(h_dir, sizeof h_dir, "%s/test-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(h_dir)) {
        h_dir[0] = 0;
        FAIL("mkdtemp: errno %d", errno);
    }
    h_owner = getpid();
    if (chdir(h_dir) != 0) FAIL("chdir to the scratch directory: errno %d", errno);
    atexit(h_cleanup);
}

static H_UNUSED void h_write_file(const char *path, const char *text) {
    int fd = OK(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
    OK(close(fd));
}

// The whole (small) file as a string in a static buffer; fails if it cannot be read.
static H_UNUSED char *h_read_file(const char *path) {
    static char text[65536];
    int fd = OK(open(path, O_RDONLY));
    size_t used = 0;
    for (;;) {
        ssize_t n = OK(read(fd, text + used, sizeof text - 1 - used));
        if (n == 0) break;
        used += n;
    }
    text[used] = 0;
    close(fd);
    return text;
}

static H_UNUSED int64_t h_now_ns(clockid_t clock) {
    struct timespec t;
    OK(clock_gettime(clock, &t));
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static H_UNUSED void h_sleep_ms(int ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    while (nanosleep(&t, &t) < 0 && errno == EINTR) {}
}

// The state letter of a task, as proc(5) shows it, or 0.
static H_UNUSED char h_state(pid_t pid, pid_t tid) {
    char path[64], text[512];
    if (tid)
        snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
    else
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return 0;
    text[n] = 0;
    char *paren = strrchr(text, ')');
    return paren && paren[1] ? paren[2] : 0;
}

// Comes back when the task sleeps in a call (or, without /proc, after a while).
static H_UNUSED void h_until_asleep(pid_t pid, pid_t tid) {
    for (int round = 0; round < 3000; round++) {
        char state = h_state(pid, tid);
        if (state == 'S') return;
        if (state == 'Z') FAIL("task %d ended instead of sleeping", pid);
        if (state == 0 && round > 20) return;
        h_sleep_ms(round < 10 ? 1 : 5);
    }
    FAIL("task %d/%d did not fall asleep", pid, tid);
}

// One-byte hand-shakes between processes over a pipe.
static H_UNUSED void h_signal(int fd) { CHECK_EQ(write(fd, "x", 1), 1); }

static H_UNUSED void h_await(int fd) {
    char byte;
    ssize_t n;
    do n = read(fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    CHECK_EQ(n, 1);
}

// Installs a handler; mask empty.
static H_UNUSED void h_on_signal(int signal, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    OK(sigaction(signal, &action, NULL));
}

static H_UNUSED void h_on_siginfo(int signal, void (*handler)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};
    OK(sigaction(signal, &action, NULL));
}

// What the signal of the last H_FAULTS told, and where the test goes on after it.
static H_UNUSED siginfo_t h_fault;
static H_UNUSED sigjmp_buf h_after;

static H_UNUSED void h_leave(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    h_fault = *info;
    siglongjmp(h_after, 1);
}

// From here on this signal ends the statements of an H_FAULTS, and nothing else.
static H_UNUSED void h_expect_fault(int signal, int flags) { h_on_siginfo(signal, h_leave, flags); }

// Runs the statements; gives the signal that ended them, of which `h_fault` tells, or 0.
#define H_FAULTS(...)                                                                              \
    ({                                                                                             \
        memset(&h_fault, 0, sizeof h_fault);                                                       \
        if (sigsetjmp(h_after, 1) == 0) {                                                          \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        h_fault.si_signo;                                                                          \
    })

static H_UNUSED void *h_pages(size_t count) {
    void *p = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) FAIL("mmap of %zu pages: errno %d", count, errno);
    return p;
}

// Memory that parent and children share.
static H_UNUSED void *h_shared(size_t bytes) {
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) FAIL("shared mmap: errno %d", errno);
    return p;
}

// Becomes an unprivileged user for good.
static H_UNUSED void h_drop_to(uid_t id) {
    OK(syscall(SYS_setgroups, 0, NULL));
    OK(syscall(SYS_setresgid, id, id, id));
    OK(syscall(SYS_setresuid, id, id, id));
}

static H_UNUSED int h_open_fds(void) {
    int count = 0;
    for (int fd = 0; fd < 256; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}
#endif
