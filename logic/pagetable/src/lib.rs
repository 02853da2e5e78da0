//! Sv39 page tables as numbers: entries, indices, the satp register, and what an access needs.
//!
//! [`Pte`] and [`PteFlags`] are one entry, [`Span`] cuts a range by the entries of a level,
//! [`permits`] says what stands between an entry and an access. Nothing here touches a table.
//! Source: RISC-V privileged specification, "Sv39: Page-Based 39-bit Virtual-Memory System".
//! Neighbours: `kernel/mem` walks and writes the tables, `kernel/arch` writes satp.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod access;
mod pte;
mod satp;
mod span;
#[cfg(test)]
mod tests;

pub use access::{Access, Permit, permits};
pub use pte::{Pte, PteFlags};
pub use satp::{Mode, Satp};
pub use span::{Part, Span};

/// Levels of tables. Level 2 is the root, level 0 holds the entries of 4 KiB pages.
pub const LEVELS: u32 = 3;
/// log2 of [`PAGE_BYTES`].
pub const PAGE_SHIFT: u32 = 12;
/// Bytes of a page, and of a table.
pub const PAGE_BYTES: u64 = 1 << PAGE_SHIFT;
/// Entries of a table.
pub const ENTRIES: usize = 1 << INDEX_BITS;
/// The first address above the lower (user) half.
pub const LOWER_END: u64 = 1 << (VA_BITS - 1);
/// The first address of the upper (kernel) half.
pub const UPPER_START: u64 = u64::MAX << (VA_BITS - 1);

/// Bits of a virtual address that select an entry in one level.
const INDEX_BITS: u32 = 9;
/// Bits of a virtual address.
const VA_BITS: u32 = 39;

/// Which entry of a table of this level (0–2) translates `va`; always below [`ENTRIES`].
#[inline(always)]
#[must_use]
pub const fn index(va: u64, level: u32) -> usize {
    va.wrapping_shr(entry_shift(level)) as usize & (ENTRIES - 1)
}

/// How many bytes one entry of this level covers: 4 KiB, 2 MiB, 1 GiB.
#[inline(always)]
#[must_use]
pub const fn entry_bytes(level: u32) -> u64 {
    1_u64.wrapping_shl(entry_shift(level))
}

/// Whether the bits above the 39th repeat it; any other address faults.
#[inline(always)]
#[must_use]
pub const fn is_canonical(va: u64) -> bool {
    const UNUSED: u32 = u64::BITS - VA_BITS;
    ((va << UNUSED).cast_signed() >> UNUSED).cast_unsigned() == va
}

/// log2 of [`entry_bytes`].
#[inline(always)]
const fn entry_shift(level: u32) -> u32 {
    INDEX_BITS.wrapping_mul(level).wrapping_add(PAGE_SHIFT)
}
