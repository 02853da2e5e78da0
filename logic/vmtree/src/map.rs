//! [`RegionMap`]: looking up, inserting, going through all. Neighbours: `edit` cuts and joins
//! regions, `gap` searches for room.

use alloc::boxed::Box;
use core::ops::Range;

use logic_tree::{IntoNodes, Iter, Tree};

use crate::{Gaps, PAGE_BYTES, RegionNode, Slot};

/// Non-overlapping page-aligned ranges of addresses and their values; see the crate's text.
#[derive(Debug)]
pub struct RegionMap<V> {
    pub(crate) tree: Tree<u64, Slot<V>, Gaps>,
    /// Sum of the regions' lengths.
    pub(crate) bytes: u64,
}

impl<V> RegionMap<V> {
    /// A map without regions.
    #[inline]
    #[must_use]
    pub const fn new() -> RegionMap<V> {
        RegionMap { tree: Tree::new(), bytes: 0 }
    }

    /// How many regions there are.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// The sum of the regions' lengths.
    #[inline]
    #[must_use]
    pub const fn total_bytes(&self) -> u64 {
        self.bytes
    }

    /// The region that holds this address.
    #[inline]
    #[must_use]
    pub fn find(&self, address: u64) -> Option<(Range<u64>, &V)> {
        let (range, value) = region(self.tree.floor(&address)?)?;
        (address < range.end).then_some((range, value))
    }

    /// As [`RegionMap::find`], to change the value.
    #[inline]
    #[must_use]
    pub fn find_mut(&mut self, address: u64) -> Option<(Range<u64>, &mut V)> {
        let (&start, slot) = self.tree.floor_mut(&address)?;
        let value = slot.value.as_mut()?;
        (address < slot.end).then_some((start..slot.end, value))
    }

    /// The region that holds this address, or else the first one above it.
    #[inline]
    #[must_use]
    pub fn next_at_or_after(&self, address: u64) -> Option<(Range<u64>, &V)> {
        self.find(address).or_else(|| region(self.tree.next_after(&address)?))
    }

    /// The last region that begins below this address.
    #[inline]
    #[must_use]
    pub fn last_below(&self, address: u64) -> Option<(Range<u64>, &V)> {
        region(self.tree.last_before(&address)?)
    }

    /// Whether any region has an address in common with this range.
    #[inline]
    #[must_use]
    pub fn overlaps(&self, range: &Range<u64>) -> bool {
        range.start < range.end && self.tree.last_before(&range.end).is_some_and(|(_, slot)| slot.end > range.start)
    }

    /// Whether regions hold every address of this range.
    #[must_use]
    pub fn covers(&self, range: &Range<u64>) -> bool {
        let mut at = range.start;
        while at < range.end {
            match self.find(at) {
                Some((found, _)) => at = found.end,
                None => return false,
            }
        }
        true
    }

    /// Adds a region. It is not joined with its neighbours; see [`RegionMap::merge`].
    ///
    /// # Errors
    /// Gives the node back when the range overlaps a region, is empty or not page-aligned, or
    /// when the node has no value.
    #[inline]
    pub fn insert(&mut self, range: Range<u64>, mut node: Box<RegionNode<V>>) -> Result<(), Box<RegionNode<V>>> {
        if !is_sound(&range) || node.value.value.is_none() || self.overlaps(&range) {
            return Err(node);
        }
        node.key = range.start;
        node.value.end = range.end;
        self.tree.insert(node)?;
        self.bytes = self.bytes.wrapping_add(length(&range));
        Ok(())
    }

    /// All regions in order.
    #[must_use]
    pub fn iter(&self) -> Regions<'_, V> {
        Regions(self.tree.iter())
    }

    /// Empties the map and returns the regions in order, without the cost of rebalancing.
    pub fn drain(&mut self) -> Drain<V> {
        self.bytes = 0;
        Drain(self.tree.take_nodes())
    }
}

impl<V> Default for RegionMap<V> {
    fn default() -> RegionMap<V> {
        RegionMap::new()
    }
}

/// The regions in order.
#[derive(Debug)]
pub struct Regions<'a, V>(Iter<'a, u64, Slot<V>, Gaps>);

impl<'a, V> Iterator for Regions<'a, V> {
    type Item = (Range<u64>, &'a V);

    #[inline]
    fn next(&mut self) -> Option<(Range<u64>, &'a V)> {
        region(self.0.next()?)
    }
}

impl<'a, V> IntoIterator for &'a RegionMap<V> {
    type Item = (Range<u64>, &'a V);
    type IntoIter = Regions<'a, V>;

    fn into_iter(self) -> Regions<'a, V> {
        self.iter()
    }
}

/// The regions in order, each given away with its node.
#[derive(Debug)]
pub struct Drain<V>(IntoNodes<u64, Slot<V>, Gaps>);

impl<V> Iterator for Drain<V> {
    type Item = (Range<u64>, Box<RegionNode<V>>);

    #[inline]
    fn next(&mut self) -> Option<(Range<u64>, Box<RegionNode<V>>)> {
        let node = self.0.next()?;
        Some((node.key..node.value.end, node))
    }
}

/// An entry of the tree as a region.
#[inline(always)]
pub(crate) fn region<'a, V>((&start, slot): (&u64, &'a Slot<V>)) -> Option<(Range<u64>, &'a V)> {
    Some((start..slot.end, slot.value.as_ref()?))
}

/// Whether a region can have this range.
#[inline(always)]
pub(crate) fn is_sound(range: &Range<u64>) -> bool {
    range.start < range.end && (range.start | range.end) & (PAGE_BYTES - 1) == 0
}

/// The smallest range of whole pages that holds this one.
#[inline(always)]
pub(crate) fn whole_pages(range: Range<u64>) -> Range<u64> {
    const BELOW: u64 = PAGE_BYTES - 1;
    range.start & !BELOW..range.end.saturating_add(BELOW) & !BELOW
}

/// The bytes of a range that is not reversed.
#[inline(always)]
pub(crate) fn length(range: &Range<u64>) -> u64 {
    range.end.wrapping_sub(range.start)
}
