//! Bringing pages in ahead of their use (mmap(2) MAP_POPULATE, mlock(2), madvise(2) MADV_POPULATE_*).

use super::fault::FaultError;
use super::region::{Prot, Region};
use super::space::AddressSpace;
use crate::task::with_current;
use core::ops::Range;
use mem::{Access, PAGE};

/// The access that leaves a page ready for all later ones: private writable pages get their own copy at once.
fn fullest_access(region: &Region) -> Access {
    if region.prot.contains(Prot::WRITE) && !region.is_shared() {
        Access::Write
    } else if region.prot.intersects(Prot::READ | Prot::WRITE) {
        Access::Read
    } else {
        Access::Execute
    }
}

impl AddressSpace {
    /// Makes the mapped pages of a range present. Ends at the first that cannot be, and when the running thread is to end.
    pub(crate) fn populate(&self, range: Range<u64>) -> Result<(), FaultError> {
        self.bring_in(range, fullest_access)
    }

    /// Makes what can be made present in a range, region by region.
    pub(crate) fn populate_each(&self, range: Range<u64>) {
        let mut at = range.start;
        loop {
            let next = self.lock().regions.next_at_or_after(at).map(|(r, _)| r.start.max(at)..r.end.min(range.end));
            let Some(part) = next.filter(|p| p.start < range.end) else { return };
            at = part.end;
            let _ = self.populate(part);
        }
    }

    /// Makes pages present for one kind of access.
    pub(crate) fn populate_for(&self, range: Range<u64>, access: Access) -> Result<(), FaultError> {
        self.bring_in(range, |_| access)
    }

    fn bring_in(&self, range: Range<u64>, access: impl Fn(&Region) -> Access) -> Result<(), FaultError> {
        let mut at = range.start;
        while at < range.end {
            let (end, access) = {
                let inner = self.lock();
                let Some((r, region)) = inner.regions.next_at_or_after(at).filter(|(r, _)| r.start < range.end) else {
                    return Ok(());
                };
                at = at.max(r.start);
                (r.end.min(range.end), access(region))
            };
            while at < end {
                self.resolve(at as usize, access)?;
                at = at.saturating_add(PAGE as u64);
                if with_current(|me| me.kill_pending()) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
