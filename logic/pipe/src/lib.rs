//! Pipes and FIFOs as a pure state machine (pipe(7), fifo(7)).
//!
//! [`Pipe`] joins the byte [`Ring`] with the counts of open ends and answers what a read, a
//! write or a poll may do. It never touches a byte: a plan names spans of page-sized *chunks*
//! that the kernel keeps in a table of its own, so that user memory is copied outside the
//! pipe's spin lock. One sleeping mutex per direction makes plan and commit of that direction
//! exclusive; the two directions overlap freely.
//!
//! - `ring.rs`: where the bytes lie, which chunks are free again, resizing.
//! - `ends.rs`: readers, writers, and the rendezvous of FIFO opens.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod ends;
mod pipe;
mod ring;
#[cfg(test)]
mod tests;

pub use ends::{Access, Ends, OpenTicket, OpenVerdict, Patience};
pub use pipe::{Committed, Pipe, ReadVerdict, Ready, WriteVerdict};
pub use ring::{Plan, Relocation, ResizeError, Ring, SlotRange, Slots, Span, Spans};

/// Bytes in a chunk: one page.
pub const CHUNK_BYTES: u32 = 4096;
/// A write of at most this many bytes is never interleaved with others (POSIX `PIPE_BUF`).
pub const PIPE_BUF: u32 = 4096;
/// Capacity of a new pipe: 16 chunks, as on Linux since 2.6.11 (pipe(7)).
pub const DEFAULT_BYTES: u32 = 65_536;
/// Largest capacity that `F_SETPIPE_SZ` may set: Linux's `/proc/sys/fs/pipe-max-size`.
pub const MAX_BYTES: u32 = 1_048_576;

/// Rounds a wish for `F_SETPIPE_SZ` as Linux's `round_pipe_size` does: at least one chunk, then
/// up to a power of two. `None` if it passes [`MAX_BYTES`] (the shell answers EPERM, or EINVAL
/// above 2 GiB).
#[must_use]
pub fn round_capacity(wish_bytes: u64) -> Option<u32> {
    let wish = u32::try_from(wish_bytes).ok()?.max(CHUNK_BYTES);
    let rounded = wish.checked_next_power_of_two()?;
    (rounded <= MAX_BYTES).then_some(rounded)
}
