//! The ends of open descriptions, one after the other: [`last_close`].
//!
//! Ending the use of one description may close the last descriptor of another, that of a third, and so on (a socket that
//! waits in a socket). So an end that comes up inside another, or under a lock, is put on the list of its thread, which
//! the outermost one works off; what is left (of an end under a lock) is done on the way to user mode, and before the
//! thread's end becomes visible. The list goes through the descriptions, so that it always has room.

use super::file::OpenFile;
use crate::task::{Thread, with_current};
use core::sync::atomic::{AtomicBool, Ordering};
use mem::{Ref, Threaded};
use sync::{SpinLock, levels};

/// What a thread has to end.
pub(crate) struct Releases {
    /// It is at it. Only the thread itself looks.
    busy: AtomicBool,
    list: SpinLock<Option<Ref<OpenFile>>, levels::ReleaseList>,
}

impl Releases {
    /// Nothing.
    pub(crate) const fn new() -> Self {
        Releases { busy: AtomicBool::new(false), list: SpinLock::new(None) }
    }
    fn put(&self, of: &Ref<OpenFile>) {
        // Nobody but this thread changes the list, so it may be done in two steps.
        let rest = self.list.lock().take();
        *of.next.lock() = rest;
        *self.list.lock() = Some(of.clone());
    }
    fn pop(&self) -> Option<Ref<OpenFile>> {
        let first = self.list.lock().take()?;
        let rest = first.next.lock().take();
        *self.list.lock() = rest;
        Some(first)
    }
    /// Ends what is on the list.
    pub(crate) fn drain(&self) {
        if self.busy.swap(true, Ordering::Relaxed) {
            return;
        }
        while let Some(of) = self.pop() {
            of.end();
        }
        self.busy.store(false, Ordering::Relaxed);
    }
}

/// The last descriptor of a description is gone: ends its use, now or in its turn.
pub(super) fn last_close(of: &Ref<OpenFile>) {
    with_current(|me| {
        let releases = &me.releases;
        if releases.busy.load(Ordering::Relaxed) {
            releases.put(of);
        } else if may_sleep() {
            releases.busy.store(true, Ordering::Relaxed);
            of.end();
            releases.busy.store(false, Ordering::Relaxed);
            releases.drain();
        } else {
            releases.put(of);
            later(me);
        }
    });
}

#[cold]
fn later(me: &Thread) {
    me.task().core().raise(arch::flag::WORK);
}

/// Whether no lock is held.
fn may_sleep() -> bool {
    arch::core(|c| c.preempt.load(Ordering::Relaxed) == 0 && c.mutexes.load(Ordering::Relaxed) == 0)
}
