// kill(2): 0 tests, a negative pid means a group, 0 the own group, -1 all but oneself and 1; ESRCH, EPERM, EINVAL.
// calls: kill setpgid
#include "../harness.h"

static pid_t sleeper(pid_t group) {
    pid_t pid = h_fork();
    if (pid == 0) for (;;) pause();
    if (group >= 0) OK(setpgid(pid, group));
    return pid;
}

int main(void) {
    pid_t a = sleeper(0), b = sleeper(a), other = sleeper(0);
    OK(kill(a, 0));
    OK(kill(-a, SIGTERM));
    CHECK_EQ(h_wait(a), SIGTERM);
    CHECK_EQ(h_wait(b), SIGTERM);
    CHECK_EQ(waitpid(other, NULL, WNOHANG), 0);
    CHECK_ERRNO(kill(-a, 0), ESRCH);
    CHECK_ERRNO(kill(a, 0), ESRCH);
    CHECK_ERRNO(kill(other, 65), EINVAL);
    CHECK_ERRNO(kill(other, -1), EINVAL);
    IN_CHILD({
        OK(setpgid(0, 0));
        signal(SIGUSR1, SIG_IGN);
        pid_t mine = h_fork();
        if (mine == 0) {
            signal(SIGUSR1, SIG_DFL);
            for (;;) pause();
        }
        h_until_asleep(mine, 0);
        OK(kill(0, SIGUSR1));
        CHECK_EQ(h_wait(mine), SIGUSR1);
    });
    IN_CHILD({ // -1: as another user, so that only its own processes can be meant
        h_drop_to(34567);
        pid_t mine = h_fork();
        if (mine == 0) for (;;) pause();
        OK(kill(-1, SIGTERM)); // not to oneself
        CHECK_EQ(h_wait(mine), SIGTERM);
        CHECK_EQ(kill(-1, SIGTERM), 0); // there are others, and that none may be signalled is no error
        CHECK_ERRNO(kill(1, 0), EPERM);
    });
    CHECK_EQ(waitpid(other, NULL, WNOHANG), 0);
    h_kill_and_reap(other);
    return 0;
}
