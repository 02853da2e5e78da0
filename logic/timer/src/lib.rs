//! One-shot deadlines: [`TimerQueue`], one per hart, under a spin lock.
//!
//! Deadlines are absolute, in nanoseconds of a clock that only the caller knows; there is no tick
//! and nothing is rounded. Equal deadlines expire in the order in which they were armed. Nodes are
//! brought by the caller, made with [`node`], and always go back to it, so that arming cannot fail.
//! Each call does O(log n) work, and [`TimerQueue::expire`] gives out one timer at a time, so that
//! the lock is held briefly however many are due.
//!
//! Neighbours: `logic-waits` (what an expired deadline usually wakes), `logic-tree` (the order).
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;
#[cfg(test)]
extern crate std;

use alloc::boxed::Box;

use logic_tree::Tree;

/// A timer: the caller boxes it once, with [`node`]. `value` is the caller's; `key` tells the
/// deadline.
pub type Node<T> = logic_tree::Node<Key, T>;

/// A timer for boxing; armed by [`TimerQueue::arm`].
pub fn node<T>(value: T) -> Node<T> {
    let nowhere = Key { deadline_ns: 0, seq: 0 };
    Node::new(nowhere, value)
}

/// Names one arming of one timer in one queue; fits nothing once that timer expired or was
/// cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    deadline_ns: u64,
    /// Counts armings from 1.
    seq: u64,
}

impl Key {
    /// When it is due.
    #[must_use]
    pub const fn deadline_ns(&self) -> u64 {
        self.deadline_ns
    }
}

/// Whether the hardware timer has to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Earliest {
    /// The new timer is the first to be due.
    Changed,
    /// Another one is due before it, or at the same time.
    Same,
}

/// Armed timers by deadline.
#[derive(Debug)]
pub struct TimerQueue<T> {
    timers: Tree<Key, T>,
    last_seq: u64,
    /// The first deadline, so that the timer interrupt and the idle loop need not search.
    /// `u64::MAX` if there is none.
    /// Its bits are inverted, so that an empty queue is all zeroes.
    not_first_ns: u64,
}

impl<T> TimerQueue<T> {
    /// A queue without timers.
    #[must_use]
    pub const fn new() -> Self {
        Self { timers: Tree::new(), last_seq: 0, not_first_ns: 0 }
    }

    /// Arms a timer. A deadline of `u64::MAX` means never; such a timer can only be cancelled.
    #[inline]
    pub fn arm(&mut self, mut node: Box<Node<T>>, deadline_ns: u64) -> (Key, Earliest) {
        self.last_seq = self.last_seq.wrapping_add(1);
        let key = Key { deadline_ns, seq: self.last_seq };
        node.key = key;
        // The number makes the key unique: nothing can be in the way.
        let _ = self.timers.insert(node);
        if deadline_ns < !self.not_first_ns {
            self.not_first_ns = !deadline_ns;
            (key, Earliest::Changed)
        } else {
            (key, Earliest::Same)
        }
    }

    /// Takes an armed timer back; `None` if it expired or was cancelled before. The hardware timer
    /// may stay as it is: it then fires once for nothing.
    #[inline]
    pub fn cancel(&mut self, key: &Key) -> Option<Box<Node<T>>> {
        let node = self.timers.remove(key)?;
        if key.deadline_ns == !self.not_first_ns {
            self.note_first();
        }
        Some(node)
    }

    /// Takes the first timer out that is due at `now_ns`; call again until `None`, with the lock
    /// released in between. Then set the hardware timer to [`TimerQueue::next_deadline_ns`].
    #[inline]
    pub fn expire(&mut self, now_ns: u64) -> Option<Box<Node<T>>> {
        if !self.not_first_ns > now_ns || self.not_first_ns == 0 {
            return None;
        }
        let node = self.timers.pop_first();
        self.note_first();
        node
    }

    /// When the next timer is due; `None` if none is.
    #[must_use]
    #[inline]
    pub const fn next_deadline_ns(&self) -> Option<u64> {
        match !self.not_first_ns {
            u64::MAX => None,
            first_ns => Some(first_ns),
        }
    }

    /// How many timers are armed.
    #[must_use]
    #[inline]
    pub const fn len(&self) -> usize {
        self.timers.len()
    }

    /// Whether no timer is armed.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.timers.is_empty()
    }

    #[inline]
    fn note_first(&mut self) {
        self.not_first_ns = !self.timers.first().map_or(u64::MAX, |(key, _)| key.deadline_ns);
    }
}

impl<T> Default for TimerQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
