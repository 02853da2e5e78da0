//! The heap: whose memory an allocation is, and the global allocator behind `Box`, `Vec` and the containers of `logic`.
//!
//! Each budget has a [`Heap`]: a page account and slab caches of its own, so a slab page holds one payer's objects only
//! and an object needs no pointer to its payer. Allocations are charged to the running thread's heap; [`charged_to`]
//! changes that for a while.

use crate::boxed::NoMemory;
use crate::frame::{alloc_run, free_run};
use crate::slab::{self, Slabs};
use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicU64, Ordering};
use logic_budget::PageAccount;

/// Heaps that exist: the kernel's root budget, process 1's and one for the session.
const HEAPS: usize = 3;

/// A budget's memory: page account and slab caches.
pub struct Heap {
    index: u16,
    account: PageAccount,
    pub(crate) slabs: Slabs,
}

static TABLE: [Heap; HEAPS] = [Heap::new(0), Heap::new(1), Heap::new(2)];

/// The kernel's own heap.
pub static ROOT_HEAP: &Heap = &TABLE[0];
/// What process 1 pays from.
pub static INIT_HEAP: &Heap = &TABLE[1];
/// What all other processes pay from.
pub static SESSION_HEAP: &Heap = &TABLE[2];

/// Live bytes outside slabs (allocations of more than the largest slab class), in pages.
static LARGE_PAGES: AtomicU64 = AtomicU64::new(0);

impl Heap {
    const fn new(index: u16) -> Self {
        Heap { index, account: PageAccount::new(), slabs: Slabs::new(index) }
    }
    /// Its number in the table of heaps.
    #[inline(always)]
    pub fn index(&self) -> u16 {
        self.index
    }
    /// What it was charged, and its limits.
    pub fn account(&self) -> &PageAccount {
        &self.account
    }
    #[inline(always)]
    pub(crate) fn charge_page(&self) -> Result<(), NoMemory> {
        fault_injection()?;
        self.account.charge_single().map_err(|_| note_refusal(1))
    }
    #[inline]
    pub(crate) fn charge_pages(&self, n: u64) -> Result<(), NoMemory> {
        fault_injection()?;
        self.account.charge(n).map_err(|_| note_refusal(n))
    }
    #[inline(always)]
    pub(crate) fn uncharge_page(&self) {
        self.account.uncharge(1);
    }
    pub(crate) fn uncharge_pages(&self, n: u64) {
        self.account.uncharge(n);
    }
}

/// Notes for the running thread that memory was really short, rather than a test making an allocation fail.
#[cold]
pub(crate) fn note_refusal(pages: u64) -> NoMemory {
    arch::core(|c| c.refused_pages.store(pages as u32, Ordering::Relaxed));
    NoMemory
}

/// How many pages the running thread was refused last, if it was since this was last asked.
pub fn take_refusal() -> Option<u64> {
    let pages = arch::core(|c| c.refused_pages.swap(0, Ordering::Relaxed));
    (pages != 0).then_some(u64::from(pages))
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

/// The heap with this index (the root's, if there is none).
#[inline(always)]
pub fn heap_by_index(index: u16) -> &'static Heap {
    TABLE.get(index as usize).unwrap_or(&TABLE[0])
}

/// The heap that the running thread's allocations are charged to.
#[inline(always)]
pub fn current_heap() -> &'static Heap {
    // The pointer is always null or an element of TABLE (stored below), so its index is recomputed from it.
    let p = arch::core(|c| c.heap.load(Ordering::Relaxed));
    // SAFETY: only `Heap::become_current` stores here, a `&'static Heap`.
    unsafe { p.cast::<Heap>().as_ref() }.unwrap_or(&TABLE[0])
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

/// Figures of all heaps together.
#[derive(Clone, Copy, Debug)]
pub struct HeapCounts {
    /// Live objects in each slab class, with the class's size in bytes.
    pub classes: [(u32, u64); slab::CLASSES.len()],
    /// Pages of allocations larger than any class.
    pub large_pages: u64,
    /// Pages that slabs hold.
    pub slab_pages: u64,
}

/// Counts the kernel's heap.
pub fn heap_counts() -> HeapCounts {
    let mut classes = [(0, 0); slab::CLASSES.len()];
    let mut slab_pages = 0;
    for (i, (size, live)) in classes.iter_mut().enumerate() {
        *size = slab::CLASSES[i];
        for h in &TABLE {
            let (objects, pages) = h.slabs.count(i);
            *live += objects;
            slab_pages += pages;
        }
    }
    HeapCounts { classes, large_pages: LARGE_PAGES.load(Ordering::Relaxed), slab_pages }
}

/// Gives empty slab pages back, so that counters are exact.
pub fn drain_heaps() {
    for heap in &TABLE {
        slab::drain(&heap.slabs);
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
