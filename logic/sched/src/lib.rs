//! The scheduler's policy: one [`RunQueue`] per hart, under that hart's run-queue lock.
//!
//! # Policy
//!
//! - Real-time threads (FIFO, RR; sched(7)) come first, by priority, capped at 950 ms of each
//!   second as long as anyone else wants to run.
//! - The others are shared out level by level: a *group* (budget) holds threads, weighed by nice
//!   value, and groups, weighed by their own, and what a group gets is shared out inside it. Each
//!   level is ordered by virtual run time, that is, time run divided by weight; the one who had
//!   least runs next. This is the classic fair queue rather
//!   than a deadline order (EEVDF): with wake-up preemption it serves sleepers as well, and it needs
//!   one order per level where the other needs two.
//! - Who slept is placed at most [`CREDIT_NS`] ahead of those who ran meanwhile, so that it runs
//!   soon but cannot save up; a new thread is placed one slice behind, so that a fork bomb does not
//!   overtake its own group; a yielding one goes behind its group.
//! - Groups are weighed per hart: each hart gives a group its full weight.
//!
//! # Use
//!
//! Nodes are brought by the caller and go back to it: nothing here allocates. A hart's cycle:
//! [`RunQueue::pick`] gives the current thread's node; when it stops, [`RunQueue::account`] what it
//! ran, then [`RunQueue::enqueue`] it (preempted, yielded), or keep the node with the thread until
//! a waker enqueues it, here or elsewhere. The timer is set by [`RunQueue::slice_ns`], asked after
//! `pick` and again after each `enqueue`. After a wake-up [`RunQueue::preempts`] says whether the
//! current one has to go.
//!
//! Virtual times are relative to their queue. A node that leaves one for another (stolen, removed,
//! woken elsewhere) takes its distance along.
//!
//! Between the harts, [`Balance`] brings idle harts and queued threads together.
//!
//! Neighbours: `logic-waits` (who wakes), `logic-tree` (the order), `logic-timer`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate std;

extern crate alloc;

mod balance;
mod cap;
mod entity;
mod group;
mod line;
mod migrate;
mod mutation;
mod queue;
mod time;

pub use balance::Balance;
pub use cap::{Cap, Usage, Verdict};
pub use entity::{Affinity, Class, Entity, Hart, Item, Key, Node, Reason, Weight, node};
pub use group::{GroupBusy, GroupId, GroupNode, GroupPlace, GroupWeight, group_node, group_place};
pub use queue::RunQueue;

/// The time in which each of a hart's runnable threads shall have run once.
pub const LATENCY_NS: u64 = 12_000_000;
/// The shortest slice: with many threads the latency grows instead.
pub const MIN_SLICE_NS: u64 = 1_500_000;
/// How far ahead of the others a sleeper is placed at most (virtual time).
pub const CREDIT_NS: u64 = 3_000_000;
/// How far ahead of the current thread a woken one must be to preempt it (virtual time).
pub const WAKE_GRANULARITY_NS: u64 = 1_000_000;
/// The slice of a round-robin thread, see sched_rr_get_interval(2).
pub const RR_SLICE_NS: u64 = 100_000_000;
/// The period of the real-time cap.
pub const RT_PERIOD_NS: u64 = 1_000_000_000;
/// What real-time threads may use of each period while others wait.
pub const RT_CAP_NS: u64 = 950_000_000;

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;
