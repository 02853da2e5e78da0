//! A child's address space: the parent's, copied on write.

use super::region::{Region, Source, Traits};
use super::space::{AddressSpace, Layout};
use logic_vmtree::{RegionMap, new_node};
use mem::{Gather, NoMemory, Ref, Sharing, UserTables, try_box};

impl AddressSpace {
    /// Copies the address space for fork(2).
    pub(crate) fn fork(&self) -> Result<Ref<AddressSpace>, NoMemory> {
        let mut tables = UserTables::try_new()?;
        let mut regions = RegionMap::new();
        let layout: Layout;
        {
            let mut inner = self.lock();
            layout = inner.layout;
            let inner = &mut *inner;
            let mut gather = Gather::new();
            let result = copy_regions(&inner.regions, &mut inner.tables, &mut tables, &mut regions, &mut gather);
            // The parent's pages may be shared now, also when the copy failed half way.
            inner.tables.flush(&mut gather);
            inner.generation = inner.generation.wrapping_add(1);
            result?;
        }
        AddressSpace::from_parts(tables, regions, layout)
    }
}

fn copy_regions(
    from: &RegionMap<Region>,
    parent: &mut UserTables,
    child: &mut UserTables,
    to: &mut RegionMap<Region>,
    gather: &mut Gather,
) -> Result<(), NoMemory> {
    for (range, region) in from.iter() {
        if region.traits.contains(Traits::DONT_FORK) {
            continue;
        }
        let mut copy = region.clone();
        // Memory locks are not inherited (mlock(2)).
        copy.traits.remove(Traits::LOCKED | Traits::LOCK_ON_FAULT);
        let node = try_box(new_node(copy))?;
        // The source's regions do not overlap, so there is room.
        let _ = to.insert(range.clone(), node);
        if region.traits.contains(Traits::WIPE_ON_FORK) {
            continue;
        }
        let sharing = if region.is_shared() { Sharing::Shared } else { Sharing::CopyOnWrite };
        // Pages of an object come back by themselves: only copies made by writing must be passed on.
        if region.is_shared() && matches!(region.source, Source::Object { .. }) {
            continue;
        }
        parent.share_with(child, range.start as usize, range.end as usize, sharing, gather)?;
    }
    Ok(())
}
