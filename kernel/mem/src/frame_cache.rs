//! A small stock of free frames on each hart, so that a page fault takes no shared lock.

use crate::frame::FREE;
use logic_frames::Stock;
use sync::{PerHart, preempt_off};

static STOCKS: PerHart<Stock> = PerHart::new([const { Stock::new() }; arch::MAX_HARTS]);

/// A free frame, or `None` when the machine has none.
#[inline]
pub(crate) fn take() -> Option<u32> {
    let guard = preempt_off();
    STOCKS.get(&guard).take(|batch| FREE.lock().as_mut().map_or(0, |free| free.alloc_batch(batch)))
}

/// Takes a frame back.
#[inline]
pub(crate) fn give(frame: u32) {
    let guard = preempt_off();
    STOCKS.get(&guard).put(frame, |batch| {
        if let Some(free) = FREE.lock().as_mut()
            && free.free_batch(batch).is_err()
        {
            panic!("a frame was freed twice");
        }
    });
}

/// Frames waiting in the stocks.
pub(crate) fn cached() -> u64 {
    (0..arch::MAX_HARTS).map(|i| u64::from(STOCKS.remote(i).count())).sum()
}
