//! Page faults of programs, and of the kernel on their behalf.

use super::object::{Page, PageError, PageIntent, PageSource};
use super::region::{Prot, Region, Source, Traits};
use super::space::{AddressSpace, Inner};
use crate::see::events;
use crate::task::with_current;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_trace::{Event, Group};
use mem::{Access, Frame, NoMemory, PAGE, Permit, PteFlags, Ref, page_down, permits, zero_frame};

/// Why a fault cannot be resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultError {
    /// Nothing is mapped there (SEGV_MAPERR).
    NotMapped,
    /// The mapping does not allow it (SEGV_ACCERR).
    NotAllowed,
    /// Beyond the end of the mapped object (SIGBUS, BUS_ADRERR).
    BeyondEnd,
    /// No memory within the budget.
    NoMemory,
}

impl From<NoMemory> for FaultError {
    fn from(_: NoMemory) -> Self {
        FaultError::NoMemory
    }
}
impl From<PageError> for FaultError {
    fn from(e: PageError) -> Self {
        match e {
            // A full file system is a bus error too, as on Linux.
            PageError::BeyondEnd | PageError::Full => FaultError::BeyondEnd,
            PageError::NoMemory => FaultError::NoMemory,
        }
    }
}

static OOM_KILLS: AtomicU64 = AtomicU64::new(0);

/// Processes that were killed because there was no memory for a page of theirs.
pub(crate) fn oom_kills() -> u64 {
    OOM_KILLS.load(Ordering::Relaxed)
}

/// Counts one.
pub(crate) fn count_oom_kill() {
    OOM_KILLS.fetch_add(1, Ordering::Relaxed);
}

/// Stack pages kept free below a stack that grows (stack_guard_gap).
const STACK_GUARD: u64 = 256 * PAGE as u64;

/// Pages that one fault makes present where they cost nothing more: a program that reads one soon reads the next.
const AROUND: usize = 16;

/// Resolves a fault of the running thread's address space.
pub(crate) fn user_fault(addr: usize, access: Access) -> Result<(), FaultError> {
    with_current(|me| {
        let space = me.space().ok_or(FaultError::NotMapped)?;
        me.count_fault();
        let noted = events::on(Group::Fault);
        if noted {
            events::put(Event::FaultBegin, addr as u64, access as u64);
        }
        let result = match space.resolve(page_down(addr), access) {
            Err(FaultError::NoMemory) => crate::task::oom::resolve_with_room(me, &space, page_down(addr), access),
            result => result,
        };
        if noted {
            events::put(Event::FaultEnd, u64::from(result.is_ok()), 0);
        }
        result
    })
}

/// What to do once the lock is let go of.
enum Next {
    Done,
    /// Get this page of the object, then look again.
    Fetch {
        object: Ref<dyn PageSource>,
        index: u64,
        intent: PageIntent,
        /// Whether pages beside it may be mapped as well.
        around: bool,
        generation: u64,
    },
}

impl AddressSpace {
    /// Makes the page at `va` (page-aligned) accessible.
    pub(crate) fn resolve(&self, va: usize, access: Access) -> Result<(), FaultError> {
        let mut fetched: Option<(Page, u64)> = None;
        loop {
            let mut inner = self.lock();
            let page = match fetched.take() {
                Some((page, generation)) if generation == inner.generation => Some(page),
                _ => None,
            };
            match inner.step(va, access, page)? {
                Next::Done => return Ok(()),
                Next::Fetch { object, index, intent, around, generation } => {
                    drop(inner);
                    // No lock is held while the object gets its page.
                    fetched = Some((object.page(index, intent)?, generation));
                    if around {
                        self.map_around(va, &object, generation);
                    }
                }
            }
        }
    }
}

impl AddressSpace {
    /// Maps pages for reading that `object` has beside the one at `va`, where nothing is mapped. The page itself is left to
    /// the caller.
    #[inline(never)]
    fn map_around(&self, va: usize, object: &Ref<dyn PageSource>, generation: u64) {
        let mut frames = [const { None }; AROUND];
        let Some((first, index, count)) = self.lock().block_around(va) else { return };
        object.present(index, frames.get_mut(..count).unwrap_or_default());
        let mut inner = self.lock();
        if inner.generation == generation {
            inner.map_block(va, first, frames);
        }
    }
}

/// Whether a region allows an access.
pub(super) fn allowed(region: &Region, access: Access) -> bool {
    match access {
        // Write implies read in the page table, as on Linux for riscv.
        Access::Read => region.prot.intersects(Prot::READ | Prot::WRITE),
        Access::Write => region.prot.contains(Prot::WRITE),
        Access::Execute => region.prot.contains(Prot::EXEC),
    }
}

impl Inner {
    fn step(&mut self, va: usize, access: Access, page: Option<Page>) -> Result<Next, FaultError> {
        if self.regions.find(va as u64).is_none() {
            self.grow_stack(va as u64)?;
        }
        let (range, region) = self.regions.find(va as u64).ok_or(FaultError::NotMapped)?;
        if !allowed(region, access) {
            return Err(FaultError::NotAllowed);
        }
        let flags = region.pte_flags();
        if let Some(leaf) = self.tables.get(va) {
            match permits(leaf.flags, access) {
                Permit::Yes => arch::sfence_page(va),
                Permit::NeedsAccessed => self.tables.change(va, PteFlags::ACCESSED, PteFlags::empty()),
                Permit::NeedsDirty => self.tables.change(va, PteFlags::ACCESSED | PteFlags::DIRTY, PteFlags::empty()),
                Permit::Cow => return self.write_shared(va, flags),
                // The region allows more than the entry: a page of an object that was mapped for reading.
                Permit::No => return self.upgrade(va, flags, range, access, page),
            }
            return Ok(Next::Done);
        }
        match (&region.source, page) {
            (Source::Anonymous, _) => self.map_anonymous(va, flags, access),
            (Source::Object { object, .. }, None) => {
                let private = !region.is_shared();
                // Shared memory gets its page even for reading: the zero page would go on showing zeroes after others write.
                let intent = if private { PageIntent::Read } else { PageIntent::Write };
                let index = region.object_index((va as u64).saturating_sub(range.start));
                let around = access != Access::Write;
                Ok(Next::Fetch { object: object.clone(), index, intent, around, generation: self.generation })
            }
            (Source::Object { .. }, Some(page)) => {
                let shared = region.is_shared();
                self.map_object(va, flags, access, page, shared)
            }
        }
    }

    /// A stack above `va` grows down to it if it may.
    fn grow_stack(&mut self, va: u64) -> Result<(), FaultError> {
        let (range, region) = self.regions.next_at_or_after(va).ok_or(FaultError::NotMapped)?;
        if !region.traits.contains(Traits::GROWS_DOWN) {
            return Err(FaultError::NotMapped);
        }
        let limit = with_current(|me| me.process().limit(crate::task::limits::STACK));
        if range.end.saturating_sub(va) > limit {
            return Err(FaultError::NotMapped);
        }
        let below =
            self.regions.last_below(range.start).filter(|(_, r)| !r.prot.is_empty() && !r.traits.contains(Traits::GROWS_DOWN));
        if below.is_some_and(|(r, _)| va < r.end.saturating_add(STACK_GUARD)) {
            return Err(FaultError::NotMapped);
        }
        let start = range.start;
        self.regions.resize_start(start, va).map_err(|_| FaultError::NotMapped)?;
        self.changed();
        Ok(())
    }

    fn map_anonymous(&mut self, va: usize, flags: PteFlags, access: Access) -> Result<Next, FaultError> {
        if access == Access::Write {
            self.tables.map(va, Frame::try_zeroed()?, flags)?;
        } else {
            let cow = if flags.contains(PteFlags::WRITE) { PteFlags::COW } else { PteFlags::empty() };
            self.tables.map_special(va, zero_frame(), flags.difference(PteFlags::WRITE | PteFlags::DIRTY) | cow)?;
        }
        Ok(Next::Done)
    }

    fn map_object(&mut self, va: usize, flags: PteFlags, access: Access, page: Page, shared: bool) -> Result<Next, FaultError> {
        let read_only = flags.difference(PteFlags::WRITE | PteFlags::DIRTY);
        let cow = if flags.contains(PteFlags::WRITE) { PteFlags::COW } else { PteFlags::empty() };
        match page {
            Page::Frame(frame) if shared && access == Access::Write => self.tables.map(va, frame, flags)?,
            // Mapped for reading; the first write asks the object for its own page, so that a file learns of it.
            Page::Frame(frame) if shared => self.tables.map(va, frame, read_only)?,
            Page::Frame(frame) if access == Access::Write => self.tables.map(va, frame.try_copy()?, flags)?,
            Page::Frame(frame) => self.tables.map(va, frame, read_only | cow)?,
            Page::Hole if !shared && access == Access::Write => self.tables.map(va, Frame::try_zeroed()?, flags)?,
            Page::Hole if shared => self.tables.map_special(va, zero_frame(), read_only)?,
            Page::Hole => self.tables.map_special(va, zero_frame(), read_only | cow)?,
        }
        if flags.contains(PteFlags::EXECUTE) {
            self.tables.handle().code_changed();
        }
        Ok(Next::Done)
    }

    /// The part of a mapping around a page, an aligned block, so that one page table holds it: its address, the index of its
    /// first page in the object, and its length.
    fn block_around(&self, va: usize) -> Option<(usize, u64, usize)> {
        const BLOCK: u64 = (AROUND * PAGE) as u64;
        let (range, region) = self.regions.find(va as u64)?;
        let block = va as u64 / BLOCK * BLOCK;
        let (start, end) = (block.max(range.start), block.saturating_add(BLOCK).min(range.end));
        let count = end.saturating_sub(start) / PAGE as u64;
        Some((start as usize, region.object_index(start.saturating_sub(range.start)), count as usize))
    }

    fn map_block(&mut self, va: usize, first: usize, frames: [Option<Frame>; AROUND]) {
        let Some((_, region)) = self.regions.find(va as u64) else { return };
        let flags = region.pte_flags();
        let copies = flags.contains(PteFlags::WRITE) && !region.is_shared();
        let cow = if copies { PteFlags::COW } else { PteFlags::empty() };
        let flags = flags.difference(PteFlags::WRITE | PteFlags::DIRTY) | cow;
        for (i, frame) in frames.into_iter().enumerate() {
            let at = first.saturating_add(i * PAGE);
            if let Some(frame) = frame
                && at != va
                && self.tables.get(at).is_none()
                && self.tables.map(at, frame, flags).is_err()
            {
                return;
            }
        }
    }

    /// A write to a page that is shared until written.
    fn write_shared(&mut self, va: usize, flags: PteFlags) -> Result<Next, FaultError> {
        let Some(leaf) = self.tables.get(va) else { return Ok(Next::Done) };
        if self.tables.frame_refs(leaf) == 1 {
            // The last owner: no copy needed.
            self.tables.change(va, flags | PteFlags::ACCESSED, PteFlags::COW);
            arch::sfence_page(va);
            return Ok(Next::Done);
        }
        let copy = match self.tables.frame(va) {
            Some(frame) => frame.try_copy()?,
            None => Frame::try_zeroed()?,
        };
        self.tables.replace(va, copy, flags)?;
        Ok(Next::Done)
    }

    /// The entry allows less than the region: a shared object's page that was mapped for reading is now written, or the
    /// region's protection grew after the page came.
    fn upgrade(
        &mut self,
        va: usize,
        flags: PteFlags,
        range: Range<u64>,
        access: Access,
        page: Option<Page>,
    ) -> Result<Next, FaultError> {
        let Some((_, region)) = self.regions.find(va as u64) else { return Err(FaultError::NotMapped) };
        if let (Source::Object { object, .. }, true, Access::Write) = (&region.source, region.is_shared(), access) {
            let index = region.object_index((va as u64).saturating_sub(range.start));
            let Some(Page::Frame(frame)) = page else {
                let (intent, generation) = (PageIntent::Write, self.generation);
                return Ok(Next::Fetch { object: object.clone(), index, intent, around: false, generation });
            };
            self.tables.replace(va, frame, flags)?;
            return Ok(Next::Done);
        }
        let Some(leaf) = self.tables.get(va) else { return Ok(Next::Done) };
        let writable = leaf.flags.contains(PteFlags::WRITE);
        let cow = if flags.contains(PteFlags::WRITE) && !writable { PteFlags::COW } else { PteFlags::empty() };
        let set = flags.difference(PteFlags::WRITE | PteFlags::DIRTY) | cow;
        self.tables.change(va, set | PteFlags::ACCESSED, PteFlags::empty());
        arch::sfence_page(va);
        Ok(Next::Done)
    }
}
