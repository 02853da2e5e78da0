//! The ends of open descriptions, one after the other: [`last_close`].
//!
//! Ending the use of one description may close the last descriptor of another, that of a third, and so on (a socket that
//! waits in a socket). So an end that comes up inside another, or under a lock, is put on the list of its thread, which
//! the outermost one works off; what is left (of an end under a lock) is done on the way to user mode, and before the
//! thread's end becomes visible. The list goes through the descriptions, so that it always has room.

use super::file::OpenFile;
use crate::object::inflight;
use crate::task::{Thread, with_current};
use core::sync::atomic::{AtomicBool, Ordering};
use mem::{Ref, Threaded};
use sync::{SpinLock, levels};

/// On the list of a thread.
const QUEUED: u32 = 1;
/// Nobody can reach it any more, although descriptors of it are in flight.
const DOOMED: u32 = 2;
/// Its use has ended.
pub(super) const ENDED: u32 = 4;

type List = SpinLock<Option<Ref<OpenFile>>, levels::ReleaseList>;

/// What a thread has to end, and to look at.
pub(crate) struct Releases {
    /// It is at it. Only the thread itself looks.
    busy: AtomicBool,
    /// Something was put on the list of ends since it was last worked off. Only the thread itself looks.
    more: AtomicBool,
    ends: List,
    looks: List,
}

fn put(list: &List, of: &Ref<OpenFile>) {
    if of.release.fetch_or(QUEUED, Ordering::AcqRel) & QUEUED != 0 {
        // Its turn comes, and what it is for is looked at then.
        return;
    }
    // Nobody but this thread changes the list, so it may be done in two steps.
    let rest = list.lock().take();
    *of.next.lock() = rest;
    *list.lock() = Some(of.clone());
}

fn take(list: &List) -> Option<Ref<OpenFile>> {
    let first = list.lock().take()?;
    let rest = first.next.lock().take();
    *list.lock() = rest;
    first.release.fetch_and(!QUEUED, Ordering::AcqRel);
    Some(first)
}

impl Releases {
    /// Nothing.
    pub(crate) const fn new() -> Self {
        Releases {
            busy: AtomicBool::new(false),
            more: AtomicBool::new(false),
            ends: SpinLock::new(None),
            looks: SpinLock::new(None),
        }
    }
    /// Does what is on the lists.
    pub(crate) fn drain(&self) {
        if self.busy.load(Ordering::Relaxed) {
            return;
        }
        self.end_all();
        while let Some(of) = take(&self.looks) {
            self.look(&of);
            self.end_all();
        }
    }
    #[inline]
    fn end_all(&self) {
        self.busy.store(true, Ordering::Relaxed);
        if self.more.load(Ordering::Relaxed) {
            self.more.store(false, Ordering::Relaxed);
            while let Some(of) = take(&self.ends) {
                of.end();
            }
        }
        self.busy.store(false, Ordering::Relaxed);
    }
    fn put_end(&self, of: &Ref<OpenFile>) {
        self.more.store(true, Ordering::Relaxed);
        put(&self.ends, of);
    }
    fn look(&self, of: &Ref<OpenFile>) {
        if of.release.load(Ordering::Acquire) & DOOMED != 0 || !of.is_open() {
            self.put_end(of);
            return;
        }
        let certain = inflight::check(of, &mut |dead| {
            dead.release.fetch_or(DOOMED, Ordering::AcqRel);
            self.put_end(dead);
        });
        if !certain {
            put(&self.looks, of);
        }
    }
}

/// The last descriptor of a description is gone: ends its use, now or in its turn.
pub(super) fn last_close(of: &Ref<OpenFile>) {
    with_current(|me| {
        let releases = &me.releases;
        if releases.busy.load(Ordering::Relaxed) {
            releases.put_end(of);
        } else if may_sleep() {
            releases.busy.store(true, Ordering::Relaxed);
            of.end();
            releases.end_all();
        } else {
            releases.put_end(of);
            later(me);
        }
    });
}

/// Looks on the way to user mode whether an open description can still be reached.
pub(crate) fn look_at(of: &Ref<OpenFile>) {
    with_current(|me| {
        put(&me.releases.looks, of);
        later(me);
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
