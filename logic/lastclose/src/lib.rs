//! The two lives of a kernel object: [`Handles`] counts the first.
//!
//! A *handle* is a descriptor's hold on an object: a slot of a table, a descriptor in flight, a
//! mapping. The last handle that goes ends the object's **use**, exactly once and at once: peers see
//! the end of file, who is blocked there is woken. A *reference* only keeps the **memory**; a call
//! that is under way holds one, so that closing does not wait for it. Every handle owns a reference,
//! so the first life never outlasts the second.
//!
//! # The steps
//!
//! - (1) A handle is made from a handle: [`Handles::dup`].
//! - (2) Or from a reference, if any handle is left: [`Handles::try_dup`] (reopening through
//!   `/proc/*/fd`, pidfd_getfd(2), a descriptor looked up in a table without its lock). Looking and
//!   counting are one step: nothing comes back to life.
//! - (3) Who drops a handle publishes what it did through it, and counts down: [`Handles::close`].
//! - (4) Exactly one gets [`Close::Last`], sees what all others did, and ends the use: under the
//!   object's lock it marks the end, after unlock it wakes.
//! - (5) Who waits at the object looks at the mark under the same lock under which it registers. Who
//!   has a reference only and needs no wait may ask [`Handles::is_open`]; the answer is old at once.
//!
//! Neighbours: `logic-fdtable` (slots), `logic-waits` (who is woken), `logic-shim` (the atomics).
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate std;

mod mutation;

use logic_shim::{Atomic, Atomics, Core, Ordering};

use mutation::{Step, left_out};

/// Counts an object's handles.
pub struct Handles<A: Atomics = Core> {
    count: A::U32,
}

/// What the closing of a handle was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Close {
    /// Others are left.
    Open,
    /// It was the last: the caller ends the object's use (4).
    Last,
}

/// Why there is no further handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The use has ended.
    Closed,
    /// There are 2^31 already.
    TooMany,
}

/// Far enough below the end that concurrent [`Handles::dup`]s on all harts cannot reach it before
/// the first takes its own back.
const MOST: u32 = 1 << 31;

impl<A: Atomics> Handles<A> {
    /// One handle: the creator's.
    #[must_use]
    pub fn new() -> Self {
        Self { count: A::U32::new(1) }
    }

    /// (1) One more, by someone who has one.
    ///
    /// # Errors
    /// [`Refused::TooMany`].
    #[inline]
    pub fn dup(&self) -> Result<(), Refused> {
        // Relaxed: the caller's own handle keeps the count above zero.
        if self.count.fetch_add(1, Ordering::Relaxed) < MOST {
            return Ok(());
        }
        self.count.fetch_sub(1, Ordering::Relaxed);
        Err(Refused::TooMany)
    }

    /// (2) One more, by someone who has a reference.
    ///
    /// # Errors
    /// [`Refused::Closed`], [`Refused::TooMany`].
    #[inline]
    pub fn try_dup(&self) -> Result<(), Refused> {
        let mut count = self.count.load(Ordering::Relaxed);
        loop {
            if count == 0 {
                return Err(Refused::Closed);
            }
            if count >= MOST {
                return Err(Refused::TooMany);
            }
            if left_out(Step::TryDupCompares) {
                self.count.fetch_add(1, Ordering::Acquire);
                return Ok(());
            }
            match self.count.compare_exchange_weak(count, count.wrapping_add(1), Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => count = now,
            }
        }
    }

    /// (3) One less. After [`Close::Last`] the caller does (4). Who first leaves a mark for the last to find, and then asks
    /// [`Handles::is_open`], has left it in time if the answer is yes; so both are `SeqCst`.
    #[inline]
    pub fn close(&self) -> Close {
        let before = if left_out(Step::CloseSubtracts) {
            let before = self.count.load(Ordering::Acquire);
            self.count.store(before.wrapping_sub(1), Ordering::Release);
            before
        } else if left_out(Step::ClosePublishes) {
            self.count.fetch_sub(1, Ordering::Relaxed)
        } else {
            self.count.fetch_sub(1, Ordering::SeqCst)
        };
        if before == 1 { Close::Last } else { Close::Open }
    }

    /// How many there were a moment ago, for figures.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    /// (5) Whether any handle was left a moment ago; once false, false for ever.
    #[must_use]
    #[inline]
    pub fn is_open(&self) -> bool {
        self.count.load(Ordering::SeqCst) != 0
    }
}

impl<A: Atomics> Default for Handles<A> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;
