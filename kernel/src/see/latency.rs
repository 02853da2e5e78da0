//! How long threads wait for a hart, in histograms, and the longest stretch with preemption off.

use crate::clock;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use logic_trace::Histogram;
use sync::{SpinLock, levels};

/// What one hart counts: from being queued to running, for threads that wanted to go on, and for those that were woken. The
/// latter is how late a wake-up arrives.
pub(crate) struct Latency {
    waits: [Histogram; 2],
}

static OF_HARTS: [Latency; arch::MAX_HARTS] = [const { Latency { waits: [const { Histogram::empty() }; 2] } }; arch::MAX_HARTS];

impl Latency {
    /// What this hart counts.
    pub(crate) fn of_hart(index: usize) -> Option<&'static Self> {
        OF_HARTS.get(index)
    }
    /// A thread comes to this hart. Preemption is off.
    #[inline]
    pub(crate) fn comes(&self, seen: &super::Seen, now_ns: u64) {
        let stamp = seen.stamp.load(Ordering::Relaxed);
        if let Some(histogram) = self.waits.get((stamp & super::WOKEN) as usize) {
            histogram.record(now_ns.saturating_sub(stamp));
        }
    }
    /// Of those that were woken, and of those that had been running.
    pub(crate) fn woken_and_others(&self) -> (&Histogram, &Histogram) {
        let [others, woken] = &self.waits;
        (woken, others)
    }
}

/// Return addresses that are kept of the longest stretch.
const DEPTH: usize = 12;

/// The longest stretch: nanoseconds, and where it ended.
struct Longest {
    ns: u64,
    backtrace: [usize; DEPTH],
}

/// Nanoseconds of the longest stretch, to look at without the lock.
static LONGEST_NS: AtomicU64 = AtomicU64::new(0);
static LONGEST: SpinLock<Longest, levels::Stretch> = SpinLock::new(Longest { ns: 0, backtrace: [0; DEPTH] });
/// The hart that is noting a stretch, plus one: taking the lock begins another.
static NOTING: AtomicUsize = AtomicUsize::new(0);

/// Preemption was off on this hart for so many ticks, and is still.
pub(crate) fn preemption_was_off(ticks: u64) {
    let ns = clock::ns_of_ticks(ticks);
    if ns <= LONGEST_NS.load(Ordering::Relaxed) || NOTING.swap(1, Ordering::Acquire) != 0 {
        return;
    }
    let mut backtrace = [0; DEPTH];
    let mut places = backtrace.iter_mut();
    arch::backtrace(|pc| {
        if let Some(place) = places.next() {
            *place = pc;
        }
    });
    LONGEST_NS.store(ns, Ordering::Relaxed);
    *LONGEST.lock() = Longest { ns, backtrace };
    NOTING.store(0, Ordering::Release);
}

/// The longest stretch: nanoseconds and return addresses, 0 after the last one.
pub(crate) fn longest() -> (u64, [usize; DEPTH]) {
    let longest = LONGEST.lock();
    (longest.ns, longest.backtrace)
}

/// Forgets the longest stretch.
pub(crate) fn forget_longest() {
    LONGEST_NS.store(0, Ordering::Relaxed);
    *LONGEST.lock() = Longest { ns: 0, backtrace: [0; DEPTH] };
}
