//! Kernel stacks: mapped page by page, each with an unmapped guard of its own size below. A fresh stack is all zeros, so
//! the deepest use can be measured. A few are kept mapped, because threads come and go more often than stacks wear out.

use crate::addr::{PAGE, Paddr};
use crate::boxed::NoMemory;
use crate::frame::Frame;
use crate::heap::current_heap;
use crate::heaps::heap_by_index;
use crate::kernel_table::{kernel_root_ppn, stack_gibs};
use arch::{KERNEL_STACK_BYTES, STACK_SLOT_BYTES, STACKS_BASE};
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use logic_ids::{Slots, Spare};
use logic_pagetable::{Pte, PteFlags, index};
use sync::{SpinLock, levels};

const SLOTS: usize = stack_gibs() * (1 << 30) / STACK_SLOT_BYTES;
const PAGES: usize = KERNEL_STACK_BYTES / PAGE;
const CACHE: usize = 32;
const BATCH: usize = 8;
const FLAGS: PteFlags = PteFlags::VALID
    .union(PteFlags::READ)
    .union(PteFlags::WRITE)
    .union(PteFlags::GLOBAL)
    .union(PteFlags::ACCESSED)
    .union(PteFlags::DIRTY);

static STATE: SpinLock<Slots<{ SLOTS / 64 }>, levels::Stacks> = SpinLock::new(Slots::new());

/// A mapped kernel stack. Goes to the stock of mapped stacks, or is unmapped and freed, when dropped.
pub struct KernelStack {
    mapping: Option<Mapping>,
}

/// Slots whose stacks are mapped and unused.
static STOCK: SpinLock<Spare<Mapping, CACHE>, levels::StackStock> = SpinLock::new(Spare::new());

/// A mapped slot and the heap that pays for its frames.
#[derive(Clone, Copy)]
struct Mapping {
    slot: u32,
    payer: u16,
}

impl KernelStack {
    /// A stack, charged to the running thread's heap.
    pub fn try_new() -> Result<Self, NoMemory> {
        let heap = current_heap();
        heap.charge_pages(PAGES as u64)?;
        let stocked = STOCK.lock().pop();
        let mapping = match stocked.map_or_else(Mapping::try_new, Ok) {
            Ok(m) => m,
            Err(e) => {
                heap.uncharge_pages(PAGES as u64);
                return Err(e);
            }
        };
        Ok(KernelStack { mapping: Some(Mapping { payer: heap.index(), ..mapping }) })
    }
    fn slot(&self) -> u32 {
        self.mapping.map_or(0, |m| m.slot)
    }
    /// One past the highest address.
    pub fn top(&self) -> usize {
        bottom(self.slot()) + KERNEL_STACK_BYTES
    }
    /// Most bytes that were ever in use since the stack was mapped.
    pub fn high_water(&self) -> usize {
        high_water(self.slot())
    }
}

/// Most bytes ever in use of the mapped stack in a slot, whose owner the caller is or keeps.
fn high_water(slot: u32) -> usize {
    let (low, top) = (bottom(slot), bottom(slot) + KERNEL_STACK_BYTES);
    // SAFETY: inside the mapped stack; volatile because its owner may be running on it.
    let word = |at: usize| unsafe { (at as *const u64).read_volatile() };
    let mut at = low;
    // Several stacks are looked at with preemption off, and most of each is zeros: four words at a time.
    while at < top && word(at) | word(at.wrapping_add(8)) | word(at.wrapping_add(16)) | word(at.wrapping_add(24)) == 0 {
        at = at.wrapping_add(32);
    }
    while at < top && word(at) == 0 {
        at = at.wrapping_add(8);
    }
    top.saturating_sub(at)
}

impl Drop for KernelStack {
    fn drop(&mut self) {
        let Some(m) = self.mapping.take() else { return };
        heap_by_index(m.payer).uncharge_pages(PAGES as u64);
        let mut batch = Batch::default();
        STOCK.lock().push(m, &mut batch.0);
        batch.retire();
    }
}

/// Stacks that are unmapped together, so that the other harts are interrupted once for all of them.
#[derive(Default)]
struct Batch([Option<Mapping>; BATCH]);

impl Batch {
    /// Unmaps stacks that were in use, after a look at how much of them was.
    #[inline(never)]
    fn retire(&self) {
        for m in self.0.iter().flatten() {
            HIGH_WATER.fetch_max(high_water(m.slot), Ordering::Relaxed);
        }
        self.unmap();
    }

    #[inline(never)]
    fn unmap(&self) {
        let mut frames: [[Option<Frame>; PAGES]; BATCH] = [const { [const { None }; PAGES] }; BATCH];
        let (mut low, mut high) = (usize::MAX, 0);
        for (m, frames) in self.0.iter().flatten().zip(&mut frames) {
            low = low.min(bottom(m.slot));
            high = high.max(bottom(m.slot) + KERNEL_STACK_BYTES);
            m.clear(frames);
        }
        if low < high {
            // The translations must be gone everywhere before frames or addresses are used again.
            tlb::flush_all_harts(low, high - low);
        }
        drop(frames);
        for m in self.0.iter().flatten() {
            STATE.lock().give(m.slot);
        }
    }
}

/// Figures of all kernel stacks.
#[derive(Clone, Copy, Debug)]
pub struct StackCounts {
    /// Pages of mapped stacks.
    pub pages: u64,
    /// Page tables that lead to stacks; they stay once they are there.
    pub table_pages: u64,
    /// Most bytes that were in use on any stack that has been unmapped.
    pub high_water_bytes: usize,
}

static MAPPED: AtomicUsize = AtomicUsize::new(0);
static TABLES: AtomicUsize = AtomicUsize::new(0);
static HIGH_WATER: AtomicUsize = AtomicUsize::new(0);

/// Counts stacks. Those that are mapped are measured by [`KernelStack::high_water`].
pub fn stack_counts() -> StackCounts {
    StackCounts {
        pages: (MAPPED.load(Ordering::Relaxed) * PAGES) as u64,
        table_pages: TABLES.load(Ordering::Relaxed) as u64,
        high_water_bytes: HIGH_WATER.load(Ordering::Relaxed),
    }
}

/// Unmaps the stock, so that counters are exact.
pub fn drain_stacks() {
    loop {
        let mut batch = Batch::default();
        for slot in &mut batch.0 {
            *slot = STOCK.lock().pop();
        }
        if batch.0[0].is_none() {
            return;
        }
        batch.retire();
    }
}

fn bottom(slot: u32) -> usize {
    STACKS_BASE + slot as usize * STACK_SLOT_BYTES + KERNEL_STACK_BYTES
}

impl Mapping {
    fn try_new() -> Result<Self, NoMemory> {
        let slot = STATE.lock().take().ok_or(NoMemory)?;
        let m = Mapping { slot, payer: 0 };
        MAPPED.fetch_add(1, Ordering::Relaxed);
        for page in 0..PAGES {
            let mapped = Frame::try_uncharged_zeroed().and_then(|f| map(bottom(slot) + page * PAGE, f));
            if let Err(e) = mapped {
                let mut batch = Batch::default();
                batch.0[0] = Some(m);
                batch.unmap();
                return Err(e);
            }
        }
        Ok(m)
    }

    /// Takes the stack's pages out of the table.
    fn clear(self, frames: &mut [Option<Frame>; PAGES]) {
        MAPPED.fetch_sub(1, Ordering::Relaxed);
        for (page, f) in frames.iter_mut().enumerate() {
            *f = unmap(bottom(self.slot) + page * PAGE);
        }
    }
}

/// The level-0 entry for a stack page, making its table if there is none.
fn entry(va: usize, make: Make) -> Result<Option<&'static AtomicU64>, NoMemory> {
    let root = table_of(Pte::table(u64::from(kernel_root_ppn())).bits());
    let level1 = table_of(root[index(va as u64, 2)].load(Ordering::Relaxed));
    let e1 = &level1[index(va as u64, 1)];
    let mut found = e1.load(Ordering::Acquire);
    if !Pte(found).is_valid() {
        if make == Make::No {
            return Ok(None);
        }
        let table = Frame::try_uncharged_zeroed()?;
        let new = Pte::table(u64::from(table.ppn())).bits();
        // Of two harts that find none, one brings it.
        match e1.compare_exchange(found, new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => {
                TABLES.fetch_add(1, Ordering::Relaxed);
                let _ = table.into_ppn();
                found = new;
            }
            Err(there) => found = there,
        }
    }
    Ok(Some(&table_of(found)[index(va as u64, 0)]))
}

/// The table that an entry of the kernel's own root or of one of its tables for stacks leads to.
fn table_of(entry: u64) -> &'static [AtomicU64; 512] {
    let at = Paddr(Pte(entry).ppn() as usize * PAGE).direct();
    // SAFETY: these tables are permanent, and the part for stacks goes through atomics, here alone.
    unsafe { &*(at as *const [AtomicU64; 512]) }
}

#[derive(PartialEq, Eq)]
enum Make {
    Yes,
    No,
}

fn map(va: usize, f: Frame) -> Result<(), NoMemory> {
    if let Some(e) = entry(va, Make::Yes)? {
        e.store(Pte::leaf(u64::from(f.into_ppn()), FLAGS).bits(), Ordering::Release);
    }
    Ok(())
}

fn unmap(va: usize) -> Option<Frame> {
    let e = entry(va, Make::No).ok()??;
    let old = Pte(e.swap(0, Ordering::AcqRel));
    // SAFETY: the frame reference was given up in `map`, and the entry no longer has it.
    old.is_valid().then(|| unsafe { Frame::from_ppn(old.ppn() as u32) })
}
