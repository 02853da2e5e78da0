// riscv-privileged, "Supervisor Counter-Enable (scounteren)": a program reads the time; the counters of cycles and instructions,
// which would tell of others, the supervisor's registers and its instructions are SIGILL.
// calls: rt_sigaction
#include "../harness.h"

#define ILLEGAL(instruction)                                                                                                       \
    do {                                                                                                                           \
        if (H_FAULTS(__asm__ volatile(instruction ::: "t0", "memory")) != SIGILL) FAIL(instruction " is allowed");                 \
        CHECK_EQ(h_fault.si_code, ILL_ILLOPC);                                                                                     \
    } while (0)

int main(void) {
    h_expect_fault(SIGILL, 0);
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
