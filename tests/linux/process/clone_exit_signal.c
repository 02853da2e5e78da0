// clone(2), wait(2): a child with another exit signal sends that, and is waited for with __WALL or __WCLONE only.
// calls: clone wait4
#include "../harness.h"

static volatile sig_atomic_t seen, chld;
static void on_signal(int signal) { if (signal == SIGCHLD) chld++; else seen = signal; }

int main(void) {
    h_on_signal(SIGUSR2, on_signal, 0);
    h_on_signal(SIGCHLD, on_signal, 0);
    pid_t self = getpid();
    pid_t pid = OK(syscall(SYS_clone, SIGUSR2, 0, 0, 0, 0));
    if (pid == 0) _exit(getpid() == self);
    CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD);
    int status, got;
    while ((got = waitpid(pid, &status, __WALL)) == -1 && errno == EINTR) {}
    CHECK_EQ(got, pid);
    CHECK_EQ(status, 0);
    CHECK_EQ(seen, SIGUSR2);
    CHECK_EQ(chld, 0);
    seen = 0;
    pid = OK(syscall(SYS_clone, 0, 0, 0, 0, 0)); // no signal at all
    if (pid == 0) _exit(getpid() == self);
    CHECK_EQ(waitpid(pid, &status, __WCLONE), pid);
    CHECK_EQ(status, 0);
    CHECK_EQ(seen, 0);
    CHECK_EQ(chld, 0);
    return 0;
}
