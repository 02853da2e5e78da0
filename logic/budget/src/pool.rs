//! One kind of one account: the central [`Pool`], and the [`Stocks`] of a hart. Neighbour:
//! `account` walks from pool to pool.

use logic_shim::{Atomic, Atomics, Core, Ordering};

use crate::mutation::{Step, left_out};
use crate::{KINDS, Kind, Limit};

/// A limit that is never reached; all limits are at most this.
pub const UNLIMITED: u64 = 1 << 60;

/// What a room reads when its pool is closed; a race may add or take some units after that.
const CLOSED: u64 = 1 << 63;
/// Rooms below this (as signed numbers) are closed, others merely overdrawn.
const CLOSED_BELOW: i64 = -(1 << 62);

/// The units that one hart holds, a cache line of its own.
#[derive(Debug)]
#[repr(align(64))]
pub struct Stocks<A: Atomics>([A::U32; KINDS]);

impl<A: Atomics> Stocks<A> {
    /// Nothing in stock.
    #[must_use]
    pub fn new() -> Stocks<A> {
        Stocks(core::array::from_fn(|_| A::U32::new(0)))
    }

    #[inline(always)]
    pub(crate) fn of(&self, kind: Kind) -> Option<&A::U32> {
        self.0.get(kind as usize)
    }
}

impl Stocks<Core> {
    /// Nothing in stock, for a static.
    #[must_use]
    pub const fn fixed() -> Stocks<Core> {
        Stocks([const { core::sync::atomic::AtomicU32::new(0) }; KINDS])
    }
}

impl<A: Atomics> Default for Stocks<A> {
    fn default() -> Stocks<A> {
        Stocks::new()
    }
}

/// Whether a charge ends at a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backing {
    /// The limit has been reserved: the parent is not asked.
    Carved,
    /// The parent is charged as well.
    Shared,
}

/// What a pool says when units are taken from it or given to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// That was all.
    Done,
    /// The parent's turn.
    GoOn,
    /// There is no room.
    Refused,
}

/// The central counts of one kind.
#[derive(Debug)]
pub(crate) struct Pool<A: Atomics> {
    /// Units that are not handed out, as a signed number: a maximum may be set below the usage.
    room: A::U64,
    limit: A::U64,
    /// How many units a stock may keep.
    keep: A::U32,
    backing: Backing,
}

impl<A: Atomics> Pool<A> {
    /// A pool with no units if it is carved, and without a maximum if it is shared.
    pub(crate) fn new(backing: Backing) -> Pool<A> {
        let limit = start_limit(backing);
        Pool { room: A::U64::new(limit), limit: A::U64::new(limit), keep: A::U32::new(0), backing }
    }

    pub(crate) fn backing(&self) -> Backing {
        self.backing
    }

    #[inline]
    pub(crate) fn keep(&self) -> u32 {
        self.keep.load(Ordering::Relaxed)
    }

    pub(crate) fn set_keep(&self, units: u32) {
        self.keep.store(units, Ordering::Relaxed);
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit.load(Ordering::Relaxed)
    }

    /// What is not in the room, stocks included; `None` when closed.
    pub(crate) fn handed_out(&self) -> Option<u64> {
        let room = self.room.load(Ordering::Relaxed).cast_signed();
        let handed_out = self.limit().cast_signed().wrapping_sub(room);
        (room >= CLOSED_BELOW).then_some(handed_out.max(0).cast_unsigned())
    }

    /// (2) Takes units if they are there.
    pub(crate) fn take(&self, units: u64) -> Answer {
        let mut room = self.room.load(Ordering::Relaxed);
        loop {
            let signed = room.cast_signed();
            if signed < CLOSED_BELOW {
                return Answer::GoOn;
            }
            if signed < units.min(UNLIMITED).cast_signed() {
                return Answer::Refused;
            }
            if left_out(Step::TakeCompares) {
                self.room.store(room.wrapping_sub(units), Ordering::Relaxed);
                return self.answer();
            }
            match self.room.compare_exchange_weak(room, room.wrapping_sub(units), Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return self.answer(),
                Err(now) => room = now,
            }
        }
    }

    /// (4) Takes units back.
    pub(crate) fn give(&self, units: u64) -> Answer {
        let room = self.room.load(Ordering::Relaxed).cast_signed();
        if room < CLOSED_BELOW {
            return Answer::GoOn;
        }
        let before = self.room.fetch_add(units, Ordering::Relaxed).cast_signed();
        // (5) It may have been closed since; a mark that is a little off is still a mark.
        if before < CLOSED_BELOW && !left_out(Step::GivePassesOn) {
            return Answer::GoOn;
        }
        self.answer()
    }

    /// (2) Gives back what `take` took, because an ancestor had no room.
    pub(crate) fn untake(&self, units: u64) {
        self.room.fetch_add(units, Ordering::Relaxed);
    }

    /// (5) Ends the pool; returns the units that belong to the parent now.
    pub(crate) fn close(&self) -> u64 {
        self.set_keep(0);
        let room = if left_out(Step::CloseSwaps) {
            let room = self.room.load(Ordering::Relaxed);
            self.room.store(CLOSED, Ordering::Relaxed);
            room.cast_signed()
        } else {
            self.room.swap(CLOSED, Ordering::Relaxed).cast_signed()
        };
        match self.backing {
            Backing::Carved if room > 0 => room.cast_unsigned(),
            _ => 0,
        }
    }

    /// Raises the limit of a carved pool by what has been taken from the parent.
    pub(crate) fn raise(&self, units: u64) {
        self.limit.fetch_add(units, Ordering::Relaxed);
        self.room.fetch_add(units, Ordering::Relaxed);
    }

    /// Lowers the limit of a carved pool by what `take` has taken from it.
    pub(crate) fn lower(&self, units: u64) {
        self.limit.fetch_sub(units, Ordering::Relaxed);
    }

    /// Sets the maximum of a shared pool, also below what is in use.
    pub(crate) fn set_maximum(&self, units: u64) {
        let before = self.limit.swap(units, Ordering::Relaxed);
        // Wrapping, so that it works in both directions.
        self.room.fetch_add(units.wrapping_sub(before), Ordering::Relaxed);
    }

    #[inline]
    fn answer(&self) -> Answer {
        match self.backing {
            Backing::Carved => Answer::Done,
            Backing::Shared => Answer::GoOn,
        }
    }
}

impl Pool<Core> {
    /// As [`Pool::new`], for a static.
    pub(crate) const fn fixed(backing: Backing) -> Pool<Core> {
        use core::sync::atomic::{AtomicU32, AtomicU64};
        let limit = start_limit(backing);
        Pool { room: AtomicU64::new(limit), limit: AtomicU64::new(limit), keep: AtomicU32::new(0), backing }
    }
}

impl Limit {
    pub(crate) const fn backing(self) -> Backing {
        match self {
            Limit::Carved(_) => Backing::Carved,
            Limit::Shared(_) => Backing::Shared,
        }
    }

    /// The limit in units, capped at [`UNLIMITED`].
    pub(crate) const fn units(self) -> u64 {
        let (Limit::Carved(units) | Limit::Shared(units)) = self;
        if units < UNLIMITED { units } else { UNLIMITED }
    }
}

const fn start_limit(backing: Backing) -> u64 {
    match backing {
        Backing::Carved => 0,
        Backing::Shared => UNLIMITED,
    }
}
