// sigaction(2): SIGSEGV has si_addr and SEGV_MAPERR for nothing mapped, SEGV_ACCERR for a protection; blocked it kills.
// calls: rt_sigaction mprotect
#include "../harness.h"
#include <setjmp.h>

static siginfo_t got;
static sigjmp_buf back;
static void handler(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    got = *info;
    siglongjmp(back, 1);
}

static void expect(volatile char *at, int store, int code) {
    memset(&got, 0, sizeof got);
    if (sigsetjmp(back, 1) == 0) {
        if (store) *at = 1;
        else (void)*at;
        FAIL("%p was reached", (void *)at);
    }
    CHECK_EQ(got.si_signo, SIGSEGV);
    CHECK_EQ(got.si_code, code);
    CHECK_EQ((uintptr_t)got.si_addr, (uintptr_t)at);
}

int main(void) {
    h_on_siginfo(SIGSEGV, handler, 0);
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
    if (sigsetjmp(back, 1) == 0) {
        ((void (*)(void))(uintptr_t)(pages))(); // not executable
        FAIL("executed data");
    }
    CHECK_EQ(got.si_code, SEGV_ACCERR);
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
