// signalfd(2): siginfo of kill, sigqueue, children and timers; several a read; mask updates; poll; thread- and process-directed; after fork; errors.
// calls: signalfd4
#include "../harness.h"
#include <sys/signalfd.h>

static sigset_t set_of(int a, int b, int c) {
    sigset_t s;
    sigemptyset(&s);
    if (a) sigaddset(&s, a);
    if (b) sigaddset(&s, b);
    if (c) sigaddset(&s, c);
    return s;
}

static int readable(int fd) {
    struct pollfd p = {fd, POLLIN | POLLOUT, 0};
    OK(poll(&p, 1, 0));
    return p.revents;
}

static struct signalfd_siginfo take(int fd) {
    struct signalfd_siginfo info;
    memset(&info, 0x55, sizeof info);
    CHECK_EQ(read(fd, &info, sizeof info), sizeof info);
    return info;
}

static int shared_fd;
static pid_t worker_tid;
static _Atomic int step;

static void *worker(void *arg) {
    (void)arg;
    struct signalfd_siginfo info;
    worker_tid = syscall(SYS_gettid);
    step = 1;
    info = take(shared_fd); // sleeps until its own signal comes
    CHECK_EQ(info.ssi_signo, SIGUSR1);
    CHECK_EQ(info.ssi_code, SI_TKILL);
    step = 3;
    while (step != 4) sched_yield();
    info = take(shared_fd); // what is sent to the process, any thread takes
    CHECK_EQ(info.ssi_signo, SIGUSR2);
    return NULL;
}

static void errors(int fd, const sigset_t *set) {
    char room[128];
    CHECK_ERRNO(signalfd(-1, set, 1), EINVAL);
    CHECK_ERRNO(signalfd(-2, set, 0), EBADF);
    CHECK_ERRNO(signalfd(0, set, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_signalfd4, -1, set, 4, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_signalfd4, -1, h_bad, 8, 0), EFAULT);
    CHECK_ERRNO(read(fd, room, 127), EINVAL);
    CHECK_ERRNO(write(fd, room, 128), EINVAL);
}

int main(void) {
    struct signalfd_siginfo info, infos[5];
    OK(dup2(OK(open("/dev/null", O_RDONLY)), 0));
    sigset_t mask = set_of(SIGUSR1, SIGRTMIN, SIGCHLD), all, other = set_of(SIGUSR2, 0, 0);
    sigfillset(&all);
    OK(sigprocmask(SIG_BLOCK, &all, NULL));
    int fd = OK(signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC));
    CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    errors(fd, &mask);
    CHECK_EQ(readable(fd), 0);
    CHECK_ERRNO(read(fd, &info, sizeof info), EAGAIN);

    OK(kill(getpid(), SIGUSR2)); // not in the set
    CHECK_EQ(readable(fd), 0);
    OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(readable(fd), POLLIN);
    info = take(fd);
    CHECK_EQ(info.ssi_signo, SIGUSR1);
    CHECK_EQ(info.ssi_code, SI_USER);
    CHECK_EQ(info.ssi_pid, getpid());
    CHECK_EQ(info.ssi_uid, getuid());
    CHECK_EQ(info.ssi_errno | info.ssi_fd | info.ssi_band | info.ssi_status | info.ssi_int | info.ssi_addr | info.__pad[0], 0);
    CHECK_EQ(readable(fd), 0);

    // Several in one read, standard ones first, queued ones in order with their values.
    for (int i = 0; i < 3; i++) OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 40 + i}));
    OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(read(fd, infos, 3 * sizeof info + 5), 3 * sizeof info);
    CHECK_EQ(infos[0].ssi_signo, SIGUSR1);
    CHECK_EQ(infos[1].ssi_signo, SIGRTMIN);
    CHECK_EQ(infos[1].ssi_code, SI_QUEUE);
    CHECK_EQ(infos[1].ssi_int, 40);
    CHECK_EQ((int)infos[1].ssi_ptr, 40);
    CHECK_EQ(infos[2].ssi_int, 41);
    CHECK_EQ(read(fd, infos, sizeof infos), sizeof info);
    CHECK_EQ(infos[0].ssi_int, 42);

    // A child's end.
    pid_t child = h_fork();
    if (child == 0) _exit(7);
    struct pollfd wait = {fd, POLLIN, 0};
    CHECK_EQ(poll(&wait, 1, -1), 1);
    info = take(fd);
    CHECK_EQ(info.ssi_signo, SIGCHLD);
    CHECK_EQ(info.ssi_code, CLD_EXITED);
    CHECK_EQ(info.ssi_pid, child);
    CHECK_EQ(info.ssi_status, 7);
    CHECK_EQ(WEXITSTATUS(h_wait(child)), 7);

    // Another mask: what was pending all the time is there now.
    CHECK_EQ(signalfd(fd, &other, SFD_CLOEXEC), fd);
    CHECK_EQ(readable(fd), POLLIN);
    CHECK_EQ(take(fd).ssi_signo, SIGUSR2);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    CHECK(strstr(h_read_file(path), "sigmask:\t0000000000000800\n"));
    CHECK_EQ(signalfd(fd, &mask, 0), fd);

    // A POSIX timer's signal.
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 99};
    struct itimerspec soon = {.it_value = {0, 1000000}};
    OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
    OK(timer_settime(timer, 0, &soon, NULL));
    CHECK_EQ(poll(&wait, 1, -1), 1);
    info = take(fd);
    CHECK_EQ(info.ssi_code, SI_TIMER);
    CHECK_EQ(info.ssi_int, 99);
    CHECK_EQ(info.ssi_overrun, 0);
    OK(timer_delete(timer));

    // A read that cannot deliver fails, and after the first record tells what it delivered.
    OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1}));
    CHECK_ERRNO(read(fd, h_bad, sizeof info), EFAULT);
    while (readable(fd)) take(fd); // Linux loses the signal, rvOS does not
    sigset_t pending;
    OK(sigpending(&pending));
    CHECK_EQ(sigismember(&pending, SIGRTMIN), 0);

    // A thread's own signals are its own; the process's are everybody's.
    OK(fcntl(fd, F_SETFL, 0));
    mask = set_of(SIGUSR1, SIGUSR2, 0);
    shared_fd = OK(signalfd(-1, &mask, 0));
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, worker, NULL), 0);
    while (step < 1) sched_yield();
    h_until_asleep(getpid(), worker_tid);
    OK(syscall(SYS_tgkill, getpid(), worker_tid, SIGUSR1));
    CHECK_EQ(readable(shared_fd), 0);
    while (step < 3) sched_yield();
    OK(kill(getpid(), SIGUSR2));
    CHECK_EQ(readable(shared_fd), POLLIN);
    step = 4;
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(readable(shared_fd), 0);

    // A child that inherited the descriptor reads its own signals; it is woken by them.
    OK(kill(getpid(), SIGUSR1));
    child = h_fork();
    if (child == 0) {
        CHECK_EQ(readable(shared_fd), 0);
        struct pollfd p = {shared_fd, POLLIN, 0};
        CHECK_EQ(poll(&p, 1, -1), 1);
        info = take(shared_fd);
        CHECK_EQ(info.ssi_signo, SIGUSR2);
        CHECK_EQ(info.ssi_pid, getppid());
        _exit(0);
    }
    h_until_asleep(child, 0);
    OK(kill(child, SIGUSR2));
    h_join(child);
    CHECK_EQ(take(shared_fd).ssi_signo, SIGUSR1);

    // SIGKILL and SIGSTOP cannot be read; an empty set is fine.
    mask = set_of(SIGKILL, SIGSTOP, 0);
    int none = OK(signalfd(-1, &mask, SFD_NONBLOCK));
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", none);
    CHECK(strstr(h_read_file(path), "sigmask:\t0000000000000000\n"));
    CHECK_ERRNO(read(none, &info, sizeof info), EAGAIN);
    return 0;
}
