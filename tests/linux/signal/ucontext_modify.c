// sigreturn(2), sigaction(2): the handler's ucontext holds pc and registers of the interrupted code, and what it changes takes effect.
// calls: rt_sigaction rt_sigreturn
#include "../harness.h"

static volatile sig_atomic_t restored_mask;

static void skip(int signal, siginfo_t *info, void *context) {
    (void)info;
    ucontext_t *uc = context;
    uc->uc_mcontext.__gregs[REG_PC] += 4;
    uc->uc_mcontext.__gregs[REG_A0] += 1000;
    CHECK_EQ(uc->uc_mcontext.__gregs[REG_S0 + 1], 0x5151);
    sigaddset(&uc->uc_sigmask, SIGUSR2);
    CHECK(!sigismember(&uc->uc_sigmask, signal));
}

int main(void) {
    h_on_siginfo(SIGSEGV, skip, 0);
    register long a0 __asm__("a0") = 7;
    register long s1 __asm__("s1") = 0x5151;
    __asm__ volatile(".option push\n.option norvc\nsw zero, 0(zero)\n.option pop" : "+r"(a0), "+r"(s1) : : "memory");
    long result = a0, kept = s1;
    CHECK_EQ(result, 1007);
    CHECK_EQ(kept, 0x5151);
    sigset_t now;
    OK(sigprocmask(SIG_BLOCK, NULL, &now));
    CHECK(sigismember(&now, SIGUSR2) && !sigismember(&now, SIGSEGV)); // the mask comes from the frame
    CHECK_ERRNO(sigaction(100, NULL, NULL), EINVAL);
    return 0;
}
