//! One deadline of an object: armed, moved and cancelled as often as wanted, with the one node that it owns.
//!
//! The hard case: a cancel that comes while the timer interrupt of another hart has taken the node out and is about to
//! call the object. The node is *in flight* then; the object's `expired` brings it home with [`Alarm::arrived`], which
//! knows that the deadline was taken back, and arms the one that was wanted meanwhile.

use super::timers::{self, Armed, Expire, Target, TimerNode};
use alloc::boxed::Box;
use mem::{NoMemory, Ref};

/// A deadline; the owner's lock guards it.
pub(crate) struct Alarm {
    /// At home, or `None` while armed or in flight.
    node: Option<Box<TimerNode>>,
    armed: Option<Armed>,
    /// When it is due, in nanoseconds of the monotonic clock.
    due_ns: Option<u64>,
}

impl Alarm {
    /// Not armed.
    pub(crate) fn try_new() -> Result<Self, NoMemory> {
        Ok(Alarm { node: Some(mem::try_box(timers::thread_node())?), armed: None, due_ns: None })
    }
    /// When it is due.
    pub(crate) fn due_ns(&self) -> Option<u64> {
        self.due_ns
    }
    /// Arms it for `due_ns`, or disarms it; what was set before is void. `object` gets the call.
    pub(crate) fn set(&mut self, due_ns: Option<u64>, object: impl FnOnce() -> Ref<dyn Expire>) {
        if let Some(armed) = self.armed.take() {
            self.node = timers::cancel(armed).map(|mut node| {
                node.value = Target::None;
                node
            });
        }
        self.due_ns = due_ns;
        if let Some(due) = due_ns
            && let Some(node) = self.node.take()
        {
            self.armed = Some(timers::arm(node, due, Target::Call(object())));
        }
    }
    /// The node comes back from the timer queue. True: the deadline passed; false: it was taken back.
    #[must_use]
    pub(crate) fn arrived(&mut self, node: Box<TimerNode>, object: impl FnOnce() -> Ref<dyn Expire>) -> bool {
        self.node = Some(node);
        if self.armed.take().is_some() {
            self.due_ns = None;
            return true;
        }
        let due = self.due_ns;
        self.set(due, object);
        false
    }
}
