//! What the kernel shows of itself beside counters: how long threads wait for a hart, what they wait for, and what happens.
//!
//! * [`Seen`] – a thread's part: when it was queued or fell asleep, and what it waits for ([`On`]).
//! * `latency` – histograms, and the longest stretch with preemption off; `events` – the trace rings of the harts.
//! * `calls` – the calls of a process, written to a pipe; `blocked` – whom a sleeping thread waits for.
//!
//! `/proc/rvos` shows all of it (`fs/proc/see`).

pub(crate) mod blocked;
pub(crate) mod calls;
pub(crate) mod events;
pub(crate) mod latency;
mod on;

pub(crate) use on::{On, Waits};

use core::sync::atomic::{AtomicU64, Ordering};

/// A thread's part.
pub(crate) struct Seen {
    /// When it was queued (bit 0: by a wake-up) or fell asleep, in nanoseconds of the monotonic clock.
    stamp: AtomicU64,
    /// What it waited for when it slept last: kind and id.
    on: [AtomicU64; 2],
    /// Its processor time that has been charged to a capped budget; 0: nothing yet.
    pub(crate) charged_ns: AtomicU64,
}

/// Bit 0 of the stamp.
const WOKEN: u64 = 1;

impl Seen {
    /// Of a new thread.
    pub(crate) const fn new() -> Self {
        Seen { stamp: AtomicU64::new(0), on: [const { AtomicU64::new(0) }; 2], charged_ns: AtomicU64::new(0) }
    }
    /// It leaves its hart, to sleep or to be queued.
    #[inline]
    pub(crate) fn leaves(&self, now_ns: u64) {
        self.stamp.store(now_ns & !WOKEN, Ordering::Relaxed);
    }
    /// A wake-up queues it.
    #[inline]
    pub(crate) fn woken(&self, now_ns: u64) {
        self.stamp.store(now_ns | WOKEN, Ordering::Relaxed);
    }
    /// It is about to sleep.
    #[inline]
    pub(crate) fn sleeps_on(&self, on: On) {
        let [kind, id] = &self.on;
        kind.store(on.waits as u64, Ordering::Relaxed);
        id.store(on.id, Ordering::Relaxed);
    }
    /// What it waits for, and since when; meaningful while it sleeps.
    pub(crate) fn on(&self) -> (On, u64) {
        let [kind, id] = &self.on;
        let on = On { waits: Waits::from_number(kind.load(Ordering::Relaxed)), id: id.load(Ordering::Relaxed) };
        (on, self.stamp.load(Ordering::Relaxed) & !WOKEN)
    }
}
