//! TLB shoot-down, and what waits for it.
//!
//! Invalid to valid needs nothing (a spurious fault flushes locally). Any other change: the entries are changed, the
//! frames gathered, all harts that may hold a translation flushed, and only then the frames are let go.

use crate::frame::Frame;
use arch::{MAX_HARTS, hart_block};
use core::sync::atomic::Ordering;

const ROOM: usize = 32;

/// Frames unmapped but not yet free, and the range to flush before they are.
pub struct Gather {
    frames: [Option<Frame>; ROOM],
    count: usize,
    low: usize,
    high: usize,
}

impl Default for Gather {
    fn default() -> Self {
        Self::new()
    }
}

impl Gather {
    /// Nothing gathered.
    pub const fn new() -> Self {
        Gather { frames: [const { None }; ROOM], count: 0, low: usize::MAX, high: 0 }
    }
    /// Notes that the translation of `[va, va + bytes)` changed.
    #[inline]
    pub fn note(&mut self, va: usize, bytes: usize) {
        self.low = self.low.min(va);
        self.high = self.high.max(va + bytes);
    }
    /// Keeps a frame until the flush. The caller flushes when [`Gather::is_full`].
    #[inline]
    pub fn keep(&mut self, frame: Frame) {
        debug_assert!(self.count < ROOM);
        if let Some(slot) = self.frames.get_mut(self.count) {
            *slot = Some(frame);
            self.count += 1;
        }
    }
    /// Whether the next frame has no room.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.count == ROOM
    }
    /// Flushes the harts of `mask` (bit = hart index) and lets the frames go.
    pub fn flush(&mut self, mask: u64) {
        if self.low < self.high {
            flush_harts(mask, self.low, self.high - self.low);
        }
        for f in self.frames.iter_mut().take(self.count) {
            *f = None;
        }
        self.count = 0;
        self.low = usize::MAX;
        self.high = 0;
    }
}

/// Pages up to which single flushes are cheaper than one of everything.
const SINGLE_PAGES: usize = 16;

fn flush_local(va: usize, bytes: usize) {
    if bytes <= SINGLE_PAGES * crate::PAGE {
        let mut a = va;
        while a < va + bytes {
            arch::sfence_page(a);
            a += crate::PAGE;
        }
    } else {
        arch::sfence_all();
    }
}

/// Flushes `[va, va + bytes)` on the harts of `mask`; returns when all have.
pub(crate) fn flush_harts(mask: u64, va: usize, bytes: usize) {
    let guard = sync::preempt_off();
    let me = arch::core(|c| c.hart_index());
    if mask & (1 << me) != 0 {
        flush_local(va, bytes);
    }
    let others = mask & !(1 << me);
    if others != 0 {
        arch::sbi::remote_sfence(hardware_mask(others), 0, va, bytes);
    }
    drop(guard);
}

/// Hardware hart ids of a mask of hart indices.
fn hardware_mask(mask: u64) -> usize {
    let mut ids = 0;
    for i in 0..MAX_HARTS {
        if mask & (1 << i) != 0
            && let Some(b) = hart_block(i)
        {
            ids |= 1usize << (b.hart_id.load(Ordering::Relaxed) & 63);
        }
    }
    ids
}

/// Mask of the harts that run.
pub(crate) fn online_mask() -> u64 {
    (0..MAX_HARTS).filter(|&i| hart_block(i).is_some_and(|b| b.online.load(Ordering::Acquire) != 0)).fold(0, |m, i| m | 1 << i)
}

/// Flushes kernel addresses on all harts.
pub fn flush_all_harts(va: usize, bytes: usize) {
    flush_harts(online_mask() | arch::core(|c| 1 << c.hart_index()), va, bytes);
}

/// Makes all harts of `mask` fetch instructions anew.
pub fn fence_i_harts(mask: u64) {
    let guard = sync::preempt_off();
    let me = arch::core(|c| c.hart_index());
    arch::fence_i();
    let others = mask & !(1 << me);
    if others != 0 {
        arch::sbi::remote_fence_i(hardware_mask(others), 0);
    }
    drop(guard);
}
