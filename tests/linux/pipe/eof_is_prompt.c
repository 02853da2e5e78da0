// pipe(7), _exit(2): the reader sees the end of file as soon as the last writer is gone: closed, exited, killed, or replaced by exec.
// calls: pipe2 ppoll kill
#include "../harness.h"

static int writer_gone(int how) {
    int ends[2], ready[2];
    OK(pipe(ends));
    OK(pipe(ready));
    pid_t child = h_fork();
    if (child == 0) {
        OK(close(ends[0]));
        h_signal(ready[1]);
        if (how == 0) _exit(0);
        if (how == 1) for (;;) pause();
        if (how == 2) OK(fcntl(ends[1], F_SETFD, FD_CLOEXEC)), execl("/proc/self/exe", "self", "wait", NULL);
        if (how == 3) for (OK(close(ends[1]));;) pause();
        if (how == 4) for (;;) {} // killed while it runs in user mode
        _exit(1);
    }
    OK(close(ends[1]));
    h_await(ready[0]);
    if (how == 1 || how == 4) OK(kill(child, SIGKILL));
    // The end must be there without the child being reaped.
    struct pollfd p = {.fd = ends[0], .events = POLLIN};
    CHECK_EQ(poll(&p, 1, 10000), 1);
    CHECK_EQ(p.revents, POLLHUP);
    char byte;
    CHECK_EQ(read(ends[0], &byte, 1), 0);
    OK(close(ends[0]));
    OK(close(ready[0]));
    OK(close(ready[1]));
    kill(child, SIGKILL);
    return h_wait(child);
}

int main(int argc, char **argv) {
    if (argc == 2 && argv[1][0] == 'w') for (;;) pause();
    CHECK_EQ(writer_gone(0) & ~SIGKILL, 0);
    for (int how = 1; how < 5; how++) CHECK_EQ(writer_gone(how), SIGKILL);
    // The other way round: EPIPE at once when the last reader was killed, although it is not reaped.
    signal(SIGPIPE, SIG_IGN);
    int ends[2];
    OK(pipe(ends));
    pid_t child = h_fork();
    if (child == 0) for (;;) pause();
    OK(close(ends[0]));
    OK(kill(child, SIGKILL));
    struct pollfd p = {.fd = ends[1], .events = 0};
    CHECK_EQ(poll(&p, 1, 10000), 1);
    CHECK_EQ(p.revents, POLLERR);
    CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
    CHECK_EQ(h_wait(child), SIGKILL);
    return 0;
}
