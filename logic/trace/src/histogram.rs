//! [`Histogram`]: how often something took how long, in powers of two.

use logic_shim::{Atomic, Atomics, Core, Ordering};

/// Buckets: the first is for less than 64 ns, each further one reaches twice as far, and the last has
/// no end.
pub const BUCKETS: usize = 32;
/// Bits that the first bucket does not look at.
const SHIFT: u32 = 6;
/// Durations of up to this many times 64 ns have their bucket in a table: there is no instruction
/// that counts bits, and nearly all of them are that short.
const NEAR: usize = 256;

static NEAR_BUCKETS: [u8; NEAR] = {
    let mut table = [0; NEAR];
    let mut i = 0;
    while i < NEAR {
        #[allow(clippy::indexing_slicing, reason = "made by the compiler")]
        {
            table[i] = (usize::BITS - i.leading_zeros()) as u8;
        }
        {
            i += 1;
        }
    }
    table
};

/// The bucket of a duration.
#[must_use]
#[inline]
pub fn bucket_of(ns: u64) -> usize {
    let units = ns >> SHIFT;
    match usize::try_from(units).ok().and_then(|u| NEAR_BUCKETS.get(u)) {
        Some(bucket) => usize::from(*bucket),
        None => far_bucket(units),
    }
}

#[cold]
fn far_bucket(units: u64) -> usize {
    let bits = u64::BITS.saturating_sub(units.leading_zeros()) as usize;
    bits.min(BUCKETS.saturating_sub(1))
}

/// The shortest duration of a bucket.
#[must_use]
pub const fn bucket_start_ns(bucket: usize) -> u64 {
    match bucket.checked_sub(1) {
        #[expect(clippy::cast_possible_truncation, reason = "there are few buckets")]
        Some(power) => match (1u64 << SHIFT).checked_shl(power as u32) {
            Some(ns) => ns,
            None => u64::MAX,
        },
        None => 0,
    }
}

/// Counts durations by their power of two. One hart counts, with preemption off; any may look.
pub struct Histogram<A: Atomics = Core> {
    counts: [A::U64; BUCKETS],
    sum_ns: A::U64,
    most_ns: A::U64,
}

impl Histogram {
    /// An empty one, for statics.
    #[must_use]
    pub const fn empty() -> Self {
        use core::sync::atomic::AtomicU64;
        Self { counts: [const { AtomicU64::new(0) }; BUCKETS], sum_ns: AtomicU64::new(0), most_ns: AtomicU64::new(0) }
    }
}

impl<A: Atomics> Histogram<A> {
    /// Counts one duration.
    #[inline]
    pub fn record(&self, ns: u64) {
        if let Some(count) = self.counts.get(bucket_of(ns)) {
            count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
        self.sum_ns.store(self.sum_ns.load(Ordering::Relaxed).wrapping_add(ns), Ordering::Relaxed);
        if ns > self.most_ns.load(Ordering::Relaxed) {
            self.most_ns.store(ns, Ordering::Relaxed);
        }
    }

    /// How many were counted in a bucket.
    #[must_use]
    pub fn count(&self, bucket: usize) -> u64 {
        self.counts.get(bucket).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// The sum of all durations, and the longest.
    #[must_use]
    pub fn sum_and_most_ns(&self) -> (u64, u64) {
        (self.sum_ns.load(Ordering::Relaxed), self.most_ns.load(Ordering::Relaxed))
    }
}
