//! Owner words: what the kernel and user space agree on in the word of a PI or robust lock
//! (futex(2), set_robust_list(2)).
//!
//! Key functions: [`lock_pi`], [`unlock_pi`], [`death`]. The shell applies a new word by
//! compare-and-exchange, and decides again if the word has changed.

const WAITERS: u32 = 0x8000_0000;
const OWNER_DIED: u32 = 0x4000_0000;
const TID_MASK: u32 = 0x3FFF_FFFF;

/// What locking a PI futex does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockPi {
    /// It is free: store this word and own it.
    Take {
        /// The new word.
        word: u32,
    },
    /// Store this word and wait for the thread with this id; ESRCH if there is none.
    Wait {
        /// The new word.
        word: u32,
        /// The owner's thread id.
        owner: u32,
    },
    /// The caller owns it already (EDEADLK).
    Deadlock,
}

/// What unlocking a PI futex does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlockPi {
    /// Nobody waits: store this word.
    Free {
        /// The new word.
        word: u32,
    },
    /// Hand it to the waiter with the highest priority; see [`unlocked_word`].
    HandOver,
    /// The caller does not own it (EPERM).
    NotOwner,
}

/// Which kind of lock an entry of a robust list is, and where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// An ordinary lock of the list.
    Plain,
    /// A PI lock: its waiters are handed on by the PI code.
    Pi,
    /// An ordinary lock that was being taken or released (`list_op_pending`).
    PendingPlain,
    /// A PI lock that was.
    PendingPi,
}

/// What the owner's death does to a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// Store this word.
    pub word: Option<u32>,
    /// Then wake one waiter.
    pub wake: bool,
}

/// Locks for thread `tid`; `has_waiters`: others wait already.
#[must_use]
pub fn lock_pi(word: u32, tid: u32, has_waiters: bool) -> LockPi {
    let owner = word & TID_MASK;
    if owner == tid & TID_MASK {
        return LockPi::Deadlock;
    }
    if owner == 0 && !has_waiters {
        return LockPi::Take { word: word & OWNER_DIED | tid & TID_MASK };
    }
    LockPi::Wait { word: word | WAITERS, owner }
}

/// Unlocks for thread `tid`.
#[must_use]
pub fn unlock_pi(word: u32, tid: u32, has_waiters: bool) -> UnlockPi {
    if word & TID_MASK != tid & TID_MASK {
        UnlockPi::NotOwner
    } else if has_waiters {
        UnlockPi::HandOver
    } else {
        UnlockPi::Free { word: 0 }
    }
}

/// The word after a lock was handed to `new_owner`.
#[must_use]
pub fn unlocked_word(new_owner: u32) -> u32 {
    WAITERS | new_owner & TID_MASK
}

/// Thread `tid` dies and this is the word of a lock in its robust list.
#[must_use]
pub fn death(word: u32, tid: u32, kind: EntryKind) -> Death {
    let plain = matches!(kind, EntryKind::Plain | EntryKind::PendingPlain);
    if kind == EntryKind::PendingPlain && word == 0 {
        // It was unlocked, and the thread died before it could wake anybody.
        return Death { word: None, wake: true };
    }
    if word & TID_MASK != tid & TID_MASK {
        return Death { word: None, wake: false };
    }
    Death { word: Some(word & WAITERS | OWNER_DIED), wake: plain && word & WAITERS != 0 }
}
