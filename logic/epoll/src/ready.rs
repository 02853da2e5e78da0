//! The ready list of a [`Set`], and how it is collected. The steps' numbers are those of the crate's text.

use crate::mutation::{Step, left_out};
use crate::slots::{NIL, Token};
use crate::{Set, Wanted};
use arrayvec::ArrayVec;

/// The list's ends; the links are in the slots.
#[derive(Debug)]
pub(crate) struct Ready {
    head: u32,
    tail: u32,
    /// The next stamp; counts what came on the list from 1.
    stamp: u64,
    /// Counts turns of the list.
    turns: u32,
}

impl Ready {
    pub(crate) const fn new() -> Self {
        Self { head: NIL, tail: NIL, stamp: 1, turns: 0 }
    }
}

/// One collector's way through the list.
#[derive(Debug)]
pub struct Scan {
    /// What came on the list since has this stamp or a later one, and waits for the next scan.
    limit: u64,
    turns: u32,
    next: Token,
}

/// An interest that was taken from the list, or looked at there.
#[derive(Debug)]
pub struct Taken<F> {
    /// Its file, to be asked for its state.
    pub file: F,
    /// What it wants.
    pub wanted: Wanted,
    /// What it reports.
    pub data: u64,
    token: Token,
    fires: u32,
    changes: u32,
}

/// What looking at the head of the list gives.
pub type Peeked<F> = Taken<F>;

/// What became of an interest that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its object has nothing to report.
    NotReady,
    /// Its events could not be copied.
    NotDelivered,
}

/// How far a scan has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// There is more to take.
    More,
    /// All was taken that was there.
    Done,
    /// Another collector changed the list: what was not reached is for another scan.
    Disturbed,
}

impl<F: Clone, B: Copy> Set<F, B> {
    /// Whether anything is on the list.
    #[must_use]
    #[inline]
    pub const fn has_ready(&self) -> bool {
        self.ready.head != NIL
    }

    /// Begins to collect.
    #[must_use]
    #[inline]
    pub fn scan(&self) -> Scan {
        Scan { limit: self.ready.stamp, turns: self.ready.turns, next: self.token_at(self.ready.head) }
    }

    #[inline]
    fn token_at(&self, index: u32) -> Token {
        Token { index, seq: self.slots.at(index).map_or(0, |slot| slot.seq) }
    }

    /// (2) Takes up to `most` interests, and no more than `out` has room for.
    #[inline]
    pub fn take<const N: usize>(&mut self, scan: &mut Scan, out: &mut ArrayVec<Taken<F>, N>, most: usize) -> Progress {
        if scan.turns != self.ready.turns {
            return Progress::Disturbed;
        }
        let mut at = scan.next;
        let mut room = most.min(out.remaining_capacity());
        let progress = loop {
            if at.index == NIL {
                break Progress::Done;
            }
            let Some(slot) = self.slots.get_mut(at) else { break Progress::Disturbed };
            if slot.stamp == 0 {
                break Progress::Disturbed;
            }
            if slot.stamp >= scan.limit {
                at.index = NIL;
                break Progress::Done;
            }
            if room == 0 {
                break Progress::More;
            }
            let Some(file) = slot.file.clone() else { break Progress::Disturbed };
            let (wanted, next) = (slot.wanted, slot.next);
            let taken = Taken { file, wanted, data: slot.data, token: at, fires: slot.fires, changes: slot.changes };
            if wanted.leaves_the_list() {
                if wanted.once() {
                    slot.wanted = wanted.spent();
                }
                self.unlink(at.index);
            }
            // There is room: counted above.
            let _ = out.try_push(taken);
            room = room.saturating_sub(1);
            at = self.token_at(next);
        };
        scan.next = at;
        progress
    }

    /// Ends a scan that did not reach all: those come first next time.
    pub fn turn(&mut self, scan: &Scan) {
        let (at, head, tail) = (scan.next, self.ready.head, self.ready.tail);
        if scan.turns != self.ready.turns || at.index == NIL || at.index == head {
            return;
        }
        let Some(slot) = self.slots.get_mut(at) else { return };
        if slot.stamp == 0 {
            return;
        }
        let last = core::mem::replace(&mut slot.prev, NIL);
        self.set_next(last, NIL);
        self.set_next(tail, head);
        if let Some(slot) = self.slots.at_mut(head) {
            slot.prev = tail;
        }
        self.ready.head = at.index;
        self.ready.tail = last;
        self.ready.turns = self.ready.turns.wrapping_add(1);
    }

    /// (4), (5) What was taken has not been reported.
    pub fn settle(&mut self, taken: &Taken<F>, outcome: Outcome) {
        let Some(slot) = self.slots.get_mut(taken.token) else { return };
        let fired = slot.fires != taken.fires && !left_out(Step::SettleCompares);
        let (index, listed) = (taken.token.index, slot.stamp != 0);
        if !taken.wanted.leaves_the_list() {
            if outcome == Outcome::NotReady && listed && !fired {
                self.unlink(index);
            }
            return;
        }
        if taken.wanted.once() {
            if slot.changes != taken.changes {
                // Somebody armed it anew, and asked its object.
                return;
            }
            slot.wanted = taken.wanted;
        }
        match outcome {
            _ if listed => {}
            Outcome::NotReady if fired && taken.wanted.once() => self.link_last(index),
            Outcome::NotReady => {}
            Outcome::NotDelivered if left_out(Step::PutBack) => {}
            Outcome::NotDelivered => self.link_first(index),
        }
    }

    /// Looks at the head of the list, for a set that is asked for its own state.
    #[must_use]
    pub fn peek(&self) -> Option<Peeked<F>> {
        let slot = self.slots.at(self.ready.head)?;
        let token = Token { index: self.ready.head, seq: slot.seq };
        let (fires, changes) = (slot.fires, slot.changes);
        Some(Taken { file: slot.file.clone()?, wanted: slot.wanted, data: slot.data, token, fires, changes })
    }

    /// What was looked at has nothing to report: it leaves the list, unless there is news.
    pub fn dismiss(&mut self, peeked: &Peeked<F>) {
        if let Some(slot) = self.slots.get(peeked.token)
            && slot.fires == peeked.fires
            && slot.changes == peeked.changes
            && slot.stamp != 0
        {
            self.unlink(peeked.token.index);
        }
    }

    /// Puts an interest at the end of the list; it is not on it.
    #[inline]
    pub(crate) fn link_last(&mut self, index: u32) {
        let (tail, stamp) = (self.ready.tail, self.ready.stamp);
        if let Some(slot) = self.slots.at_mut(index) {
            slot.prev = tail;
            slot.next = NIL;
            slot.stamp = stamp;
        }
        self.set_next(tail, index);
        self.ready.tail = index;
        self.ready.stamp = stamp.wrapping_add(1);
    }

    fn link_first(&mut self, index: u32) {
        let (head, stamp) = (self.ready.head, self.ready.stamp);
        if let Some(slot) = self.slots.at_mut(index) {
            slot.prev = NIL;
            slot.next = head;
            slot.stamp = stamp;
        }
        match self.slots.at_mut(head) {
            Some(slot) => slot.prev = index,
            None => self.ready.tail = index,
        }
        self.ready.head = index;
        self.ready.stamp = stamp.wrapping_add(1);
        // A scan that goes on would take what stands behind this one for new.
        self.ready.turns = self.ready.turns.wrapping_add(1);
    }

    /// Takes an interest off the list, if it is there.
    pub(crate) fn unlink(&mut self, index: u32) {
        let Some(slot) = self.slots.at_mut(index) else { return };
        if slot.stamp == 0 {
            return;
        }
        let (prev, next) = (slot.prev, slot.next);
        slot.stamp = 0;
        self.set_next(prev, next);
        match self.slots.at_mut(next) {
            Some(slot) => slot.prev = prev,
            None => self.ready.tail = prev,
        }
    }

    /// The link from `index`, or from the list's head.
    #[inline]
    fn set_next(&mut self, index: u32, next: u32) {
        match self.slots.at_mut(index) {
            Some(slot) => slot.next = next,
            None => self.ready.head = next,
        }
    }
}
