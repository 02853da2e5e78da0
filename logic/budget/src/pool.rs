//! One kind of one account: the central [`Pool`], and the [`Stocks`] of a hart. Neighbour:
//! `account` walks from pool to pool.

use logic_shim::{Atomic, Atomics, Core, Ordering};

use crate::mutation::{Step, left_out};
use crate::{KINDS, Kind, Limit};

/// A limit that is never reached; all limits are at most this.
pub const UNLIMITED: u64 = 1 << 60;

/// What the room of a closed pool reads when nothing is in use any more. What is in use is subtracted from it.
const CLOSED: i64 = -(3 << 61);
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

impl Backing {
    const fn number(self) -> u32 {
        match self {
            Backing::Carved => 0,
            Backing::Shared => 1,
        }
    }

    #[inline]
    const fn answer(self) -> Answer {
        match self {
            Backing::Carved => Answer::Done,
            Backing::Shared => Answer::GoOn,
        }
    }
}

/// How units are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// All that there is may be taken.
    Plain,
    /// The spare units stay.
    Yielding,
    /// A shared pool may be overdrawn.
    Forced,
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
    /// The parent's turn; this was the last that was in use of a closed pool.
    Spent,
}

/// The central counts of one kind.
#[derive(Debug)]
pub(crate) struct Pool<A: Atomics> {
    /// Units that are not handed out, as a signed number: a maximum may be set below the usage.
    room: A::U64,
    limit: A::U64,
    /// How many units a stock may keep.
    keep: A::U32,
    /// Units that yielding claims leave.
    spare: A::U64,
    /// The most that was ever handed out.
    peak: A::U64,
    /// Handing out so many units rings.
    alarm: A::U64,
    /// [`Backing::number`].
    backing: A::U32,
}

impl<A: Atomics> Pool<A> {
    /// A pool with no units if it is carved, and without a maximum if it is shared.
    pub(crate) fn new(backing: Backing) -> Pool<A> {
        let limit = start_limit(backing);
        Pool {
            room: A::U64::new(limit),
            limit: A::U64::new(limit),
            keep: A::U32::new(0),
            spare: A::U64::new(0),
            peak: A::U64::new(0),
            alarm: A::U64::new(UNLIMITED),
            backing: A::U32::new(backing.number()),
        }
    }

    /// Begins anew: for a pool that is closed, and of which nothing is in use.
    pub(crate) fn reopen(&self, backing: Backing) {
        let limit = start_limit(backing);
        self.backing.store(backing.number(), Ordering::Relaxed);
        self.spare.store(0, Ordering::Relaxed);
        self.peak.store(0, Ordering::Relaxed);
        self.alarm.store(UNLIMITED, Ordering::Relaxed);
        self.limit.store(limit, Ordering::Relaxed);
        self.room.store(limit, Ordering::Relaxed);
    }

    pub(crate) fn backing(&self) -> Backing {
        if self.backing.load(Ordering::Relaxed) == 0 { Backing::Carved } else { Backing::Shared }
    }

    pub(crate) fn set_spare(&self, units: u64) {
        self.spare.store(units.min(UNLIMITED), Ordering::Relaxed);
    }

    /// Rings once when so many units are handed out, or at the lower mark that was set before.
    pub(crate) fn set_alarm(&self, units: u64) {
        let mut now = self.alarm.load(Ordering::Relaxed);
        while units < now {
            match self.alarm.compare_exchange_weak(now, units, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => now = other,
            }
        }
    }

    /// Whether it has to ring; then it does not until it is set again.
    pub(crate) fn rings(&self) -> bool {
        let alarm = self.alarm.load(Ordering::Relaxed);
        if alarm == UNLIMITED || self.handed_out().is_none_or(|units| units < alarm) {
            return false;
        }
        self.alarm.compare_exchange(alarm, UNLIMITED, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    pub(crate) fn spare(&self) -> u64 {
        self.spare.load(Ordering::Relaxed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.room.load(Ordering::Relaxed).cast_signed() < CLOSED_BELOW
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
    #[inline]
    pub(crate) fn take(&self, units: u64, claim: Claim) -> Answer {
        let backing = self.backing();
        let needed = match claim {
            Claim::Plain | Claim::Forced => units.min(UNLIMITED),
            Claim::Yielding => units.min(UNLIMITED).wrapping_add(self.spare()),
        };
        let forced = claim == Claim::Forced && backing == Backing::Shared;
        let mut room = self.room.load(Ordering::Relaxed);
        loop {
            let signed = room.cast_signed();
            let closed = signed < CLOSED_BELOW;
            if !closed && !forced && signed < needed.cast_signed() {
                return Answer::Refused;
            }
            let answer = if closed { Answer::GoOn } else { backing.answer() };
            if left_out(Step::TakeCompares) {
                self.room.store(room.wrapping_sub(units), Ordering::Relaxed);
                return answer;
            }
            match self.room.compare_exchange_weak(room, room.wrapping_sub(units), Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    if !closed {
                        self.note_peak(self.limit().wrapping_sub(room).wrapping_add(units));
                    }
                    return answer;
                }
                Err(now) => room = now,
            }
        }
    }

    /// The most that was ever handed out, stocks included.
    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    fn note_peak(&self, handed_out: u64) {
        let mut peak = self.peak();
        // A limit that is being changed makes this a number without meaning.
        while handed_out > peak && handed_out < UNLIMITED {
            match self.peak.compare_exchange_weak(peak, handed_out, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => peak = now,
            }
        }
    }

    /// (4) Takes units back.
    pub(crate) fn give(&self, units: u64) -> Answer {
        // Before the units: with the last ones of a closed pool it may begin anew at once.
        let backing = self.backing();
        let before = self.room.fetch_add(units, Ordering::Relaxed).cast_signed();
        // (5) It may have been closed.
        if before < CLOSED_BELOW && !left_out(Step::GivePassesOn) {
            let after = before.wrapping_add(units.cast_signed());
            return if after == CLOSED { Answer::Spent } else { Answer::GoOn };
        }
        backing.answer()
    }

    /// (2) Gives back what `take` took, because an ancestor had no room.
    pub(crate) fn untake(&self, units: u64) {
        self.room.fetch_add(units, Ordering::Relaxed);
    }

    /// (5) Ends the pool; returns the units that belong to the parent now, and whether nothing is in use. `None` if it had
    /// ended already.
    pub(crate) fn close(&self) -> Option<(u64, bool)> {
        self.set_keep(0);
        let mut room = self.room.load(Ordering::Relaxed);
        let in_use = loop {
            if room.cast_signed() < CLOSED_BELOW {
                return None;
            }
            let in_use = self.limit().cast_signed().wrapping_sub(room.cast_signed());
            let mark = CLOSED.wrapping_sub(in_use).cast_unsigned();
            if left_out(Step::CloseSwaps) {
                self.room.store(mark, Ordering::Relaxed);
                break in_use;
            }
            match self.room.compare_exchange_weak(room, mark, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => break in_use,
                Err(now) => room = now,
            }
        };
        let room = room.cast_signed();
        let returned = if self.backing() == Backing::Carved && room > 0 { room.cast_unsigned() } else { 0 };
        Some((returned, in_use == 0))
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
}

impl Pool<Core> {
    /// All zeroes, for a static; [`Pool::begin`] makes it a pool.
    pub(crate) const fn zero() -> Pool<Core> {
        use core::sync::atomic::{AtomicU32, AtomicU64};
        Pool {
            room: AtomicU64::new(0),
            limit: AtomicU64::new(0),
            keep: AtomicU32::new(0),
            spare: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            alarm: AtomicU64::new(0),
            backing: AtomicU32::new(0),
        }
    }

    /// Makes it a carved one that has all of `limit`.
    pub(crate) fn begin(&self, limit: u64) {
        self.reopen(Backing::Carved);
        self.limit.store(limit, Ordering::Relaxed);
        self.room.store(limit, Ordering::Relaxed);
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
