//! Advisory locks on ranges of a file: who holds which bytes, and whose locks stand in the way (fcntl(2), flock(2)).
//!
//! Key types: [`LockList`] (the locks on one file), [`Lock`], [`Span`] (a range of bytes). A list knows nothing of files and
//! of waiting: the kernel asks for a conflict and then sets, under one lock hold.
//!
//! Locks of one owner never overlap: setting replaces what the owner held there, splitting at the edges, and locks of one
//! kind that meet become one. Locks of different owners overlap only when all of them are shared.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects))]

extern crate alloc;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

/// Most locks of a file. Each operation looks at every one of them.
pub const MAX_LOCKS: usize = 1024;
/// The last byte that a lock can name (`OFFSET_MAX`): a lock to there is one to the end, however far it moves.
pub const LAST: u64 = i64::MAX as u64;

/// Whether others may hold a lock beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Others may hold shared ones (`F_RDLCK`, `LOCK_SH`).
    Shared,
    /// Nobody else may hold one (`F_WRLCK`, `LOCK_EX`).
    Exclusive,
}

/// The bytes from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub first: u64,
    /// Last byte, not below `first`.
    pub last: u64,
}

impl Span {
    /// The whole file.
    pub const ALL: Span = Span { first: 0, last: LAST };

    /// Whether both have a byte in common.
    #[must_use]
    pub fn overlaps(&self, other: &Span) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether both overlap, or one begins where the other ends.
    fn touches(&self, other: &Span) -> bool {
        self.first <= other.last.saturating_add(1) && other.first <= self.last.saturating_add(1)
    }

    /// What of this lies below `other`.
    fn below(&self, other: &Span) -> Option<Span> {
        let last = other.first.checked_sub(1)?;
        (self.first <= last).then_some(Span { first: self.first, last: self.last.min(last) })
    }

    /// What of this lies above `other`.
    fn above(&self, other: &Span) -> Option<Span> {
        let first = other.last.checked_add(1)?;
        (first <= self.last).then_some(Span { first: self.first.max(first), last: self.last })
    }
}

/// A lock that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock<O> {
    /// Who holds it.
    pub owner: O,
    /// Whether others may hold one beside it.
    pub kind: Kind,
    /// Which bytes.
    pub span: Span,
    /// What the owner wants shown with it (a process's number).
    pub note: u32,
}

/// Why a lock could not be noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The file has [`MAX_LOCKS`] locks already.
    Full,
    /// No memory.
    NoMemory,
}

/// The locks on a file, in order of their first bytes.
#[derive(Clone, Debug)]
pub struct LockList<O> {
    list: Vec<Lock<O>>,
}

impl<O: Copy + Eq> LockList<O> {
    /// No locks; does not allocate.
    #[must_use]
    pub const fn new() -> Self {
        LockList { list: Vec::new() }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The locks, in order of their first bytes.
    pub fn iter(&self) -> impl Iterator<Item = &Lock<O>> {
        self.list.iter()
    }

    /// The first lock of somebody else that stands in the way of such a lock.
    #[must_use]
    pub fn conflict(&self, owner: O, kind: Kind, span: Span) -> Option<&Lock<O>> {
        self.list
            .iter()
            .find(|l| l.owner != owner && l.span.overlaps(&span) && (kind == Kind::Exclusive || l.kind == Kind::Exclusive))
    }

    /// Replaces what `lock.owner` holds within `lock.span` by this lock. The caller has asked for a conflict.
    ///
    /// # Errors
    /// See [`Refused`]; nothing has changed then.
    pub fn set(&mut self, lock: Lock<O>) -> Result<(), Refused> {
        self.make_room()?;
        let span = self.cut(lock.owner, lock.span, Some(lock.kind));
        self.put(Lock { span, ..lock });
        Ok(())
    }

    /// Gives up what `owner` holds within `span`. True if there was something.
    ///
    /// # Errors
    /// See [`Refused`]: a lock that is cut in two takes room. Nothing has changed then.
    pub fn clear(&mut self, owner: O, span: Span) -> Result<bool, Refused> {
        let mine = |l: &&Lock<O>| l.owner == owner && l.span.overlaps(&span);
        if self.list.iter().find(mine).is_none() {
            return Ok(false);
        }
        if self.list.iter().filter(mine).any(|l| l.span.below(&span).is_some() && l.span.above(&span).is_some()) {
            self.make_room()?;
        }
        self.cut(owner, span, None);
        Ok(true)
    }

    /// Gives up all that `owner` holds; needs no room. True if there was something.
    pub fn release(&mut self, owner: O) -> bool {
        let before = self.list.len();
        self.list.retain(|l| l.owner != owner);
        self.list.len() != before
    }

    /// Room for the two locks that one operation can add.
    fn make_room(&mut self) -> Result<(), Refused> {
        if self.list.len().saturating_add(2) > MAX_LOCKS {
            return Err(Refused::Full);
        }
        self.list.try_reserve(2).map_err(|_| Refused::NoMemory)
    }

    /// Takes `span` out of the owner's locks; those of kind `join` that meet it are taken out as a whole. Returns the span
    /// with what was joined to it.
    fn cut(&mut self, owner: O, span: Span, join: Option<Kind>) -> Span {
        let mut joined = span;
        let mut rest = None;
        let mut i = 0;
        while let Some(lock) = self.list.get(i).copied() {
            let same = lock.owner == owner;
            if same && join == Some(lock.kind) && lock.span.touches(&span) {
                joined = Span { first: joined.first.min(lock.span.first), last: joined.last.max(lock.span.last) };
                self.list.remove(i);
            } else if same && lock.span.overlaps(&span) {
                if let Some(above) = lock.span.above(&span) {
                    rest = Some(Lock { span: above, ..lock });
                }
                match (lock.span.below(&span), self.list.get_mut(i)) {
                    (Some(below), Some(place)) => {
                        place.span = below;
                        i = i.saturating_add(1);
                    }
                    _ => drop(self.list.remove(i)),
                }
            } else {
                i = i.saturating_add(1);
            }
        }
        // At most one lock of an owner reaches above a span.
        if let Some(lock) = rest {
            self.put(lock);
        }
        joined
    }

    /// Enters a lock in order.
    fn put(&mut self, lock: Lock<O>) {
        let at = self.list.partition_point(|l| l.span.first <= lock.span.first);
        // reserved: by `make_room`, or a lock was taken out just before.
        self.list.push(lock);
        if let Some(tail) = self.list.get_mut(at..) {
            tail.rotate_right(1);
        }
    }
}

impl<O: Copy + Eq> Default for LockList<O> {
    fn default() -> Self {
        Self::new()
    }
}
