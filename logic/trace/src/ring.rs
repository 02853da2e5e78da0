//! [`Ring`]: the records of one hart. The steps are in the crate's text.

use alloc::vec::Vec;

use logic_shim::{Atomic, Atomics, Core, Ordering};

use crate::mutation::{Step, left_out};
use crate::record::Record;

/// Words of a record.
const WORDS: usize = 4;

/// The newest records of one hart.
pub struct Ring<A: Atomics = Core> {
    slots: Vec<[A::U64; WORDS]>,
    /// Records that were begun.
    begun: A::U64,
    /// Records that are complete.
    ended: A::U64,
}

/// What a reader got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Records that were overwritten before they could be read; they are older than those that were
    /// given.
    pub lost: u64,
    /// Records given.
    pub given: usize,
    /// Where to go on.
    pub next: u64,
}

impl<A: Atomics> Ring<A> {
    /// A ring of `2^order` records; `None` if there is no memory.
    #[must_use]
    pub fn try_new(order: u32) -> Option<Self> {
        let size = 1usize.checked_shl(order)?;
        let mut slots = Vec::new();
        slots.try_reserve_exact(size).ok()?;
        // reserved: just above, exactly.
        slots.extend((0..size).map(|_| core::array::from_fn(|_| A::U64::new(0))));
        Some(Self { slots, begun: A::U64::new(0), ended: A::U64::new(0) })
    }

    /// Adds a record. One writer at a time: the ring's hart, with preemption off.
    #[inline]
    pub fn put(&self, record: Record) {
        let n = self.ended.load(Ordering::Relaxed);
        if !left_out(Step::Begin) {
            self.begun.store(n.wrapping_add(1), Ordering::Relaxed);
        }
        if !left_out(Step::BeginFence) {
            A::fence(Ordering::Release);
        }
        if let Some(slot) = self.slot(n) {
            for (to, word) in slot.iter().zip(record.to_words()) {
                to.store(word, Ordering::Relaxed);
            }
        }
        let order = if left_out(Step::EndReleases) { Ordering::Relaxed } else { Ordering::Release };
        self.ended.store(n.wrapping_add(1), order);
    }

    /// The number of the oldest record that is still there.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        self.written().saturating_sub(self.slots.len() as u64)
    }

    /// How many records were ever added.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.ended.load(Ordering::Acquire)
    }

    /// Copies records from number `from` on into `out`.
    pub fn take(&self, from: u64, out: &mut [Record]) -> Taken {
        let size = self.slots.len() as u64;
        let ended = self.ended.load(Ordering::Acquire);
        let oldest = ended.saturating_sub(size);
        let first = from.clamp(oldest, ended);
        let mut copied = 0usize;
        for (n, to) in (first..ended).zip(out.iter_mut()) {
            let Some(slot) = self.slot(n) else { break };
            let mut words = [0; WORDS];
            for (to, word) in words.iter_mut().zip(slot) {
                *to = word.load(Ordering::Relaxed);
            }
            *to = Record::from_words(words);
            copied = copied.saturating_add(1);
        }
        if !left_out(Step::LookFence) {
            A::fence(Ordering::Acquire);
        }
        let begun = if left_out(Step::LookAgain) { ended } else { self.begun.load(Ordering::Relaxed) };
        let whole = begun.saturating_sub(size);
        // Those before `whole` may be torn.
        let torn = usize::try_from(whole.saturating_sub(first)).map_or(copied, |torn| torn.min(copied));
        out.get_mut(..copied).unwrap_or_default().rotate_left(torn);
        let next = first.saturating_add(copied as u64);
        let lost = first.saturating_sub(from).saturating_add(torn as u64);
        Taken { lost, given: copied.saturating_sub(torn), next }
    }

    #[inline]
    fn slot(&self, n: u64) -> Option<&[A::U64; WORDS]> {
        // The size is a power of two.
        let mask = self.slots.len().wrapping_sub(1);
        self.slots.get((n as usize) & mask)
    }
}
