// sigaction(2): SIGSEGV has si_addr and SEGV_MAPERR for nothing mapped, SEGV_ACCERR for a protection; blocked it kills.
// calls: rt_sigaction mprotect
#include "../harness.h"

static void expect(volatile char *at, int store, int code) {
    if (H_FAULTS(if (store) *at = 1; else (void)*at) != SIGSEGV) FAIL("%p was reached", (void *)at);
    CHECK_EQ(h_fault.si_code, code);
    CHECK_EQ((uintptr_t)h_fault.si_addr, (uintptr_t)at);
}

int main(void) {
    h_expect_fault(SIGSEGV, 0);
    char *pages = h_pages(3);
    OK(mprotect(pages, PAGE, PROT_READ));
    OK(mprotect(pages + PAGE, PAGE, PROT_NONE));
    OK(munmap(pages + 2 * PAGE, PAGE));
    expect(h_bad, 0, SEGV_MAPERR);
    expect(h_bad, 1, SEGV_MAPERR);
    expect(pages + 5, 1, SEGV_ACCERR);
    (void)*(volatile char *)pages;
    expect(pages + PAGE + 9, 0, SEGV_ACCERR);
    expect(pages + 2 * PAGE + 1, 0, SEGV_MAPERR);
    expect((char *)0xffffffff80000000, 0, SEGV_MAPERR); // the kernel's half
    expect((char *)0xffffffff80000000, 1, SEGV_MAPERR);
    CHECK_EQ(H_FAULTS(((void (*)(void))(uintptr_t)(pages))()), SIGSEGV); // not executable
    CHECK_EQ(h_fault.si_code, SEGV_ACCERR);
    struct rlimit no_core = {0, 0};
    OK(setrlimit(RLIMIT_CORE, &no_core));
    pid_t child = h_fork();
    if (child == 0) {
        sigset_t set;
        sigfillset(&set);
        OK(sigprocmask(SIG_SETMASK, &set, NULL));
        *(volatile char *)h_bad = 1;
        _exit(0);
    }
    CHECK_EQ(h_wait(child) & 0x7f, SIGSEGV);
    CHECK_ERRNO(mprotect(pages + 2 * PAGE, PAGE, PROT_READ), ENOMEM);
    return 0;
}
