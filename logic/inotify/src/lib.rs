//! What inotify(7) does without files: masks of watches, and the [`Queue`] of events with merging and overflow.
//!
//! - [`wants`], [`updated`]: which events a watch is for, and how inotify_add_watch(2) changes it.
//! - [`Queue`]: events in order. Equal neighbours are one. At the limit one event says that some are lost.
//! - [`Event::record`]: the bytes that a read gives.
//!
//! Nodes of the queue are brought by the caller, so that nothing is allocated under its lock. Neighbours: the kernel's
//! `events/inotify` (watches, wake-ups), `logic-tree` (the order).
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;
#[cfg(test)]
extern crate std;

use alloc::boxed::Box;
use logic_tree::{Node, Tree};

pub mod bits;

/// Bytes of a record without its name (`struct inotify_event`).
pub const RECORD_BYTES: usize = 16;
/// Most bytes of a record: a name of 255 bytes and its NUL.
pub const MOST_BYTES: usize = RECORD_BYTES + 256;

/// Whether a watch with the mask `watch` is for an event. `unlinked`: it is about an entry whose name is gone.
#[must_use]
pub const fn wants(watch: u32, event: u32, unlinked: bool) -> bool {
    watch & event & bits::ALL_EVENTS != 0 && !(unlinked && watch & bits::EXCL_UNLINK != 0)
}

/// What a watch is for after inotify_add_watch(2) named its file again. `None`: that is an error (IN_MASK_CREATE).
#[must_use]
pub const fn updated(old: u32, new: u32) -> Option<u32> {
    match new & (bits::MASK_ADD | bits::MASK_CREATE) {
        0 => Some(new & bits::KEPT),
        bits::MASK_ADD => Some((old | new) & bits::KEPT),
        _ => None,
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The watch; -1 for an overflow.
    pub wd: i32,
    /// Bits of [`bits`].
    pub mask: u32,
    /// Connects both halves of a rename.
    pub cookie: u32,
    /// The entry's name; empty if it is about the file itself.
    pub name: Box<[u8]>,
}

impl Event {
    /// Bytes of the record.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        // A name has at least one NUL and fills whole records.
        if self.name.is_empty() {
            RECORD_BYTES
        } else {
            let units = self.name.len() / RECORD_BYTES;
            units.saturating_add(2).saturating_mul(RECORD_BYTES)
        }
    }

    /// The record: its bytes, of which the first [`Event::bytes`] count.
    #[must_use]
    pub fn record(&self) -> [u8; MOST_BYTES] {
        let mut out = [0; MOST_BYTES];
        let named = u32::try_from(self.bytes().saturating_sub(RECORD_BYTES)).unwrap_or(0);
        let words = [self.wd.cast_unsigned(), self.mask & bits::SHOWN, self.cookie, named];
        let (head, name) = out.split_at_mut(RECORD_BYTES);
        for (to, word) in head.chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        for (to, from) in name.iter_mut().zip(self.name.iter()) {
            *to = *from;
        }
        out
    }

    /// Whether it tells nothing that `last`, directly before it, did not.
    fn repeats(&self, last: &Event) -> bool {
        last.mask & bits::IGNORED == 0 && (last.wd, last.mask) == (self.wd, self.mask) && last.name == self.name
    }
}

/// An event with its place in a queue.
pub type EventNode = Node<u64, Event>;

/// An event for [`Queue::add`], to be boxed.
#[must_use]
pub fn node(event: Event) -> EventNode {
    Node::new(0, event)
}

/// What became of an event.
#[derive(Debug)]
pub enum Pushed {
    /// It is queued.
    Queued,
    /// It repeated the last one; the node comes back.
    Merged(Box<EventNode>),
    /// There was no room for it; the node comes back. True: the queue says so from now on.
    Lost(Box<EventNode>, bool),
}

/// What a read finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// Nothing.
    Empty,
    /// An event with a record of so many bytes.
    Bytes(usize),
}

/// Events that wait to be read.
#[derive(Debug)]
pub struct Queue {
    events: Tree<u64, Event>,
    last: u64,
    /// At so many events no other is added, but for the one that says so.
    limit: usize,
    /// The event that says that others are lost, while it is not queued.
    overflow: Option<Box<EventNode>>,
    /// Bytes of all records.
    bytes: usize,
}

impl Queue {
    /// An empty queue. `overflow`: a node for its own use.
    #[must_use]
    pub fn new(limit: usize, mut overflow: Box<EventNode>) -> Self {
        overflow.value = Event { wd: -1, mask: bits::Q_OVERFLOW, cookie: 0, name: Box::default() };
        Queue { events: Tree::new(), last: 0, limit, overflow: Some(overflow), bytes: 0 }
    }

    /// Bytes that could be read (FIONREAD).
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds an event.
    pub fn add(&mut self, event: Box<EventNode>) -> Pushed {
        if self.is_full() {
            return Pushed::Lost(event, self.lose());
        }
        if self.events.last().is_some_and(|(_, last)| event.value.repeats(last)) {
            return Pushed::Merged(event);
        }
        self.enter(event);
        Pushed::Queued
    }

    /// An event came for which there is no memory. True: the queue says so from now on.
    pub fn lose(&mut self) -> bool {
        match self.overflow.take() {
            Some(node) => {
                self.enter(node);
                true
            }
            None => false,
        }
    }

    /// What the next read gives.
    #[must_use]
    pub fn front(&self) -> Front {
        self.events.first().map_or(Front::Empty, |(_, e)| Front::Bytes(e.bytes()))
    }

    /// Takes the first event if its record has at most `most` bytes: it, and memory to be dropped outside of the lock.
    pub fn take(&mut self, most: usize) -> Option<Taken> {
        if !matches!(self.front(), Front::Bytes(n) if n <= most) {
            return None;
        }
        let node = self.events.pop_first()?;
        self.bytes = self.bytes.saturating_sub(node.value.bytes());
        if node.value.mask & bits::Q_OVERFLOW == 0 {
            return Some(Taken::Event(node));
        }
        let record = node.value.record();
        self.overflow = Some(node);
        Some(Taken::Overflow(record))
    }

    fn is_full(&self) -> bool {
        self.events.len() >= self.limit
    }

    fn enter(&mut self, mut node: Box<EventNode>) {
        self.last = self.last.saturating_add(1);
        node.key = self.last;
        self.bytes = self.bytes.saturating_add(node.value.bytes());
        // Keys only grow: the place is free.
        let _ = self.events.insert(node);
    }
}

/// What [`Queue::take`] gives. A value of the stack, soon copied out.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a box would need memory")]
pub enum Taken {
    /// An event.
    Event(Box<EventNode>),
    /// Some were lost; the record that says so.
    Overflow([u8; MOST_BYTES]),
}

impl Taken {
    /// The record and its length.
    #[must_use]
    pub fn record(&self) -> ([u8; MOST_BYTES], usize) {
        match self {
            Taken::Event(node) => (node.value.record(), node.value.bytes()),
            Taken::Overflow(record) => (*record, RECORD_BYTES),
        }
    }
}

#[cfg(test)]
mod tests;
