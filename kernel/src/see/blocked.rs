//! Whom a sleeping thread waits for. Nothing is kept for this: who asks has all descriptors looked at.

use super::{On, Waits};
use crate::task::{Process, Thread, ids, sched};

/// Processes that are named for one wait.
pub(crate) const MOST: usize = 8;

/// Process numbers, the first [`MOST`] of them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pids {
    pids: [u32; MOST],
    count: usize,
}

impl Pids {
    fn add(&mut self, pid: u32) {
        if !self.as_slice().contains(&pid)
            && let Some(place) = self.pids.get_mut(self.count)
        {
            *place = pid;
            self.count = self.count.saturating_add(1);
        }
    }
    /// The numbers.
    pub(crate) fn as_slice(&self) -> &[u32] {
        self.pids.get(..self.count).unwrap_or_default()
    }
}

/// What a thread waits for, and since when; `None` while it runs or wants to.
pub(crate) fn on(thread: &Thread) -> Option<(On, u64)> {
    let slept = thread.seen.on();
    (!sched::is_runnable(thread)).then_some(slept)
}

/// Who can end a wait of a thread of `process`, as far as that is known.
pub(crate) fn by(process: &Process, on: On) -> Pids {
    let mut pids = Pids::default();
    match on.waits {
        Waits::Child | Waits::Vfork => {
            let mut seen = 0;
            while let Some(child) = process.child_after(seen) {
                seen = child.id();
                pids.add(child.pid());
            }
        }
        Waits::FutexOwner => {
            let owner = ids::thread(on.id as u32);
            if let Some(p) = owner.as_ref().and_then(|t| t.process_opt()) {
                pids.add(p.pid());
            }
        }
        _ if on.id != 0 => {
            let mut from = 0;
            while let Some((pid, other)) = ids::next_process(from) {
                from = pid.saturating_add(1);
                if holds(&other, on) {
                    pids.add(pid);
                }
            }
        }
        _ => {}
    }
    pids
}

/// Whether a process holds a descriptor through which it can end the wait.
fn holds(process: &Process, on: On) -> bool {
    let first = process.state.lock().first_thread();
    let Some(refs) = first.and_then(|t| t.refs()) else { return false };
    let mut from = 0;
    while let Some(fd) = refs.files.next_used(from) {
        from = (fd as usize).saturating_add(1);
        if refs.files.get(fd, abi::Rights::NONE).is_ok_and(|of| of.file.ends_wait(&of, on)) {
            return true;
        }
    }
    false
}
