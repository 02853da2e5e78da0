//! Sets of interests (epoll(7)): what a set wants to know of which descriptors, and which of them have news.
//!
//! - [`Set`]: the interests of one set, found by number and open description, and its ready list. Lives under the set's
//!   spin lock; nothing in it takes more than a bounded number of steps.
//! - [`Wanted`]: the events and options of one interest, with Linux's rules for them.
//! - [`Watchers`]: kept with an open description: which sets have an interest in it, so that its last close can end them.
//! - [`nesting`]: may a set contain another? Without loops, not too deep, and not in too many ways.
//!
//! # How news travels
//!
//! - (1) An object that changes fires its observers after its lock is given back (`logic-waits`, (C)). One of them is an
//!   interest: with the set's lock held, [`Set::fire`] puts it at the end of the ready list, and the set fires its own
//!   observers in turn: threads that wait, and interests of sets that contain this one. Nobody ever looks through all
//!   interests.
//! - (2) Who collects *takes* interests from the ready list ([`Set::take`]), a bounded number in one lock hold.
//!   Level-triggered ones stay on the list; edge-triggered and one-shot ones leave it, and a one-shot one is spent.
//! - (3) Then, without a lock, it asks each object for its state. What it learns is newer than any fire before (2); a fire
//!   after (2) counts, and puts the interest on the list again if it has left it.
//! - (4) An interest that has nothing to report is *settled* ([`Set::settle`]): a level-triggered one leaves the list unless
//!   it was fired since (2); a one-shot one is armed again.
//! - (5) The events are copied to the program. If that fails, every interest that was to be reported is settled as not
//!   delivered, which puts it at the head of the list again: no event is lost.
//! - (6) An interest is registered with its object first, and then the object is asked for its state: what came before the
//!   registration is seen there, what comes later fires.
//!
//! Neighbours: `logic-waits` (observer lists), `logic-tree` (the index).
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate std;

extern crate alloc;

mod mutation;
pub mod nesting;
mod ready;
mod set;
mod slots;
mod wanted;
mod watchers;

pub use ready::{Outcome, Peeked, Progress, Scan, Taken};
pub use set::{Node, Refused, Removed, Set};
pub use slots::{Key, NoMemory, Shortage, Spare, Token};
pub use wanted::{Invalid, Wanted};
pub use watchers::{Place, Watchers};

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;
