// wait(2), _exit(2): the true exit code for every code, the true signal for every fatal signal, also when threads are running.
// calls: exit_group wait4 kill
#include "../harness.h"

static void *spin(void *arg) {
    for (;;) {}
    return arg;
}

static void *leave(void *arg) { _exit((int)(intptr_t)arg); }

int main(void) {
    struct rlimit no_core = {0, 0};
    OK(setrlimit(RLIMIT_CORE, &no_core));
    for (int code = 0; code < 256; code += code < 4 ? 1 : 17) {
        pid_t child = h_fork();
        if (child == 0) _exit(code);
        CHECK_EQ(h_wait(child), code << 8);
    }
    int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
                   SIGSTKFLT, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSYS, SIGRTMIN, SIGRTMAX};
    for (unsigned i = 0; i < sizeof fatal / sizeof *fatal; i++) {
        pid_t child = h_fork();
        if (child == 0) {
            signal(fatal[i], SIG_DFL);
            OK(kill(getpid(), fatal[i]));
            _exit(1);
        }
        CHECK_EQ(h_wait(child) & 0x7f, fatal[i]); // the core bit aside
    }
    pid_t child = h_fork();
    if (child == 0) {
        *(volatile int *)h_bad = 1;
        _exit(1);
    }
    CHECK_EQ(h_wait(child) & 0x7f, SIGSEGV);
    child = h_fork();
    if (child == 0) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, spin, NULL), 0);
        CHECK_EQ(pthread_create(&thread, NULL, leave, (void *)(intptr_t)77), 0);
        for (;;) {}
    }
    CHECK_EQ(h_wait(child), 77 << 8);
    CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
    return 0;
}
