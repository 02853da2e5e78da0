//! A process's table of descriptors: numbers, slots, close-on-exec marks.
//!
//! [`FdTable`] is generic over what a slot holds. A number is first reserved
//! ([`FdTable::reserve`], may fail) and then installed or cancelled (cannot fail), so that a call
//! has its number before its point of no return. Slots lie in chunks of 64; no piece of memory is
//! larger than a page for slots of up to 64 bytes. Neighbours: `logic-ids` finds full chunks;
//! the descriptor table of `kernel/src` is the slot's meaning and the lock.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;

mod chunk;
mod table;
#[cfg(test)]
mod tests;

pub use table::{FdNumber, FdTable, Iter, Place, Refused};

/// Numbers are below this, whatever the limit says (`/proc/sys/fs/nr_open`, proc_sys_fs(5)).
pub const MAX_DESCRIPTORS: u32 = 1 << 20;

/// Whether exec closes a descriptor, `FD_CLOEXEC` of fcntl(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseOnExec {
    /// It stays open.
    Keep,
    /// It is closed.
    Close,
}

/// Why there is no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableError {
    /// All numbers below the limit are in use.
    Limit,
    /// There was no memory for the slot.
    Memory,
    /// The number that was asked for is not below the limit.
    Range,
    /// The number that was asked for is reserved by a call that is under way.
    Busy,
}
