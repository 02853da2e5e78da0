//! The context switch: the place in the kernel, the stack and what a compiler cannot be asked to save change hands, nothing else.

use super::hart::{ThreadCore, set_core};
use super::irq::IrqOff;
use core::arch::{asm, global_asm};
use core::sync::atomic::Ordering;

/// Where a thread that does not run goes on, and its registers `sp`, `s0` and `s1`. All others are on its stack.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Context {
    pc: usize,
    sp: usize,
    s: [usize; 2],
}

impl Context {
    pub(crate) const fn empty() -> Self {
        Context { pc: 0, sp: 0, s: [0; 2] }
    }
}

global_asm!(
    ".globl __thread_start", // first activation: s0 = function, s1 = its second argument; a0 = previous core
    "__thread_start:",
    "  mv a1, s1",
    "  mv t0, s0",
    "  li s0, 0",
    "  li ra, 0",
    "  jr t0",
);

unsafe extern "C" {
    fn __thread_start();
}

/// Prepares a thread that never ran: it begins in `entry(previous core, argument)` on its own stack, below
/// `reserve` bytes left free at the stack's top.
pub fn start_context(core: &mut ThreadCore, reserve: usize, entry: extern "C" fn(*const ThreadCore, usize) -> !, arg: usize) {
    let top = core.kernel_sp.load(Ordering::Relaxed);
    let ctx = core.context.get_mut();
    *ctx = Context::empty();
    ctx.pc = __thread_start as *const () as usize;
    ctx.sp = (top - reserve) & !15;
    ctx.s[0] = entry as *const () as usize;
    ctx.s[1] = arg;
}

/// Leaves the running thread for `next`; returns when some thread switches back, with the core of that thread.
///
/// # Safety
/// `prev` is the running thread's core; `next` does not run anywhere, has a context (from [`start_context`] or an
/// earlier switch) and both stay alive until they are switched away from and to.
#[inline(always)]
pub unsafe fn switch_context(prev: &ThreadCore, next: &ThreadCore, _off: &IrqOff) -> *const ThreadCore {
    debug_assert!(next.on_cpu.load(Ordering::Acquire) == 0, "the thread to switch to runs already");
    set_core(next, prev.hart_block());
    let from: *const ThreadCore;
    // SAFETY: per contract. Each thread comes back to the end of this block, on its own stack and with its own `sp`, `s0` and
    // `s1`, which are taken from its context; all other registers are named as changed, so that the compiler keeps what it
    // needs of them on the stack. `a0` is the core of who left, as in `__thread_start`.
    unsafe {
        asm!(
            "la t0, 2f",
            "sd t0, 32(a0)",
            "sd sp, 40(a0)",
            "sd s0, 48(a0)",
            "sd s1, 56(a0)",
            "ld t0, 32(a1)",
            "ld sp, 40(a1)",
            "ld s0, 48(a1)",
            "ld s1, 56(a1)",
            "mv tp, a1",
            "jr t0",
            "2:",
            inout("a0") core::ptr::from_ref(prev) => from,
            inout("a1") core::ptr::from_ref(next) => _,
            out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _,
            out("s7") _, out("s8") _, out("s9") _, out("s10") _, out("s11") _,
            clobber_abi("C"),
        );
    }
    // SAFETY: `from` is alive until its successor has let go of it, which happens after this function.
    unsafe { switched_from(from) };
    from
}

/// Notes that the context of the thread that was left is saved completely: others may run it from here on.
///
/// # Safety
/// `from` is the core that the switch to the running thread left, and is alive.
pub unsafe fn switched_from(from: *const ThreadCore) {
    // SAFETY: by contract.
    unsafe { (*from).on_cpu.store(0, Ordering::Release) };
}

const _: () = assert!(core::mem::offset_of!(ThreadCore, context) == 32);
