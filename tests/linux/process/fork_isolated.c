// fork(2): the child has copies: memory, descriptors (but shared offsets), its own pid; no pending signals, no timers, no locks.
// calls: clone wait4 getpid getppid
#include "../harness.h"

static int value = 1;

int main(void) {
    h_scratch();
    h_write_file("file", "0123456789");
    int fd = OK(open("file", O_RDONLY)), status;
    sigset_t block, pending;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    OK(sigprocmask(SIG_BLOCK, &block, NULL));
    OK(raise(SIGUSR1));
    struct itimerval timer = {.it_value = {1000, 0}}, now;
    OK(setitimer(ITIMER_REAL, &timer, NULL));
    pid_t parent = getpid();
    CHECK(parent > 0);
    pid_t child = h_fork();
    if (child == 0) {
        CHECK_EQ(getppid(), parent);
        CHECK(getpid() != parent);
        OK(sigpending(&pending));
        CHECK(!sigismember(&pending, SIGUSR1));
        OK(sigprocmask(SIG_BLOCK, NULL, &pending));
        CHECK(sigismember(&pending, SIGUSR1)); // the mask is inherited
        OK(getitimer(ITIMER_REAL, &now));
        CHECK_EQ(now.it_value.tv_sec, 0);
        value = 2;
        CHECK_EQ(lseek(fd, 5, SEEK_SET), 5);
        OK(close(fd));
        _exit(42);
    }
    CHECK_EQ(wait4(child, &status, 0, NULL), child);
    CHECK_EQ(status, 42 << 8);
    CHECK_EQ(value, 1);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
    CHECK_ERRNO(wait4(child, &status, 0, NULL), ECHILD);
    return 0;
}
