// sigaltstack(2): a stack overflow is SIGSEGV, and a handler on the alternate stack can deal with it; without one the process dies.
// calls: sigaltstack rt_sigaction
#include "../harness.h"

static int __attribute__((noinline)) endless(volatile int depth) {
    volatile char frame[512];
    frame[0] = depth;
    return depth < 0 ? 0 : endless(depth + 1) + frame[0];
}

int main(void) {
    struct rlimit no_core = {0, 0}, small = {1 << 20, 1 << 20};
    OK(setrlimit(RLIMIT_CORE, &no_core));
    OK(setrlimit(RLIMIT_STACK, &small));
    stack_t stack = {.ss_sp = h_pages(16), .ss_size = 16 * PAGE};
    OK(sigaltstack(&stack, NULL));
    h_expect_fault(SIGSEGV, SA_ONSTACK);
    char here;
    for (int round = 0; round < 3; round++) {
        CHECK_EQ(H_FAULTS(endless(0)), SIGSEGV);
        intptr_t below = &here - (char *)h_fault.si_addr;
        CHECK(below > 512 * 1024 && below < 2 << 20);
    }
    pid_t child = h_fork();
    if (child == 0) {
        h_expect_fault(SIGSEGV, 0); // no room for the frame
        H_FAULTS(endless(0));
        _exit(0);
    }
    CHECK_EQ(h_wait(child) & 0x7f, SIGSEGV);
    stack.ss_size = 100;
    CHECK_ERRNO(sigaltstack(&stack, NULL), ENOMEM);
    return 0;
}
