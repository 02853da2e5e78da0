//! Handing out small numbers: the lowest free one, or the next in turn.
//!
//! [`Bitmap`] is a tree of 64-bit words in which a number is found in O(log₆₄ n); [`IdSpace`]
//! goes round as Linux does for process ids. Memory is only asked for by `grow` and `alloc`, in
//! pieces of at most one page. Neighbours: `logic-fdtable`; process ids in `kernel/src`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;

mod bitmap;
mod slots;
mod sorted;
mod space;
#[cfg(test)]
mod tests;

pub use bitmap::{Bitmap, MAX_NUMBERS};
pub use slots::{Slots, Spare};
pub use sorted::sort;
pub use space::IdSpace;

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdError {
    /// There was no memory for the map.
    Memory,
    /// All numbers are in use, or the number is above what a map can hold.
    Exhausted,
}
