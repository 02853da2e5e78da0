//! A small stock of free frames on each hart, so that a page fault takes no shared lock.

use crate::frame::FREE;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use sync::{PerHart, preempt_off};

const CAPACITY: usize = 64;
const BATCH: usize = 32;

struct Stock {
    count: AtomicU32,
    frames: [AtomicU32; CAPACITY],
}

static STOCKS: PerHart<Stock> = PerHart::new(
    [const { Stock { count: AtomicU32::new(0), frames: [const { AtomicU32::new(0) }; CAPACITY] } }; arch::MAX_HARTS],
);

/// A free frame, or `None` when the machine has none.
#[inline]
pub(crate) fn take() -> Option<u32> {
    let guard = preempt_off();
    let stock = STOCKS.get(&guard);
    let mut n = stock.count.load(Relaxed) as usize;
    if n == 0 {
        let mut batch = [0u32; BATCH];
        n = FREE.lock().as_mut()?.alloc_batch(&mut batch);
        if n == 0 {
            return None;
        }
        for (cell, f) in stock.frames.iter().zip(batch.iter()) {
            cell.store(*f, Relaxed);
        }
    }
    n -= 1;
    stock.count.store(n as u32, Relaxed);
    Some(stock.frames[n & (CAPACITY - 1)].load(Relaxed))
}

/// Takes a frame back.
#[inline]
pub(crate) fn give(frame: u32) {
    let guard = preempt_off();
    let stock = STOCKS.get(&guard);
    let mut n = stock.count.load(Relaxed) as usize;
    if n == CAPACITY {
        flush(stock, BATCH);
        n = stock.count.load(Relaxed) as usize;
    }
    stock.frames[n & (CAPACITY - 1)].store(frame, Relaxed);
    stock.count.store(n as u32 + 1, Relaxed);
}

/// Returns `many` frames of the stock to the shared allocator.
fn flush(stock: &Stock, many: usize) {
    let mut batch = [0u32; BATCH];
    let n = stock.count.load(Relaxed) as usize;
    let k = many.min(n).min(BATCH);
    for (slot, cell) in batch.iter_mut().zip(stock.frames.iter().skip(n - k)) {
        *slot = cell.load(Relaxed);
    }
    stock.count.store((n - k) as u32, Relaxed);
    if let Some(f) = FREE.lock().as_mut()
        && f.free_batch(&batch[..k]).is_err()
    {
        panic!("a frame was freed twice");
    }
}

/// Frames waiting in the stocks.
pub(crate) fn cached() -> u64 {
    (0..arch::MAX_HARTS).map(|i| u64::from(STOCKS.remote(i).count.load(Relaxed))).sum()
}
