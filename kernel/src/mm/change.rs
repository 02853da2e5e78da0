//! Changing what is mapped: protection and advice.

use super::region::{Prot, Region, Source, Traits};
use super::space::{AddressSpace, Inner, MAX_REGIONS, two_spares};
use abi::Errno;
use core::ops::Range;
use mem::{Gather, PteFlags};

impl AddressSpace {
    /// mprotect(2) on a page-aligned range. Stops at the first hole with ENOMEM, having changed nothing.
    pub(crate) fn protect(&self, range: Range<u64>, prot: Prot) -> Result<(), Errno> {
        let mut spare = two_spares()?;
        let mut inner = self.lock();
        let inner = &mut *inner;
        if !inner.regions.covers(&range) {
            return Err(Errno::ENOMEM);
        }
        let (mut forbidden, mut oversized) = (false, false);
        let most_pages = mem::frame_counts().total;
        inner.visit(&range, |part, r| {
            forbidden |= !r.max_prot.contains(prot);
            // Becoming writable, private memory counts for the first time: as in mmap(2), more than the machine has is
            // refused.
            let uncounted = !r.prot.contains(Prot::WRITE) && !r.traits.intersects(Traits::SHARED | Traits::NO_RESERVE);
            let pages = part.end.saturating_sub(part.start) / mem::PAGE as u64;
            oversized |= prot.contains(Prot::WRITE) && uncounted && pages > most_pages;
        });
        if forbidden {
            return Err(Errno::EACCES);
        }
        if oversized {
            return Err(Errno::ENOMEM);
        }
        if inner.regions.len().saturating_add(2) > MAX_REGIONS {
            return Err(Errno::ENOMEM);
        }
        // Point of no return.
        let mut gather = Gather::new();
        let tables = &mut inner.tables;
        let _ = inner.regions.update(
            range,
            &mut spare,
            |part, region| {
                region.prot = prot;
                let flags = region.pte_flags();
                let shared_object = region.is_shared() && matches!(region.source, Source::Object { .. });
                tables.protect(part.start as usize, part.end as usize, &mut gather, |_, leaf| {
                    new_flags(leaf.flags, flags, shared_object)
                })
            },
            drop,
        );
        inner.tables.flush(&mut gather);
        if prot.contains(Prot::EXEC) {
            inner.tables.handle().code_changed();
        }
        inner.changed();
        Ok(())
    }

    /// Changes traits of all regions in a range; holes give ENOMEM after what is mapped was changed (madvise(2)).
    pub(crate) fn set_traits(&self, range: Range<u64>, set: Traits, clear: Traits) -> Result<(), Errno> {
        let mut spare = two_spares()?;
        let mut inner = self.lock();
        let inner = &mut *inner;
        let whole = inner.regions.covers(&range);
        let _ = inner.regions.update(range, &mut spare, |_, r| r.traits = (r.traits | set).difference(clear), drop);
        inner.changed();
        if whole { Ok(()) } else { Err(Errno::ENOMEM) }
    }

    /// MADV_DONTNEED and its like: pages go; the next access sees zeros, or the object again.
    pub(crate) fn discard(&self, range: Range<u64>, what: Discard) -> Result<(), Errno> {
        let mut inner = self.lock();
        let whole = inner.regions.covers(&range);
        let mut refused = false;
        inner.each_in(&range, |r| {
            refused |= what != Discard::All && r.traits.contains(Traits::LOCKED);
            refused |= what == Discard::OwnOnly && !r.is_own();
        });
        if refused {
            return Err(Errno::EINVAL);
        }
        let mut gather = Gather::new();
        inner.tables.unmap(range.start as usize, range.end as usize, &mut gather);
        inner.tables.flush(&mut gather);
        if whole { Ok(()) } else { Err(Errno::ENOMEM) }
    }
}

/// Which regions' pages may be discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Discard {
    /// All but locked ones (MADV_DONTNEED).
    Unlocked,
    /// Private anonymous ones that are not locked (MADV_FREE).
    OwnOnly,
    /// Locked ones too (MADV_DONTNEED_LOCKED).
    All,
}

/// What to set and clear in an entry whose region now gives `flags`.
fn new_flags(old: PteFlags, flags: PteFlags, shared_object: bool) -> (PteFlags, PteFlags) {
    let rwx = PteFlags::READ | PteFlags::WRITE | PteFlags::EXECUTE;
    if flags.intersection(rwx).is_empty() {
        // Nothing is allowed: the entry keeps its frame but is not valid, for the kernel's own copies neither.
        return (PteFlags::empty(), PteFlags::VALID | PteFlags::WRITE | PteFlags::EXECUTE);
    }
    let mut set = flags.intersection(PteFlags::READ | PteFlags::EXECUTE) | PteFlags::VALID;
    if flags.contains(PteFlags::WRITE) && !old.contains(PteFlags::WRITE) && !shared_object {
        // Whether the page is this space's own is found out at the first write.
        set |= PteFlags::COW;
    }
    let mut clear = rwx.difference(flags);
    if flags.contains(PteFlags::WRITE) && old.contains(PteFlags::WRITE) {
        clear = clear.difference(PteFlags::WRITE);
    }
    (set, clear)
}

impl Inner {
    /// Visits the regions that overlap `range`.
    pub(crate) fn each_in(&self, range: &Range<u64>, mut f: impl FnMut(&Region)) {
        self.visit(range, |_, region| f(region));
    }

    /// Visits the regions that overlap `range`, each with the part of it that does.
    fn visit(&self, range: &Range<u64>, mut f: impl FnMut(Range<u64>, &Region)) {
        let mut at = range.start;
        while let Some((r, region)) = self.regions.next_at_or_after(at) {
            if r.start >= range.end {
                break;
            }
            f(r.start.max(range.start)..r.end.min(range.end), region);
            at = r.end;
        }
    }
}
