// flock(2), fcntl(2): a wait for a lock ends with EINTR when a handler without SA_RESTART ran, goes on with SA_RESTART, and ends
// with the process; a lock goes with its last descriptor or its process; shared locks come together once nothing is in the way.
// calls: flock fcntl
#include "../harness.h"
#include <sys/file.h>

static int held; // the holder's descriptor: a waiter that inherits it lets go of it, as the lock is the description's
static volatile sig_atomic_t seen;
static void on_signal(int signal) { seen += signal == SIGUSR1; }

static int record(int fd, int command, int type) {
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = 3, .l_len = 4};
    return fcntl(fd, command, &l);
}

static pid_t waiter(int flags, int (*wait)(void), int want) {
    pid_t child = h_fork();
    if (child == 0) {
        close(held);
        h_on_signal(SIGUSR1, on_signal, flags);
        int got = wait();
        if (want) CHECK(got == -1 && errno == want && seen == 1);
        else CHECK_EQ(got, 0);
        _exit(0);
    }
    h_until_asleep(child, 0);
    return child;
}

static int wait_flock(void) { return flock(OK(open("file", O_RDWR)), LOCK_SH); }
static int wait_record(void) { return record(OK(open("file", O_RDWR)), F_SETLKW, F_RDLCK); }
static int wait_ofd(void) { return record(OK(open("file", O_RDWR)), F_OFD_SETLKW, F_RDLCK); }

int main(void) {
    h_scratch();
    int (*const waits[])(void) = {wait_flock, wait_record, wait_ofd};
    for (int i = 0; i < 3; i++) {
        held = OK(open("file", O_RDWR | O_CREAT, 0600));
        if (i == 0) OK(flock(held, LOCK_EX));
        else OK(record(held, i == 1 ? F_SETLK : F_OFD_SETLK, F_WRLCK));
        pid_t child = waiter(0, waits[i], EINTR);
        OK(kill(child, SIGUSR1));
        h_join(child);
        child = waiter(0, waits[i], 0);
        OK(kill(child, SIGKILL));
        CHECK_EQ(h_wait(child), SIGKILL);
        pid_t a = waiter(SA_RESTART, waits[i], 0), b = waiter(0, waits[i], 0);
        OK(kill(a, SIGUSR1));
        h_until_asleep(a, 0);
        CHECK_EQ(waitpid(a, NULL, WNOHANG), 0);
        OK(close(held));
        h_join(a);
        h_join(b);
    }
    // A process that ends takes its locks with it.
    int ready[2];
    OK(pipe(ready));
    pid_t holder = h_fork();
    if (holder == 0) {
        int fd = OK(open("file", O_RDWR));
        OK(flock(fd, LOCK_EX));
        OK(record(fd, F_SETLK, F_WRLCK));
        h_signal(ready[1]);
        pause();
    }
    h_await(ready[0]);
    pid_t a = waiter(0, wait_flock, 0), b = waiter(0, wait_record, 0);
    h_kill_and_reap(holder);
    h_join(a);
    h_join(b);
    return 0;
}
