// sigaction(2): SIGCHLD has CLD_EXITED, CLD_KILLED, CLD_STOPPED, CLD_CONTINUED with pid, uid and status; SA_NOCLDSTOP leaves stops out.
// calls: rt_sigaction kill
#include "../harness.h"

static volatile sig_atomic_t count;
static siginfo_t got;
static void handler(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    got = *info;
    count++;
}

static void expect(int number, int code, int status, pid_t pid) {
    while (count < number) h_sleep_ms(1);
    __sync_synchronize();
    CHECK_EQ(count, number);
    CHECK_EQ(got.si_code, code);
    CHECK_EQ(got.si_status, status);
    CHECK_EQ(got.si_pid, pid);
    CHECK_EQ(got.si_uid, getuid());
}

int main(void) {
    int status;
    h_on_siginfo(SIGCHLD, handler, 0);
    pid_t child = h_fork();
    if (child == 0) _exit(9);
    expect(1, CLD_EXITED, 9, child);
    h_wait(child);
    child = h_fork();
    if (child == 0) for (;;) pause();
    OK(kill(child, SIGSTOP));
    expect(2, CLD_STOPPED, SIGSTOP, child);
    OK(kill(child, SIGCONT));
    expect(3, CLD_CONTINUED, SIGCONT, child);
    h_on_siginfo(SIGCHLD, handler, SA_NOCLDSTOP);
    OK(kill(child, SIGSTOP));
    pid_t got_pid;
    while ((got_pid = waitpid(child, &status, WUNTRACED)) < 0 && errno == EINTR) {}
    CHECK_EQ(got_pid, child);
    CHECK(WIFSTOPPED(status));
    CHECK_EQ(count, 3);
    OK(kill(child, SIGKILL));
    expect(4, CLD_KILLED, SIGKILL, child);
    h_wait(child);
    CHECK_ERRNO(kill(child, 0), ESRCH);
    return 0;
}
