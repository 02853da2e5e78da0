// waitid(2): siginfo of the child, P_PID, P_PGID, P_ALL, WNOWAIT leaves it, WNOHANG gives a zeroed pid; EINVAL without a wanted state.
// calls: waitid
#include "../harness.h"

int main(void) {
    siginfo_t info;
    memset(&info, 0xff, sizeof info);
    pid_t child = h_fork();
    if (child == 0) for (;;) pause();
    CHECK_EQ(waitid(P_PID, child, &info, WEXITED | WNOHANG), 0);
    CHECK_EQ(info.si_pid, 0);
    CHECK_EQ(info.si_signo, 0);
    OK(kill(child, SIGKILL));
    for (int again = 0; again < 2; again++) {
        memset(&info, 0xff, sizeof info);
        OK(waitid(again ? P_ALL : P_PID, again ? 0 : child, &info, WEXITED | (again ? 0 : WNOWAIT)));
        CHECK_EQ(info.si_signo, SIGCHLD);
        CHECK_EQ(info.si_code, CLD_KILLED);
        CHECK_EQ(info.si_status, SIGKILL);
        CHECK_EQ(info.si_pid, child);
        CHECK_EQ(info.si_uid, getuid());
        CHECK_EQ(info.si_errno, 0);
    }
    CHECK_ERRNO(waitid(P_PID, child, &info, WEXITED), ECHILD);
    child = h_fork();
    if (child == 0) _exit(44);
    OK(setpgid(child, child) == -1 && errno != EACCES && errno != ESRCH ? -1 : 0);
    OK(waitid(P_PGID, child, &info, WEXITED));
    CHECK_EQ(info.si_code, CLD_EXITED);
    CHECK_EQ(info.si_status, 44);
    CHECK_ERRNO(waitid(P_ALL, 0, &info, 0), EINVAL);
    CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED | 0x100), EINVAL);
    CHECK_ERRNO(waitid(9, 0, &info, WEXITED), EINVAL);
    return 0;
}
