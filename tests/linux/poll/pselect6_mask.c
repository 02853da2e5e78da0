// select(2), pselect: the mask holds during the call; the system call writes back the time left; EINTR leaves the sets alone.
// calls: pselect6
#include "../harness.h"

static volatile sig_atomic_t seen;
static void on_signal(int signal) { seen = signal; }

int main(void) {
    sigset_t block, none;
    sigemptyset(&none);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    OK(sigprocmask(SIG_BLOCK, &block, NULL));
    h_on_signal(SIGUSR1, on_signal, 0);
    OK(raise(SIGUSR1));
    int ends[2];
    OK(pipe(ends));
    fd_set r;
    FD_ZERO(&r); FD_SET(ends[0], &r);
    CHECK_ERRNO(pselect(ends[0] + 1, &r, NULL, NULL, NULL, &none), EINTR);
    CHECK_EQ(seen, SIGUSR1);
    CHECK(FD_ISSET(ends[0], &r));
    struct timespec left = {1000, 0};
    CHECK_EQ(write(ends[1], "x", 1), 1);
    CHECK_EQ(syscall(SYS_pselect6, ends[0] + 1, &r, NULL, NULL, &left, NULL), 1);
    CHECK(left.tv_sec < 1000 && left.tv_sec > 0);
    left = (struct timespec){0, 10000000};
    FD_ZERO(&r);
    CHECK_EQ(syscall(SYS_pselect6, ends[0] + 1, &r, NULL, NULL, &left, NULL), 0);
    CHECK_EQ(left.tv_sec, 0);
    CHECK_EQ(left.tv_nsec, 0);
    struct { const sigset_t *set; size_t size; } wrong = {&none, 4};
    CHECK_ERRNO(syscall(SYS_pselect6, 0, NULL, NULL, NULL, NULL, &wrong), EINVAL);
    return 0;
}
