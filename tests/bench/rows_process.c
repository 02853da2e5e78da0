// Rows of starting and ending processes and threads. Each operation includes the wait for the end.
#include "bench.h"
#include <pthread.h>
#include <rvos.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;
extern const char tiny_start[], tiny_end[];

static char *const tiny_args[] = {"tiny", NULL}, *const self_args[] = {"bench", "--exit", NULL};

static void write_tiny(void) {
    int fd = need(open("tiny", O_WRONLY | O_CREAT | O_TRUNC, 0755));
    need(write(fd, tiny_start, tiny_end - tiny_start));
    close(fd);
}

static void check_status(pid_t pid) {
    int status;
    need(waitpid(pid, &status, 0));
    if (status != 0) errno = ECHILD, give_up("the child's status");
}

static int64_t fork_exit(long n, int megabytes) {
    size_t bytes = (size_t)megabytes << 20;
    char *area = NULL;
    if (bytes) {
        area = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (area == MAP_FAILED) give_up("mmap");
        for (size_t at = 0; at < bytes; at += PAGE) area[at] = 1;
    }
    int64_t spent = TIMED(n, {
        pid_t pid = need(fork());
        if (pid == 0) _exit(0);
        check_status(pid);
    });
    if (bytes) munmap(area, bytes);
    return spent;
}

static int64_t fork_exec(long n, int self) {
    write_tiny();
    int64_t spent = TIMED(n, {
        pid_t pid = need(fork());
        if (pid == 0) {
            if (self) execve("/proc/self/exe", self_args, environ);
            else execve("tiny", tiny_args, environ);
            _exit(1);
        }
        check_status(pid);
    });
    unlink("tiny");
    return spent;
}

static int64_t vfork_exec(long n, int arg) {
    (void)arg;
    write_tiny();
    int64_t spent = TIMED(n, {
        pid_t pid = need(vfork());
        if (pid == 0) {
            execve("tiny", tiny_args, environ);
            _exit(1);
        }
        check_status(pid);
    });
    unlink("tiny");
    return spent;
}

static int64_t spawn_tiny(long n, int arg) {
    (void)arg;
    write_tiny();
    int64_t spent = TIMED(n, {
        pid_t pid;
        errno = posix_spawn(&pid, "tiny", NULL, NULL, tiny_args, environ);
        if (errno) give_up("posix_spawn");
        check_status(pid);
    });
    unlink("tiny");
    return spent;
}

// The native way: one call that gives a descriptor of the new process, which has no descriptors but those listed.
static int64_t native_spawn(long n, int arg) {
    (void)arg;
    write_tiny();
    struct rvos_spawn_args args = {
        .path = (uintptr_t)"tiny", .argv = (uintptr_t)tiny_args, .envp = (uintptr_t)environ,
        .program = -1, .root = -1, .cwd = -1, .budget = -1,
    };
    int64_t spent = TIMED(n, {
        siginfo_t info;
        int fd = need(rvos_spawn(&args, sizeof args));
        need(waitid(P_PIDFD, fd, &info, WEXITED));
        close(fd);
        if (info.si_status != 0) errno = ECHILD, give_up("the child's status");
    });
    unlink("tiny");
    return spent;
}

static void *nothing(void *arg) { return arg; }

static int64_t thread_join(long n, int arg) {
    (void)arg;
    pthread_t thread;
    return TIMED(n, {
        errno = pthread_create(&thread, NULL, nothing, NULL);
        if (errno) give_up("pthread_create");
        pthread_join(thread, NULL);
    });
}

const struct row process_rows[] = {
    {"fork_exit", 40, fork_exit, 0},    {"fork_16m", 8, fork_exit, 16},     {"fork_exec", 30, fork_exec, 0},     {"vfork_exec", 40, vfork_exec, 0},
    {"posix_spawn", 30, spawn_tiny, 0}, {"spawn", 30, native_spawn, 0}, {"fork_exec_self", 16, fork_exec, 1}, {"thread_join", 150, thread_join, 0}, {0},
};
