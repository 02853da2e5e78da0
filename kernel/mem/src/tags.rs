//! What heap objects are, in checked builds: the slabs keep a tag beside each object, and each tag has a name and a count.

use core::any::type_name;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_slab::{TAGS, Tags};
use sync::{SpinLock, levels};

static NAMES: SpinLock<Tags, levels::HeapTags> = SpinLock::new(Tags::new());
static LIVE: [AtomicU64; TAGS] = [const { AtomicU64::new(0) }; TAGS];

/// Whether tags are kept.
pub(crate) const KEPT: bool = cfg!(debug_assertions);

/// Runs `allocate`, which allocates a `T`.
#[inline(always)]
pub(crate) fn tagged<T, R>(allocate: impl FnOnce() -> R) -> R {
    if !KEPT {
        return allocate();
    }
    let tag = NAMES.lock().tag(type_name::<T>());
    arch::core(|c| c.alloc_tag.store(u32::from(tag), Ordering::Relaxed));
    let made = allocate();
    arch::core(|c| c.alloc_tag.store(0, Ordering::Relaxed));
    made
}

/// The tag of the object that the running thread allocates, counted.
pub(crate) fn count_new() -> u8 {
    let tag = arch::core(|c| c.alloc_tag.load(Ordering::Relaxed)) as u8;
    LIVE[usize::from(tag)].fetch_add(1, Ordering::Relaxed);
    tag
}

/// An object with this tag is gone.
pub(crate) fn count_gone(tag: u8) {
    LIVE[usize::from(tag)].fetch_sub(1, Ordering::Relaxed);
}

/// Calls `f` with the name and the number of live objects of each tag. Buffers of vectors and tables have none of their own.
pub fn each_tag(mut f: impl FnMut(&'static str, u64)) {
    for (tag, live) in LIVE.iter().enumerate().take(if KEPT { TAGS } else { 0 }) {
        let name = NAMES.lock().name(tag as u8);
        if let Some(name) = name {
            f(name, live.load(Ordering::Relaxed));
        }
    }
}
