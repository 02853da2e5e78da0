//! A service's listen queue: connections that wait to be accepted, a part for each budget that connects.
//!
//! [`Queue`] is what stands under the lock of a listen queue. A budget that floods the queue fills its own part alone: the others'
//! parts have room as before, and [`Queue::take`] serves one budget after the other, so that each waits for one connection of every
//! other at most. All memory is brought by who connects ([`Offer`]), so nothing here allocates and everything is paid by the client.
//!
//! # The steps
//!
//! - (1) A client offers a connection: [`Queue::offer`]. Once it is in the queue, and after unlock, one who accepts is woken.
//! - (2) A client whose part is full enters it: [`Queue::enter`]. From here on the part stays, and with it those who wait there.
//! - (3) It registers with the part ([`Queue::waiters`]), and offers again after that, never before.
//! - (4) A service takes a connection: [`Queue::take`]. If somebody waits for room in that part, one of them is woken after unlock.
//! - (5) A client that waits no more leaves the part: [`Queue::leave`]. A wake-up that it has not used it passes on first.
//! - (6) The last descriptor of the queue goes: [`Queue::close`] refuses all that comes, also what was taken and comes back, and gives
//!   back what waited; after unlock everyone who waits is woken ([`Queue::next_part`]).
//! - (7) A connection whose client has left for good is not worth a service's while: who looks at the queue, finds it so without
//!   the lock, takes it away by its number ([`Queue::remove`]), and wakes one who waits for room in that part.
//!
//! Neighbours: `logic-tree` (the nodes), `logic-waits` (who waits); the kernel's `fs/service`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod mutation;

use alloc::boxed::Box;
use logic_tree::{Node, Tree};
use mutation::{Step, left_out};

/// Who pays: the number of a budget.
pub type Payer = u64;

/// A node that holds one connection.
pub type Entry<C> = Node<u64, C>;
/// A node that holds one budget's part, with its place in the turns.
pub type PartNode<C, W> = Node<Payer, Part<C, W>>;
/// A part that a client brings, or that is no longer needed.
pub type Spare<C, W> = Option<Box<PartNode<C, W>>>;
/// A part's place in the turns.
pub type Turn = Node<u64, Payer>;

/// One budget's part: its connections in their order, and those who wait for room here.
#[derive(Debug)]
pub struct Part<C, W> {
    entries: Tree<u64, C>,
    /// At home while the part has no connection, and no turn therefore.
    turn: Option<Box<Turn>>,
    /// What its turn is found by while it is not at home.
    turn_number: u64,
    waiters: W,
    waiting: usize,
}

impl<C, W: Default> Part<C, W> {
    /// An empty part, for the node that a client brings.
    #[must_use]
    pub fn new(turn: Box<Turn>) -> Self {
        Self { entries: Tree::new(), turn: Some(turn), turn_number: 0, waiters: W::default(), waiting: 0 }
    }

    /// Its turn, if that is at home, to be found by this number.
    fn lines_up(&mut self, number: u64) -> Option<Box<Turn>> {
        let turn = self.turn.take()?;
        self.turn_number = number;
        Some(turn)
    }

    fn is_idle(&self) -> bool {
        self.entries.is_empty() && self.waiting == 0
    }
}

/// A connection with the memory that the queue needs for it.
#[derive(Debug)]
pub struct Offer<C, W> {
    /// The connection.
    pub entry: Box<Entry<C>>,
    /// A part, for the case that the budget has none; what is not needed comes back.
    pub part: Spare<C, W>,
}

/// Why a connection is not in the queue; it comes back.
#[derive(Debug)]
pub enum Refused<C, W> {
    /// The budget's part is full.
    Full(Offer<C, W>),
    /// Nobody listens any more.
    Closed(Offer<C, W>),
}

/// What was taken; to be taken apart after unlock.
#[derive(Debug)]
pub struct Taken<C, W> {
    /// The connection.
    pub entry: Box<Entry<C>>,
    /// Whose it was.
    pub payer: Payer,
    /// (4), (7) Whether one who waits for room in that part is to be woken.
    pub waiter: bool,
    /// What its budget's turn was found by.
    turn: u64,
    /// The part, if it went.
    pub part: Spare<C, W>,
}

/// The listen queue.
#[derive(Debug)]
pub struct Queue<C, W> {
    parts: Tree<Payer, Part<C, W>>,
    /// Those parts that have connections, in the order in which they are served.
    turns: Tree<u64, Payer>,
    /// Numbers connections and turns.
    next: u64,
    /// Connections that one part holds.
    most: usize,
    waiting: usize,
    open: bool,
}

impl<C, W: Default> Queue<C, W> {
    /// An empty queue with room for `most` connections of each budget.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { parts: Tree::new(), turns: Tree::new(), next: 0, most, waiting: 0, open: true }
    }

    /// (1) Puts a connection behind the others of its budget. Gives back the part that was brought and not needed.
    ///
    /// # Errors
    /// [`Refused`], with the offer.
    pub fn offer(&mut self, payer: Payer, mut offer: Offer<C, W>) -> Result<Spare<C, W>, Refused<C, W>> {
        if !self.open && !left_out(Step::CloseRefuses) {
            return Err(Refused::Closed(offer));
        }
        self.add_part(payer, &mut offer.part);
        let number = self.number();
        let Some(part) = self.parts.get_mut(&payer) else { return Err(Refused::Full(offer)) };
        if part.entries.len() >= self.most {
            return Err(Refused::Full(offer));
        }
        offer.entry.key = number;
        if let Err(entry) = part.entries.insert(offer.entry) {
            // Numbers are given once, so this does not happen.
            return Err(Refused::Full(Offer { entry, part: offer.part }));
        }
        let turn = part.lines_up(number);
        self.waiting = self.waiting.saturating_add(1);
        self.line_up(payer, number, turn);
        Ok(offer.part)
    }

    /// (2) Counts a client that waits for room in its budget's part; `spare` is used if the part has gone meanwhile.
    pub fn enter(&mut self, payer: Payer, spare: &mut Spare<C, W>) {
        self.add_part(payer, spare);
        if let Some(part) = self.parts.get_mut(&payer) {
            part.waiting = part.waiting.saturating_add(1);
        }
    }

    /// (3) Who waits for room in the part of this budget. There while somebody is counted by [`Queue::enter`].
    pub fn waiters(&mut self, payer: Payer) -> Option<&mut W> {
        self.parts.get_mut(&payer).map(|part| &mut part.waiters)
    }

    /// (4) Takes the next connection: the oldest of the budget whose turn it is.
    pub fn take(&mut self) -> Option<Taken<C, W>> {
        let (payer, number, _) = self.first()?;
        self.take_out(payer, number, true)
    }

    /// (4) Undoes a take: the connection is the next again. Gives back a part that is not needed.
    ///
    /// # Errors
    /// Nobody listens any more: the connection comes back.
    pub fn put_back(&mut self, taken: Taken<C, W>) -> Result<Spare<C, W>, Taken<C, W>> {
        if !self.open && !left_out(Step::NothingGoesBack) {
            return Err(taken);
        }
        let Taken { entry, payer, turn: number, mut part, .. } = taken;
        self.add_part(payer, &mut part);
        let Some(own) = self.parts.get_mut(&payer) else { return Ok(part) };
        // Its number was given once, and is lower than all others of the part.
        let _ = own.entries.insert(entry);
        self.waiting = self.waiting.saturating_add(1);
        let turn = own.lines_up(number);
        self.line_up(payer, number, turn);
        Ok(part)
    }

    /// (7) The budget whose turn it is.
    #[must_use]
    pub fn turn(&self) -> Option<Payer> {
        self.turns.first().map(|(_, payer)| *payer)
    }

    /// (7) The connection that is taken next: its budget and number.
    #[must_use]
    pub fn first(&self) -> Option<(Payer, u64, &C)> {
        let payer = self.turn()?;
        let (number, connection) = self.parts.get(&payer)?.entries.first()?;
        Some((payer, *number, connection))
    }

    /// (7) Takes the connection of this number away, if it still waits.
    pub fn remove(&mut self, payer: Payer, number: u64) -> Option<Taken<C, W>> {
        if left_out(Step::NumberNamesOne) { self.take() } else { self.take_out(payer, number, false) }
    }

    /// Takes a connection out; `turns`: its budget had its turn, and waits for the next one behind the others.
    fn take_out(&mut self, payer: Payer, number: u64, turns: bool) -> Option<Taken<C, W>> {
        let next = self.number();
        let part = self.parts.get_mut(&payer)?;
        let entry = part.entries.remove(&number)?;
        let (waiter, turn, ends) = (part.waiting != 0, part.turn_number, part.entries.is_empty());
        self.waiting = self.waiting.saturating_sub(1);
        if ends || turns {
            part.turn = self.turns.remove(&turn);
        }
        let lines_up = if ends { None } else { part.lines_up(next) };
        self.line_up(payer, next, lines_up);
        Some(Taken { entry, payer, waiter, turn, part: self.remove_idle(payer) })
    }

    /// What waits at a place, in the order of budgets, and the place behind it; for going through all. There may be nothing at a
    /// place that is not the end.
    #[must_use]
    pub fn at(&self, place: (Payer, u64)) -> Option<((Payer, u64), Option<&C>)> {
        let (&payer, part) = self.parts.ceiling(&place.0)?;
        let from = if payer == place.0 { place.1 } else { 0 };
        match part.entries.ceiling(&from) {
            Some((number, connection)) => Some(((payer, number.saturating_add(1)), Some(connection))),
            None => Some(((payer.checked_add(1)?, 0), None)),
        }
    }

    /// (5) A client waits no longer. Gives back the part if nobody needs it.
    pub fn leave(&mut self, payer: Payer) -> Spare<C, W> {
        if let Some(part) = self.parts.get_mut(&payer) {
            part.waiting = part.waiting.saturating_sub(1);
        }
        self.remove_idle(payer)
    }

    /// (6) Nobody listens from now on. Gives one connection after the other, of those that wait, until there are none.
    pub fn close(&mut self) -> Option<Taken<C, W>> {
        self.open = false;
        self.take()
    }

    /// The first part with a budget's number of `from` or more in which clients wait for room, for going through all.
    pub fn next_part(&self, from: Payer) -> Option<Payer> {
        self.parts.ceiling(&from).map(|(payer, _)| *payer)
    }

    /// Connections that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Whether somebody listens.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    fn number(&mut self) -> u64 {
        self.next = self.next.wrapping_add(1);
        self.next
    }

    /// Puts the turn of a part that has connections to its place.
    fn line_up(&mut self, payer: Payer, number: u64, turn: Option<Box<Turn>>) {
        if let Some(mut turn) = turn {
            (turn.key, turn.value) = (number, payer);
            // Numbers are given once, so none is there already.
            let _ = self.turns.insert(turn);
        }
    }

    fn add_part(&mut self, payer: Payer, spare: &mut Spare<C, W>) {
        if self.parts.get(&payer).is_none()
            && let Some(mut part) = spare.take()
        {
            part.key = payer;
            // It is not there.
            let _ = self.parts.insert(part);
        }
    }

    fn remove_idle(&mut self, payer: Payer) -> Spare<C, W> {
        let idle = self.parts.get(&payer)?;
        let stays = if left_out(Step::PartStays) { !idle.entries.is_empty() } else { !idle.is_idle() };
        if stays { None } else { self.parts.remove(&payer) }
    }
}

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;
