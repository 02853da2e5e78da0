//! Memory: mmap(2), munmap(2), mprotect(2), mremap(2), madvise(2), brk(2), msync(2), mincore(2).

use super::{Call, CallResult, memlock};
use crate::fs::file::{Mappable, OpenFile};
use crate::fs::seals::{F_SEAL_SEAL, Writing};
use crate::fs::table::Slot;
use crate::mm::AddressSpace;
use crate::mm::change::Discard;
use crate::mm::fault::FaultError;
use crate::mm::object::{MemoryObject, Page, PageError, PageIntent, PageSource};
use crate::mm::region::{MapName, Prot, Region, Source, Traits};
use crate::mm::remap::Target;
use crate::mm::space::{MapRequest, Placement, USER_END};
use crate::task::limits;
use abi::{Errno, Rights};
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};
use mem::{Frame, PAGE, Ref, user};

const PAGE64: u64 = PAGE as u64;
/// All traits of a lock (mlock(2)).
const LOCKS: Traits = Traits::LOCKED.union(Traits::LOCK_ON_FAULT);

impl Call<'_> {
    pub(super) fn space(&self) -> Result<Ref<AddressSpace>, Errno> {
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
    fn end_page(&self) -> u64 {
        self.object.size() / PAGE64
    }
    fn present(&self, first: u64, out: &mut [Option<Frame>]) {
        self.object.present(first, out);
    }
    fn identity(&self) -> (u64, u64) {
        (0, self.id)
    }
}

static NEXT_SHARED: AtomicU64 = AtomicU64::new(1);

const MAP_SHARED: u32 = 1;
const MAP_PRIVATE: u32 = 2;
const MAP_SHARED_VALIDATE: u32 = 3;
const MAP_FIXED: u32 = 0x10;
const MAP_ANONYMOUS: u32 = 0x20;
const MAP_GROWSDOWN: u32 = 0x100;
const MAP_LOCKED: u32 = 0x2000;
const MAP_NORESERVE: u32 = 0x4000;
const MAP_POPULATE: u32 = 0x8000;
const MAP_NONBLOCK: u32 = 0x1_0000;
const MAP_HUGETLB: u32 = 0x4_0000;
const MAP_FIXED_NOREPLACE: u32 = 0x10_0000;
/// All up to MAP_FIXED_NOREPLACE, but for MAP_SYNC.
const VALID: u32 = 0x17_ffff;

/// mmap(2).
pub(super) fn mmap(c: &mut Call<'_>) -> CallResult {
    let (addr, flags, offset) = (c.arg(0) as u64, c.uint(3), c.arg(5) as u64);
    let prot = prot_of(c.uint(2) & 0xf)?;
    if c.arg(1) == 0 || offset % PAGE64 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let len = (c.arg(1) as u64).checked_next_multiple_of(PAGE64).ok_or(Errno::ENOMEM)?;
    let shared = match flags & 0xf {
        MAP_SHARED => true,
        MAP_PRIVATE => false,
        // For files alone.
        MAP_SHARED_VALIDATE if flags & MAP_ANONYMOUS == 0 => true,
        _ => return Err(Errno::EINVAL.into()),
    };
    if flags & (MAP_HUGETLB | MAP_ANONYMOUS) == MAP_HUGETLB | MAP_ANONYMOUS {
        return Err(Errno::ENOMEM.into());
    }
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
    traits.set(Traits::NO_RESERVE, flags & MAP_NORESERVE != 0);
    if shared && flags & (MAP_ANONYMOUS | MAP_GROWSDOWN) == MAP_ANONYMOUS | MAP_GROWSDOWN {
        return Err(Errno::EINVAL.into());
    }
    let space = c.space()?;
    traits |= space.future_traits();
    if traits.contains(Traits::LOCKED) {
        memlock::check_mapping(c.me, &space, len)?;
    }
    let region = if flags & MAP_ANONYMOUS != 0 {
        check_commit(prot, len, traits)?;
        anonymous(prot, traits, len)?
    } else {
        let slot = c.me.files().slot(c.int(4), c.need(4))?;
        if flags & 0xf == MAP_SHARED_VALIDATE && flags & !VALID != 0 {
            return Err(Errno::EOPNOTSUPP.into());
        }
        if offset.checked_add(len).is_none() {
            return Err(Errno::EOVERFLOW.into());
        }
        file_region(&slot, prot, traits, offset, len)?
    };
    let request = MapRequest { addr: addr & !(PAGE64 - 1), len, placement, region, limit_bytes: c.limit_bytes() };
    let at = space.map(request)?;
    let wanted = flags & (MAP_POPULATE | MAP_NONBLOCK) == MAP_POPULATE;
    if wanted || traits & LOCKS == Traits::LOCKED {
        // What cannot be brought in now fails when it is used.
        let _ = space.populate(at..at.saturating_add(len));
    }
    Ok(at as usize)
}

/// Linux's heuristic overcommit: one mapping may not ask for more than the machine could ever give.
fn check_commit(prot: Prot, len: u64, traits: Traits) -> Result<(), Errno> {
    let accounted = prot.contains(Prot::WRITE) || traits.contains(Traits::SHARED);
    let free_of_it = traits.contains(Traits::NO_RESERVE) || !accounted;
    if free_of_it || len / PAGE64 <= mem::frame_counts().total { Ok(()) } else { Err(Errno::ENOMEM) }
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

fn file_region(slot: &Slot, prot: Prot, traits: Traits, offset: u64, len: u64) -> Result<Region, Errno> {
    let of = slot.file.open_file();
    if of.flags() & crate::fs::file::O_PATH != 0 {
        return Err(Errno::EBADF);
    }
    if !of.readable() || !slot.rights.contains(Rights::READ) {
        return Err(Errno::EACCES);
    }
    let shared = traits.contains(Traits::SHARED);
    let writable = of.writable() && slot.rights.contains(Rights::WRITE);
    let mut max_prot = Prot::all();
    if !slot.rights.contains(Rights::EXEC) {
        if prot.contains(Prot::EXEC) {
            return Err(Errno::EACCES);
        }
        max_prot.remove(Prot::EXEC);
    }
    if shared && !writable {
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
    let mut name: Ref<dyn MapName> = of.clone().unsize(|p| p);
    if let Some(d) = of.inode().and_then(|i| i.data())
        && shared
        && writable
        && d.seals.bits() != F_SEAL_SEAL
    {
        match Writing::begin(d) {
            Ok(writing) => {
                let map = SealableMap { of: of.clone(), _writing: writing };
                name = Ref::try_new(map).map_err(|_| Errno::ENOMEM)?.unsize(|p| p);
            }
            Err(e) if prot.contains(Prot::WRITE) => return Err(e),
            Err(_) => max_prot.remove(Prot::WRITE),
        }
    }
    let object = match of.file.mappable()? {
        Mappable::Zeros => return anonymous(prot, traits, len),
        Mappable::Object(o) => o,
    };
    Ok(Region { prot, max_prot, traits, source: Source::Object { object, offset, name: Some(name) } })
}

/// The name of a shared mapping of a file that can be sealed; as long as it lives, the mapping may write.
struct SealableMap {
    of: Ref<OpenFile>,
    _writing: Writing,
}

impl MapName for SealableMap {
    fn path(&self, out: &mut [u8]) -> usize {
        self.of.path(out)
    }
    fn identity(&self) -> (u64, u64) {
        self.of.identity()
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
    let space = c.space()?;
    let traits = space.future_traits();
    let old = if traits.is_empty() { 0 } else { space.lock().layout.brk };
    let wanted = c.arg(0) as u64;
    if wanted > old && !traits.is_empty() && memlock::check_mapping(c.me, &space, wanted.saturating_sub(old)).is_err() {
        return Ok(old as usize);
    }
    let grows = wanted.saturating_sub(space.lock().layout.brk);
    if check_commit(Prot::WRITE, grows, Traits::empty()).is_err() {
        return Ok(space.lock().layout.brk as usize);
    }
    let end = space.brk(wanted, limit, c.limit_bytes());
    if traits == Traits::LOCKED && end > old {
        let _ = space.populate(old & !(PAGE64 - 1)..end);
    }
    Ok(end as usize)
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
    Ok(space.remap(addr..addr.saturating_add(old_len), new_len, target, c.limit_bytes())? as usize)
}

/// madvise(2).
pub(super) fn madvise(c: &mut Call<'_>) -> CallResult {
    // NORMAL, RANDOM, SEQUENTIAL, WILLNEED, MERGEABLE, UNMERGEABLE, HUGEPAGE, NOHUGEPAGE, COLD, PAGEOUT: hints.
    const HINTS: [u32; 10] = [0, 1, 2, 3, 12, 13, 14, 15, 20, 21];
    let advice = c.uint(2);
    if !HINTS.contains(&advice) && !matches!(advice, 4 | 8 | 10 | 11 | 16..=19 | 22..=24) {
        return Err(Errno::EINVAL.into());
    }
    let range = pages(c.arg(0), c.arg(1)).map_err(|_| Errno::EINVAL)?;
    if range.is_empty() {
        return Ok(0);
    }
    let space = c.space()?;
    match advice {
        // DONTNEED, FREE (whose pages go at once too), DONTNEED_LOCKED.
        4 => space.discard(range, Discard::Unlocked)?,
        8 => space.discard(range, Discard::OwnOnly)?,
        24 => space.discard(range, Discard::All)?,
        10 => space.set_traits(range, Traits::DONT_FORK, Traits::empty())?,
        11 => space.set_traits(range, Traits::empty(), Traits::DONT_FORK)?,
        16 => space.set_traits(range, Traits::DONT_DUMP, Traits::empty())?,
        17 => space.set_traits(range, Traits::empty(), Traits::DONT_DUMP)?,
        18 => {
            let mut own = true;
            space.lock().each_in(&range, |r| own &= r.is_own());
            if !own {
                return Err(Errno::EINVAL.into());
            }
            space.set_traits(range, Traits::WIPE_ON_FORK, Traits::empty())?;
        }
        19 => space.set_traits(range, Traits::empty(), Traits::WIPE_ON_FORK)?,
        22 | 23 => {
            if !space.lock().regions.covers(&range) {
                return Err(Errno::ENOMEM.into());
            }
            let access = if advice == 23 { mem::Access::Write } else { mem::Access::Read };
            space.populate_for(range, access).map_err(|e| match e {
                FaultError::NotAllowed => Errno::EINVAL,
                FaultError::BeyondEnd => Errno::EFAULT,
                FaultError::NotMapped | FaultError::NoMemory => Errno::ENOMEM,
            })?;
        }
        _ if space.lock().regions.covers(&range) => {}
        _ => return Err(Errno::ENOMEM.into()),
    }
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
    let space = c.space()?;
    let inner = space.lock();
    let mut locked = false;
    inner.each_in(&range, |r| locked |= r.traits.contains(Traits::LOCKED));
    if locked && flags & MS_INVALIDATE != 0 {
        return Err(Errno::EBUSY.into());
    }
    if !range.is_empty() && !inner.regions.covers(&range) {
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
    let (mut at, mut out) = (range.start, c.arg(2));
    while at < range.end {
        if c.me.kill_pending() {
            return Err(Errno::EINTR.into());
        }
        let mut here = [0u8; 256];
        let count = (range.end.saturating_sub(at) / PAGE64).min(256) as usize;
        let here = here.get_mut(..count).unwrap_or_default();
        {
            let inner = space.lock();
            for (page, present) in (at / PAGE64..).zip(here.iter_mut()) {
                *present = u8::from(inner.tables.get(page.saturating_mul(PAGE64) as usize).is_some());
            }
        }
        user::copy_out(out, here).map_err(|_| Errno::EFAULT)?;
        at = at.saturating_add((count as u64).saturating_mul(PAGE64));
        out = out.wrapping_add(count);
    }
    Ok(0)
}
