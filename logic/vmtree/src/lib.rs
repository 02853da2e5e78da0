//! The regions of an address space: non-overlapping page-aligned ranges, each with a value.
//!
//! [`RegionMap`] keeps them in a `logic-tree` by start address, with the largest gap below each
//! node, so that a place for a mapping is found in O(log n). Nodes ([`RegionNode`]) are brought
//! by the caller; an operation that may have to cut regions draws them from a [`Spare`], so that
//! after the first check nothing can fail. Neighbours: the address space in `kernel/src`, whose
//! mapping record is the [`Region`]; `logic-tree`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;

mod edit;
mod gap;
mod map;
mod node;
#[cfg(test)]
mod tests;

pub use edit::{NoSpare, ResizeError};
pub use gap::Search;
pub use map::{Drain, RegionMap, Regions};
pub use node::{Gaps, RegionNode, Slot, Spare, new_node, spare_node};

/// Bytes of the smallest page; all ranges are multiples of it.
pub const PAGE_BYTES: u64 = 4096;

/// A value that covers a range and can be cut and joined.
pub trait Region: Sized {
    /// Cuts the value at this distance from its start, which lies strictly inside. `self` keeps
    /// what is below, what is above is returned.
    fn split_off(&mut self, offset_bytes: u64) -> Self;

    /// Joins `next`, which begins where `self` ends after `own_len_bytes`.
    ///
    /// # Errors
    /// Gives `next` back when the two do not continue each other; `self` is as before.
    fn try_merge(&mut self, own_len_bytes: u64, next: Self) -> Result<(), Self>;
}
