//! Memory: mmap(2), munmap(2), mprotect(2), mremap(2), madvise(2), brk(2), msync(2), mincore(2), mlock(2).

use super::{Call, CallResult};
use crate::fs::file::{Mappable, OpenFile};
use crate::fs::regular::{F_SEAL_FUTURE_WRITE, F_SEAL_WRITE};
use crate::mm::AddressSpace;
use crate::mm::object::{MemoryObject, Page, PageError, PageIntent, PageSource};
use crate::mm::region::{MapName, Prot, Region, Source, Traits};
use crate::mm::remap::Target;
use crate::mm::space::{MapRequest, Placement, USER_END};
use crate::task::limits;
use abi::Errno;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};
use mem::{PAGE, Ref, user};

const PAGE64: u64 = PAGE as u64;

impl Call<'_> {
    fn space(&self) -> Result<Ref<AddressSpace>, Errno> {
        self.me.space().ok_or(Errno::ENOMEM)
    }
    fn limit_bytes(&self) -> u64 {
        self.me.process().limit(limits::AS)
    }
}

fn prot_of(bits: u32) -> Result<Prot, Errno> {
    // PROT_GROWSDOWN and PROT_GROWSUP are for mprotect only; PROT_SEM is ignored.
    const SEM: u32 = 8;
    if bits & !(7 | SEM) != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(Prot::from_bits_truncate(bits as u8))
}

/// A range of whole pages from arguments.
fn pages(addr: usize, len: usize) -> Result<Range<u64>, Errno> {
    let addr = addr as u64;
    if !addr.is_multiple_of(PAGE64) {
        return Err(Errno::EINVAL);
    }
    let len = (len as u64).checked_next_multiple_of(PAGE64).ok_or(Errno::ENOMEM)?;
    let end = addr.checked_add(len).filter(|e| *e <= USER_END + PAGE64).ok_or(Errno::ENOMEM)?;
    Ok(addr..end)
}

/// Memory that processes share without a file.
struct SharedMemory {
    object: MemoryObject,
    id: u64,
}

impl PageSource for SharedMemory {
    fn page(&self, index: u64, intent: PageIntent) -> Result<Page, PageError> {
        self.object.page(index, intent)
    }
    fn identity(&self) -> (u64, u64) {
        (0, self.id)
    }
}

static NEXT_SHARED: AtomicU64 = AtomicU64::new(1);

/// mmap(2).
pub(super) fn mmap(c: &mut Call<'_>) -> CallResult {
    const MAP_SHARED: u32 = 1;
    const MAP_PRIVATE: u32 = 2;
    const MAP_SHARED_VALIDATE: u32 = 3;
    const MAP_FIXED: u32 = 0x10;
    const MAP_ANONYMOUS: u32 = 0x20;
    const MAP_GROWSDOWN: u32 = 0x100;
    const MAP_LOCKED: u32 = 0x2000;
    const MAP_POPULATE: u32 = 0x8000;
    const MAP_FIXED_NOREPLACE: u32 = 0x10_0000;
    let (addr, flags, offset) = (c.arg(0) as u64, c.uint(3), c.arg(5) as u64);
    let prot = prot_of(c.uint(2) & 0xf)?;
    if c.arg(1) == 0 || offset % PAGE64 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let len = (c.arg(1) as u64).checked_next_multiple_of(PAGE64).ok_or(Errno::ENOMEM)?;
    let shared = match flags & 0xf {
        MAP_SHARED | MAP_SHARED_VALIDATE => true,
        MAP_PRIVATE => false,
        _ => return Err(Errno::EINVAL.into()),
    };
    let placement = if flags & MAP_FIXED_NOREPLACE != 0 {
        Placement::Free
    } else if flags & MAP_FIXED != 0 {
        Placement::Replace
    } else {
        Placement::Anywhere
    };
    if placement != Placement::Anywhere && addr % PAGE64 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let mut traits = Traits::empty();
    traits.set(Traits::SHARED, shared);
    traits.set(Traits::GROWS_DOWN, flags & MAP_GROWSDOWN != 0);
    traits.set(Traits::LOCKED, flags & MAP_LOCKED != 0);
    let region = if flags & MAP_ANONYMOUS != 0 {
        check_commit(prot, len, shared, flags)?;
        anonymous(prot, traits, len)?
    } else {
        let of = c.file(4)?;
        if offset.checked_add(len).is_none() {
            return Err(Errno::EOVERFLOW.into());
        }
        file_region(&of, prot, traits, offset, len)?
    };
    let space = c.space()?;
    let request = MapRequest { addr: addr / PAGE64 * PAGE64, len, placement, region, limit_bytes: c.limit_bytes() };
    let at = space.map(request)?;
    if flags & (MAP_POPULATE | MAP_LOCKED) != 0 {
        populate(&space, at..at + len, prot);
    }
    Ok(at as usize)
}

/// Linux's heuristic overcommit: one mapping may not ask for more than the machine could ever give.
fn check_commit(prot: Prot, len: u64, shared: bool, flags: u32) -> Result<(), Errno> {
    const MAP_NORESERVE: u32 = 0x4000;
    let counts = mem::frame_counts();
    let accounted = prot.contains(Prot::WRITE) || shared;
    if accounted && flags & MAP_NORESERVE == 0 && len / PAGE64 > counts.total { Err(Errno::ENOMEM) } else { Ok(()) }
}

fn anonymous(prot: Prot, traits: Traits, len: u64) -> Result<Region, Errno> {
    if !traits.contains(Traits::SHARED) {
        return Ok(Region::anonymous(prot, traits));
    }
    let object = SharedMemory { object: MemoryObject::new(len), id: NEXT_SHARED.fetch_add(1, Ordering::Relaxed) };
    let object = Ref::try_new(object).map_err(|_| Errno::ENOMEM)?;
    let source = Source::Object { object: object.unsize(|p| p), offset: 0, name: None };
    Ok(Region { prot, max_prot: Prot::all(), traits, source })
}

fn file_region(of: &Ref<OpenFile>, prot: Prot, traits: Traits, offset: u64, len: u64) -> Result<Region, Errno> {
    if of.flags() & crate::fs::file::O_PATH != 0 {
        return Err(Errno::EBADF);
    }
    if !of.readable() {
        return Err(Errno::EACCES);
    }
    let shared = traits.contains(Traits::SHARED);
    let mut max_prot = Prot::all();
    if shared && !of.writable() {
        if prot.contains(Prot::WRITE) {
            return Err(Errno::EACCES);
        }
        max_prot.remove(Prot::WRITE);
    }
    if of.location.as_ref().is_some_and(|l| l.mount.flags.load(Ordering::Relaxed) & crate::fs::mount::MS_NOEXEC != 0) {
        if prot.contains(Prot::EXEC) {
            return Err(Errno::EPERM);
        }
        max_prot.remove(Prot::EXEC);
    }
    if let Some(d) = of.inode().and_then(|i| i.data())
        && shared
        && d.seals.load(Ordering::Acquire) & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) != 0
    {
        if prot.contains(Prot::WRITE) {
            return Err(Errno::EPERM);
        }
        max_prot.remove(Prot::WRITE);
    }
    let object = match of.file.mappable()? {
        Mappable::Zeros => return anonymous(prot, traits, len),
        Mappable::Object(o) => o,
    };
    let name: Ref<dyn MapName> = of.clone().unsize(|p| p);
    Ok(Region { prot, max_prot, traits, source: Source::Object { object, offset, name: Some(name) } })
}

/// Faults pages in ahead of time; failures are not the caller's business.
fn populate(space: &AddressSpace, range: Range<u64>, prot: Prot) {
    let access = if prot.contains(Prot::WRITE) { mem::Access::Write } else { mem::Access::Read };
    let mut at = range.start;
    while at < range.end && space.resolve(at as usize, access).is_ok() {
        at += PAGE64;
    }
}

/// munmap(2).
pub(super) fn munmap(c: &mut Call<'_>) -> CallResult {
    let range = pages(c.arg(0), c.arg(1)).map_err(|_| Errno::EINVAL)?;
    if range.is_empty() {
        return Err(Errno::EINVAL.into());
    }
    c.space()?.unmap(range)?;
    Ok(0)
}

/// mprotect(2).
pub(super) fn mprotect(c: &mut Call<'_>) -> CallResult {
    const GROWSDOWN: u32 = 0x0100_0000;
    let prot = prot_of(c.uint(2) & !GROWSDOWN)?;
    let mut range = pages(c.arg(0), c.arg(1))?;
    if range.is_empty() {
        return Ok(0);
    }
    let space = c.space()?;
    if c.uint(2) & GROWSDOWN != 0
        && let Some((r, region)) = space.lock().region_at(range.start)
    {
        if !region.traits.contains(Traits::GROWS_DOWN) {
            return Err(Errno::EINVAL.into());
        }
        range.start = r.start;
    }
    space.protect(range, prot)?;
    Ok(0)
}

/// brk(2).
pub(super) fn brk(c: &mut Call<'_>) -> CallResult {
    let limit = c.me.process().limit(limits::DATA);
    Ok(c.space()?.brk(c.arg(0) as u64, limit, c.limit_bytes()) as usize)
}

/// mremap(2).
pub(super) fn mremap(c: &mut Call<'_>) -> CallResult {
    const MAYMOVE: u32 = 1;
    const FIXED: u32 = 2;
    const DONTUNMAP: u32 = 4;
    let (addr, flags, to) = (c.arg(0) as u64, c.uint(3), c.arg(4) as u64);
    let round = |n: usize| (n as u64).checked_next_multiple_of(PAGE64);
    let (Some(old_len), Some(new_len)) = (round(c.arg(1)), round(c.arg(2))) else { return Err(Errno::EINVAL.into()) };
    let bad_flags = flags & !(MAYMOVE | FIXED | DONTUNMAP) != 0 || (flags & (FIXED | DONTUNMAP) != 0 && flags & MAYMOVE == 0);
    if bad_flags || addr % PAGE64 != 0 || new_len == 0 || (flags & DONTUNMAP != 0 && old_len != new_len) {
        return Err(Errno::EINVAL.into());
    }
    if flags & FIXED != 0 && to % PAGE64 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let target = match (flags & MAYMOVE != 0, flags & FIXED != 0, flags & DONTUNMAP != 0) {
        (false, ..) => Target::Stay,
        (true, false, false) => Target::Anywhere,
        (true, false, true) => Target::AnywhereKeep,
        (true, true, false) => Target::Fixed(to),
        (true, true, true) => Target::FixedKeep(to),
    };
    let space = c.space()?;
    if old_len == 0 {
        return Err(Errno::EINVAL.into());
    }
    Ok(space.remap(addr..addr.saturating_add(old_len), new_len, target, c.limit_bytes())? as usize)
}

/// madvise(2).
pub(super) fn madvise(c: &mut Call<'_>) -> CallResult {
    let range = pages(c.arg(0), c.arg(1)).map_err(|_| Errno::EINVAL)?;
    if range.is_empty() {
        return Ok(0);
    }
    let space = c.space()?;
    match c.uint(2) {
        // NORMAL, RANDOM, SEQUENTIAL, WILLNEED, MERGEABLE, UNMERGEABLE, HUGEPAGE, NOHUGEPAGE, COLD, PAGEOUT: hints.
        0..=3 | 12..=15 | 20 | 21 => {
            if space.lock().regions.covers(&range) {
                Ok(0)
            } else {
                Err(Errno::ENOMEM.into())
            }
        }
        // DONTNEED, FREE: the pages go now.
        4 | 8 => {
            space.discard(range)?;
            Ok(0)
        }
        10 => traits(&space, range, Traits::DONT_FORK, Traits::empty()),
        11 => traits(&space, range, Traits::empty(), Traits::DONT_FORK),
        16 => traits(&space, range, Traits::DONT_DUMP, Traits::empty()),
        17 => traits(&space, range, Traits::empty(), Traits::DONT_DUMP),
        18 => traits(&space, range, Traits::WIPE_ON_FORK, Traits::empty()),
        19 => traits(&space, range, Traits::empty(), Traits::WIPE_ON_FORK),
        22 | 23 => {
            populate(&space, range, if c.uint(2) == 23 { Prot::WRITE } else { Prot::READ });
            Ok(0)
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

fn traits(space: &AddressSpace, range: Range<u64>, set: Traits, clear: Traits) -> CallResult {
    space.set_traits(range, set, clear)?;
    Ok(0)
}

/// msync(2): memory objects are always in step with their mappings.
pub(super) fn msync(c: &mut Call<'_>) -> CallResult {
    const MS_ASYNC: u32 = 1;
    const MS_INVALIDATE: u32 = 2;
    const MS_SYNC: u32 = 4;
    let flags = c.uint(2);
    if flags & !(MS_ASYNC | MS_INVALIDATE | MS_SYNC) != 0 || flags & MS_ASYNC != 0 && flags & MS_SYNC != 0 {
        return Err(Errno::EINVAL.into());
    }
    let range = pages(c.arg(0), c.arg(1))?;
    if !range.is_empty() && !c.space()?.lock().regions.covers(&range) {
        return Err(Errno::ENOMEM.into());
    }
    Ok(0)
}

/// mincore(2).
pub(super) fn mincore(c: &mut Call<'_>) -> CallResult {
    let range = pages(c.arg(0), c.arg(1))?;
    let space = c.space()?;
    if !range.is_empty() && !space.lock().regions.covers(&range) {
        return Err(Errno::ENOMEM.into());
    }
    let mut at = range.start;
    let mut out = c.arg(2);
    while at < range.end {
        let present = space.lock().tables.get(at as usize).is_some();
        user::write(out, &u8::from(present))?;
        at += PAGE64;
        out += 1;
    }
    Ok(0)
}

fn lock_range(c: &Call<'_>, set: Traits, clear: Traits) -> CallResult {
    let start = c.arg(0) / PAGE * PAGE;
    let end = c.arg(0).checked_add(c.arg(1)).ok_or(Errno::EINVAL)?.next_multiple_of(PAGE);
    let space = c.space()?;
    let range = start as u64..end as u64;
    if range.is_empty() {
        return Ok(0);
    }
    if !set.is_empty() && !c.me.cred().capable(crate::fs::context::cap::IPC_LOCK) {
        let limit = c.me.process().limit(limits::MEMLOCK);
        let held = space.lock().bytes_with(Traits::LOCKED);
        if limit == 0 {
            return Err(Errno::EPERM.into());
        }
        if held.saturating_add(range.end - range.start) > limit {
            return Err(Errno::ENOMEM.into());
        }
    }
    space.set_traits(range.clone(), set, clear)?;
    if !set.is_empty() {
        populate(&space, range, Prot::READ);
    }
    Ok(0)
}

/// mlock(2).
pub(super) fn mlock(c: &mut Call<'_>) -> CallResult {
    lock_range(c, Traits::LOCKED, Traits::empty())
}

/// munlock(2).
pub(super) fn munlock(c: &mut Call<'_>) -> CallResult {
    lock_range(c, Traits::empty(), Traits::LOCKED)
}
