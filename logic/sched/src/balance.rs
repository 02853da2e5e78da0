//! [`Balance`]: how idle harts and queued threads find each other without anyone's lock.
//!
//! # The steps
//!
//! A hart that has nothing to run, interrupts off:
//! - (1) announces that it is idle,
//! - (2) a full fence,
//! - (3) looks once more which queues hold threads: its own and the others'. If it gets one
//!   ([`RunQueue::pick`](crate::RunQueue::pick), [`RunQueue::steal`](crate::RunQueue::steal)), it
//!   is idle no longer and says so.
//! - (4) Otherwise it waits for an interrupt, `wfi`, which a pending one ends at once; then from (1).
//!
//! Whoever queues a thread on a hart that does not run it at once:
//! - (5) says under that queue's lock how many it holds now,
//! - (6) a full fence,
//! - (7) *claims* one idle hart on which the thread may run, by taking its announcement away, and
//!   interrupts it. No two wakers claim the same one.
//!
//! With the fences, either the waker sees the announcement, or the idle hart sees the thread.
//!
//! Neighbours: `queue`, `migrate` (the steal itself), `logic-waits` (who is woken).

use logic_shim::{Atomic, Atomics, Core, Ordering};

use crate::entity::{Affinity, Hart};
use crate::mutation::{Step, left_out};

/// Which harts are idle and how long the queues are; one for the machine, 64 harts at most.
pub struct Balance<const HARTS: usize, A: Atomics = Core> {
    idle: A::U64,
    queued: [A::U32; HARTS],
}

impl<const HARTS: usize, A: Atomics> Balance<HARTS, A> {
    /// No hart is idle, no thread is queued.
    #[must_use]
    pub fn new() -> Self {
        Self { idle: A::U64::new(0), queued: core::array::from_fn(|_| A::U32::new(0)) }
    }

    /// (5) Under the lock of `hart`'s queue, whenever its length changed.
    #[inline]
    pub fn note_queued(&self, hart: Hart, len: usize) {
        if let Some(queued) = self.queued.get(hart.0 as usize) {
            queued.store(u32::try_from(len).unwrap_or(u32::MAX), Ordering::Relaxed);
        }
    }

    /// (1) to (3): `me` is idle. Returns the harts whose queues hold threads: try those, `me` first,
    /// and [`Balance::resume`] with what was found; if there is nothing to get, wait for an interrupt.
    #[inline]
    pub fn announce(&self, me: Hart) -> Affinity {
        if left_out(Step::AnnounceFirst) {
            let holding = self.holding();
            self.idle.fetch_or(bit(me), Ordering::AcqRel);
            return holding;
        }
        self.idle.fetch_or(bit(me), Ordering::AcqRel);
        if !left_out(Step::AnnounceFence) {
            A::fence(Ordering::SeqCst);
        }
        self.holding()
    }

    /// `me` is idle no longer, or looks again after an interrupt.
    #[inline]
    pub fn resume(&self, me: Hart) {
        self.idle.fetch_and(!bit(me), Ordering::AcqRel);
    }

    /// (6) and (7): after a thread was queued somewhere, an idle hart of `allowed` that is to be
    /// interrupted so that it takes the thread; `prefer` if that one is idle. It counts as idle no
    /// longer. `None`: all are busy.
    #[inline]
    pub fn claim(&self, allowed: Affinity, prefer: Hart) -> Option<Hart> {
        if !left_out(Step::ClaimFence) {
            A::fence(Ordering::SeqCst);
        }
        let mut idle = self.idle.load(Ordering::Acquire) & allowed.0;
        while idle != 0 {
            let hart = if idle & bit(prefer) != 0 { prefer } else { Hart(idle.trailing_zeros()) };
            let before = self.idle.fetch_and(!bit(hart), Ordering::AcqRel);
            if before & bit(hart) != 0 || left_out(Step::ClaimOnce) {
                return Some(hart);
            }
            // Someone else was faster with this one.
            idle &= before & !bit(hart);
        }
        None
    }

    /// The harts that are idle at this moment: where a waking thread is placed best.
    #[must_use]
    #[inline]
    pub fn idle(&self) -> Affinity {
        Affinity(self.idle.load(Ordering::Relaxed))
    }

    /// The hart with the longest queue, `me` apart: whom to steal from.
    #[must_use]
    pub fn busiest(&self, me: Hart) -> Option<Hart> {
        let mut best = None;
        let mut most = 0;
        for (hart, queued) in (0u32..).zip(&self.queued) {
            let len = queued.load(Ordering::Relaxed);
            if len > most && hart != me.0 {
                most = len;
                best = Some(Hart(hart));
            }
        }
        best
    }

    /// How long a hart's queue is.
    #[must_use]
    #[inline]
    pub fn queued(&self, hart: Hart) -> u32 {
        self.queued.get(hart.0 as usize).map_or(0, |queued| queued.load(Ordering::Relaxed))
    }

    /// The hart of `allowed` with the shortest queue: where a thread waits least.
    #[must_use]
    pub fn shortest(&self, allowed: Affinity) -> Option<Hart> {
        (0u32..)
            .zip(&self.queued)
            .filter(|(hart, _)| allowed.contains(Hart(*hart)))
            .min_by_key(|(_, queued)| queued.load(Ordering::Relaxed))
            .map(|(hart, _)| Hart(hart))
    }

    fn holding(&self) -> Affinity {
        let mut harts = 0;
        for (hart, queued) in (0u32..).zip(&self.queued) {
            if queued.load(Ordering::Relaxed) != 0 {
                harts |= bit(Hart(hart));
            }
        }
        Affinity(harts)
    }
}

impl<const HARTS: usize, A: Atomics> Default for Balance<HARTS, A> {
    fn default() -> Self {
        Self::new()
    }
}

/// No bit above 63.
#[inline]
fn bit(hart: Hart) -> u64 {
    1u64.checked_shl(hart.0).unwrap_or(0)
}
