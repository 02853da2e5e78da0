//! Finding room: the lowest or highest gap that is large enough, in O(log n).
//!
//! Each region owns the gap on its far side (after it when searching from the bottom, before it
//! from the top). A subtree's gaps are those inside it and the one between it and whatever is
//! beyond it, whose bound is carried down. Neighbour: `node` keeps the summaries.

use crate::{Gaps, PAGE_BYTES, RegionMap, RegionNode};

/// Which end of the allowed range is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The lowest place.
    Bottom,
    /// The highest place.
    Top,
}

impl<V> RegionMap<V> {
    /// Where a range of `len` bytes fits that starts at a multiple of `align` (a power of two)
    /// and lies in `[low, high)`.
    ///
    /// With `align` at most [`PAGE_BYTES`] the answer is the lowest or highest place there is.
    /// With a larger one only gaps of at least `len + align - PAGE_BYTES` are looked at (and the
    /// one at the preferred end), as in Linux, so that the search stays O(log n). `None` also
    /// when `len` is zero or not whole pages, or `align` is no power of two.
    #[must_use]
    pub fn find_gap(&self, len: u64, align: u64, low: u64, high: u64, search: Search) -> Option<u64> {
        if len == 0 || len & (PAGE_BYTES - 1) != 0 || !align.is_power_of_two() {
            return None;
        }
        let align = align.max(PAGE_BYTES);
        let wanted = Wanted { len, align, certain: len.checked_add(align.wrapping_sub(PAGE_BYTES))? };
        match search {
            Search::Bottom => self.lowest(&wanted, low, high),
            Search::Top => self.highest(&wanted, low, high),
        }
    }

    fn lowest(&self, wanted: &Wanted, low: u64, high: u64) -> Option<u64> {
        let from = match self.find(low) {
            Some((range, _)) => range.start,
            None => {
                let next = self.tree.ceiling(&low).map_or(high, |(&start, _)| start);
                if let Some(place) = wanted.lowest_in(low, next.min(high)) {
                    return Some(place);
                }
                low
            }
        };
        let (gap_start, gap_end) = first_gap(self.tree.root(), from, high, wanted.certain)?;
        wanted.lowest_in(gap_start, gap_end.min(high))
    }

    fn highest(&self, wanted: &Wanted, low: u64, high: u64) -> Option<u64> {
        let (start, end) = match self.tree.last_before(&high) {
            Some((&start, slot)) => (start, slot.end),
            None => return wanted.highest_in(low, high),
        };
        if let Some(place) = wanted.highest_in(end.max(low), high) {
            return Some(place);
        }
        let (gap_start, gap_end) = last_gap(self.tree.root(), start, low, wanted.certain)?;
        wanted.highest_in(gap_start.max(low), gap_end)
    }
}

/// What is searched for.
struct Wanted {
    len: u64,
    align: u64,
    /// A gap of this size has room for certain, since gaps are page-aligned.
    certain: u64,
}

impl Wanted {
    /// The lowest place in a gap.
    fn lowest_in(&self, start: u64, end: u64) -> Option<u64> {
        let place = start.checked_next_multiple_of(self.align)?;
        (place.checked_add(self.len)? <= end).then_some(place)
    }

    /// The highest place in a gap.
    fn highest_in(&self, start: u64, end: u64) -> Option<u64> {
        let place = end.checked_sub(self.len)? & !self.align.wrapping_sub(1);
        (place >= start).then_some(place)
    }
}

/// Start and end of a gap.
type Gap = (u64, u64);

/// The first gap of at least `size` that follows a region which starts at `from` or later.
/// `bound` ends the gap after the last region.
fn first_gap<V>(root: Option<&RegionNode<V>>, from: u64, bound: u64, size: u64) -> Option<Gap> {
    // The lowest subtree so far whose own gap or right side has room, and its bound: what lies
    // to the left of it is still being looked at.
    let mut pending = None;
    let (mut below, mut bound) = (root, bound);
    while let Some(at) = below {
        if at.key < from {
            below = at.right();
            continue;
        }
        if room_from(at, bound, size) {
            pending = Some((at, bound));
        }
        bound = at.key;
        below = at.left();
    }
    let (mut at, mut bound) = pending?;
    loop {
        let next = at.right().map_or(bound, |right| right.summary().start);
        if next.saturating_sub(at.value.end) >= size {
            return Some((at.value.end, next));
        }
        // The room is on the right side; find the lowest node there that has some.
        at = at.right()?;
        while let Some(left) = at.left() {
            if !room_in(left.summary(), at.key, size) {
                break;
            }
            bound = at.key;
            at = left;
        }
    }
}

/// Whether a subtree, the gap up to `bound` included, has room.
#[inline]
fn room_in(gaps: &Gaps, bound: u64, size: u64) -> bool {
    gaps.largest >= size || bound.saturating_sub(gaps.end) >= size
}

/// Whether the gap after a node or those of its right side have room.
#[inline]
fn room_from<V>(at: &RegionNode<V>, bound: u64, size: u64) -> bool {
    match at.right() {
        None => bound.saturating_sub(at.value.end) >= size,
        Some(right) => {
            let right = right.summary();
            right.start.wrapping_sub(at.value.end) >= size || room_in(right, bound, size)
        }
    }
}

/// The mirror image of [`first_gap`]: the last gap of at least `size` before a region that
/// starts at `from` or earlier. `bound` starts the gap before the first region.
fn last_gap<V>(root: Option<&RegionNode<V>>, from: u64, bound: u64, size: u64) -> Option<Gap> {
    let mut pending = None;
    let (mut above, mut bound) = (root, bound);
    while let Some(at) = above {
        if at.key > from {
            above = at.left();
            continue;
        }
        if room_to(at, bound, size) {
            pending = Some((at, bound));
        }
        bound = at.value.end;
        above = at.right();
    }
    let (mut at, mut bound) = pending?;
    loop {
        let previous = at.left().map_or(bound, |left| left.summary().end);
        if at.key.saturating_sub(previous) >= size {
            return Some((previous, at.key));
        }
        at = at.left()?;
        while let Some(right) = at.right() {
            if !room_below(right.summary(), at.value.end, size) {
                break;
            }
            bound = at.value.end;
            at = right;
        }
    }
}

/// Whether a subtree, the gap down to `bound` included, has room.
#[inline]
fn room_below(gaps: &Gaps, bound: u64, size: u64) -> bool {
    gaps.largest >= size || gaps.start.saturating_sub(bound) >= size
}

/// Whether the gap before a node or those of its left side have room.
#[inline]
fn room_to<V>(at: &RegionNode<V>, bound: u64, size: u64) -> bool {
    match at.left() {
        None => at.key.saturating_sub(bound) >= size,
        Some(left) => {
            let left = left.summary();
            at.key.wrapping_sub(left.end) >= size || room_below(left, bound, size)
        }
    }
}
