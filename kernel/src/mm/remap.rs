//! The heap (brk(2)) and mremap(2).

use super::region::{Prot, Region, Traits};
use super::space::{AddressSpace, MapRequest, Placement, USER_END, two_spares};
use super::vdso::is_special;
use abi::Errno;
use core::ops::Range;
use logic_vmtree::new_node;
use mem::{PAGE, try_box};

impl AddressSpace {
    /// Moves the end of the heap; gives the end as it is afterwards (unchanged if it cannot be moved).
    pub(crate) fn brk(&self, wanted: u64, limit_data: u64, limit_bytes: u64) -> u64 {
        let Ok(mut spare) = two_spares() else { return self.lock().layout.brk };
        let node = try_box(new_node(Region::anonymous(Prot::READ | Prot::WRITE, Traits::HEAP | self.future_traits())));
        let mut inner = self.lock();
        let inner = &mut *inner;
        let l = inner.layout;
        if wanted < l.brk_start || wanted > USER_END || wanted.saturating_sub(l.brk_start) > limit_data {
            return l.brk;
        }
        let page = |a: u64| a.next_multiple_of(PAGE as u64);
        let (old_end, new_end) = (page(l.brk), page(wanted));
        if new_end < old_end {
            inner.unmap(new_end..old_end, &mut spare);
        } else if new_end > old_end {
            let total = inner.regions.total_bytes().saturating_add(new_end.saturating_sub(old_end));
            let guard = new_end.saturating_add(PAGE as u64);
            let Ok(node) = node else { return l.brk };
            if total > limit_bytes || inner.regions.overlaps(&(old_end..guard)) {
                return l.brk;
            }
            if inner.regions.insert(old_end..new_end, node).is_err() {
                return l.brk;
            }
            inner.regions.merge(old_end..new_end, &mut spare, drop);
            inner.changed();
        }
        inner.layout.brk = wanted;
        wanted
    }

    /// Moves or resizes a mapping; gives its new address. Lengths are page-aligned and not 0.
    pub(crate) fn remap(&self, old: Range<u64>, new_len: u64, target: Target, limit_bytes: u64) -> Result<u64, Errno> {
        let old_len = old.end.saturating_sub(old.start);
        let region = {
            let inner = self.lock();
            let (range, region) = inner.region_at(old.start).ok_or(Errno::EFAULT)?;
            if range.end < old.end {
                return Err(Errno::EFAULT);
            }
            if is_special(region) {
                if matches!(target, Target::AnywhereKeep | Target::FixedKeep(_)) {
                    return Err(Errno::EINVAL);
                }
                if new_len > old_len {
                    return Err(Errno::EFAULT);
                }
            }
            let mut copy = region.clone();
            if let super::region::Source::Object { offset, .. } = &mut copy.source {
                *offset = offset.saturating_add(old.start.saturating_sub(range.start));
            }
            copy
        };
        if old_len == 0 {
            // A second mapping of the same pages (mremap(2)).
            if !region.is_shared() {
                return Err(Errno::EINVAL);
            }
            if target == Target::Stay {
                return Err(Errno::ENOMEM);
            }
        } else if matches!(target, Target::Stay | Target::Anywhere) {
            if new_len <= old_len {
                if new_len < old_len {
                    self.unmap(old.start.saturating_add(new_len)..old.end)?;
                }
                return Ok(old.start);
            }
            if self.grow_in_place(&old, new_len, limit_bytes)? {
                return Ok(old.start);
            }
            if target == Target::Stay {
                return Err(Errno::ENOMEM);
            }
        }
        self.move_mapping(old, new_len, target, region, limit_bytes)
    }

    fn grow_in_place(&self, old: &Range<u64>, new_len: u64, limit_bytes: u64) -> Result<bool, Errno> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let (range, _) = inner.region_at(old.start).ok_or(Errno::EFAULT)?;
        let Some(end) = old.start.checked_add(new_len).filter(|e| *e <= USER_END) else { return Ok(false) };
        if range.end != old.end || inner.regions.overlaps(&(old.end..end)) {
            return Ok(false);
        }
        if inner.regions.total_bytes().saturating_add(end.saturating_sub(old.end)) > limit_bytes {
            return Err(Errno::ENOMEM);
        }
        let grown = inner.regions.resize_end(range.start, end).is_ok();
        inner.changed();
        Ok(grown)
    }

    fn move_mapping(
        &self,
        old: Range<u64>,
        new_len: u64,
        target: Target,
        region: Region,
        limit_bytes: u64,
    ) -> Result<u64, Errno> {
        let old_len = old.end.saturating_sub(old.start);
        let (addr, placement) = match target {
            Target::Fixed(a) | Target::FixedKeep(a) => (a, Placement::Replace),
            Target::Stay | Target::Anywhere | Target::AnywhereKeep => (0, Placement::Anywhere),
        };
        if let Target::Fixed(a) | Target::FixedKeep(a) = target {
            let end = a.checked_add(new_len).filter(|e| *e <= USER_END).ok_or(Errno::EINVAL)?;
            if a < old.end && end > old.start {
                return Err(Errno::EINVAL);
            }
        }
        let keep = matches!(target, Target::FixedKeep(_) | Target::AnywhereKeep);
        let allowance = if keep { limit_bytes } else { limit_bytes.saturating_add(old_len) };
        let is_code = region.traits.contains(Traits::VDSO);
        let moved = region.clone();
        let to = self.map(MapRequest { addr, len: new_len, placement, region, limit_bytes: allowance })?;
        if is_code {
            // Signal handlers return to it.
            self.lock().layout.vdso = to;
        }
        if old_len != 0 {
            self.move_pages(&old, to, old_len.min(new_len), &moved)?;
            if !keep {
                self.unmap(old)?;
            }
        }
        Ok(to)
    }

    /// Moves the pages of a private or shared mapping to another address of the same space.
    fn move_pages(&self, from: &Range<u64>, to: u64, len: u64, moved: &Region) -> Result<(), Errno> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        // Other threads may have put something else there since: its pages stay where they are.
        for start in [from.start, to] {
            if !inner.region_at(start).is_some_and(|(r, region)| {
                r.end.saturating_sub(start) >= len && region.shows(start.saturating_sub(r.start), moved)
            }) {
                return Err(Errno::EFAULT);
            }
        }
        let mut gather = mem::Gather::new();
        let mut at = 0;
        while at < len {
            let (src, dst) = (from.start.saturating_add(at) as usize, to.saturating_add(at) as usize);
            if let Some(leaf) = inner.tables.get(src)
                && let Some(frame) = inner.tables.frame(src)
            {
                if inner.tables.map(dst, frame, leaf.flags).is_err() {
                    inner.tables.flush(&mut gather);
                    return Err(Errno::ENOMEM);
                }
                if gather.is_full() {
                    inner.tables.flush(&mut gather);
                }
                inner.tables.unmap(src, src.saturating_add(PAGE), &mut gather);
            }
            at = at.saturating_add(PAGE as u64);
        }
        inner.tables.flush(&mut gather);
        inner.changed();
        Ok(())
    }
}

/// Where mremap(2) may put the mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Only where it is (no flags).
    Stay,
    /// Anywhere (MREMAP_MAYMOVE).
    Anywhere,
    /// Anywhere else, the old range stays, empty (MREMAP_DONTUNMAP).
    AnywhereKeep,
    /// Exactly there (MREMAP_FIXED).
    Fixed(u64),
    /// Exactly there, and the old range stays, empty.
    FixedKeep(u64),
}
