// pidfd_send_signal(2): with and without siginfo, signal 0, to threads and groups, by /proc/PID; EPERM, ESRCH, EINVAL, EBADF, EFAULT.
// calls: pidfd_send_signal pidfd_open
#include "../harness.h"

static int send(int fd, int signal, siginfo_t *info, unsigned flags) {
    return syscall(SYS_pidfd_send_signal, fd, signal, info, flags);
}

static volatile sig_atomic_t count;
static volatile siginfo_t got;
static void handler(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    got = *info;
    count++;
}

int main(void) {
    siginfo_t info;
    int self = OK(syscall(SYS_pidfd_open, getpid(), 0));
    h_on_siginfo(SIGUSR1, handler, 0);
    OK(send(self, SIGUSR1, NULL, 0));
    CHECK_EQ(count, 1);
    CHECK_EQ(got.si_code, SI_USER);
    CHECK_EQ(got.si_pid, getpid());
    OK(send(self, 0, NULL, 0));
    CHECK_EQ(count, 1);
    memset(&info, 0, sizeof info);
    info.si_signo = SIGUSR1, info.si_code = SI_QUEUE, info.si_value.sival_int = 99, info.si_pid = 1234;
    OK(send(self, SIGUSR1, &info, 0));
    CHECK_EQ(count, 2);
    CHECK_EQ(got.si_code, SI_QUEUE);
    CHECK_EQ(got.si_value.sival_int, 99);
    CHECK_EQ(got.si_pid, 1234);
    CHECK_ERRNO(send(self, SIGUSR2, &info, 0), EINVAL);
    CHECK_ERRNO(send(self, SIGUSR1, h_bad, 0), EFAULT);
    CHECK_ERRNO(send(self, 65, NULL, 0), EINVAL);
    CHECK_ERRNO(send(self, SIGUSR1, NULL, 0x100), EINVAL);
    CHECK_ERRNO(send(-1, SIGUSR1, NULL, 0), EBADF);
    CHECK_ERRNO(send(OK(open("/dev/null", O_RDONLY)), SIGUSR1, NULL, 0), EBADF);

    // A directory of procfs stands for its process; others, threads' and O_PATH do not.
    int proc = OK(open("/proc/self", O_RDONLY | O_DIRECTORY));
    OK(send(proc, SIGUSR1, NULL, 0));
    CHECK_EQ(count, 3);
    CHECK_EQ(got.si_code, SI_USER);
    count = 2;
    pid_t ended = h_fork();
    if (ended == 0) {
        for (;;) pause();
    }
    char path[32];
    snprintf(path, sizeof path, "/proc/%d", ended);
    int gone = OK(open(path, O_RDONLY | O_DIRECTORY));
    OK(send(gone, SIGKILL, NULL, 0));
    CHECK_EQ(WTERMSIG(h_wait(ended)), SIGKILL);
    CHECK_ERRNO(send(gone, 0, NULL, 0), ESRCH);
    CHECK_ERRNO(send(OK(open("/proc", O_RDONLY)), 0, NULL, 0), EBADF);
    CHECK_ERRNO(send(OK(open("/proc/self/fd", O_RDONLY)), 0, NULL, 0), EBADF);
    CHECK_ERRNO(send(OK(open("/proc/thread-self", O_RDONLY)), 0, NULL, 0), EBADF);
    CHECK_ERRNO(send(OK(open("/proc/self", O_PATH)), 0, NULL, 0), EBADF);

    // A child: only codes of user programs; when it is gone, nobody else is hit.
    pid_t child = h_fork();
    if (child == 0) {
        for (;;) pause();
    }
    int fd = OK(syscall(SYS_pidfd_open, child, 0));
    info.si_code = SI_USER;
    CHECK_ERRNO(send(fd, SIGUSR1, &info, 0), EPERM);
    info.si_code = SI_TKILL;
    CHECK_ERRNO(send(fd, SIGUSR1, &info, 0), EPERM);
    if (geteuid() == 0) {
        IN_CHILD({
            h_drop_to(1000);
            CHECK_ERRNO(send(fd, SIGKILL, NULL, 0), EPERM);
            CHECK_ERRNO(send(fd, 0, NULL, 0), EPERM);
        });
    }
    OK(send(fd, SIGKILL, NULL, 0));
    struct pollfd p = {fd, POLLIN, 0};
    CHECK_EQ(poll(&p, 1, -1), 1);
    OK(send(fd, 0, NULL, 0)); // a zombie is there
    CHECK_EQ(WTERMSIG(h_wait(child)), SIGKILL);
    CHECK_ERRNO(send(fd, 0, NULL, 0), ESRCH);
    CHECK_ERRNO(send(fd, SIGKILL, NULL, 0), ESRCH);

    // To a thread (SI_TKILL), and to a group that the process leads.
    sigset_t block;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    int thread = syscall(SYS_pidfd_open, getpid(), O_EXCL);
    if (thread >= 0) {
        OK(send(thread, SIGUSR1, NULL, 0));
        CHECK_EQ(count, 3);
        CHECK_EQ(got.si_code, SI_TKILL);
        OK(send(thread, SIGUSR1, NULL, 2));
        CHECK_EQ(got.si_code, SI_USER);
        CHECK_ERRNO(send(thread, SIGUSR1, NULL, 3), EINVAL);
        int ready[2];
        OK(pipe(ready));
        pid_t leader = h_fork();
        if (leader == 0) {
            OK(setpgid(0, 0));
            pid_t member = h_fork();
            if (member == 0) {
                h_signal(ready[1]);
                for (;;) pause();
            }
            h_wait(member);
            _exit(5);
        }
        h_await(ready[0]);
        fd = OK(syscall(SYS_pidfd_open, leader, 0));
        OK(send(fd, 0, NULL, 4));
        OK(send(fd, SIGTERM, NULL, 4));
        int status = h_wait(leader);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    }
    return 0;
}
