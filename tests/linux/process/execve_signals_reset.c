// execve(2), signal(7): handlers become default, ignored ones stay ignored, the mask and pending signals stay, the altstack goes.
// calls: execve rt_sigaction rt_sigprocmask sigaltstack
#include "../harness.h"

static void handler(int signal) { (void)signal; }

static int after_exec(void) {
    struct sigaction action;
    OK(sigaction(SIGUSR1, NULL, &action));
    CHECK(action.sa_handler == SIG_DFL);
    OK(sigaction(SIGUSR2, NULL, &action));
    CHECK(action.sa_handler == SIG_IGN);
    sigset_t set;
    OK(sigprocmask(SIG_BLOCK, NULL, &set));
    CHECK(sigismember(&set, SIGTERM) && sigismember(&set, SIGHUP) && !sigismember(&set, SIGINT));
    OK(sigpending(&set));
    CHECK(sigismember(&set, SIGHUP) && !sigismember(&set, SIGTERM));
    stack_t stack;
    OK(sigaltstack(NULL, &stack));
    CHECK_EQ(stack.ss_flags, SS_DISABLE);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1) return after_exec();
    h_on_signal(SIGUSR1, handler, 0);
    signal(SIGUSR2, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM), sigaddset(&set, SIGHUP);
    OK(sigprocmask(SIG_SETMASK, &set, NULL));
    stack_t stack = {.ss_sp = h_pages(4), .ss_size = 4 * PAGE}, now;
    OK(sigaltstack(&stack, NULL));
    OK(sigaltstack(NULL, &now));
    CHECK_EQ(now.ss_size, 4 * PAGE);
    OK(raise(SIGHUP));
    char *args[] = {"self", "x", NULL};
    CHECK_ERRNO(execve("/absent", args, environ), ENOENT);
    struct sigaction action;
    OK(sigaction(SIGUSR1, NULL, &action));
    CHECK(action.sa_handler == handler); // a failed exec changes nothing
    execve("/proc/self/exe", args, environ);
    FAIL("execve: errno %d", errno);
}
