// riscv-privileged, "Supervisor Counter-Enable (scounteren)": a program reads the time; the counters of cycles and instructions,
// which would tell of others, the supervisor's registers and its instructions are SIGILL.
// calls: rt_sigaction clock_gettime
#include "../harness.h"
#include <setjmp.h>

static siginfo_t got;
static sigjmp_buf back;
static void handler(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    got = *info;
    siglongjmp(back, 1);
}

#define ILLEGAL(instruction)                                                                                                       \
    do {                                                                                                                           \
        got.si_signo = 0;                                                                                                          \
        if (sigsetjmp(back, 1) == 0) {                                                                                             \
            __asm__ volatile(instruction ::: "t0", "memory");                                                                      \
            FAIL(instruction " is allowed");                                                                                       \
        }                                                                                                                          \
        CHECK_EQ(got.si_signo, SIGILL);                                                                                            \
        CHECK_EQ(got.si_code, ILL_ILLOPC);                                                                                         \
    } while (0)

int main(void) {
    h_on_siginfo(SIGILL, handler, 0);
    ILLEGAL("rdcycle t0");
    ILLEGAL("rdinstret t0");
    ILLEGAL("csrr t0, sstatus");
    ILLEGAL("csrr t0, satp");
    ILLEGAL("csrw sepc, zero");
    ILLEGAL("sret");
    ILLEGAL("wfi");
    ILLEGAL("sfence.vma");
    unsigned long before, after;
    struct timespec now;
    __asm__ volatile("rdtime %0" : "=r"(before));
    OK(clock_gettime(CLOCK_MONOTONIC, &now));
    __asm__ volatile("rdtime %0" : "=r"(after));
    CHECK(after >= before);
    return 0;
}
