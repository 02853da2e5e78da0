//! Interrupt enable, wait and instruction-cache fences.

use core::arch::asm;
use core::marker::PhantomData;

/// Proof that interrupts are off on this hart; turns them back to what they were when dropped.
pub struct IrqOff {
    was_on: bool,
    not_send: PhantomData<*mut ()>,
}

/// Turns interrupts off and gives the proof.
#[inline(always)]
pub fn irq_off() -> IrqOff {
    let s: usize;
    // SAFETY: clears sstatus.SIE; restoring is the token's business.
    unsafe { asm!("csrrci {}, sstatus, 2", out(reg) s, options(nostack)) };
    IrqOff { was_on: s & 2 != 0, not_send: PhantomData }
}

impl Drop for IrqOff {
    fn drop(&mut self) {
        if self.was_on {
            irq_enable();
        }
    }
}

/// Turns interrupts on.
#[inline(always)]
pub fn irq_enable() {
    // SAFETY: every state of the kernel with interrupts off by other means than `IrqOff` is inside this crate.
    unsafe { asm!("csrsi sstatus, 2", options(nostack)) };
}

/// Turns interrupts off.
#[inline(always)]
pub fn irq_disable() {
    // SAFETY: only delays interrupts.
    unsafe { asm!("csrci sstatus, 2", options(nostack)) };
}

/// Stalls the hart until an interrupt is pending; takes it as proof that they are off, so that a wake-up that
/// arrives after the last check is not lost (an interrupt that is pending ends `wfi` also when masked).
pub fn wait_for_interrupt(_off: &IrqOff) {
    // SAFETY: wfi only waits.
    unsafe { asm!("wfi", options(nomem, nostack)) };
}

/// Makes this hart's instruction fetches see earlier stores.
pub fn fence_i() {
    // SAFETY: only orders.
    unsafe { asm!("fence.i", options(nostack)) };
}
