//! Signals: what is pending, how it is handled, when a thread goes to look.

use super::thread::Thread;
use arch::flag;
use core::sync::atomic::Ordering;
use mem::{NoMemory, Threaded};

/// The part of signal state that the threads of a process share.
pub(crate) struct ProcessSignals {}

impl ProcessSignals {
    /// Default handlers, nothing pending.
    pub(crate) fn try_new() -> Result<Self, NoMemory> {
        Ok(ProcessSignals {})
    }
}

impl Thread {
    /// Whether a signal waits that an interruptible sleep must end for.
    pub(crate) fn signal_pending(&self) -> bool {
        self.task().core().flags.load(Ordering::Relaxed) & flag::SIGNAL != 0
    }
    /// Whether the thread is to end.
    pub(crate) fn kill_pending(&self) -> bool {
        false
    }
}

/// A user instruction trapped for a reason other than a page.
pub(crate) fn raise_exception(cause: arch::Cause, frame: &arch::TrapFrame) {
    panic!("user exception {cause:?} at {:#x} (tval {:#x})", frame.pc(), frame.tval);
}

/// A user access failed for good.
pub(crate) fn raise_fault(error: crate::mm::fault::FaultError, frame: &arch::TrapFrame) {
    panic!("user fault {error:?} at {:#x} (address {:#x})", frame.pc(), frame.tval);
}

/// Delivers signals and does other work before the thread goes on in user mode.
pub(crate) fn on_the_way_out(me: &Thread, _frame: &mut arch::TrapFrame) {
    me.task().core().flags.fetch_and(!(flag::SIGNAL | flag::WORK), Ordering::AcqRel);
}

/// A call was interrupted: remembers how it may be restarted.
pub(crate) fn interrupted_call(_me: &Thread, frame: &mut arch::TrapFrame, _kind: crate::linux::Restart) {
    frame.set_arg(0, (4usize).wrapping_neg());
}
