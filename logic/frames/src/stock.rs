//! [`Stock`]: free frames that a hart keeps, so that taking one needs no shared lock. Neighbour: `kernel/mem` has one a hart.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

const CAPACITY: usize = 64;
/// Frames that are fetched and given back together.
pub const STOCK_BATCH: usize = 32;

/// Free frames of one hart. Its hart alone changes it, one call at a time; others may ask how many there are.
#[derive(Debug)]
#[repr(align(64))]
pub struct Stock {
    count: AtomicU32,
    frames: [AtomicU32; CAPACITY],
}

impl Stock {
    /// No frames.
    #[must_use]
    pub const fn new() -> Stock {
        Stock { count: AtomicU32::new(0), frames: [const { AtomicU32::new(0) }; CAPACITY] }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count.load(Relaxed)
    }

    /// Takes a frame out; `fetch` puts more into its argument and says how many, if there is none.
    #[inline(always)]
    pub fn take(&self, fetch: impl FnOnce(&mut [u32; STOCK_BATCH]) -> usize) -> Option<u32> {
        let mut count = self.count.load(Relaxed) as usize;
        if count == 0 {
            let mut batch = [0; STOCK_BATCH];
            count = fetch(&mut batch).min(STOCK_BATCH);
            for (cell, frame) in self.frames.iter().zip(batch.iter().take(count)) {
                cell.store(*frame, Relaxed);
            }
        }
        let left = count.checked_sub(1)?;
        self.count.store(left as u32, Relaxed);
        self.frames.get(left).map(|frame| frame.load(Relaxed))
    }

    /// Puts a frame in; `give` gets those that there is no room for.
    #[inline(always)]
    pub fn put(&self, frame: u32, give: impl FnOnce(&[u32])) {
        if self.count.load(Relaxed) as usize == CAPACITY {
            self.flush(give);
        }
        let count = self.count.load(Relaxed);
        if let Some(cell) = self.frames.get(count as usize) {
            cell.store(frame, Relaxed);
            self.count.store(count.wrapping_add(1), Relaxed);
        }
    }

    /// Takes the upper half out.
    #[cold]
    fn flush(&self, give: impl FnOnce(&[u32])) {
        let mut batch = [0; STOCK_BATCH];
        for (slot, cell) in batch.iter_mut().zip(self.frames.iter().skip(CAPACITY - STOCK_BATCH)) {
            *slot = cell.load(Relaxed);
        }
        self.count.store((CAPACITY - STOCK_BATCH) as u32, Relaxed);
        give(&batch);
    }
}

impl Default for Stock {
    fn default() -> Stock {
        Stock::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn each_frame_is_in_one_place() {
        let stock = Stock::new();
        let mut free: Vec<u32> = (0..200).collect();
        let mut taken = Vec::new();
        for round in 0_usize..1000 {
            if round % 7 < 4 || taken.is_empty() {
                let got = stock.take(|batch| {
                    let many = batch.len().min(free.len());
                    for slot in batch.iter_mut().take(many) {
                        *slot = free.pop().unwrap_or_default();
                    }
                    many
                });
                taken.extend(got);
            } else {
                for _ in 0..round % 90 {
                    let Some(frame) = taken.pop() else { break };
                    stock.put(frame, |back| free.extend_from_slice(back));
                }
            }
            assert_eq!(free.len() + taken.len() + stock.count() as usize, 200);
            let mut all: Vec<u32> = free.iter().chain(&taken).copied().collect();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), free.len() + taken.len());
        }
    }
}
