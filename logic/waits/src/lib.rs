//! The one way to wait: a thread's wait state, and the lists of those who watch an object.
//!
//! - [`WaitCell`]: per thread; decides between a thread that goes to sleep and those that wake it.
//! - [`ObserverList`]: per object, under the object's spin lock; who wants to hear of which
//!   [`Events`], and in which [`Mode`].
//!
//! # How a thread waits
//!
//! The steps of `cell` are (1)…(8), those of `observers` (A)…(F). Together, for one thread that
//! waits at one object:
//!
//! 1. `cell.arm()` (1).
//! 2. Lock the object. If the condition holds: act, unlock, `cell.disarm()` (8), done. Otherwise
//!    `list.add` (A), unlock. (A waiter that is still in the list from the round before is not
//!    added again: it keeps its key, or gets a new one when the old was fired. Adding first and
//!    checking in a later lock hold is right as well.)
//! 3. Look at pending signals and at the deadline; arm the timer. Whoever makes a signal pending or
//!    lets a timer expire publishes that first and calls `cell.wake()` then, (5) and (6).
//! 4. Let the scheduler switch: `cell.commit_sleep()`, (3) and (4).
//! 5. Runs again: from 1. To leave for good: `cell.disarm()`, lock the object, `list.remove` (D),
//!    and if the key was gone although nothing is consumed, `list.pass_on` (E).
//!
//! And the other side: lock the object, change it (B), `list.fire` into a batch
//! (C), unlock, `wake()` each in the batch, (6) and (7), again until `fire` says [`More::Done`].
//!
//! Neighbours: `logic-sched` (where a woken thread goes), `logic-timer` (deadlines), `logic-futex`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate std;

extern crate alloc;

mod arena;
mod cell;
mod events;
mod mutation;
mod observers;

pub use arena::{Key, NoMemory, Shortage, Spare};
pub use cell::{Sleep, WaitCell, Wake};
pub use events::Events;
pub use observers::{Batch, Mode, More, ObserverList};

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;
