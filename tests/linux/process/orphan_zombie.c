// wait(2), credentials(7): a zombie whose parent dies goes to the new parent; ignored SIGCHLD reaps by itself; kill of a zombie works.
// calls: wait4 kill prctl
#include "../harness.h"

int main(void) {
    int ends[2], status;
    OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    OK(pipe(ends));
    pid_t child = h_fork();
    if (child == 0) {
        pid_t zombie = fork();
        if (zombie == 0) _exit(66);
        siginfo_t info;
        OK(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT));
        OK(kill(zombie, SIGKILL)); // exists until it is reaped, but does not change
        CHECK_EQ(write(ends[1], &zombie, sizeof zombie), sizeof zombie);
        _exit(0);
    }
    pid_t zombie;
    CHECK_EQ(read(ends[0], &zombie, sizeof zombie), sizeof zombie);
    h_join(child);
    CHECK_EQ(waitpid(zombie, &status, 0), zombie);
    CHECK_EQ(status, 66 << 8);
    CHECK_ERRNO(kill(zombie, 0), ESRCH);
    return 0;
}
