//! The ready list of a [`Set`], and how it is collected. The steps' numbers are those of the crate's text.

use crate::mutation::{Step, left_out};
use crate::slots::{Arm, Mark, NIL, Slot, Token, place};
use crate::{Set, Wanted};

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
    file: F,
    mark: Mark,
}

impl<F> Taken<F> {
    /// Its file, to be asked for its state.
    #[inline]
    pub const fn file(&self) -> &F {
        &self.file
    }
}

/// What looking at the head of the list gives.
#[derive(Debug)]
pub struct Peeked<F> {
    /// The interest.
    pub taken: Taken<F>,
    /// What it wants.
    pub wanted: Wanted,
}

/// What became of an interest that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its object has nothing to report.
    NotReady,
    /// Its events could not be copied.
    NotDelivered,
}

/// Why [`Set::take_staying`] ended.
enum Met {
    /// The end of the list, or what came on it since the scan began.
    Limit,
    /// No more are wanted.
    Full,
    /// One that leaves the list.
    Leaving,
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

    #[inline]
    fn token_at(&self, index: u32) -> Token {
        Token { index, seq: self.slots.at(index).map_or(0, |slot| slot.seq) }
    }

    /// (2) Takes up to `most` interests, each with what it wants and reports. A scan begins as `None`.
    #[inline]
    pub fn take(&mut self, scan: &mut Option<Scan>, most: usize, mut each: impl FnMut(Taken<F>, Wanted, u64)) -> Progress {
        let (mut index, limit) = match scan {
            None => (self.ready.head, self.ready.stamp),
            Some(s) if s.turns == self.ready.turns && self.stands(s.next) => (s.next.index, s.limit),
            Some(_) => return Progress::Disturbed,
        };
        let mut room = most;
        let progress = loop {
            match self.take_staying(&mut index, limit, &mut room, &mut each) {
                Met::Limit => break Progress::Done,
                Met::Full => break Progress::More,
                Met::Leaving => self.take_leaving(&mut index, &mut each),
            }
            room = room.saturating_sub(1);
        };
        if progress == Progress::More {
            *scan = Some(Scan { limit, turns: self.ready.turns, next: self.token_at(index) });
        }
        progress
    }

    /// Takes those that stay on the list, up to one that does not.
    #[inline]
    fn take_staying(&self, index: &mut u32, limit: u64, room: &mut usize, each: &mut impl FnMut(Taken<F>, Wanted, u64)) -> Met {
        // As wide as a register: the loop is the price of each event.
        let (mut at, mut left) = (*index as usize, *room);
        // Neighbours on the list often lie in one chunk.
        let (mut here, mut chunk): (_, &[Slot<F, B>]) = (usize::MAX, &[]);
        let met = loop {
            let (of, slot) = place(at);
            if of != here {
                (here, chunk) = (of, self.slots.chunk(of));
            }
            let Some(slot) = chunk.get(slot).filter(|slot| slot.stamp < limit) else { break Met::Limit };
            if left == 0 {
                break Met::Full;
            }
            if slot.wanted.leaves_the_list() {
                break Met::Leaving;
            }
            // What is on the list has a file.
            let Some(file) = slot.file.clone() else { break Met::Limit };
            each(Taken { file, mark: slot.mark }, slot.wanted, slot.data);
            at = slot.next as usize;
            left = left.wrapping_sub(1);
        };
        (*index, *room) = (u32::try_from(at).unwrap_or(NIL), left);
        met
    }

    /// Takes one that leaves the list.
    fn take_leaving(&mut self, index: &mut u32, each: &mut impl FnMut(Taken<F>, Wanted, u64)) {
        let at = *index;
        let Some(slot) = self.slots.at_mut(at) else { return };
        *index = slot.next;
        if slot.wanted.once() {
            slot.arm = Arm::Spent;
        }
        if let Some(file) = slot.file.clone() {
            each(Taken { file, mark: slot.mark }, slot.wanted, slot.data);
        }
        self.unlink(at);
    }

    /// Whether a scan can go on there: what comes next is still on the list.
    #[inline]
    fn stands(&self, next: Token) -> bool {
        self.slots.get(next).is_some_and(|slot| slot.stamp != 0)
    }

    /// Ends a scan that did not reach all: those come first next time.
    pub fn turn(&mut self, scan: &Option<Scan>) {
        let Some(scan) = scan else { return };
        let (at, head, tail) = (scan.next, self.ready.head, self.ready.tail);
        if scan.turns != self.ready.turns || at.index == head {
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

    /// (4), (5) What was taken has not been reported. Whoever fired it since has put it on the list, whoever changed it has
    /// asked its object.
    pub fn settle(&mut self, taken: &Taken<F>, outcome: Outcome) {
        let index = taken.mark.index();
        let Some(slot) = self.slots.at_mut(index) else { return };
        if slot.mark != taken.mark && !left_out(Step::SettleCompares) {
            return;
        }
        let (wanted, listed) = (slot.wanted, slot.stamp != 0);
        let missed = core::mem::replace(&mut slot.arm, Arm::Armed) == Arm::Missed;
        match outcome {
            Outcome::NotReady if !wanted.leaves_the_list() && listed => self.unlink(index),
            Outcome::NotReady if missed => self.link_last(index),
            Outcome::NotDelivered if !listed && !left_out(Step::PutBack) => self.link_first(index),
            Outcome::NotReady | Outcome::NotDelivered => {}
        }
    }

    /// Looks at the head of the list, for a set that is asked for its own state.
    #[must_use]
    pub fn peek(&self) -> Option<Peeked<F>> {
        let slot = self.slots.at(self.ready.head)?;
        let taken = Taken { file: slot.file.clone()?, mark: slot.mark };
        Some(Peeked { taken, wanted: slot.wanted })
    }

    /// What was looked at has nothing to report: it leaves the list, unless there is news.
    pub fn dismiss(&mut self, peeked: &Taken<F>) {
        let index = peeked.mark.index();
        if self.slots.at(index).is_some_and(|slot| slot.mark == peeked.mark) {
            self.unlink(index);
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
