//! The table of heaps. Neighbour: `logic-budget` says which of them are in use (`Forest`).

use crate::heap::{HartStocks, Heap, HeapAccount, charged_to};
use crate::slab;
use core::alloc::Layout;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use logic_budget::{Forest, KINDS, Limit, OpenError, Table, UNLIMITED};
use sync::{SpinLock, levels};

/// Most heaps that exist at a time.
const MAX_HEAPS: usize = 4096;
/// Heaps that the system begins with.
pub const FIXED: usize = 3;

static FIRST: [Heap; FIXED] = [const { Heap::zero() }; FIXED];

/// The kernel's own heap, the root of the tree.
pub static ROOT_HEAP: &Heap = &FIRST[0];
/// What process 1 pays from.
pub static INIT_HEAP: &Heap = &FIRST[1];
/// What the processes that process 1 starts pay from.
pub static SESSION_HEAP: &Heap = &FIRST[2];

/// Null: the root's. It begins as zeroes, which take no place in the image.
static TABLE: [AtomicPtr<Heap>; MAX_HEAPS] = [const { AtomicPtr::new(null_mut()) }; MAX_HEAPS];
/// Which heaps are in use. A thread that makes an alarm ring is told so on its way to user mode.
pub static FOREST: Forest = Forest::new(FIXED as u32, MAX_HEAPS as u32);
static OPENING: SpinLock<(), levels::BudgetTree> = SpinLock::new(());

/// Boot: the heaps that the system begins with are in the table from here on.
pub(crate) fn init() {
    for (index, (place, heap)) in TABLE.iter().zip(&FIRST).enumerate() {
        let (parent, limit) = if index == 0 { (None, UNLIMITED) } else { (Some(0), 0) };
        heap.begin(index as u16, parent, limit);
        place.store((&raw const *heap).cast_mut(), Ordering::Release);
    }
}

/// The table, for the accounts in it.
pub struct Heaps;

impl Table for Heaps {
    type Stocks = HartStocks;
    #[inline(always)]
    fn account(index: u16) -> &'static HeapAccount {
        heap_by_index(index).account()
    }
    fn forest() -> &'static Forest {
        &FOREST
    }
    fn rang() {
        arch::core(|c| c.raise(arch::flag::WORK));
    }
}

/// The heap with this index (the root's, if there is none).
#[inline(always)]
pub fn heap_by_index(index: u16) -> &'static Heap {
    let p = TABLE.get(index as usize).map_or(null_mut(), |p| p.load(Ordering::Acquire));
    // SAFETY: the table holds null and pointers to heaps that live for ever.
    unsafe { p.as_ref() }.unwrap_or(&FIRST[0])
}

/// A heap below `parent`, which pays for the page that it lies on.
pub fn open_heap(parent: &Heap, limits: &[Limit; KINDS]) -> Result<&'static Heap, OpenError> {
    let _one = OPENING.lock();
    FOREST.open::<Heaps>(parent.index(), limits, make).map(heap_by_index)
}

/// Ends a heap: nothing is charged to it any more by those whom it was made for.
pub fn close_heap(heap: &Heap) {
    heap.account().close();
    slab::drain(&heap.slabs);
    FOREST.look_around::<Heaps>();
}

/// A heap that there was not before. It lies on a page of the kernel's.
fn make(index: u16) -> Option<()> {
    let place = TABLE.get(index as usize)?;
    // SAFETY: the layout is not empty.
    let memory = charged_to(ROOT_HEAP, || unsafe { alloc::alloc::alloc(Layout::new::<Heap>()) }).cast::<Heap>();
    if memory.is_null() {
        return None;
    }
    // SAFETY: fresh memory of this layout, for ever.
    unsafe {
        memory.write(const { Heap::zero() });
        (*memory).begin(index, Some(0), 0);
    }
    place.store(memory, Ordering::Release);
    Some(())
}

const _: () = assert!(size_of::<Heap>() <= crate::PAGE);
