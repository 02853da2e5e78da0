// sigreturn(2): whatever a handler leaves in its frame, the process goes on with it or is ended by a signal.
// calls: rt_sigreturn
// timeout: 120
#include "fuzz.h"

// The frame: siginfo, then the context; gp and tp belong to the program's runtime and are left alone in half of all rounds.
static void damage(int signal, siginfo_t *info, void *context) {
    (void)signal;
    ucontext_t *uc = context;
    switch (fuzz_below(4)) {
    case 0: // flags, link, alternate stack, mask
        fuzz_damage(uc, offsetof(ucontext_t, uc_mcontext));
        break;
    case 1: // all registers
        fuzz_damage(&uc->uc_mcontext, sizeof uc->uc_mcontext.__gregs);
        break;
    case 2: // floating point and what may be appended to it
        fuzz_damage(&uc->uc_mcontext.__fpregs, sizeof uc->uc_mcontext.__fpregs);
        break;
    default: // anything, the siginfo before it too
        fuzz_damage(info, (char *)(uc + 1) - (char *)info);
    }
}

// sigreturn with a stack pointer that points to no frame.
static void from_nowhere(void) {
    uint64_t sp = fuzz_below(2) ? fuzz_number() : (uint64_t)(uintptr_t)&sp + (fuzz_number() & 0xffff);
    __asm__ volatile("mv sp, %0\nli a7, 139\necall\nunimp" : : "r"(sp) : "memory");
    __builtin_unreachable();
}

int main(int argc, char **argv) {
    fuzz_begin(argc, argv);
    int survived = 0, killed = 0;
    for (int n = 0, end = fuzz_amount(400); n < end; n++) {
        fuzz_draw();
        pid_t child = h_fork();
        if (child == 0) {
            h_on_siginfo(SIGUSR1, damage, SA_NODEFER);
            if (fuzz_below(8) == 0) from_nowhere();
            raise(SIGUSR1);
            _exit(0);
        }
        int status = fuzz_end(child, 500);
        survived += WIFEXITED(status) && WEXITSTATUS(status) == 0;
        killed += WIFSIGNALED(status);
        CHECK(WIFEXITED(status) || WIFSIGNALED(status));
    }
    CHECK(survived > 10 && killed > 10);
    return 0;
}
