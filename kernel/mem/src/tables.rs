//! The page table of an address space.
//!
//! A leaf without `SPECIAL` owns one reference to its frame, also while it is not valid (PROT_NONE). The owner serialises changes (the address-space mutex);
//! hardware may set the A and D bits at any time, so entries are exchanged, never read and then stored.

use crate::addr::PAGE;
use crate::boxed::NoMemory;
use crate::frame::Frame;
use crate::gather::Gather;
use crate::kernel_table::kernel_root_ppn;
use crate::refs::Ref;
use arch::DIRECT_BASE;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_pagetable::{ENTRIES, Mode, Pte, PteFlags, Satp, index};
use logic_shootdown::{Depth, Hart};
use tlb::Translations;

type Table = [AtomicU64; ENTRIES];

/// A page table with everything mapped in its lower half.
pub struct UserTables {
    root: Frame,
    /// Frames of tables below the root.
    tables: u64,
    /// Leaves that own a frame.
    resident: u64,
    handle: Ref<SpaceHandle>,
}

/// What a switch needs of a page table: the root register's value, and who has what of it.
pub struct SpaceHandle {
    satp: usize,
    translations: Translations,
}

impl SpaceHandle {
    /// Loads the table on this hart. That it uses it is said before, so that whoever changes an entry from here on asks it.
    #[inline]
    pub(crate) fn load(&self, me: Hart) {
        // SAFETY: the table maps the kernel like every other; it lives while a hart uses it (asserted when it is dropped).
        self.translations.enter(me, || unsafe { arch::write_satp(self.satp) });
    }
    /// Notes that this hart has loaded another table.
    pub(crate) fn leave(&self, me: Hart) {
        self.translations.leave(me);
    }
    /// Instructions in the address space were changed: harts fetch them anew, at once or when they come to it.
    pub fn code_changed(&self) {
        self.translations.code_changed();
    }
}

/// Pages of all page tables of address spaces.
static TABLE_PAGES: AtomicU64 = AtomicU64::new(0);

/// Pages that the page tables of all address spaces take.
pub fn table_pages() -> u64 {
    TABLE_PAGES.load(Ordering::Relaxed)
}

/// What an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Page number.
    pub ppn: u32,
    /// Flags.
    pub flags: PteFlags,
}

/// The table in the frame `ppn`.
///
/// # Safety
/// The frame is a page table that lives for `'a`.
#[inline(always)]
unsafe fn table_at<'a>(ppn: u64) -> &'a Table {
    // SAFETY: by contract; tables are only accessed as atomics.
    unsafe { &*((DIRECT_BASE + ppn as usize * PAGE) as *const Table) }
}

const USER_ENTRIES: usize = ENTRIES / 2;

impl UserTables {
    /// An empty table, charged to the running thread's heap.
    pub fn try_new() -> Result<Self, NoMemory> {
        let root = Frame::try_zeroed()?;
        // SAFETY: the kernel's root is permanent, the new one owned here.
        let (kernel, new) = unsafe { (table_at(u64::from(kernel_root_ppn())), table_at(u64::from(root.ppn()))) };
        for i in USER_ENTRIES..ENTRIES {
            new[i].store(kernel[i].load(Ordering::Relaxed), Ordering::Relaxed);
        }
        let translations = Translations::begin();
        let satp = Satp::new(Mode::Sv39, translations.asid(), u64::from(root.ppn())).bits() as usize;
        let handle = Ref::try_new(SpaceHandle { satp, translations })?;
        TABLE_PAGES.fetch_add(1, Ordering::Relaxed);
        Ok(UserTables { root, tables: 0, resident: 0, handle })
    }

    #[inline(always)]
    fn root(&self) -> &Table {
        // SAFETY: the root lives as long as `self`.
        unsafe { table_at(u64::from(self.root.ppn())) }
    }

    /// The level-0 entry for `va`, if its tables exist.
    #[inline]
    fn find(&self, va: usize) -> Option<&AtomicU64> {
        let e2 = Pte(self.root()[index(va as u64, 2)].load(Ordering::Relaxed));
        if !e2.is_valid() {
            return None;
        }
        // SAFETY: valid non-leaf entries point to tables that live until `self` drops or `prune` finds them unused, for
        // which it needs `&mut self`.
        let e1 = unsafe { Pte(table_at(e2.ppn())[index(va as u64, 1)].load(Ordering::Relaxed)) };
        if !e1.is_valid() {
            return None;
        }
        // SAFETY: as above.
        Some(unsafe { &table_at(e1.ppn())[index(va as u64, 0)] })
    }

    /// The level-0 entry for `va`, with tables made as needed.
    #[inline]
    fn find_or_make(&mut self, va: usize) -> Result<&AtomicU64, NoMemory> {
        debug_assert!(va < arch::USER_TOP);
        let mut ppn = u64::from(self.root.ppn());
        for level in [2, 1] {
            // SAFETY: the root, or a table found through it.
            let entry = unsafe { &table_at(ppn)[index(va as u64, level)] };
            let mut e = Pte(entry.load(Ordering::Relaxed));
            if !e.is_valid() {
                e = Pte::table(u64::from(Frame::try_zeroed()?.into_ppn()));
                self.tables += 1;
                TABLE_PAGES.fetch_add(1, Ordering::Relaxed);
                // The zeroed table must be seen before the entry that leads to it.
                entry.store(e.bits(), Ordering::Release);
            }
            ppn = e.ppn();
        }
        // SAFETY: as above.
        Ok(unsafe { &table_at(ppn)[index(va as u64, 0)] })
    }

    /// What is mapped at `va`.
    #[inline]
    pub fn get(&self, va: usize) -> Option<Leaf> {
        let e = Pte(self.find(va)?.load(Ordering::Relaxed));
        (!e.is_empty()).then(|| Leaf { ppn: e.ppn() as u32, flags: e.flags() })
    }

    /// One more handle to the frame mapped at `va`, unless it is special.
    pub fn frame(&self, va: usize) -> Option<Frame> {
        let leaf = self.get(va)?;
        if leaf.flags.contains(PteFlags::SPECIAL) {
            return None;
        }
        // SAFETY: the entry holds a reference, and the caller's `&self` with the address-space lock keeps it there.
        Some(unsafe { Frame::share_ppn(leaf.ppn) })
    }

    /// References to the frame mapped at `va` (0 when special or none).
    pub fn frame_refs(&self, leaf: Leaf) -> u32 {
        if leaf.flags.contains(PteFlags::SPECIAL) {
            return 0;
        }
        // SAFETY: the entry that `leaf` was read from holds a reference; the handle made here is not dropped.
        let f = unsafe { Frame::from_ppn(leaf.ppn) };
        let n = f.refs();
        core::mem::forget(f);
        n
    }

    /// Maps a frame where nothing is mapped. `flags` without `VALID`.
    #[inline(always)]
    pub fn map(&mut self, va: usize, frame: Frame, flags: PteFlags) -> Result<(), NoMemory> {
        let entry = self.find_or_make(va)?;
        let pte = Pte::leaf(u64::from(frame.into_ppn()), flags | PteFlags::USER | PteFlags::ACCESSED);
        let old = Pte(entry.swap(pte.bits(), Ordering::Release));
        self.resident += 1;
        debug_assert!(old.is_empty(), "mapping over a mapping");
        Ok(())
    }

    /// Maps a frame that nobody owns through this table: the zero frame, the vDSO.
    pub fn map_special(&mut self, va: usize, frame: &'static Frame, flags: PteFlags) -> Result<(), NoMemory> {
        let entry = self.find_or_make(va)?;
        let flags = flags | PteFlags::USER | PteFlags::ACCESSED | PteFlags::SPECIAL;
        entry.store(Pte::leaf(u64::from(frame.ppn()), flags).bits(), Ordering::Release);
        Ok(())
    }

    /// Replaces the frame at `va` (copy-on-write). In between nothing is mapped there: while one hart could use the new frame
    /// and another still had the old one, what the first writes would not be seen by the second, whatever it had heard since.
    pub fn replace(&mut self, va: usize, frame: Frame, flags: PteFlags) -> Result<(), NoMemory> {
        let old = Pte(self.find_or_make(va)?.swap(0, Ordering::AcqRel));
        self.handle.translations.flush(va, PAGE, Depth::Leaves);
        if !old.is_empty() && !old.has(PteFlags::SPECIAL) {
            self.resident -= 1;
            // SAFETY: the entry owned this reference and no longer does, and no hart has it.
            drop(unsafe { Frame::from_ppn(old.ppn() as u32) });
        }
        self.map(va, frame, flags)
    }

    /// Changes the flags of the entry at `va`: sets `set`, clears `clear`.
    pub fn change(&mut self, va: usize, set: PteFlags, clear: PteFlags) {
        if let Some(e) = self.find(va) {
            e.fetch_and(!clear.bits(), Ordering::Relaxed);
            e.fetch_or(set.bits(), Ordering::Relaxed);
        }
    }

    /// Visits each level-0 table that covers part of `[start, end)`: `f(va of its first entry in range, entries)`.
    fn each_table(&self, start: usize, end: usize, mut f: impl FnMut(usize, &[AtomicU64])) {
        const SPAN1: usize = 1 << 21;
        const SPAN2: usize = 1 << 30;
        let mut va = start;
        while va < end {
            let e2 = Pte(self.root()[index(va as u64, 2)].load(Ordering::Relaxed));
            if !e2.is_valid() {
                va = (va / SPAN2 + 1) * SPAN2;
                continue;
            }
            // SAFETY: as in `find`.
            let e1 = unsafe { Pte(table_at(e2.ppn())[index(va as u64, 1)].load(Ordering::Relaxed)) };
            let next = ((va / SPAN1 + 1) * SPAN1).min(end);
            if e1.is_valid() {
                let first = index(va as u64, 0);
                let count = (next - va) / PAGE;
                // SAFETY: as in `find`.
                let t = unsafe { table_at(e1.ppn()) };
                f(va, &t[first..first + count]);
            }
            va = next;
        }
    }

    /// Unmaps `[start, end)`. Frames go to `gather`, which is flushed as often as it is full; the caller flushes the rest.
    pub fn unmap(&mut self, start: usize, end: usize, gather: &mut Gather) {
        let handle = self.handle.clone();
        let mut owned = 0;
        self.each_table(start, end, |first, entries| {
            for (i, e) in entries.iter().enumerate() {
                if e.load(Ordering::Relaxed) == 0 {
                    continue;
                }
                let old = Pte(e.swap(0, Ordering::AcqRel));
                if old.is_empty() {
                    continue;
                }
                gather.note(first + i * PAGE, PAGE);
                if !old.has(PteFlags::SPECIAL) {
                    owned += 1;
                    if gather.is_full() {
                        gather.flush(&handle.translations);
                    }
                    // SAFETY: the entry owned this reference and no longer does.
                    gather.keep(unsafe { Frame::from_ppn(old.ppn() as u32) });
                }
            }
        });
        self.resident -= owned;
    }

    /// Visits the mapped pages of `[start, end)`; `f` says what flags to set and clear. Changed entries are noted.
    pub fn protect(
        &mut self,
        start: usize,
        end: usize,
        gather: &mut Gather,
        mut f: impl FnMut(usize, Leaf) -> (PteFlags, PteFlags),
    ) {
        self.each_table(start, end, |first, entries| {
            for (i, e) in entries.iter().enumerate() {
                let old = Pte(e.load(Ordering::Relaxed));
                if old.is_empty() {
                    continue;
                }
                let leaf = Leaf { ppn: old.ppn() as u32, flags: old.flags() };
                let (set, clear) = f(first + i * PAGE, leaf);
                if !set.is_empty() || !clear.is_empty() {
                    e.fetch_and(!clear.bits(), Ordering::Relaxed);
                    e.fetch_or(set.bits(), Ordering::Relaxed);
                    gather.note(first + i * PAGE, PAGE);
                }
            }
        });
    }

    /// Shares the mapped pages of `[start, end)` with `child` at the same addresses. With `Sharing::CopyOnWrite` both
    /// sides lose write permission and gain `COW`; changed entries of this table are noted in `gather`.
    pub fn share_with(
        &mut self,
        child: &mut UserTables,
        start: usize,
        end: usize,
        sharing: Sharing,
        gather: &mut Gather,
    ) -> Result<(), NoMemory> {
        let mut refused = false;
        self.each_table(start, end, |first, entries| {
            if refused {
                return;
            }
            // One child table serves the whole slice, which never crosses a table.
            let mut child_entries: Option<&[AtomicU64]> = None;
            for (i, e) in entries.iter().enumerate() {
                let old = Pte(e.load(Ordering::Relaxed));
                if old.is_empty() {
                    continue;
                }
                let target = match child_entries {
                    Some(t) => t,
                    None => match child.slice_for(first, entries.len()) {
                        Ok(t) => {
                            child_entries = Some(t);
                            t
                        }
                        Err(NoMemory) => {
                            refused = true;
                            return;
                        }
                    },
                };
                let mut new = old;
                if sharing == Sharing::CopyOnWrite && old.has(PteFlags::WRITE) {
                    e.fetch_and(!PteFlags::WRITE.bits(), Ordering::Relaxed);
                    e.fetch_or(PteFlags::COW.bits(), Ordering::Relaxed);
                    gather.note(first + i * PAGE, PAGE);
                    new = old.without(PteFlags::WRITE).with(PteFlags::COW);
                }
                if !old.has(PteFlags::SPECIAL) {
                    // SAFETY: the parent's entry holds a reference; the new one belongs to the child's entry.
                    core::mem::forget(unsafe { Frame::share_ppn(old.ppn() as u32) });
                    child.resident += 1;
                }
                target[i].store(new.bits(), Ordering::Relaxed);
            }
        });
        if refused { Err(NoMemory) } else { Ok(()) }
    }

    /// The `count` entries from `va` on, which lie in one table, made if needed. The lifetime is that of the table.
    fn slice_for<'t>(&mut self, va: usize, count: usize) -> Result<&'t [AtomicU64], NoMemory> {
        let p = core::ptr::from_ref(self.find_or_make(va)?);
        // SAFETY: `count` entries from `va` on lie in one table (see `each_table`), which lives until `prune` or drop; the
        // caller uses the slice only while it holds the table exclusively.
        Ok(unsafe { core::slice::from_raw_parts(p, count) })
    }

    /// Frees tables that cover nothing but `[start, end)`, a range in which nothing is mapped and nothing will be expected.
    pub fn prune(&mut self, start: usize, end: usize) {
        const SPAN1: usize = 1 << 21;
        let mut va = start.next_multiple_of(SPAN1);
        while va + SPAN1 <= end {
            let e2 = Pte(self.root()[index(va as u64, 2)].load(Ordering::Relaxed));
            if !e2.is_valid() {
                va = (va / (1 << 30) + 1) << 30;
                continue;
            }
            // SAFETY: as in `find`.
            let slot = unsafe { &table_at(e2.ppn())[index(va as u64, 1)] };
            if slot.load(Ordering::Relaxed) != 0 {
                let old = Pte(slot.swap(0, Ordering::AcqRel));
                self.handle.translations.flush(va, PAGE, Depth::Tables);
                // SAFETY: the entry owned the table, in which nothing is mapped.
                drop(unsafe { Frame::from_ppn(old.ppn() as u32) });
                self.tables -= 1;
                TABLE_PAGES.fetch_sub(1, Ordering::Relaxed);
            }
            va += SPAN1;
        }
    }

    /// Mapped pages of `[start, end)` that `f` wants counted; it gets their addresses, too.
    pub fn count_pages(&self, start: usize, end: usize, mut f: impl FnMut(usize, Leaf) -> bool) -> u64 {
        let mut n = 0;
        self.each_table(start, end, |at, entries| {
            let pages = (at..).step_by(PAGE).zip(entries.iter().map(|e| Pte(e.load(Ordering::Relaxed))));
            n += pages.filter(|(va, e)| !e.is_empty() && f(*va, Leaf { ppn: e.ppn() as u32, flags: e.flags() })).count() as u64;
        });
        n
    }

    /// What a thread needs to run in it.
    pub fn handle(&self) -> &Ref<SpaceHandle> {
        &self.handle
    }
    /// Flushes `gather` on the harts that run this table.
    #[inline]
    pub fn flush(&self, gather: &mut Gather) {
        gather.flush(&self.handle.translations);
    }
    /// Pages mapped that own their frame.
    pub fn resident_pages(&self) -> u64 {
        self.resident
    }
    /// Pages that the table itself takes.
    pub fn table_pages(&self) -> u64 {
        self.tables + 1
    }
}

/// How [`UserTables::share_with`] shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Writes of one side stay its own.
    CopyOnWrite,
    /// Both see each other's writes.
    Shared,
}

impl Drop for UserTables {
    fn drop(&mut self) {
        assert!(self.handle.translations.users() == 0, "page table freed while a hart runs it");
        TABLE_PAGES.fetch_sub(self.table_pages(), Ordering::Relaxed);
        for e2 in &self.root()[..USER_ENTRIES] {
            let e2 = Pte(e2.load(Ordering::Relaxed));
            if !e2.is_valid() {
                continue;
            }
            // SAFETY: nobody uses the table any more; each valid entry owns what it points to.
            unsafe {
                for e1 in table_at(e2.ppn()) {
                    let e1 = Pte(e1.load(Ordering::Relaxed));
                    if e1.is_valid() {
                        drop_leaves(table_at(e1.ppn()));
                        drop(Frame::from_ppn(e1.ppn() as u32));
                    }
                }
                drop(Frame::from_ppn(e2.ppn() as u32));
            }
        }
    }
}

/// Drops what the leaves of a table own.
///
/// # Safety
/// Nobody uses the table any more.
unsafe fn drop_leaves(table: &Table) {
    for e in table {
        let e = Pte(e.load(Ordering::Relaxed));
        if !e.is_empty() && !e.has(PteFlags::SPECIAL) {
            // SAFETY: the entry owned this reference.
            drop(unsafe { Frame::from_ppn(e.ppn() as u32) });
        }
    }
}
