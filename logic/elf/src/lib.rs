//! What exec decides without a machine: is this a program, where do its parts go, and what does its first stack look like.
//!
//! - [`Header`] checks the first 64 bytes and says where the program headers are; [`Plan`] checks those and gives the [`Segment`]s to map, for programs and interpreters alike (elf(5)).
//! - [`StackLayout`] places arguments, environment and auxiliary vector on the first stack, and writes them through a function of the caller.
//!
//! Nothing is allocated and nothing recurses; no input makes it panic. Reading files and mapping memory are the kernel's.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate std;

mod plan;
mod stack;
#[cfg(test)]
mod tests;

pub use plan::{AddressLimits, Header, Kind, Plan, Segment, SegmentPerms, StackPerms};
pub use stack::{AuxFacts, Counts, RANDOM_BYTES, Secure, StackLayout, WriteError};

/// The page size of riscv64.
pub const PAGE_BYTES: u64 = 4096;
/// Length of the header that [`Header::parse`] wants.
pub const HEADER_BYTES: usize = 64;
/// Length of one program header.
pub const PROGRAM_HEADER_BYTES: usize = 56;

/// Why a file cannot be run. All of them are ENOEXEC of execve(2) for a program and ELIBBAD for an interpreter, but for `OutOfRange` (ENOMEM).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Not an ELF file.
    BadMagic,
    /// An ELF file, but not for little-endian 64-bit machines.
    WrongClass,
    /// For another machine than RISC-V.
    WrongMachine,
    /// Neither an executable nor position-independent.
    WrongType,
    /// The file or the bytes given end too early.
    Truncated,
    /// None, too many, or of the wrong size.
    BadProgramHeaders,
    /// A segment that wraps, whose file part is longer than its memory, or whose address and offset do not agree within a page.
    BadSegment,
    /// Segments are not in ascending order, or share a page.
    Overlap,
    /// A segment or the entry lies outside of user memory, or all of them together do not fit.
    OutOfRange,
    /// The path of the interpreter has an impossible length or place, or there are two.
    BadInterpreter,
    /// Nothing to load.
    NoSegments,
}
