// setpgid(2): own and child's groups; EACCES after the child's exec, EPERM for another session or a leader, ESRCH, EINVAL.
// calls: setpgid getpgid
#include "../harness.h"

int main(int argc, char **argv) {
    if (argc > 1) for (;;) pause();
    pid_t group = OK(syscall(SYS_getpgid, 0));
    CHECK(group > 0);
    pid_t a = h_fork();
    if (a == 0) for (;;) pause();
    CHECK_EQ(syscall(SYS_getpgid, a), group);
    OK(setpgid(a, 0));
    CHECK_EQ(syscall(SYS_getpgid, a), a);
    pid_t b = h_fork();
    if (b == 0) for (;;) pause();
    OK(setpgid(b, a));
    CHECK_EQ(syscall(SYS_getpgid, b), a);
    CHECK_ERRNO(setpgid(b, 1 << 30), EPERM);
    CHECK_ERRNO(setpgid(b, -1), EINVAL);
    CHECK_ERRNO(setpgid(1 << 30, 0), ESRCH);
    CHECK_ERRNO(setpgid(getppid(), 0), ESRCH); // not a child
    h_kill_and_reap(b);
    int started[2];
    OK(pipe2(started, O_CLOEXEC));
    b = h_fork();
    if (b == 0) execl("/proc/self/exe", "self", "x", NULL), _exit(90);
    OK(close(started[1]));
    char byte;
    CHECK_EQ(read(started[0], &byte, 1), 0);
    CHECK_ERRNO(setpgid(b, a), EACCES);
    h_kill_and_reap(b);
    int ready[2];
    OK(pipe(ready));
    b = h_fork();
    if (b == 0) {
        OK(setsid());
        CHECK_ERRNO(setpgid(0, 0), EPERM);
        h_signal(ready[1]);
        for (;;) pause();
    }
    h_await(ready[0]);
    CHECK_ERRNO(setpgid(b, a), EPERM);
    h_kill_and_reap(b);
    h_kill_and_reap(a);
    CHECK_ERRNO(syscall(SYS_getpgid, a), ESRCH);
    CHECK_ERRNO(setpgid(-1, 0), EINVAL);
    CHECK_ERRNO(setpgid(0, -1), EINVAL);
    return 0;
}
