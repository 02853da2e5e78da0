//! The heap: whose memory an allocation is, and the global allocator behind `Box`, `Vec` and the containers of `logic`.
//!
//! Each budget has a [`Heap`]: an account and slab caches of its own, so a slab page holds one payer's objects only
//! and an object needs no pointer to its payer. Allocations are charged to the running thread's heap; [`charged_to`]
//! changes that for a while. Neighbour: `heaps` has the table of them, where they begin and end.

use crate::boxed::NoMemory;
use crate::frame::{alloc_run, free_run};
use crate::heaps::{Heaps, ROOT_HEAP, heap_by_index};
use crate::slab::{self, Slabs};
use arch::MAX_HARTS;
use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use logic_budget::{Account, Full, Kind, Place, Stocks};
use logic_shim::Core;

/// A budget's account: charges are taken from a stock per hart.
pub type HeapAccount = Account<Core, Place<Heaps>, HartStocks>;
/// The stocks of an account.
pub type HartStocks = [Stocks<Core>; MAX_HARTS];

/// A budget's account and slab caches.
pub struct Heap {
    index: AtomicU16,
    account: HeapAccount,
    pub(crate) slabs: Slabs,
}

/// Live bytes outside slabs (allocations of more than the largest slab class), in pages.
pub static LARGE_PAGES: AtomicU64 = AtomicU64::new(0);

#[inline(always)]
fn hart() -> usize {
    // Leaving the hart in between does no harm: any stock will do.
    arch::core(|c| c.hart_block().index as usize % MAX_HARTS)
}

impl Heap {
    /// All zeroes, which take no place in the image; [`Heap::begin`] makes it a heap.
    pub(crate) const fn zero() -> Self {
        let account = HeapAccount::zero([const { Stocks::fixed() }; MAX_HARTS], Some(Place::zero()));
        Heap { index: AtomicU16::new(0), account, slabs: Slabs::zero() }
    }
    /// Gives a new one its number, the heap above, and so many units of each kind. Nobody else knows it yet.
    pub(crate) fn begin(&self, index: u16, parent: Option<u16>, limit: u64) {
        self.index.store(index, Ordering::Relaxed);
        self.slabs.number(index);
        self.account.begin(limit);
        if let Some(place) = self.account.link() {
            place.begin(index, parent);
        }
    }
    /// Its number in the table of heaps.
    #[inline(always)]
    pub fn index(&self) -> u16 {
        self.index.load(Ordering::Relaxed)
    }
    /// What it was charged, and its limits.
    pub fn account(&self) -> &HeapAccount {
        &self.account
    }
    /// Charges units of a kind.
    #[inline(always)]
    pub fn charge(&self, kind: Kind, units: u32) -> Result<(), Full> {
        self.account.charge(hart(), kind, units)
    }
    /// Gives them back.
    #[inline(always)]
    pub fn uncharge(&self, kind: Kind, units: u32) {
        self.account.uncharge(hart(), kind, units);
    }
    #[inline(always)]
    pub(crate) fn charge_page(&self) -> Result<(), NoMemory> {
        fault_injection()?;
        self.account.charge_yielding(hart(), Kind::Frames, 1).map_err(|full| self.note_full(full, 1))
    }
    #[inline]
    pub(crate) fn charge_pages(&self, n: u64) -> Result<(), NoMemory> {
        fault_injection()?;
        self.charge(Kind::Frames, n as u32).map_err(|full| self.note_full(full, n))
    }
    #[inline(always)]
    pub(crate) fn uncharge_page(&self) {
        self.uncharge(Kind::Frames, 1);
    }
    #[inline]
    pub(crate) fn uncharge_pages(&self, n: u64) {
        self.uncharge(Kind::Frames, n as u32);
    }
    #[cold]
    fn note_full(&self, full: Full, pages: u64) -> NoMemory {
        let above = |heap: &Heap| heap.account.link().and_then(Place::parent);
        let full = (0..full.levels_up).fold(self.index(), |at, _| above(heap_by_index(at)).unwrap_or(at));
        note_refusal(full, pages)
    }
}

/// Notes for the running thread that memory was really short, rather than a test making an allocation fail, and in which
/// heap: the root's, if the machine has none.
#[cold]
pub(crate) fn note_refusal(full: u16, pages: u64) -> NoMemory {
    let word = (pages as u32).clamp(1, 0xffff) << 16 | u32::from(full);
    arch::core(|c| c.refused_pages.store(word, Ordering::Relaxed));
    NoMemory
}

/// How many pages the running thread was refused last, if it was since this was last asked, and the index of the heap that
/// was full.
pub fn take_refusal() -> Option<(u64, u16)> {
    let word = arch::core(|c| c.refused_pages.swap(0, Ordering::Relaxed));
    (word != 0).then_some((u64::from(word >> 16), word as u16))
}

/// Counts an allocation of the running thread and says whether it is the one that a test wants to fail.
#[inline(always)]
pub(crate) fn fault_injection() -> Result<(), NoMemory> {
    if cfg!(debug_assertions) {
        return arch::core(|c| {
            let n = c.allocations.load(Ordering::Relaxed).wrapping_add(1);
            c.allocations.store(n, Ordering::Relaxed);
            if n == c.fail_at.load(Ordering::Relaxed) { Err(NoMemory) } else { Ok(()) }
        });
    }
    Ok(())
}

/// The heap that the running thread's allocations are charged to.
#[inline(always)]
pub fn current_heap() -> &'static Heap {
    let p = arch::core(|c| c.heap.load(Ordering::Relaxed));
    // SAFETY: only `Heap::become_current` stores here, a `&'static Heap`.
    unsafe { p.cast::<Heap>().as_ref() }.unwrap_or(ROOT_HEAP)
}

impl Heap {
    /// Makes the running thread's allocations be charged here.
    pub fn become_current(&'static self) {
        arch::core(|c| c.heap.store(core::ptr::from_ref(self).cast_mut().cast(), Ordering::Relaxed));
    }
}

/// Runs `f` with allocations charged to `heap`.
pub fn charged_to<R>(heap: &'static Heap, f: impl FnOnce() -> R) -> R {
    let before = current_heap();
    heap.become_current();
    let r = f();
    before.become_current();
    r
}

impl Heap {
    /// Live objects of a slab class, and the pages that they lie on.
    pub fn count(&self, class: usize) -> (u64, u64) {
        self.slabs.count(class)
    }
    /// Gives empty slab pages back, so that counters are exact.
    pub fn drain(&self) {
        slab::drain(&self.slabs);
        self.account.settle();
    }
}

struct KernelAllocator;

#[global_allocator]
static ALLOCATOR: KernelAllocator = KernelAllocator;

fn order_of(bytes: usize) -> u8 {
    bytes.div_ceil(crate::PAGE).next_power_of_two().trailing_zeros() as u8
}

// SAFETY: `alloc` returns null or memory of the layout that nobody else has (slab slot or frame run); `dealloc` finds the
// same place again by the layout. Slots are aligned to their class's largest power-of-two factor, checked in `class_of`.
unsafe impl GlobalAlloc for KernelAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some(class) = slab::class_of(layout) {
            return match fault_injection() {
                Ok(()) => current_heap().slabs.alloc(class),
                Err(NoMemory) => core::ptr::null_mut(),
            };
        }
        let order = order_of(layout.size());
        if order > logic_frames::MAX_ORDER || layout.align() > crate::PAGE {
            return core::ptr::null_mut();
        }
        let heap = current_heap();
        if heap.charge_pages(1 << order).is_err() {
            return core::ptr::null_mut();
        }
        match alloc_run(order) {
            Some(va) => {
                LARGE_PAGES.fetch_add(1 << order, Ordering::Relaxed);
                crate::frame::set_run_owner(va, heap.index());
                va as *mut u8
            }
            None => {
                heap.uncharge_pages(1 << order);
                core::ptr::null_mut()
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        if slab::class_of(layout).is_some() {
            // SAFETY: `p` is a live slot of a slab page, by the contract of GlobalAlloc.
            unsafe { slab::free(p) };
            return;
        }
        let order = order_of(layout.size());
        LARGE_PAGES.fetch_sub(1 << order, Ordering::Relaxed);
        heap_by_index(crate::frame::run_owner(p as usize)).uncharge_pages(1 << order);
        free_run(p as usize, order);
    }
}
