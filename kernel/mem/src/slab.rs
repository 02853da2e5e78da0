//! Slab caches: objects of one size on pages of one payer.
//!
//! A slab page begins with a [`Header`]; its free slots are linked through their first word. In checked builds each slot
//! has a tag: in the header if there are few slots, else behind them. Pages with free slots form a
//! list in their cache. The last object of a page frees the page, except for one spare per cache.

use crate::PAGE;
use crate::frame::{alloc_run, free_run};
use crate::heaps::heap_by_index;
use crate::tags;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU16, Ordering};
pub(crate) use logic_slab::{CLASSES, class_of};
use logic_slab::{HEADER, TAGS_AT, TAGS_BYTES, slots_of, tag_place};
use sync::SpinLock;
use sync::levels;

#[repr(C)]
struct Header {
    next: *mut Header,
    prev: *mut Header,
    free: *mut u8,
    cache: *const SpinLock<Cache, levels::Slab>,
    used: u16,
    slots: u16,
    class: u16,
    heap: u16,
    tags: [u8; TAGS_BYTES],
}

const _: () = assert!(size_of::<Header>() <= HEADER && core::mem::offset_of!(Header, tags) == TAGS_AT);

/// Where the tag of a slot is.
///
/// # Safety
/// `slot` is a slot of the slab page `page`.
unsafe fn tag_of(page: *mut Header, slot: *mut u8) -> *mut u8 {
    // SAFETY: by contract, and the place lies inside the page.
    unsafe { page.byte_add(tag_place((*page).class as usize, (*page).slots as usize, slot as usize % PAGE)).cast() }
}

struct Cache {
    /// Pages with at least one free slot.
    partial: *mut Header,
    pages: u64,
    empty: u64,
    live: u64,
}

const NEW: Cache = Cache { partial: null_mut(), pages: 0, empty: 0, live: 0 };

// SAFETY: the pointers lead to pages that only this cache, under its lock, touches.
unsafe impl Send for Cache {}

/// The caches of one heap.
pub(crate) struct Slabs {
    heap: AtomicU16,
    caches: [SpinLock<Cache, levels::Slab>; CLASSES.len()],
}

impl Slabs {
    /// Empty ones of heap 0.
    pub(crate) const fn zero() -> Self {
        Slabs { heap: AtomicU16::new(0), caches: [const { SpinLock::new(NEW) }; CLASSES.len()] }
    }

    /// Sets whose caches they are.
    pub(crate) fn number(&self, heap: u16) {
        self.heap.store(heap, Ordering::Relaxed);
    }

    /// Live objects and pages of a class.
    pub(crate) fn count(&self, class: usize) -> (u64, u64) {
        let c = self.caches[class].lock();
        (c.live, c.pages)
    }

    /// A slot, or null.
    #[inline(never)]
    pub(crate) fn alloc(&self, class: usize) -> *mut u8 {
        match self.caches[class].try_briefly(take) {
            Some(slot) if !slot.is_null() => slot,
            _ => self.alloc_slowly(class),
        }
    }

    #[cold]
    #[inline(never)]
    fn alloc_slowly(&self, class: usize) -> *mut u8 {
        let mut cache = self.caches[class].lock();
        if cache.partial.is_null() {
            drop(cache);
            let page = new_page(&self.caches[class], self.heap.load(Ordering::Relaxed), class);
            if page.is_null() {
                return null_mut();
            }
            cache = self.caches[class].lock();
            cache.pages += 1;
            cache.empty += 1;
            push(&mut cache, page);
        }
        take(&mut cache)
    }
}

/// A slot of the first page with free ones; null if there is no such page.
#[inline(always)]
fn take(cache: &mut Cache) -> *mut u8 {
    let page = cache.partial;
    if page.is_null() {
        return null_mut();
    }
    cache.live += 1;
    // SAFETY: pages on the list are slab pages with a free slot, and the lock is held.
    unsafe {
        let slot = (*page).free;
        let rest = slot.cast::<*mut u8>().read();
        (*page).free = rest;
        let used = (*page).used;
        (*page).used = used + 1;
        if used == 0 {
            cache.empty -= 1;
        }
        if rest.is_null() {
            unlink(cache, page);
        }
        if tags::KEPT {
            tag_of(page, slot).write(tags::count_new());
        }
        slot
    }
}

/// Returns a slot to its page.
///
/// # Safety
/// `slot` is a live slot of a slab page.
#[inline(never)]
pub(crate) unsafe fn free(slot: *mut u8) {
    let page = (slot as usize & !(PAGE - 1)) as *mut Header;
    // SAFETY: slab pages begin with a header, whose cache never changes while a slot is live.
    let cache = unsafe { &*(*page).cache };
    // SAFETY: the lock is held, and the slot dead.
    if cache.try_briefly(|cache| unsafe { stays(cache, page).then(|| give(cache, page, slot)) }).flatten().is_none() {
        // SAFETY: as above; it is live still.
        unsafe { free_slowly(cache, page, slot) };
    }
}

/// Whether a page stays its cache's when a slot of it comes back. It is noted to be empty if it is then.
///
/// # Safety
/// The page is one of this cache, whose lock is held.
#[inline(always)]
unsafe fn stays(cache: &mut Cache, page: *mut Header) -> bool {
    // SAFETY: by contract.
    let (last, heap) = unsafe { ((*page).used == 1, (*page).heap) };
    if last {
        if cache.empty != 0 || heap_by_index(heap).account().is_closed() {
            return false;
        }
        cache.empty = 1;
    }
    true
}

/// Puts a slot among its page's free ones.
///
/// # Safety
/// The slot is a dead one of this page of this cache, whose lock is held.
#[inline(always)]
unsafe fn give(cache: &mut Cache, page: *mut Header, slot: *mut u8) {
    cache.live -= 1;
    // SAFETY: by contract; the slot may carry the link.
    unsafe {
        if tags::KEPT {
            tags::count_gone(tag_of(page, slot).read());
        }
        let next = (*page).free;
        if next.is_null() {
            push(cache, page);
        }
        slot.cast::<*mut u8>().write(next);
        (*page).free = slot;
        (*page).used -= 1;
    }
}

/// As [`free`], which found where the slot is.
///
/// # Safety
/// `slot` is a live slot of this page of this cache.
#[cold]
#[inline(never)]
unsafe fn free_slowly(cache: &SpinLock<Cache, levels::Slab>, page: *mut Header, slot: *mut u8) {
    let mut cache = cache.lock();
    // SAFETY: by contract, and the lock is held.
    let (owner, stays) = unsafe {
        let stays = stays(&mut cache, page);
        give(&mut cache, page, slot);
        (heap_by_index((*page).heap), stays)
    };
    if stays {
        return;
    }
    // SAFETY: no slot of the page is in use and it is on the list.
    unsafe { unlink(&mut cache, page) };
    cache.pages -= 1;
    drop(cache);
    owner.uncharge_pages(1);
    free_run(page as usize, 0);
}

/// A fresh page for a class with all slots free; null when memory is refused.
fn new_page(cache: *const SpinLock<Cache, levels::Slab>, heap: u16, class: usize) -> *mut Header {
    let payer = heap_by_index(heap);
    if payer.charge_pages(1).is_err() {
        return null_mut();
    }
    let Some(va) = alloc_run(0) else {
        payer.uncharge_pages(1);
        return null_mut();
    };
    let size = CLASSES[class] as usize;
    let slots = slots_of(class, tags::KEPT);
    let page = va as *mut Header;
    // SAFETY: the page is fresh and owned here; all offsets stay inside it.
    unsafe {
        let mut next: *mut u8 = null_mut();
        for i in (0..slots).rev() {
            let slot = (va + HEADER + i * size) as *mut u8;
            slot.cast::<*mut u8>().write(next);
            next = slot;
        }
        page.write(Header {
            next: null_mut(),
            prev: null_mut(),
            free: next,
            cache,
            used: 0,
            slots: slots as u16,
            class: class as u16,
            heap,
            tags: [0; TAGS_BYTES],
        });
    }
    page
}

fn push(cache: &mut Cache, page: *mut Header) {
    // SAFETY: both are slab pages of this cache, whose lock the caller holds.
    unsafe {
        (*page).next = cache.partial;
        (*page).prev = null_mut();
        if !cache.partial.is_null() {
            (*cache.partial).prev = page;
        }
    }
    cache.partial = page;
}

/// Takes a page off the list.
///
/// # Safety
/// The page is on the list of this cache, whose lock the caller holds.
unsafe fn unlink(cache: &mut Cache, page: *mut Header) {
    // SAFETY: neighbours on the list are slab pages of this cache.
    unsafe {
        if (*page).prev.is_null() {
            cache.partial = (*page).next;
        } else {
            (*(*page).prev).next = (*page).next;
        }
        if !(*page).next.is_null() {
            (*(*page).next).prev = (*page).prev;
        }
    }
}

/// Gives the spare empty pages of all caches of a heap back, so that counters are exact.
pub(crate) fn drain(slabs: &Slabs) {
    for cache in &slabs.caches {
        loop {
            let mut c = cache.lock();
            let mut p = c.partial;
            // SAFETY: pages on the list are slab pages; the lock is held.
            while !p.is_null() && unsafe { (*p).used } != 0 {
                // SAFETY: as above.
                p = unsafe { (*p).next };
            }
            if p.is_null() {
                break;
            }
            // SAFETY: on the list, no slot in use.
            unsafe { unlink(&mut c, p) };
            c.pages -= 1;
            c.empty -= 1;
            drop(c);
            heap_by_index(slabs.heap.load(Ordering::Relaxed)).uncharge_pages(1);
            free_run(p as usize, 0);
        }
    }
}
