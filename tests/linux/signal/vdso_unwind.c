// vdso(7), sigreturn(2): an unwinder walks from a handler through the vDSO's rt_sigreturn to the very instruction that was interrupted, with its registers.
// calls: rt_sigaction rt_sigreturn
#include "../harness.h"
#include <sys/auxv.h>
#include <unwind.h>

extern char interrupted[], interrupted_end[], outer_return[];
static uintptr_t found_sp, interrupted_sp, found_s11;
static int frames, signal_frame, interrupted_frame, outer_frame;

_Unwind_Reason_Code each(struct _Unwind_Context *context, void *arg);
_Unwind_Reason_Code each(struct _Unwind_Context *context, void *arg) {
    (void)arg;
    int before = 0;
    uintptr_t pc = _Unwind_GetIPInfo(context, &before);
    uintptr_t image = getauxval(AT_SYSINFO_EHDR);
    frames++;
    if (pc >= image && pc < image + 2 * PAGE && !signal_frame) signal_frame = frames;
    if (pc >= (uintptr_t)interrupted && pc < (uintptr_t)interrupted_end) {
        CHECK_EQ(before, 1); // not a return address: the instruction itself
        CHECK_EQ(pc, (uintptr_t)interrupted);
        interrupted_frame = frames;
        found_sp = _Unwind_GetGR(context, 2);
        found_s11 = _Unwind_GetGR(context, 27);
    }
    if (pc == (uintptr_t)outer_return) outer_frame = frames;
    return frames < 100 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

// After the walk: where it should have led, and how things go on.
void note(ucontext_t *uc);
void note(ucontext_t *uc) {
    CHECK_EQ(uc->uc_mcontext.__gregs[REG_PC], (uintptr_t)interrupted);
    interrupted_sp = uc->uc_mcontext.__gregs[REG_SP];
    uc->uc_mcontext.__gregs[REG_PC] += 4;
}

// The frames between are in assembly, as the compiler describes none of C: a handler that walks; a function without a frame that
// is interrupted by its own bad store; its caller.
#define FUNCTION(name) ".globl " name "\n.type " name ", @function\n" name ":\n.cfi_startproc\n"
#define END(name) ".cfi_endproc\n.size " name ", . - " name "\n"
#define ENTER "addi sp, sp, -32\n.cfi_def_cfa_offset 32\nsd ra, 24(sp)\n.cfi_offset ra, -8\nsd s11, 16(sp)\n.cfi_offset s11, -16\n"
#define LEAVE "ld s11, 16(sp)\nld ra, 24(sp)\naddi sp, sp, 32\n.cfi_def_cfa_offset 0\nret\n"
__asm__(".text\n.cfi_sections .eh_frame\n.option push\n.option norvc\n"
        FUNCTION("handler") ENTER "mv s11, a2\nlla a0, each\ncall _Unwind_Backtrace\nmv a0, s11\ncall note\n" LEAVE END("handler")
        FUNCTION("leaf") "interrupted: sw zero, 8(zero)\ninterrupted_end: ret\n" END("leaf")
        FUNCTION("outer") ENTER "li s11, 0x5151\ncall leaf\nouter_return:\n" LEAVE END("outer")
        ".option pop\n");
void handler(int number, siginfo_t *info, void *context);
void outer(void);

int main(void) {
    h_on_siginfo(SIGSEGV, handler, 0);
    outer();
    CHECK(frames > 3 && signal_frame > 1);
    CHECK_EQ(interrupted_frame, signal_frame + 1);
    CHECK_EQ(outer_frame, interrupted_frame + 1);
    CHECK_EQ(found_sp, interrupted_sp);
    CHECK_EQ(found_s11, 0x5151);
    CHECK_ERRNO(sigaction(100, NULL, NULL), EINVAL);
    return 0;
}
