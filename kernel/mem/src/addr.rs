//! Physical and virtual addresses, and pages.

use arch::{DIRECT_BASE, FRAME_BYTES, PageWords};

/// Bytes of a page.
pub const PAGE: usize = FRAME_BYTES;

/// A physical address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Paddr(pub usize);

/// A virtual address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vaddr(pub usize);

impl Paddr {
    /// Where the direct map shows this address.
    #[inline(always)]
    pub(crate) fn direct(self) -> usize {
        DIRECT_BASE + self.0
    }
}

/// Rounds down to a page.
#[inline(always)]
pub const fn page_down(a: usize) -> usize {
    a & !(PAGE - 1)
}

/// Rounds up to a page; `None` when that leaves the address space.
#[inline(always)]
pub const fn page_up(a: usize) -> Option<usize> {
    match a.checked_add(PAGE - 1) {
        Some(x) => Some(x & !(PAGE - 1)),
        None => None,
    }
}

/// The words of the page with number `ppn`.
///
/// # Safety
/// The caller owns the frame exclusively for the lifetime it picks.
#[inline(always)]
pub(crate) unsafe fn page_words_mut<'a>(ppn: u32) -> &'a mut PageWords {
    // SAFETY: the direct map shows every frame; exclusive by contract.
    unsafe { &mut *(Paddr(ppn as usize * PAGE).direct() as *mut PageWords) }
}
