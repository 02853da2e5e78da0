//! [`Space`]: which harts use an address space, and which have to flush before they do again.
//! The steps are those of the crate's text.

use logic_shim::{Atomic, Atomics, Core, Ordering};

use crate::mutation::{Step, left_out};
use crate::{Hart, Harts};

/// An address space as shoot-down sees it.
#[derive(Debug)]
pub struct Space<A: Atomics = Core> {
    /// Harts that may access user memory there.
    active: A::U64,
    /// Harts that have the table loaded; contains `active`.
    loaded: A::U64,
    /// Harts that must flush before they become active again. A bit is cleared by its hart alone.
    stale: A::U64,
}

/// What was changed, (1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Leaf entries: a hart that has the table lazily loaded can flush when it comes back.
    Leaves,
    /// Entries that point to tables which are to be freed: a hart that has the table loaded may
    /// walk it at any moment, speculatively too, and has to be asked at once.
    Tables,
}

/// Whether translations of an earlier owner of the address-space identifier may be around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsidHistory {
    /// Not used since the last flush of everything.
    Clean,
    /// Perhaps used: each hart flushes before it enters for the first time.
    Reused,
}

/// What a hart does between [`Space::enter`] and its first access, (11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum EntryFlush {
    /// Its translations are right.
    Nothing,
    /// Flush all translations of the address space.
    Space,
}

impl<A: Atomics> Space<A> {
    /// A space that no hart has loaded.
    #[must_use]
    pub fn new(history: AsidHistory) -> Self {
        let stale = match history {
            AsidHistory::Clean => 0,
            AsidHistory::Reused => u64::MAX,
        };
        Self { active: A::U64::new(0), loaded: A::U64::new(0), stale: A::U64::new(stale) }
    }

    /// (10) and (11): `me` is about to run user code there. Load the table, flush if so told, then
    /// run. Preemption is off.
    #[inline]
    pub fn enter(&self, me: Hart) -> EntryFlush {
        let bit = me.alone().0;
        self.loaded.fetch_or(bit, Ordering::Relaxed);
        self.active.fetch_or(bit, Ordering::Relaxed);
        if !left_out(Step::EnterFence) {
            A::fence(Ordering::SeqCst);
        }
        if self.stale.load(Ordering::Relaxed) & bit == 0 || left_out(Step::FlushStale) {
            return EntryFlush::Nothing;
        }
        // Who marks it stale from here on has seen it active, or it sees the new entries.
        self.stale.fetch_and(!bit, Ordering::AcqRel);
        EntryFlush::Space
    }

    /// (12) `me` runs no user code there from now on; the table may stay loaded.
    #[inline]
    pub fn rest(&self, me: Hart) {
        // Release: its accesses are over before an initiator takes it for absent.
        self.active.fetch_and(!me.alone().0, Ordering::Release);
    }

    /// (12) `me` has loaded another table.
    #[inline]
    pub fn unload(&self, me: Hart) {
        let others = !me.alone().0;
        self.active.fetch_and(others, Ordering::Release);
        self.loaded.fetch_and(others, Ordering::Release);
    }

    /// (2) After page-table entries were changed: the harts, `me` among them or not, that have to
    /// flush now. The others of `online` will when they enter.
    #[inline]
    pub fn targets(&self, online: Harts, depth: Depth) -> Harts {
        let users = match depth {
            Depth::Leaves => &self.active,
            Depth::Tables => &self.loaded,
        };
        A::fence(Ordering::SeqCst);
        let before = users.load(Ordering::Acquire) & online.0;
        let absent = online.0 & !before;
        if absent == 0 {
            return Harts(before);
        }
        if !left_out(Step::MarkStale) {
            // Always a read-modify-write: a mere look could see a mark that its hart has already
            // cleared.
            self.stale.fetch_or(absent, Ordering::AcqRel);
        }
        if !left_out(Step::TargetsFence) {
            A::fence(Ordering::SeqCst);
        }
        if left_out(Step::ReadAgain) {
            return Harts(before);
        }
        let after = users.load(Ordering::Acquire) & online.0;
        Harts(before | after)
    }

    /// The harts that have the table loaded; when the space ends, they are sent
    /// [`Flush::Unload`](crate::Flush::Unload).
    #[must_use]
    pub fn loaded(&self) -> Harts {
        A::fence(Ordering::SeqCst);
        Harts(self.loaded.load(Ordering::Acquire))
    }
}
