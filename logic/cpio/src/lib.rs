//! cpio archives in the "newc" form, the form of an initramfs (cpio(5); the kernel's documentation, driver-api/early-userspace/buffer-format).
//!
//! - [`Reader`] walks over one archive that comes piece by piece from a [`Source`]: [`Entry`] by [`Entry`], each followed by its data.
//! - [`another`] finds the next of several archives that follow one another.
//! - [`Header`] is what stands before a name.
//! - `write` (feature `write`, host only) makes archives.
//!
//! The reader allocates nothing and no bytes make it panic. What an entry means (directories made, hard links resolved) is up to the caller.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod header;
mod reader;
#[cfg(test)]
mod tests;
#[cfg(feature = "write")]
pub mod write;

pub use header::{HEADER_BYTES, Header};
pub use reader::{Reader, Source, another};

const MAGIC_PLAIN: &[u8] = b"070701";
const MAGIC_CHECKSUM: &[u8] = b"070702";
const TRAILER: &[u8] = b"TRAILER!!!";
/// Names and data start at multiples of this, counted from their header.
const ALIGN: u32 = 4;

/// The bits of [`Entry::mode`] that say what kind of file it is (inode(7)).
pub const KIND_MASK: u32 = 0o170_000;

/// Why an archive was refused. The entries before it are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// An entry does not start with the magic of newc.
    BadMagic,
    /// A number in a header is not hexadecimal.
    BadNumber,
    /// A name is empty, too long for the reader's caller, or has a NUL elsewhere than at its end.
    BadName,
    /// The archive ends within an entry or before its trailer.
    Truncated,
    /// The data do not add up to the checksum (form 070702).
    BadChecksum,
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Error::BadMagic => "not a cpio archive of form newc",
            Error::BadNumber => "a number in a cpio header is not hexadecimal",
            Error::BadName => "a name in the cpio archive is empty, too long, or has a NUL inside",
            Error::Truncated => "the cpio archive ends too early",
            Error::BadChecksum => "the checksum of a file in the cpio archive is wrong",
        })
    }
}

/// What ended the reading of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure<E> {
    /// The archive is damaged.
    Archive(Error),
    /// The source gave up.
    Source(E),
}

impl<E> From<Error> for Failure<E> {
    fn from(error: Error) -> Self {
        Failure::Archive(error)
    }
}

/// One file of an archive. Its data come from [`Reader::data`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The name as written: with or without a leading `./` or `/`, no NUL. [`components`] splits it.
    pub path: &'a [u8],
    /// Length of the contents, or of the target of a symbolic link.
    pub data_bytes: u32,
    /// Kind and permissions.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Last write, seconds since 1970.
    pub mtime_s: u32,
    /// The device number of a device node: major, minor.
    pub rdev: (u32, u32),
    /// How many names the file has. With more than one, entries of equal `link_key` are the same file, and the data stand with the last of them.
    pub nlink: u32,
    /// Identifies the file within its archive.
    pub link_key: LinkKey,
}

/// Equal for the names of one file of an archive; see [`Entry::nlink`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkKey {
    /// Its file system: major, minor.
    pub dev: (u32, u32),
    /// Its inode.
    pub ino: u32,
}

/// The components of a path without empty ones and `.`; a component `..` is passed on for the caller to refuse.
pub fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}
