//! What a hart does when it has nothing to do.

use super::moving;
use super::sched::{self, Leave};
use core::sync::atomic::Ordering::Relaxed;
use sync::preempt_off;

/// The idle loop: takes work from others, or waits for an interrupt.
pub(crate) fn run() -> ! {
    loop {
        // From the announcement to its end nothing else runs here: an idle hart is idle as long as it says so.
        let guard = preempt_off();
        if moving::find_work(&guard) {
            drop(guard);
            sched::leave(Leave::Preempted);
            continue;
        }
        // Interrupts off from the last look to the wait: one that comes in between ends the wait at once (step 4).
        let off = arch::irq_off();
        let nothing =
            arch::core(|c| c.flags.load(Relaxed) & arch::flag::RESCHED == 0 && c.hart_block().pending.load(Relaxed) == 0);
        if nothing {
            arch::wait_for_interrupt(&off);
        }
        drop(off);
        moving::wake_up(&guard);
        // What arrived is handled as the guard goes; a thread that came here is run from there.
        drop(guard);
    }
}
