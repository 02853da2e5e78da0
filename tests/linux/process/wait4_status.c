// wait4(2): exit codes, signals, the core bit aside, WNOHANG, ECHILD; which children a pid argument means; the usage of the child.
// calls: wait4 kill
#include "../harness.h"

int main(void) {
    int status;
    struct rusage usage;
    CHECK_ERRNO(wait4(-1, &status, 0, NULL), ECHILD);
    pid_t child = h_fork();
    if (child == 0) _exit(0x1ff); // only the low eight bits count
    memset(&usage, 0xff, sizeof usage);
    CHECK_EQ(wait4(child, &status, 0, &usage), child);
    CHECK_EQ(status, 0xff << 8);
    CHECK(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_sec < 100);
    child = h_fork();
    if (child == 0) for (;;) pause();
    CHECK_EQ(wait4(child, &status, WNOHANG, NULL), 0);
    CHECK_EQ(wait4(-1, &status, WNOHANG, NULL), 0);
    OK(kill(child, SIGTERM));
    CHECK_EQ(wait4(0, &status, 0, NULL), child); // any child of our group
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    CHECK_ERRNO(wait4(child, &status, WNOHANG, NULL), ECHILD);
    CHECK_ERRNO(wait4(1, &status, WNOHANG, NULL), ECHILD);
    CHECK_ERRNO(wait4(-1, &status, 0x40, NULL), EINVAL);
    CHECK_ERRNO(wait4(INT_MIN, &status, 0, NULL), ESRCH);
    child = h_fork();
    if (child == 0) _exit(0);
    CHECK_EQ(wait4(-1, NULL, 0, NULL), child);
    return 0;
}
