// execve(2) from a thread that is not the first: it becomes the first. What names the process by descriptor goes on naming it, for
// signals, waits and polls, whether opened for the process or for its first thread; what names the thread's old number has ended.
// calls: execve pidfd_open pidfd_send_signal waitid
#include "../harness.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define PIDFD_THREAD_ O_EXCL

static int pidfd_open_(pid_t pid, unsigned flags) { return syscall(SYS_pidfd_open, pid, flags); }
static int send(int fd, int signal) { return syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0); }

static int events(int fd) {
    struct pollfd p = {fd, POLLIN, 0};
    OK(poll(&p, 1, 0));
    return p.revents;
}

// What the threads tell the parent through, what they wait for, and what the new program does.
static int tell[2], go[2], told[2];

static void *executes(void *arg) {
    pid_t tid = syscall(SYS_gettid);
    CHECK_EQ(write(tell[1], &tid, sizeof tid), sizeof tid);
    h_await(go[0]);
    char number[16];
    snprintf(number, sizeof number, "%d", told[1]);
    char *args[] = {"self", number, NULL};
    execve("/proc/thread-self/exe", args, environ);
    FAIL("execve: errno %d", errno);
    return arg;
}

// The program that was executed: has the process's number, and waits for a signal to the first thread.
static int after_exec(int fd) {
    CHECK_EQ(syscall(SYS_gettid), getpid());
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1), sigaddset(&set, SIGUSR2);
    OK(sigprocmask(SIG_BLOCK, &set, NULL));
    h_signal(fd);
    siginfo_t info;
    CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    CHECK_EQ(info.si_code, SI_USER);
    h_signal(fd);
    CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR2);
    return 5;
}

int main(int argc, char **argv) {
    if (argc > 1) return after_exec(atoi(argv[1]));
    OK(pipe(tell)), OK(pipe(go)), OK(pipe(told));
    for (int leader_ends = 0; leader_ends < 2; leader_ends++) {
        pid_t child = h_fork(), tid;
        if (child == 0) {
            pthread_t thread;
            CHECK_EQ(pthread_create(&thread, NULL, executes, NULL), 0);
            if (leader_ends) pthread_exit(NULL);
            for (;;) pause();
        }
        CHECK_EQ(read(tell[0], &tid, sizeof tid), sizeof tid);
        CHECK(tid != child);
        int process = OK(pidfd_open_(child, 0));
        int first = pidfd_open_(child, PIDFD_THREAD_), other = pidfd_open_(tid, PIDFD_THREAD_);
        if (first < 0 && errno == EINVAL) h_skip("no PIDFD_THREAD");
        CHECK(first >= 0 && other >= 0);
        siginfo_t info;
        CHECK_ERRNO(waitid(P_PIDFD, other, &info, WEXITED | WNOHANG), ECHILD);
        h_signal(go[1]);
        h_await(told[0]);
        CHECK_EQ(events(process), 0);
        CHECK_EQ(events(first), 0);
        CHECK_EQ(events(other) & (POLLIN | POLLHUP), POLLIN | POLLHUP);
        CHECK_ERRNO(send(other, 0), ESRCH);
        CHECK_ERRNO(pidfd_open_(tid, PIDFD_THREAD_), ESRCH);
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/task/%d/stat", child, tid);
        CHECK_ERRNO(access(path, F_OK), ENOENT);
        OK(send(process, SIGUSR1));
        h_await(told[0]);
        OK(send(first, SIGUSR2));
        OK(waitid(P_PIDFD, leader_ends ? process : first, &info, WEXITED));
        CHECK_EQ(info.si_pid, child);
        CHECK_EQ(info.si_code, CLD_EXITED);
        CHECK_EQ(info.si_status, 5);
        CHECK_EQ(events(process), POLLIN | POLLHUP);
        CHECK_EQ(events(first), POLLIN | POLLHUP);
        OK(close(process)), OK(close(first)), OK(close(other));
    }
    return 0;
}
