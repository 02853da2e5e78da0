//! Cutting, joining and resizing regions: what munmap, mmap over mappings, mprotect, madvise,
//! brk and a growing stack do to the map. Ranges are widened to whole pages. Neighbour: `map`.

use alloc::boxed::Box;
use core::mem;
use core::ops::Range;

use crate::map::{is_sound, length, whole_pages};
use crate::{Region, RegionMap, RegionNode, Slot, Spare};

/// The operation would cut regions at more places than there were spare nodes; nothing has
/// changed. Two are always enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSpare;

/// Why a region keeps its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizeError {
    /// No region starts there.
    Absent,
    /// The new bound is not page-aligned, or would leave nothing of the region.
    Bound,
    /// Another region is in the way.
    Overlap,
}

impl<V: Region> RegionMap<V> {
    /// Removes everything in `range`; a region that it only partly covers is cut first. `removed`
    /// gets each part with its range, in order.
    ///
    /// # Errors
    /// [`NoSpare`]. With two spare nodes it always succeeds.
    pub fn carve(
        &mut self,
        range: Range<u64>,
        spare: &mut Spare<V>,
        mut removed: impl FnMut(Range<u64>, Box<RegionNode<V>>),
    ) -> Result<(), NoSpare> {
        let range = whole_pages(range);
        self.cut_edges(&range, spare)?;
        // Point of no return.
        while let Some((&start, _)) = self.tree.ceiling(&range.start) {
            if start >= range.end {
                break;
            }
            let Some(node) = self.tree.remove(&start) else {
                break;
            };
            let part = start..node.value.end;
            self.bytes = self.bytes.wrapping_sub(length(&part));
            removed(part, node);
        }
        Ok(())
    }

    /// Calls `change` on every region in `range`, in order, after cutting those that it only
    /// partly covers; then joins neighbours that have become alike. Nodes that become free go
    /// into `spare`, and to `freed` when that is full.
    ///
    /// # Errors
    /// [`NoSpare`]. With two spare nodes it always succeeds.
    pub fn update(
        &mut self,
        range: Range<u64>,
        spare: &mut Spare<V>,
        mut change: impl FnMut(Range<u64>, &mut V),
        freed: impl FnMut(Box<RegionNode<V>>),
    ) -> Result<(), NoSpare> {
        let range = whole_pages(range);
        self.cut_edges(&range, spare)?;
        // Point of no return.
        let mut at = range.start;
        while let Some((&start, slot)) = self.tree.ceiling_mut(&at) {
            if start >= range.end {
                break;
            }
            at = slot.end;
            if let Some(value) = &mut slot.value {
                change(start..at, value);
            }
        }
        self.merge(range, spare, freed);
        Ok(())
    }

    /// Joins regions that touch within `range` or at its ends, where [`Region::try_merge`] does.
    /// Nodes that become free go into `spare`, and to `freed` when that is full.
    pub fn merge(&mut self, range: Range<u64>, spare: &mut Spare<V>, mut freed: impl FnMut(Box<RegionNode<V>>)) {
        let before = self.tree.last_before(&range.start).filter(|(_, slot)| slot.end >= range.start);
        let Some((&start, slot)) = before.or_else(|| self.tree.ceiling(&range.start)) else {
            return;
        };
        let mut own = start..slot.end;
        while own.end <= range.end {
            if let Some(node) = self.merge_with_next(&own) {
                own.end = node.value.end;
                if let Err(node) = spare.put(node) {
                    freed(node);
                }
                continue;
            }
            match self.tree.next_after(&own.start) {
                Some((&start, slot)) => own = start..slot.end,
                None => break,
            }
        }
    }

    /// Moves the end of the region that starts at `start`: brk, mremap in place.
    ///
    /// # Errors
    /// [`ResizeError`]; nothing has changed then.
    pub fn resize_end(&mut self, start: u64, new_end: u64) -> Result<(), ResizeError> {
        let end = self.tree.get(&start).ok_or(ResizeError::Absent)?.end;
        if !is_sound(&(start..new_end)) {
            return Err(ResizeError::Bound);
        }
        if new_end > end && self.overlaps(&(end..new_end)) {
            return Err(ResizeError::Overlap);
        }
        self.tree.modify(&start, |_, slot| slot.end = new_end);
        self.bytes = self.bytes.wrapping_sub(end).wrapping_add(new_end);
        Ok(())
    }

    /// Moves the start of the region that starts at `start`: a stack that grows down. What the
    /// value says of its first page is the caller's to bring in line.
    ///
    /// # Errors
    /// [`ResizeError`]; nothing has changed then.
    pub fn resize_start(&mut self, start: u64, new_start: u64) -> Result<(), ResizeError> {
        let end = self.tree.get(&start).ok_or(ResizeError::Absent)?.end;
        if !is_sound(&(new_start..end)) {
            return Err(ResizeError::Bound);
        }
        if new_start < start && self.overlaps(&(new_start..start)) {
            return Err(ResizeError::Overlap);
        }
        self.tree.modify(&start, |key, _| *key = new_start);
        self.bytes = self.bytes.wrapping_add(start).wrapping_sub(new_start);
        Ok(())
    }

    /// Makes both ends of `range` bounds of regions, or changes nothing.
    fn cut_edges(&mut self, range: &Range<u64>, spare: &mut Spare<V>) -> Result<(), NoSpare> {
        if range.start >= range.end {
            return Ok(());
        }
        let cuts = [self.cut_at(range.start), self.cut_at(range.end)];
        if cuts.iter().flatten().count() > spare.len() {
            return Err(NoSpare);
        }
        // The upper one first: the lower one then finds its region's start unchanged.
        for (start, at) in cuts.into_iter().rev().flatten() {
            if let Some(node) = spare.take() {
                self.cut(start, at, node);
            }
        }
        Ok(())
    }

    /// The start of the region that has `at` strictly inside, and `at`.
    #[inline]
    fn cut_at(&self, at: u64) -> Option<(u64, u64)> {
        let (&start, slot) = self.tree.floor(&at)?;
        (start < at && at < slot.end).then_some((start, at))
    }

    /// Cuts the region that starts at `start`; what is above `at` goes into `node`.
    fn cut(&mut self, start: u64, at: u64, mut node: Box<RegionNode<V>>) {
        let upper = self.tree.modify(&start, |_, slot| {
            let value = slot.value.as_mut()?;
            let upper = value.split_off(at.wrapping_sub(start));
            Some(Slot::new(mem::replace(&mut slot.end, at), Some(upper)))
        });
        if let Some(slot) = upper.flatten() {
            node.key = at;
            node.value = slot;
            // The key lay inside a region, so that it cannot be there.
            let _inserted = self.tree.insert(node);
        }
    }

    /// Joins a region with the one that begins at its end; returns the latter's node, emptied.
    fn merge_with_next(&mut self, own: &Range<u64>) -> Option<Box<RegionNode<V>>> {
        let next = self.tree.get_mut(&own.end)?.value.take()?;
        let joined = match self.tree.get_mut(&own.start) {
            Some(Slot { value: Some(value), .. }) => value.try_merge(length(own), next),
            _ => Err(next),
        };
        if let Err(next) = joined {
            if let Some(slot) = self.tree.get_mut(&own.end) {
                slot.value = Some(next);
            }
            return None;
        }
        let node = self.tree.remove(&own.end)?;
        let end = node.value.end;
        self.tree.modify(&own.start, |_, slot| slot.end = end);
        Some(node)
    }
}
