//! The walk along a dying thread's robust list (set_robust_list(2)).
//!
//! Key types: [`RobustWalk`], [`RobustStep`]. The list lies in user memory and may be garbage:
//! the walk reads each link once, ends after [`ROBUST_LIMIT`] entries, and at the first link that
//! cannot be read.

use crate::EntryKind;

/// Entries that are looked at at most.
pub const ROBUST_LIMIT: u32 = 2048;

/// `struct robust_list_head` as read from user memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RobustHead {
    /// `list.next`.
    pub first: u64,
    /// `futex_offset`: from an entry to its lock's word.
    pub offset: i64,
    /// `list_op_pending`.
    pub pending: u64,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RobustStep {
    /// Read eight bytes here and call [`RobustWalk::read`].
    Read {
        /// User address.
        addr: u64,
    },
    /// Apply [`crate::death`] to the word here; on a fault or a misaligned address call
    /// [`RobustWalk::give_up`].
    Lock {
        /// User address of the word.
        addr: u64,
        /// What it is.
        kind: EntryKind,
    },
    /// The end.
    Done,
}

/// A walk under way.
#[derive(Clone, Debug)]
pub struct RobustWalk {
    /// Address of the head: the list's end.
    head: u64,
    offset: i64,
    pending: u64,
    entry: u64,
    left: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Entry,
    /// The link after `entry` has been read, or could not be.
    Linked(Option<u64>),
    Pending,
    Done,
}

const PI: u64 = 1;

impl RobustWalk {
    /// A walk of the list whose head lies at `head_addr`.
    #[must_use]
    pub fn new(head_addr: u64, head: RobustHead) -> RobustWalk {
        RobustWalk {
            head: head_addr,
            offset: head.offset,
            pending: head.pending,
            entry: head.first,
            left: ROBUST_LIMIT,
            state: State::Entry,
        }
    }

    /// The next step.
    pub fn step(&mut self) -> RobustStep {
        loop {
            match self.state {
                State::Entry if self.entry & !PI == self.head || self.left == 0 => self.state = State::Pending,
                // The link is read before the lock is given away: the entry may be gone then.
                State::Entry => {
                    return RobustStep::Read { addr: self.entry & !PI };
                }
                State::Linked(next) => {
                    let entry = self.entry;
                    self.advance(next);
                    // One that is pending as well is dealt with at the end, once.
                    if entry & !PI != self.pending & !PI {
                        return self.lock(entry, EntryKind::Plain, EntryKind::Pi);
                    }
                }
                State::Pending => {
                    self.state = State::Done;
                    if self.pending & !PI != 0 {
                        return self.lock(self.pending, EntryKind::PendingPlain, EntryKind::PendingPi);
                    }
                }
                State::Done => return RobustStep::Done,
            }
        }
    }

    /// What [`RobustStep::Read`] read; `None` on a fault.
    pub fn read(&mut self, link: Option<u64>) {
        if self.state == State::Entry {
            self.state = State::Linked(link);
        }
    }

    /// The lock's word could not be changed: the walk ends here.
    pub fn give_up(&mut self) {
        self.state = State::Done;
    }

    fn advance(&mut self, next: Option<u64>) {
        self.left = self.left.saturating_sub(1);
        self.state = match next {
            Some(_) => State::Entry,
            None => State::Done,
        };
        self.entry = next.unwrap_or(0);
    }

    fn lock(&self, entry: u64, plain: EntryKind, pi: EntryKind) -> RobustStep {
        let addr = (entry & !PI).wrapping_add_signed(self.offset);
        RobustStep::Lock { addr, kind: if entry & PI == 0 { plain } else { pi } }
    }
}
