//! Inflates gzip files (RFC 1952) piece by piece, through a window of 32 KiB.
//!
//! - [`Room`] holds window and tables, and serves one file after the other.
//! - [`Inflater`] gives the contents in pieces that lie in the window, and checks length and checksum at the end.
//!
//! No bytes make it panic. Deflate itself (RFC 1951) is the crate `miniz_oxide`. Neighbour: `logic-cpio`, whose archives come this way.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;

mod crc;
mod header;
mod inflate;
#[cfg(test)]
mod tests;

pub use header::is_gzip;
pub use inflate::{Inflater, Room};

/// There was no memory for the window or the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// Why a file was refused. The contents before it may be wrong too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Not a gzip file, or one with a method or flags that nobody knows.
    BadHeader,
    /// The file ends too early.
    Truncated,
    /// The compressed data make no sense.
    BadData,
    /// The checksum is that of other contents.
    BadChecksum,
    /// The contents have another length than the file says.
    BadLength,
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Error::BadHeader => "a gzip header that makes no sense",
            Error::Truncated => "the compressed data end too early",
            Error::BadData => "the compressed data are damaged",
            Error::BadChecksum => "the checksum of the compressed data is wrong",
            Error::BadLength => "the length of the compressed data is wrong",
        })
    }
}
