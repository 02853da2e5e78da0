// pidfd_open(2), waitid(2) P_PIDFD: readable at the end, hang-up once waited for; O_NONBLOCK; threads (PIDFD_THREAD); fdinfo; errors.
// calls: pidfd_open waitid
#include "../harness.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define PIDFD_THREAD_ O_EXCL

static int pidfd_open_(pid_t pid, unsigned flags) { return syscall(SYS_pidfd_open, pid, flags); }

static int events(int fd) {
    struct pollfd p = {fd, POLLIN | POLLRDNORM | POLLOUT, 0};
    OK(poll(&p, 1, 0));
    return p.revents;
}

static int until(int fd) {
    struct pollfd p = {fd, POLLIN, 0};
    CHECK_EQ(poll(&p, 1, -1), 1);
    return p.revents;
}

static _Atomic pid_t worker_tid;
static int hold[2];

static void *worker(void *arg) {
    worker_tid = syscall(SYS_gettid);
    h_await(hold[0]);
    return arg;
}

static void threads(void) {
    pthread_t thread;
    OK(pipe(hold));
    CHECK_EQ(pthread_create(&thread, NULL, worker, NULL), 0);
    while (!worker_tid) sched_yield();
    CHECK_ERRNO(pidfd_open_(worker_tid, 0), EINVAL);
    int fd = pidfd_open_(worker_tid, PIDFD_THREAD_);
    if (fd < 0 && errno == EINVAL) h_skip("no PIDFD_THREAD");
    int leader = OK(pidfd_open_(getpid(), PIDFD_THREAD_));
    CHECK_EQ(events(fd), 0);
    h_signal(hold[1]);
    until(fd);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    while (!(events(fd) & POLLHUP)) sched_yield();
    CHECK_EQ(events(fd), POLLIN | POLLRDNORM | POLLHUP);
    CHECK_EQ(events(leader), 0);
    OK(close(fd));
    OK(close(leader));
}

static void *outlive(void *arg) {
    (void)arg;
    h_await(hold[0]);
    _exit(3);
}

int main(void) {
    siginfo_t info;
    struct rusage used;
    char path[64], *text;
    CHECK_ERRNO(pidfd_open_(0, 0), EINVAL);
    CHECK_ERRNO(pidfd_open_(-1, 0), EINVAL);
    CHECK_ERRNO(pidfd_open_(getpid(), 1), EINVAL);
    CHECK_ERRNO(pidfd_open_(0x3ffffff, 0), ESRCH);
    int self = OK(pidfd_open_(getpid(), 0));
    CHECK_EQ(fcntl(self, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(self, F_GETFL) & ~O_LARGEFILE, O_RDWR);
    CHECK_EQ(events(self), 0);
    CHECK_ERRNO(read(self, path, 8), EINVAL);
    CHECK_ERRNO(write(self, path, 8), EINVAL);
    CHECK_ERRNO(waitid(P_PIDFD, self, &info, WEXITED), ECHILD);
    CHECK_ERRNO(waitid(P_PIDFD, 99, &info, WEXITED), EBADF);
    CHECK_ERRNO(waitid(P_PIDFD, -1, &info, WEXITED), EINVAL);
    CHECK_ERRNO(waitid(P_PIDFD, OK(open("/", O_RDONLY)), &info, WEXITED), EBADF);

    // A child: not readable while it lives; a wait that does not wait.
    int go[2];
    OK(pipe(go));
    pid_t child = h_fork();
    if (child == 0) {
        h_await(go[0]);
        _exit(42);
    }
    int fd = OK(pidfd_open_(child, O_NONBLOCK));
    CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "Pid:\t%d\nNSpid:\t%d\n", child, child);
    text = h_read_file(path);
    CHECK(strstr(text, wanted));
    CHECK_EQ(events(fd), 0);
    CHECK_ERRNO(waitid(P_PIDFD, fd, &info, WEXITED), EAGAIN);
    info.si_pid = 77;
    OK(waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG));
    CHECK_EQ(info.si_pid, 0);
    h_signal(go[1]);
    CHECK_EQ(until(fd), POLLIN);
    CHECK_EQ(events(fd), POLLIN | POLLRDNORM);
    OK(syscall(SYS_waitid, P_PIDFD, fd, &info, WEXITED | WNOWAIT, &used));
    CHECK_EQ(info.si_pid, child);
    CHECK_EQ(events(fd), POLLIN | POLLRDNORM);
    OK(syscall(SYS_waitid, P_PIDFD, fd, &info, WEXITED, &used));
    CHECK_EQ(info.si_status, 42);
    CHECK_EQ(info.si_code, CLD_EXITED);
    CHECK_EQ(events(fd), POLLIN | POLLRDNORM | POLLHUP);
    CHECK_ERRNO(waitid(P_PIDFD, fd, &info, WEXITED), ECHILD);
    CHECK(strstr(h_read_file(path), "Pid:\t-1\n"));
    CHECK_ERRNO(pidfd_open_(child, 0), ESRCH);
    OK(close(fd));

    // Several sleep at one descriptor; a zombie's descriptor is readable at once; one of a killed child tells the signal.
    child = h_fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    fd = OK(pidfd_open_(child, 0));
    pid_t watchers[3];
    for (int i = 0; i < 3; i++) {
        watchers[i] = h_fork();
        if (watchers[i] == 0) _exit(until(fd) & POLLIN ? 0 : 1);
        h_until_asleep(watchers[i], 0);
    }
    OK(kill(child, SIGKILL));
    for (int i = 0; i < 3; i++) h_join(watchers[i]);
    int second = OK(pidfd_open_(child, 0));
    CHECK_EQ(events(second), POLLIN | POLLRDNORM);
    OK(waitid(P_PIDFD, second, &info, WEXITED));
    CHECK_EQ(info.si_code, CLD_KILLED);
    CHECK_EQ(info.si_status, SIGKILL);
    CHECK_EQ(events(fd), POLLIN | POLLRDNORM | POLLHUP);
    OK(close(fd));
    OK(close(second));

    // Who ignores its children: they are gone at once.
    signal(SIGCHLD, SIG_IGN);
    child = h_fork();
    if (child == 0) {
        h_await(go[0]);
        _exit(0);
    }
    fd = OK(pidfd_open_(child, 0));
    h_signal(go[1]);
    until(fd);
    while (!(events(fd) & POLLHUP)) sched_yield();
    signal(SIGCHLD, SIG_DFL);
    OK(close(fd));

    // The first thread ends before the process does: its end shows with that of the last one (Linux 6.12.107; earlier ones told at
    // once, and of the exec of another thread too).
    OK(pipe(hold));
    volatile int *tid = h_shared(sizeof *tid);
    *tid = 1;
    child = h_fork();
    if (child == 0) {
        pthread_t t;
        CHECK_EQ(pthread_create(&t, NULL, outlive, NULL), 0);
        syscall(SYS_set_tid_address, tid); // cleared at its end
        syscall(SYS_exit, 0);
    }
    fd = OK(pidfd_open_(child, 0));
    int first = OK(pidfd_open_(child, PIDFD_THREAD_));
    while (*tid) h_sleep_ms(1);
    h_sleep_ms(5);
    CHECK_EQ(events(first), 0);
    CHECK_EQ(events(fd), 0);
    // Its number is still in use.
    int again = OK(pidfd_open_(child, PIDFD_THREAD_));
    CHECK_EQ(events(again), 0);
    OK(close(again));
    h_signal(hold[1]);
    until(fd);
    CHECK_EQ(events(first), POLLIN | POLLRDNORM);
    CHECK_EQ(WEXITSTATUS(h_wait(child)), 3);
    CHECK_EQ(events(first), POLLIN | POLLRDNORM | POLLHUP);
    OK(close(first));
    OK(close(fd));
    threads();
    return 0;
}
