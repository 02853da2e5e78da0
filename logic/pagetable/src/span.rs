//! [`Span`]: a range of addresses, cut where the entries of one level meet. Neighbours: the
//! walks of `kernel/mem`, one nested `Span` per level.

use crate::{entry_bytes, index};

/// The part of a range that lies under one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which entry of its table.
    pub index: usize,
    /// First address.
    pub start: u64,
    /// First address after it.
    pub end: u64,
}

/// Iterates over the parts of `[start, end)`, in order. The range may leave the table; an empty
/// or reversed one has no parts. The last page of the 64-bit space cannot be named.
#[derive(Clone, Debug)]
pub struct Span {
    start: u64,
    end: u64,
    level: u32,
}

impl Span {
    /// The parts of `[start, end)` by the entries of `level` (0–2).
    #[inline]
    #[must_use]
    pub const fn new(start: u64, end: u64, level: u32) -> Span {
        Span { start, end, level }
    }
}

impl Iterator for Span {
    type Item = Part;

    #[inline]
    fn next(&mut self) -> Option<Part> {
        let start = self.start;
        if start >= self.end {
            return None;
        }
        // The last address under the entry, so that the topmost entry does not overflow.
        let last = start | entry_bytes(self.level).wrapping_sub(1);
        let end = last.saturating_add(1).min(self.end);
        self.start = end;
        Some(Part { index: index(start, self.level), start, end })
    }
}

impl Part {
    /// Whether the part is all that its entry covers, so that a leaf of that level fits.
    #[inline]
    #[must_use]
    pub const fn is_whole(&self, level: u32) -> bool {
        self.end.wrapping_sub(self.start) == entry_bytes(level)
    }
}

impl core::iter::FusedIterator for Span {}
