//! Futexes without a machine (futex(2)): the operation word, who waits where, and the values of
//! locks whose owner may die.
//!
//! - `op.rs`: [`decode`] makes an [`Op`] of the call's arguments; [`WakeOp`] does its arithmetic.
//! - `bucket.rs`: [`Bucket`], the waiters whose keys hash alike; [`requeue`] between two of them.
//! - `arena.rs`: the seats that waiters bring.
//! - `owner.rs`: owner words of PI and robust locks.
//! - `robust.rs`: [`RobustWalk`], the list of locks that a dying thread holds.
//!
//! The kernel keeps an array of buckets, each behind a spin lock, picks one by [`Key::hash`], and
//! wakes the waiters of a [`Batch`] after it has unlocked.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects))]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod arena;
mod bucket;
#[cfg(all(test, loom))]
mod models;
mod mutation;
mod op;
mod owner;
mod robust;
#[cfg(test)]
mod tests;

pub use arena::{Node, Seat};
pub use bucket::{BATCH, Batch, Bucket, Key, Place, Progress, Requeue, Waiter, requeue, requeue_within};
pub use op::{Call, Clock, Compare, Deadline, DecodeError, MATCH_ANY, Op, Scope, WakeOp, decode};
pub use owner::{Death, EntryKind, LockPi, UnlockPi, death, lock_pi, unlock_pi, unlocked_word};
pub use robust::{ROBUST_LIMIT, RobustHead, RobustStep, RobustWalk};
