//! An address space: its regions, its page table, and mapping and unmapping.

use super::region::{Region, Traits};
use crate::census::{Counted, Kind};
use abi::Errno;
use alloc::boxed::Box;
use core::ops::Range;
use core::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use logic_vmtree::{RegionMap, Search, Spare, new_node, spare_node};
use mem::{Gather, NoMemory, PAGE, Ref, SpaceHandle, UserTables, try_box};
use sync::{Mutex, MutexGuard, levels};

/// Lowest address that a program may map without a grant (vm.mmap_min_addr).
pub(crate) const MMAP_MIN: u64 = 0x1_0000;
/// End of user addresses. The last page stays unmapped, as on Linux (TASK_SIZE).
pub(crate) const USER_END: u64 = arch::USER_TOP as u64 - PAGE as u64;
/// Most regions of an address space (vm.max_map_count).
pub(crate) const MAX_REGIONS: usize = 65_530;

/// An address space, shared by the threads of a process and by vfork children.
pub(crate) struct AddressSpace {
    _counted: Counted<{ Kind::AddressSpaces as usize }>,
    inner: Mutex<Inner, levels::AddressSpaceMutex>,
    handle: Ref<SpaceHandle>,
    id: u64,
    /// Traits that new mappings get (mlockall(2), MCL_FUTURE).
    future: AtomicU16,
}

/// What the lock guards.
pub(crate) struct Inner {
    /// The regions.
    pub(crate) regions: RegionMap<Region>,
    /// The page table.
    pub(crate) tables: UserTables,
    /// Bumped whenever a region changes or goes: a fault that let go of the lock compares it.
    pub(crate) generation: u64,
    /// Facts about the program.
    pub(crate) layout: Layout,
    /// Most bytes that were ever mapped, and most pages ever resident.
    pub(crate) peak: (u64, u64),
}

/// Where exec put things, for brk and `/proc`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Layout {
    /// Start of the heap that brk(2) moves.
    pub(crate) brk_start: u64,
    /// Its end.
    pub(crate) brk: u64,
    /// Mappings are placed below this.
    pub(crate) mmap_top: u64,
    /// Code, data, stack, argument and environment ranges (`/proc/PID/stat`, `cmdline`, `environ`).
    pub(crate) code: (u64, u64),
    /// Initialised data.
    pub(crate) data: (u64, u64),
    /// Initial stack pointer.
    pub(crate) stack_start: u64,
    /// Argument strings.
    pub(crate) args: (u64, u64),
    /// Environment strings.
    pub(crate) env: (u64, u64),
    /// Where the vDSO is.
    pub(crate) vdso: u64,
    /// Auxiliary vector on the stack.
    pub(crate) auxv: (u64, u64),
}

/// What mmap(2) asks for.
pub(crate) struct MapRequest {
    /// Wanted address, page-aligned.
    pub(crate) addr: u64,
    /// Bytes, a multiple of the page size, not 0.
    pub(crate) len: u64,
    /// How binding the address is.
    pub(crate) placement: Placement,
    /// The new region.
    pub(crate) region: Region,
    /// Limit on the bytes of the address space (RLIMIT_AS).
    pub(crate) limit_bytes: u64,
}

/// How binding a wanted address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// A hint.
    Anywhere,
    /// Exactly there, whatever is there goes (MAP_FIXED).
    Replace,
    /// Exactly there, or EEXIST (MAP_FIXED_NOREPLACE).
    Free,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl AddressSpace {
    /// An empty address space.
    pub(crate) fn try_new() -> Result<Ref<Self>, NoMemory> {
        let tables = UserTables::try_new()?;
        Self::from_parts(tables, RegionMap::new(), Layout { mmap_top: USER_END, ..Layout::default() })
    }

    pub(super) fn from_parts(tables: UserTables, regions: RegionMap<Region>, layout: Layout) -> Result<Ref<Self>, NoMemory> {
        let handle = tables.handle().clone();
        let inner = Inner { regions, tables, generation: 0, layout, peak: (0, 0) };
        Ref::try_new(AddressSpace {
            _counted: Counted::new(),
            inner: Mutex::new(inner),
            handle,
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            future: AtomicU16::new(0),
        })
    }

    /// What a thread needs to run in it.
    pub(crate) fn handle(&self) -> &Ref<SpaceHandle> {
        &self.handle
    }
    /// Identity for private futexes; never reused.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
    /// Traits that new mappings get.
    pub(crate) fn future_traits(&self) -> Traits {
        Traits::from_bits_truncate(self.future.load(Ordering::Relaxed))
    }
    /// Sets them.
    pub(crate) fn set_future_traits(&self, traits: Traits) {
        self.future.store(traits.bits(), Ordering::Relaxed);
    }
    /// The lock.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner, levels::AddressSpaceMutex> {
        self.inner.lock()
    }

    /// Maps a region; gives its address.
    pub(crate) fn map(&self, request: MapRequest) -> Result<u64, Errno> {
        let node = try_box(new_node(request.region)).map_err(|NoMemory| Errno::ENOMEM)?;
        // Elsewhere there is nothing to be cut.
        let replaces = request.placement == Placement::Replace;
        let mut spare = if replaces { two_spares()? } else { Spare::new() };
        let mut inner = self.lock();
        let inner = &mut *inner;
        let at = inner.place(request.addr, request.len, request.placement)?;
        let range = at..at.checked_add(request.len).ok_or(Errno::ENOMEM)?;
        let replaced = if replaces { inner.bytes_in_with(&range, Traits::empty()) } else { 0 };
        let total = inner.regions.total_bytes().saturating_sub(replaced).saturating_add(request.len);
        if total > request.limit_bytes || inner.regions.len() >= MAX_REGIONS {
            return Err(Errno::ENOMEM);
        }
        // Point of no return.
        if replaces {
            inner.unmap(range.clone(), &mut spare);
        }
        if inner.regions.insert(range.clone(), node).is_err() {
            return Err(Errno::ENOMEM);
        }
        inner.regions.merge(range, &mut spare, drop);
        inner.changed();
        Ok(at)
    }

    /// Unmaps `[start, start + len)`, page-aligned; holes in it are fine.
    pub(crate) fn unmap(&self, range: Range<u64>) -> Result<(), Errno> {
        let mut spare = Spare::new();
        let mut inner = self.lock();
        if inner.cuts(&range) {
            drop(inner);
            spare = two_spares()?;
            inner = self.lock();
        }
        if inner.regions.len() >= MAX_REGIONS && inner.cuts_a_hole(&range) {
            return Err(Errno::ENOMEM);
        }
        inner.unmap(range, &mut spare);
        Ok(())
    }
}

/// Two nodes for the cuts that an operation may need.
pub(super) fn two_spares() -> Result<Spare<Region>, Errno> {
    let mut spare = Spare::new();
    for _ in 0..2 {
        let node: Box<_> = try_box(spare_node()).map_err(|NoMemory| Errno::ENOMEM)?;
        // An empty Spare has room for two.
        let _ = spare.put(node);
    }
    Ok(spare)
}

impl Inner {
    /// Notes that regions changed.
    pub(super) fn changed(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.peak.0 = self.peak.0.max(self.regions.total_bytes());
    }

    /// Where a mapping goes.
    pub(super) fn place(&self, addr: u64, len: u64, placement: Placement) -> Result<u64, Errno> {
        if len > USER_END {
            return Err(Errno::ENOMEM);
        }
        let end = addr.checked_add(len).filter(|e| *e <= USER_END);
        match placement {
            Placement::Anywhere => {
                if let Some(end) = end
                    && addr >= MMAP_MIN
                    && !self.regions.overlaps(&(addr..end))
                {
                    return Ok(addr);
                }
                self.regions
                    .find_gap(len, PAGE as u64, MMAP_MIN, self.layout.mmap_top, Search::Top)
                    .or_else(|| self.regions.find_gap(len, PAGE as u64, self.layout.mmap_top, USER_END, Search::Bottom))
                    .ok_or(Errno::ENOMEM)
            }
            Placement::Replace | Placement::Free => {
                let end = end.ok_or(Errno::ENOMEM)?;
                if addr < MMAP_MIN {
                    return Err(Errno::EPERM);
                }
                if placement == Placement::Free && self.regions.overlaps(&(addr..end)) {
                    return Err(Errno::EEXIST);
                }
                Ok(addr)
            }
        }
    }

    /// Whether removing `range` takes a part of a region away.
    fn cuts(&self, range: &Range<u64>) -> bool {
        self.regions.find(range.start).is_some_and(|(r, _)| r.start < range.start || r.end > range.end)
            || self.regions.find(range.end).is_some_and(|(r, _)| r.start < range.end)
    }

    /// Whether removing `range` would leave a region on both sides of it, one more than before.
    fn cuts_a_hole(&self, range: &Range<u64>) -> bool {
        self.regions.find(range.start).is_some_and(|(r, _)| r.start < range.start && r.end > range.end)
    }

    /// Removes everything in `range`: regions, pages, and tables that nothing else needs.
    pub(super) fn unmap(&mut self, range: Range<u64>, spare: &mut Spare<Region>) {
        if !self.regions.overlaps(&range) {
            return;
        }
        let mut any = false;
        let mut gather = Gather::new();
        let tables = &mut self.tables;
        self.peak.1 = self.peak.1.max(tables.resident_pages());
        // Two spares are always enough, so this does not fail.
        let _ = self.regions.carve(range.clone(), spare, |part, node| {
            any = true;
            tables.unmap(part.start as usize, part.end as usize, &mut gather);
            drop(node);
        });
        self.tables.flush(&mut gather);
        if any {
            self.prune(&range);
            self.changed();
        }
    }

    /// Frees page tables between the neighbours of an unmapped range.
    fn prune(&mut self, range: &Range<u64>) {
        const SPAN: u64 = 1 << 21;
        let floor = self.regions.last_below(range.start).map_or(0, |(r, _)| r.end);
        let ceiling = self.regions.next_at_or_after(range.end).map_or(USER_END, |(r, _)| r.start);
        let from = floor.max(range.start / SPAN * SPAN);
        let to = ceiling.min(range.end.div_ceil(SPAN).saturating_mul(SPAN));
        if to.saturating_sub(from) >= SPAN {
            self.tables.prune(from as usize, to as usize);
        }
    }

    /// The region at `addr`, with the traits that `/proc` shows.
    #[inline]
    pub(crate) fn region_at(&self, addr: u64) -> Option<(Range<u64>, &Region)> {
        self.regions.find(addr)
    }

    /// Bytes of regions with all these traits.
    pub(crate) fn bytes_with(&self, traits: Traits) -> u64 {
        self.regions.iter().filter(|(_, r)| r.traits.contains(traits)).map(|(r, _)| r.end.saturating_sub(r.start)).sum()
    }

    /// Bytes of `range` in regions with all these traits.
    #[inline]
    pub(crate) fn bytes_in_with(&self, range: &Range<u64>, traits: Traits) -> u64 {
        let mut sum = 0u64;
        let mut at = range.start;
        while let Some((r, region)) = self.regions.next_at_or_after(at).filter(|(r, _)| r.start < range.end) {
            if region.traits.contains(traits) {
                sum = sum.saturating_add(r.end.min(range.end).saturating_sub(r.start.max(range.start)));
            }
            at = r.end;
        }
        sum
    }
}
