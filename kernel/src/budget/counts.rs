//! Figures of all heaps together.

use core::sync::atomic::Ordering;
use mem::{CLASSES, Heap};

/// All heaps that there ever were, open or not.
fn heaps() -> impl Iterator<Item = &'static Heap> {
    (0..mem::FOREST.used()).map(|i| mem::heap_by_index(i as u16))
}

/// Pages that heaps lie on; they stay for the next heap.
pub(crate) fn heap_pages() -> u64 {
    u64::from(mem::FOREST.used()).saturating_sub(mem::FIXED_HEAPS as u64)
}

/// What the kernel's heap holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeapCounts {
    /// Live objects in each slab class, with the class's size in bytes.
    pub(crate) classes: [(u32, u64); CLASSES.len()],
    /// Pages of allocations larger than any class.
    pub(crate) large_pages: u64,
    /// Pages that slabs hold.
    pub(crate) slab_pages: u64,
}

/// Counts the kernel's heap.
pub(crate) fn heap_counts() -> HeapCounts {
    let mut slab_pages = 0u64;
    let mut classes = CLASSES.map(|size| (size, 0u64));
    for (class, (_, live)) in classes.iter_mut().enumerate() {
        for heap in heaps() {
            let (objects, pages) = heap.count(class);
            *live = live.saturating_add(objects);
            slab_pages = slab_pages.saturating_add(pages);
        }
    }
    HeapCounts { classes, large_pages: mem::LARGE_PAGES.load(Ordering::Relaxed).saturating_sub(heap_pages()), slab_pages }
}

/// Gives empty slab pages back, so that counters are exact.
pub(crate) fn drain_heaps() {
    heaps().for_each(Heap::drain);
}
