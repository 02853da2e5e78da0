//! Trap entry and return (privileged specification 4.1).
//!
//! `sscratch` holds the running thread's core while the hart is in user mode and 0 while it is in the kernel; that is
//! how the entry tells the two apart. A kernel stack lies at an odd multiple of its size, so one bit of `sp` tells an
//! overflow before anything is stored.

use super::hart::core_ptr;
use super::layout::KERNEL_STACK_BYTES;
use core::arch::{asm, global_asm};
use core::sync::atomic::{AtomicUsize, Ordering};
use logic_trapframe::{TRAP_FRAME_BYTES, TrapFrame};

global_asm!(
    // All registers but x0, sp and tp, to or from their places in the frame.
    ".macro each_reg op",
    "  .irp n, 1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
    "    \\op x\\n, 8*\\n(sp)",
    "  .endr",
    ".endm",
    ".macro save_regs",
    "  each_reg sd",
    "  csrr s0, sstatus; csrr s1, sepc; csrr s2, stval; csrr s3, scause",
    "  sd s1, 0(sp); sd s0, 256(sp); sd s2, 264(sp); sd s3, 272(sp)",
    "  sd x10, 280(sp)",
    ".endm",
    ".macro load_regs",
    "  ld t0, 0(sp); ld t1, 256(sp)",
    "  sc.d zero, t0, (sp)", // ends a reservation of the interrupted context; writes what is there or nothing
    "  csrw sepc, t0; csrw sstatus, t1",
    "  each_reg ld",
    ".endm",
    ".align 2",
    ".globl __trap_entry",
    "__trap_entry:",
    "  csrrw tp, sscratch, tp",
    "  bnez tp, 1f",
    // From the kernel: tp was in sscratch for one instruction only.
    "  csrrw tp, sscratch, tp",
    "  sd sp, 8(tp)",
    "  addi sp, sp, -{frame}",
    "  srli sp, sp, 14",
    "  andi sp, sp, 1",
    "  beqz sp, 3f",
    "  ld sp, 8(tp)",
    "  addi sp, sp, -{frame}",
    "  save_regs",
    "  ld s4, 8(tp)",
    "  sd s4, 16(sp)",
    "  sd tp, 32(sp)",
    "  mv a0, sp",
    "  la t0, {kernel_handler}",
    "  ld t0, 0(t0)",
    "  ld s0, 64(sp)", // a backtrace goes on with the interrupted function's callers
    "  jalr t0",
    "  load_regs",
    "  ld x2, 16(sp)",
    "  sret",
    "1:",
    "  sd sp, 8(tp)",
    "  ld sp, 0(tp)",
    "  addi sp, sp, -{frame}",
    "  save_regs",
    "  csrrw s5, sscratch, zero",
    "  ld s4, 8(tp)",
    "  sd s4, 16(sp)",
    "  sd s5, 32(sp)",
    "  mv a0, sp",
    "  la t0, {user_handler}",
    "  ld t0, 0(t0)",
    "  li s0, 0",
    "  jalr t0",
    ".globl __return_to_user", // sp = frame, interrupts off
    "__return_to_user:",
    "  csrw sscratch, tp",
    "  load_regs",
    "  ld x4, 32(sp)",
    "  ld x2, 16(sp)",
    "  sret",
    // Kernel stack overflow: go on with the reserve stack; there is no way back. s0 keeps the old sp.
    "3:",
    "  ld s0, 8(tp)",
    "  la sp, {overflow_stack}",
    "  li t0, {stack_bytes}",
    "  add sp, sp, t0",
    "  mv a0, s0",
    "  csrr a1, sepc",
    "  la t0, {overflow_handler}",
    "  ld t0, 0(t0)",
    "  jalr t0",
    "4: j 4b",
    frame = const TRAP_FRAME_BYTES,
    stack_bytes = const KERNEL_STACK_BYTES,
    kernel_handler = sym KERNEL_HANDLER,
    user_handler = sym USER_HANDLER,
    overflow_handler = sym OVERFLOW_HANDLER,
    overflow_stack = sym OVERFLOW_STACK,
);

unsafe extern "C" {
    fn __trap_entry();
    fn __return_to_user();
}

static KERNEL_HANDLER: AtomicUsize = AtomicUsize::new(0);
static USER_HANDLER: AtomicUsize = AtomicUsize::new(0);
static OVERFLOW_HANDLER: AtomicUsize = AtomicUsize::new(0);
static OVERFLOW_STACK: OverflowStack = OverflowStack(core::cell::UnsafeCell::new([0; KERNEL_STACK_BYTES]));

#[repr(C, align(16))]
struct OverflowStack(core::cell::UnsafeCell<[u8; KERNEL_STACK_BYTES]>);
// SAFETY: only the overflow path uses it, as a stack, and never returns.
unsafe impl Sync for OverflowStack {}

/// The kernel's trap handlers.
pub struct Handlers {
    /// A trap from user mode; called with interrupts off, returns with interrupts off.
    pub user: extern "C" fn(&mut TrapFrame),
    /// A trap from the kernel itself; called with interrupts off, returns with interrupts off.
    pub kernel: extern "C" fn(&mut TrapFrame),
    /// The kernel stack overflowed at `(sp, pc)`.
    pub overflow: extern "C" fn(usize, usize) -> !,
}

/// Registers the handlers. Before any other trap can come.
pub fn set_handlers(h: &Handlers) {
    USER_HANDLER.store(h.user as *const () as usize, Ordering::Release);
    KERNEL_HANDLER.store(h.kernel as *const () as usize, Ordering::Release);
    OVERFLOW_HANDLER.store(h.overflow as *const () as usize, Ordering::Release);
}

/// Points this hart's traps at the entry above, lets user mode read the time (the cycles of others would tell of
/// them; Linux 6.12 keeps them too), and enables the three interrupt
/// sources (software, timer, external).
pub fn trap_init_hart() {
    // SAFETY: the entry is a valid trap vector; sscratch = 0 says "in the kernel".
    unsafe {
        asm!("csrw sscratch, zero", "csrw stvec, {v}", "csrw scounteren, {c}", "csrw sie, {i}",
             v = in(reg) __trap_entry as *const () as usize, c = in(reg) 2usize, i = in(reg) 0x222usize,
             options(nostack));
    }
}

/// Acknowledges a software interrupt.
pub(crate) fn clear_software_interrupt() {
    // SAFETY: clears sip.SSIP.
    unsafe { asm!("csrci sip, 2", options(nostack)) };
}

/// Masks (`on` false) or unmasks interrupt source `bit` of `sie` on this hart.
pub(crate) fn mask_source(bit: usize, on: Enable) {
    match on {
        // SAFETY: only chooses which interrupts arrive.
        Enable::On => unsafe { asm!("csrs sie, {}", in(reg) bit, options(nostack)) },
        // SAFETY: as above.
        Enable::Off => unsafe { asm!("csrc sie, {}", in(reg) bit, options(nostack)) },
    }
}

/// Whether a source is let through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enable {
    On,
    Off,
}

/// Why a trap happened (privileged specification 4.1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Software interrupt from another hart; acknowledged by decoding it.
    Software,
    /// Timer interrupt; masked on this hart until [`Cause::unmask_timer`].
    Timer,
    /// External interrupt; masked on this hart until [`Cause::unmask_external`].
    External,
    /// `ecall` from user mode.
    SystemCall,
    /// A page fault; the address is in `tval`.
    FetchFault,
    /// A load page fault.
    LoadFault,
    /// A store or AMO page fault.
    StoreFault,
    /// Illegal instruction.
    Illegal,
    /// `ebreak`.
    Breakpoint,
    /// Misaligned fetch, load or store.
    Misaligned,
    /// Access fault (no such physical address).
    Access,
    /// Anything else.
    Other(usize),
}

const TIMER_BIT: usize = 1 << 5;
const EXTERNAL_BIT: usize = 1 << 9;

impl Cause {
    /// The number of [`Cause::SystemCall`].
    pub const SYSTEM_CALL: usize = 8;
    /// Decodes a trap. Interrupt sources that stay asserted are masked, so that the handler may only note them.
    #[inline]
    pub fn take(frame: &TrapFrame) -> Cause {
        const INTERRUPT: usize = 1 << 63;
        match frame.cause {
            Self::SYSTEM_CALL => Cause::SystemCall,
            12 => Cause::FetchFault,
            13 => Cause::LoadFault,
            15 => Cause::StoreFault,
            2 => Cause::Illegal,
            3 => Cause::Breakpoint,
            0 | 4 | 6 => Cause::Misaligned,
            1 | 5 | 7 => Cause::Access,
            c if c == INTERRUPT | 1 => {
                clear_software_interrupt();
                Cause::Software
            }
            c if c == INTERRUPT | 5 => {
                mask_source(TIMER_BIT, Enable::Off);
                Cause::Timer
            }
            c if c == INTERRUPT | 9 => {
                mask_source(EXTERNAL_BIT, Enable::Off);
                Cause::External
            }
            c => Cause::Other(c),
        }
    }
    /// Lets timer interrupts through again.
    pub fn unmask_timer() {
        mask_source(TIMER_BIT, Enable::On);
    }
    /// Lets external interrupts through again.
    pub fn unmask_external() {
        mask_source(EXTERNAL_BIT, Enable::On);
    }
}

/// Leaves the kernel for user mode with `frame`, throwing away what is on the kernel stack.
pub fn enter_user(frame: &TrapFrame) -> ! {
    assert!(frame.from_user() && frame.interrupts_were_on());
    super::irq::irq_disable();
    // SAFETY: the frame is copied to the top of this thread's own stack, where a trap would have put it; nothing above
    // it is in use, and what lies below is abandoned (this function does not return). User mode is asserted.
    unsafe {
        let top = (*core_ptr()).kernel_sp.load(Ordering::Relaxed) - TRAP_FRAME_BYTES;
        let copy = *frame;
        let to = top as *mut TrapFrame;
        // The stack of this very call may overlap the frame's place: go below it first, then copy.
        asm!(
            "mv sp, {lower}",
            "mv a0, {to}; mv a1, {from}; li a2, {n}",
            "1: ld t0, 0(a1); sd t0, 0(a0)",
            "addi a0, a0, 8; addi a1, a1, 8; addi a2, a2, -8; bnez a2, 1b",
            "mv sp, {to}",
            "j {ret}",
            lower = in(reg) core::ptr::from_ref(&copy) as usize & !15,
            to = in(reg) to,
            from = in(reg) core::ptr::from_ref(&copy),
            n = const TRAP_FRAME_BYTES,
            ret = sym __return_to_user,
            options(noreturn)
        );
    }
}

/// The trap frame at the top of the running thread's stack: the registers of its user context while it is in a trap
/// from user mode.
pub fn stack_top_frame() -> TrapFrame {
    // SAFETY: the top of the stack always holds room for a frame; reading it yields plain words.
    unsafe {
        let top = (*core_ptr()).kernel_sp.load(Ordering::Relaxed) - TRAP_FRAME_BYTES;
        *(top as *const TrapFrame)
    }
}

/// Return addresses of the running call chain, innermost first, by frame pointers. Stops at the stack's end.
pub fn backtrace(mut each: impl FnMut(usize)) {
    let mut fp: usize;
    // SAFETY: reading s0 has no effect.
    unsafe { asm!("mv {}, s0", out(reg) fp, options(nomem, nostack)) };
    for _ in 0..40 {
        let in_slot = fp & KERNEL_STACK_BYTES != 0 || (fp & (KERNEL_STACK_BYTES - 1)) == 0;
        if fp & 7 != 0 || fp < super::layout::STACKS_BASE || !in_slot {
            return;
        }
        // SAFETY: `fp` lies in (or at the end of) a kernel stack slot, whose pages are mapped while it is in use.
        let (ra, next) = unsafe { (*((fp - 8) as *const usize), *((fp - 16) as *const usize)) };
        if ra == 0 {
            return;
        }
        each(ra);
        if next <= fp {
            return;
        }
        fp = next;
    }
}
