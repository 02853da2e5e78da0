// waitpid(2), WUNTRACED and WCONTINUED; waitid with WSTOPPED: each change is reported once, and only when asked for.
// calls: wait4 waitid kill
#include "../harness.h"

int main(void) {
    int status;
    siginfo_t info;
    pid_t child = h_fork();
    if (child == 0) for (;;) pause();
    OK(kill(child, SIGSTOP));
    CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK_EQ(waitpid(child, &status, WUNTRACED | WNOHANG), 0);
    OK(kill(child, SIGCONT));
    CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
    CHECK(WIFCONTINUED(status));
    CHECK_EQ(waitpid(child, &status, WCONTINUED | WNOHANG), 0);
    OK(setpgid(child, child)); // in an orphaned group SIGTSTP would not stop
    OK(kill(child, SIGTSTP));
    OK(waitid(P_PID, child, &info, WSTOPPED | WNOWAIT));
    CHECK_EQ(info.si_code, CLD_STOPPED);
    CHECK_EQ(info.si_status, SIGTSTP);
    CHECK_EQ(waitpid(child, &status, WNOHANG), 0); // not asked for
    OK(waitid(P_PID, child, &info, WSTOPPED));
    OK(kill(child, SIGCONT));
    OK(waitid(P_PID, child, &info, WCONTINUED));
    CHECK_EQ(info.si_code, CLD_CONTINUED);
    CHECK_EQ(info.si_status, SIGCONT);
    OK(kill(child, SIGSTOP));
    OK(kill(child, SIGKILL)); // kills a stopped process too
    CHECK_EQ(h_wait(child), SIGKILL);
    CHECK_ERRNO(waitid(P_PID, child, &info, WSTOPPED), ECHILD);
    return 0;
}
