//! What the kernel notes about itself: [`Ring`]s of [`Record`]s, and log2 [`Histogram`]s.
//!
//! Each hart has one ring. It alone writes there, with preemption off, and never waits: the newest
//! record takes the place of the oldest. Readers on any hart copy records out without a lock, and
//! find out afterwards which of them are torn.
//!
//! # The steps
//!
//! Who writes record `n`:
//! - (1) says that it began: `begun = n + 1`,
//! - (2) a release fence: who sees a word of the record also sees that it began,
//! - (3) writes the words into slot `n mod size`,
//! - (4) says that it is there: `ended = n + 1`, releasing.
//!
//! Who reads from record `n` on:
//! - (5) looks how many there are: `ended`, acquiring,
//! - (6) copies the words of each,
//! - (7) an acquire fence,
//! - (8) looks which records were begun meanwhile: what was in their slots before may be torn, and is
//!   lost.
//!
//! Neighbours: `logic-shim` (the atomics); `programs/trace` reads what the kernel gives out.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod calls;
mod histogram;
#[cfg(all(test, loom))]
mod models;
mod mutation;
mod record;
mod ring;
#[cfg(all(test, not(loom)))]
mod tests;

pub use calls::{CALL_HEADER_BYTES, CALL_TEXT_MAX, CallRecord, Phase, put_part};
pub use histogram::{BUCKETS, Histogram, bucket_of, bucket_start_ns};
pub use record::{Event, EventSet, Group, RECORD_BYTES, Record};
pub use ring::{Ring, Taken};
