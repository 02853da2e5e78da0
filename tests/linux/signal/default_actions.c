// signal(7), standard actions: URG, CHLD, WINCH, CONT are ignored, the others end or stop; a signal to a stopped process waits for CONT.
// calls: kill wait4
#include "../harness.h"

static volatile sig_atomic_t seen;
static void handler(int signal) { seen = signal; }

int main(void) {
    int status, ignored[] = {SIGURG, SIGCHLD, SIGWINCH, SIGCONT};
    h_on_signal(SIGUSR1, handler, 0);
    pid_t child = h_fork();
    if (child == 0) {
        while (!seen) h_sleep_ms(1);
        _exit(3);
    }
    for (int i = 0; i < 4; i++) OK(kill(child, ignored[i]));
    OK(kill(child, SIGSTOP));
    CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
    OK(kill(child, SIGUSR1));
    h_sleep_ms(10);
    CHECK_EQ(waitpid(child, &status, WNOHANG), 0); // stopped: no handler runs
    OK(kill(child, SIGCONT));
    CHECK_EQ(h_wait(child), 3 << 8);
    child = h_fork();
    if (child == 0) for (;;) pause();
    OK(kill(child, SIGSTOP));
    CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
    OK(kill(child, SIGTERM)); // waits
    h_sleep_ms(10);
    CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
    OK(kill(child, SIGCONT));
    CHECK_EQ(h_wait(child), SIGTERM);
    // In an orphaned process group the terminal's stop signals do nothing.
    child = h_fork();
    if (child == 0) {
        OK(setsid());
        OK(raise(SIGTSTP));
        OK(raise(SIGTTIN));
        _exit(4);
    }
    CHECK_EQ(h_wait(child), 4 << 8);
    CHECK_ERRNO(kill(child, SIGCONT), ESRCH);
    return 0;
}
