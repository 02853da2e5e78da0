//! The seats of a bucket's waiters. Each waiter brings its own, so that waiting needs no memory.
//!
//! Key types: [`Seat`] (a waiter's own, allocated when the thread is made), [`Arena`] (those in use, by number).
//!
//! The seats hang in a tree by their numbers, which are dense: number `n` is found by the binary digits of `n + 1`, lowest
//! first, down to the highest. One that leaves gives its number to the one with the highest, which has no seats below it.

use crate::Key;
use alloc::boxed::Box;

/// No seat.
pub(crate) const NIL: u32 = u32::MAX;

/// Where a thread stands while it waits; a bucket and a thread hand it over in its box.
#[derive(Debug)]
pub struct Node<W> {
    slot: Slot<W>,
    /// Seats whose next digit is 0, and those whose next is 1.
    below: (Option<Seat<W>>, Option<Seat<W>>),
}

/// A waiter's own place to stand.
pub type Seat<W> = Box<Node<W>>;

/// A waiter's place in its bucket's lists.
#[derive(Debug)]
pub(crate) struct Slot<W> {
    pub(crate) waiter: Option<W>,
    pub(crate) key: Key,
    pub(crate) bitset: u32,
    /// Ring of the waiters of one key, oldest first.
    pub(crate) next: u32,
    pub(crate) prev: u32,
    /// List of the oldest waiter of each key.
    pub(crate) next_key: u32,
    pub(crate) prev_key: u32,
}

#[derive(Debug)]
pub(crate) struct Arena<W> {
    root: Option<Seat<W>>,
    used: u32,
}

impl<W> Node<W> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Node<W> {
        Node { slot: Slot::empty(), below: (None, None) }
    }
}

impl<W> Default for Node<W> {
    fn default() -> Self {
        Node::new()
    }
}

impl<W> Slot<W> {
    fn empty() -> Slot<W> {
        let key = Key { object: 0, offset: 0 };
        Slot { waiter: None, key, bitset: 0, next: NIL, prev: NIL, next_key: NIL, prev_key: NIL }
    }
}

impl<W> Arena<W> {
    pub(crate) const fn new() -> Arena<W> {
        Arena { root: None, used: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.used as usize
    }

    /// Fills a seat with a waiter and gives its number.
    #[inline]
    pub(crate) fn push(&mut self, mut seat: Seat<W>, waiter: W, key: Key, bitset: u32) -> u32 {
        let at = self.used;
        seat.slot = Slot { waiter: Some(waiter), key, bitset, next: at, prev: at, next_key: NIL, prev_key: NIL };
        if let Some(place) = self.place(at) {
            *place = Some(seat);
            self.used = at.saturating_add(1);
        }
        at
    }

    /// Takes the seat with the highest number out, with what stood in it.
    pub(crate) fn pop(&mut self) -> Option<(Seat<W>, Slot<W>)> {
        let at = self.used.checked_sub(1)?;
        let mut node = self.place(at)?.take()?;
        self.used = at;
        let slot = core::mem::replace(&mut node.slot, Slot::empty());
        Some((node, slot))
    }

    pub(crate) fn get(&self, at: u32) -> Option<&Slot<W>> {
        let mut rest = at.checked_add(1)?;
        let mut node = self.root.as_ref()?;
        while rest > 1 {
            node = if rest & 1 == 0 { node.below.0.as_ref()? } else { node.below.1.as_ref()? };
            rest >>= 1;
        }
        Some(&node.slot)
    }

    pub(crate) fn get_mut(&mut self, at: u32) -> Option<&mut Slot<W>> {
        self.place(at)?.as_mut().map(|node| &mut node.slot)
    }

    /// Where the seat of a number hangs, or is to hang.
    fn place(&mut self, at: u32) -> Option<&mut Option<Seat<W>>> {
        let mut rest = at.checked_add(1)?;
        let mut place = &mut self.root;
        while rest > 1 {
            let node = place.as_mut()?;
            place = if rest & 1 == 0 { &mut node.below.0 } else { &mut node.below.1 };
            rest >>= 1;
        }
        Some(place)
    }
}
