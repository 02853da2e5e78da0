// pid_namespaces(7): the first process of a scope adopts orphans there, is spared from signals of those inside that it does not
// handle, and takes all others along when it ends, before its parent can see that.
// calls: clone kill wait4
#include "../harness.h"

static int pipes[2];

int main(void) {
    OK(pipe(pipes));
    // Orphans come to it; what is inside cannot kill it.
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    CHECK(pid >= 0);
    if (pid == 0) {
        pid_t child = fork();
        if (child == 0) {
            if (fork() == 0) {
                while (getppid() == 2) sched_yield();
                if (getppid() != 1) _exit(1);
                if (kill(1, SIGTERM) || kill(1, SIGKILL) || kill(1, SIGSTOP)) _exit(2);
                _exit(42);
            }
            _exit(0);
        }
        CHECK_EQ(waitpid(2, NULL, 0), 2);
        int status = 0;
        CHECK_EQ(waitpid(-1, &status, 0), 3);
        CHECK_EQ(WEXITSTATUS(status), 42);
        _exit(0);
    }
    h_join(pid);
    // All go with it: nobody holds the pipe any more when it has been waited for.
    pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    CHECK(pid >= 0);
    if (pid == 0) {
        for (int i = 0; i < 20; i++) {
            if (fork() == 0) {
                signal(SIGTERM, SIG_IGN);
                if (i % 4 == 0) setsid();
                if (i % 2 == 0 && fork() == 0) pause();
                h_signal(pipes[1]);
                for (;;) pause();
            }
        }
        for (;;) pause();
    }
    for (int i = 0; i < 20; i++) h_await(pipes[0]);
    OK(close(pipes[1]));
    OK(kill(pid, SIGKILL)); // from outside it counts
    int status = h_wait(pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    char byte;
    OK(fcntl(pipes[0], F_SETFL, O_NONBLOCK));
    CHECK_EQ(read(pipes[0], &byte, 1), 0);
    // A scope in a scope.
    pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    CHECK(pid >= 0);
    if (pid == 0) {
        pid_t inner = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
        if (inner == 0) {
            if (fork() == 0)
                for (;;) pause();
            if (getpid() != 1) _exit(1);
            for (;;) pause();
        }
        CHECK_EQ(inner, 2);
        kill(inner, SIGTERM); // from outside, but not one that must work
        OK(kill(inner, SIGKILL));
        CHECK_EQ(waitpid(inner, &status, 0), inner);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        CHECK_ERRNO(kill(3, 0), ESRCH); // it went along
        _exit(0);
    }
    h_join(pid);
    CHECK_ERRNO(kill(pid, 0), ESRCH);
    return 0;
}
