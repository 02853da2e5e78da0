//! Path walking as a state machine (path_resolution(7), openat2(2)).
//!
//! [`Walk`] holds the text that is still to be walked and says what to do next; the kernel holds
//! the directory it stands in, does the lookups and reports what it found. There is no recursion:
//! targets of links are a stack of at most [`MAX_LINKS`] texts, and a link at the end of a text
//! takes its place.
//!
//! - `walk.rs`: [`Walk`], [`Step`], [`Found`].
//! - `text.rs`: components of the path and of pending link targets.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects))]

extern crate alloc;

#[cfg(test)]
mod tests;
mod text;
mod walk;

pub use walk::{Crossing, FinalLink, Found, Last, Mode, Move, Rules, Slash, Step, Walk};

/// Longest path with its terminating NUL, so 4095 bytes of text.
pub const PATH_MAX: usize = 4096;
/// Longest name of a component.
pub const NAME_MAX: usize = 255;
/// Links that one walk follows; one more is a loop.
pub const MAX_LINKS: u32 = 40;

/// Why a walk ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalkError {
    /// The path or a link's target is empty (ENOENT).
    Empty,
    /// A path or a component is too long (ENAMETOOLONG).
    TooLong,
    /// Something that is no directory is used as one (ENOTDIR).
    NotDirectory,
    /// Too many links, or a link where none is allowed (ELOOP).
    Loop,
    /// The path leaves what it may not leave (EXDEV).
    Outside,
    /// No memory for a pending link (ENOMEM).
    NoMemory,
    /// The report does not answer the last step: a bug of the caller.
    Protocol,
}
