// Rows of signals and of a short sleep.
#include "bench.h"
#include <setjmp.h>

static void handler(int signal) { (void)signal; }

static int64_t sig_install(long n, int arg) {
    (void)arg;
    struct sigaction action = {.sa_handler = handler};
    return TIMED(n, need(sigaction(SIGUSR1, &action, NULL)));
}

// kill of oneself, the handler, the return.
static int64_t sig_deliver(long n, int arg) {
    (void)arg;
    struct sigaction action = {.sa_handler = handler};
    need(sigaction(SIGUSR1, &action, NULL));
    pid_t self = getpid();
    return TIMED(n, need(kill(self, SIGUSR1)));
}

static sigjmp_buf behind_the_fault;

static void jump_away(int signal) {
    (void)signal;
    siglongjmp(behind_the_fault, 1);
}

// A store to a page without permissions, the handler, a jump out of it (so no return through the kernel).
static int64_t sig_segv(long n, int arg) {
    (void)arg;
    struct sigaction action = {.sa_handler = jump_away, .sa_flags = SA_NODEFER}, old;
    need(sigaction(SIGSEGV, &action, &old));
    volatile char *area = scratch(PAGE);
    need(mprotect((char *)area, PAGE, PROT_NONE));
    int64_t start = now();
    for (volatile long i = 0; i < n; i++)
        if (sigsetjmp(behind_the_fault, 0) == 0) *area = 1;
    int64_t spent = now() - start;
    sigaction(SIGSEGV, &old, NULL);
    return spent;
}

static int64_t sleep_100us(long n, int arg) {
    (void)arg;
    struct timespec time = {0, 100000};
    return TIMED(n, need(nanosleep(&time, NULL)));
}

const struct row signal_rows[] = {
    {"sig_install", 4000, sig_install, 0}, {"sig_deliver", 1000, sig_deliver, 0}, {"sig_segv", 1000, sig_segv, 0}, {"sleep_100us", 40, sleep_100us, 0}, {0},
};
