//! Flattened device trees: what the machine is, read from the blob that the firmware hands over (Devicetree Specification v0.4).
//!
//! - [`Machine::parse`] is the entry point: memory, harts, interrupt controller, devices and `/chosen`, checked once and typed from then on.
//! - [`blob`] is the layer below: header, structure block, nodes, properties.
//!
//! Nothing is allocated, nothing recurses, and no blob makes it panic: lists have fixed capacities, depth is bounded.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod blob;
mod machine;
#[cfg(test)]
mod tests;

pub use machine::{Chosen, Device, Hart, HartStatus, Machine, Mmu, Plic, Range};

/// Why a blob was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The first word is not the magic number.
    BadMagic,
    /// Not compatible with version 17 of the format.
    BadVersion,
    /// A block or an item reaches beyond the blob.
    Truncated,
    /// The structure block is not a tree.
    BadStructure,
    /// Nodes are nested deeper than [`blob::MAX_DEPTH`].
    TooDeep,
    /// More memory ranges, harts or devices than there is room for.
    TooMany,
    /// A property that the machine cannot do without is absent or has the wrong size: its name.
    Missing(&'static str),
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Error::BadMagic => "no magic number",
            Error::BadVersion => "not of version 17",
            Error::Truncated => "truncated",
            Error::BadStructure => "no tree",
            Error::TooDeep => "too deep",
            Error::TooMany => "too large a machine",
            Error::Missing(name) => name,
        })
    }
}
