//! The context switch: callee-saved registers change hands, nothing else.

use super::hart::{ThreadCore, set_core};
use super::irq::IrqOff;
use core::arch::global_asm;
use core::sync::atomic::Ordering;

/// `ra`, `sp`, `s0` to `s11` of a thread that does not run.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Context {
    ra: usize,
    sp: usize,
    s: [usize; 12],
}

impl Context {
    pub(crate) const fn empty() -> Self {
        Context { ra: 0, sp: 0, s: [0; 12] }
    }
}

global_asm!(
    ".macro context_each op, core",
    "  .set i, 4", // words before the context
    "  .irp r, ra, sp, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11",
    "    \\op \\r, 8*i(\\core)",
    "    .set i, i+1",
    "  .endr",
    ".endm",
    ".globl __switch",
    "__switch:", // a0: previous core, a1: next core; returns the previous core in the next thread
    "  context_each sd, a0",
    "  context_each ld, a1",
    "  mv tp, a1",
    "  ret",
    ".globl __thread_start", // first activation: s0 = function, s1 = its second argument; a0 = previous core
    "__thread_start:",
    "  mv a1, s1",
    "  mv t0, s0",
    "  li s0, 0",
    "  li ra, 0",
    "  jr t0",
);

unsafe extern "C" {
    fn __switch(prev: *const ThreadCore, next: *const ThreadCore) -> *const ThreadCore;
    fn __thread_start();
}

/// Prepares a thread that never ran: it begins in `entry(previous core, argument)` on its own stack, below
/// `reserve` bytes left free at the stack's top.
pub fn start_context(core: &mut ThreadCore, reserve: usize, entry: extern "C" fn(*const ThreadCore, usize) -> !, arg: usize) {
    let top = core.kernel_sp.load(Ordering::Relaxed);
    let ctx = core.context.get_mut();
    *ctx = Context::empty();
    ctx.ra = __thread_start as *const () as usize;
    ctx.sp = (top - reserve) & !15;
    ctx.s[0] = entry as *const () as usize;
    ctx.s[1] = arg;
}

/// Leaves the running thread for `next`; returns when some thread switches back, with the core of that thread.
///
/// # Safety
/// `prev` is the running thread's core; `next` does not run anywhere, has a context (from [`start_context`] or an
/// earlier switch) and both stay alive until they are switched away from and to.
pub unsafe fn switch_context(prev: &ThreadCore, next: &ThreadCore, _off: &IrqOff) -> *const ThreadCore {
    debug_assert!(next.on_cpu.load(Ordering::Acquire) == 0, "the thread to switch to runs already");
    set_core(next, prev.hart_block());
    // SAFETY: per contract; the offsets in the assembly are those of `ThreadCore` (asserted below).
    let from = unsafe { __switch(prev, next) };
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
