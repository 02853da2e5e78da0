//! What a hart does when it has nothing to do.

use super::sched::{self, Leave};
use sync::preempt_off;

/// The idle loop: takes work from others, or waits for an interrupt.
pub(crate) fn run() -> ! {
    loop {
        if sched::steal() {
            sched::leave(Leave::Preempted);
            continue;
        }
        let guard = preempt_off();
        // Interrupts off from the last look to the wait: one that comes in between ends the wait at once.
        let off = arch::irq_off();
        let idle = !sched::has_queued(&guard)
            && arch::core(|c| c.flags.load(core::sync::atomic::Ordering::Relaxed)) & arch::flag::RESCHED == 0
            && arch::core(|c| c.hart_block().pending.load(core::sync::atomic::Ordering::Relaxed)) == 0;
        if idle {
            arch::wait_for_interrupt(&off);
        }
        drop(off);
        // What arrived is handled as the guard goes.
        drop(guard);
        let due = preempt_off();
        let queued = sched::has_queued(&due);
        due.release_quietly();
        if queued {
            sched::leave(Leave::Preempted);
        }
    }
}
