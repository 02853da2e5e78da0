// Rows of signals and of a short sleep.
#include "bench.h"
#include <ucontext.h>

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

static void skip_instruction(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    ((ucontext_t *)context)->uc_mcontext.__gregs[REG_PC] += 4;
}

// A fault, the handler, the return behind the instruction.
static int64_t sig_segv(long n, int arg) {
    (void)arg;
    struct sigaction action = {.sa_sigaction = skip_instruction, .sa_flags = SA_SIGINFO}, old;
    need(sigaction(SIGSEGV, &action, &old));
    int64_t spent = TIMED(n, __asm__ volatile(".option push\n.option norvc\nsb zero, 0(zero)\n.option pop" ::: "memory"));
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
