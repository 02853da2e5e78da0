//! Load averages: how many threads run or want to, over 1, 5 and 15 minutes (proc_loadavg(5)).
//!
//! Linux's sums: every 5 s the number of active threads goes into exponentially decaying averages in fixed point. There is
//! no tick here: [`tick`] comes by with every context switch. Between two of them nothing changed, so whole periods that
//! were missed are made up with the number that was active all that time.

use super::sched;
use crate::clock::SECOND_NS;
use core::sync::atomic::{AtomicU64, Ordering};

/// Bits behind the point (Linux's FSHIFT).
pub(crate) const SHIFT: u32 = 11;
const ONE: u64 = 1 << SHIFT;
const PERIOD_NS: u64 = 5 * SECOND_NS;
/// `ONE / exp(5 s / 1 min)`, 5 min, 15 min (include/linux/sched/loadavg.h).
const DECAY: [u64; 3] = [1884, 2014, 2037];
static NEXT_NS: AtomicU64 = AtomicU64::new(PERIOD_NS);
static AVERAGES: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];

/// Takes the samples that are due.
#[inline]
pub(crate) fn tick(now_ns: u64) {
    if now_ns >= NEXT_NS.load(Ordering::Relaxed) {
        sample(now_ns);
    }
}

#[cold]
fn sample(now_ns: u64) {
    let due = NEXT_NS.load(Ordering::Relaxed);
    let Some(late) = now_ns.checked_sub(due) else { return };
    let periods = (late / PERIOD_NS).saturating_add(1);
    let next = due.saturating_add(periods.saturating_mul(PERIOD_NS));
    // Whoever moves the time on takes the samples.
    if NEXT_NS.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return;
    }
    let active = sched::runnable().saturating_mul(ONE);
    for (average, decay) in AVERAGES.iter().zip(DECAY) {
        let load = average.load(Ordering::Relaxed);
        average.store(decayed(load, power(decay, periods), active), Ordering::Relaxed);
    }
}

/// `base` to the power `n`, in fixed point, rounded at each step.
fn power(mut base: u64, mut n: u64) -> u64 {
    let multiply = |a: u64, b: u64| (a * b + ONE / 2) >> SHIFT;
    let mut result = ONE;
    while n != 0 {
        if n & 1 != 0 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        n >>= 1;
    }
    result
}

/// `calc_load` (kernel/sched/loadavg.c): a rising average is rounded up.
fn decayed(load: u64, decay: u64, active: u64) -> u64 {
    let sum = load.saturating_mul(decay).saturating_add(active.saturating_mul(ONE - decay));
    if active >= load { sum.saturating_add(ONE - 1) / ONE } else { sum / ONE }
}

/// The averages with [`SHIFT`] bits behind the point.
pub(crate) fn averages() -> [u64; 3] {
    tick(crate::clock::monotonic_ns());
    let [one, five, fifteen] = &AVERAGES;
    [one, five, fifteen].map(|a| a.load(Ordering::Relaxed))
}
