//! [`Graph`] and [`Flight`]: how harts that move and close descriptors and the one that searches go about it together.

use logic_shim::{Atomic, Atomics, Core, Ordering};

use crate::mutation::{Step, left_out};
use crate::{Carriers, Progress, Search};

/// What all carriers share.
#[derive(Debug)]
pub struct Graph<A: Atomics = Core> {
    /// Counts changes of what waits in carriers that a search is at.
    changes: A::U64,
    /// Descriptors of carriers that wait anywhere.
    waiting: A::U64,
}

/// What is counted at a carrier.
#[derive(Debug)]
pub struct Flight<A: Atomics = Core> {
    /// Its descriptors that wait.
    waiting: A::U32,
    /// A search has come to it: not 0.
    searched: A::U32,
}

impl<A: Atomics> Graph<A> {
    /// Nothing waits; made of two zeros.
    #[must_use]
    pub const fn new(changes: A::U64, waiting: A::U64) -> Self {
        Self { changes, waiting }
    }

    /// (a) A descriptor of the carrier is put where it waits.
    #[inline]
    pub fn enter(&self, carrier: &Flight<A>) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        carrier.waiting.fetch_add(1, Ordering::AcqRel);
    }

    /// (a) It is no longer there.
    #[inline]
    pub fn leave(&self, carrier: &Flight<A>) {
        carrier.waiting.fetch_sub(1, Ordering::AcqRel);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// (b) Descriptors go into what waits in this carrier, or anything comes out of it, so that places move ([`crate::Place`]), under the
    /// lock under which it is looked at.
    #[inline]
    pub fn changes(&self, carrier: &Flight<A>) {
        if carrier.searched.load(Ordering::Relaxed) != 0 && !left_out(Step::ChangesAreCounted) {
            self.changes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// (c) Whether any carrier waits anywhere, so that who closed a descriptor has to ask [`Flight::only_waits`].
    #[inline]
    pub fn any(&self) -> bool {
        if !left_out(Step::AskAfterClosing) {
            A::fence(Ordering::SeqCst);
        }
        self.waiting.load(Ordering::Relaxed) != 0
    }

    /// (e), (f) Gives to `dead` what nobody can reach any more, if `start` is among that. One search at a time. False: what was seen
    /// may never have been so at one time, and it is to be made again.
    pub fn check<C: Carriers<A>>(&self, carriers: &C, start: &C::Node, mut dead: impl FnMut(&C::Node)) -> bool {
        let before = self.changes.load(Ordering::Relaxed);
        if !carriers.flight(start, |flight| flight.only_waits(|| carriers.holders(start))) {
            return true;
        }
        let mut search = Search::new(carriers, start);
        while search.step(carriers) == Progress::More {}
        if !left_out(Step::CountedLast) {
            // Who closed the descriptor by which it took something out has counted that before.
            A::fence(Ordering::SeqCst);
        }
        // What is dead does not change any more, whatever is done from here on.
        let unchanged = self.changes.load(Ordering::Relaxed) == before;
        while let Some(found) = search.take_dead(carriers) {
            if unchanged {
                dead(&found);
            }
        }
        unchanged
    }
}

impl<A: Atomics> Flight<A> {
    /// None of its descriptors waits.
    #[must_use]
    pub fn new() -> Self {
        Self { waiting: A::U32::new(0), searched: A::U32::new(0) }
    }

    /// (c), (d) Whether all of its holders wait, so that perhaps nobody can reach it. Asked after something was put into a carrier, about
    /// that carrier and what was put there, and after a descriptor was closed.
    #[inline]
    pub fn only_waits(&self, holders: impl FnOnce() -> u32) -> bool {
        if !left_out(Step::AskAfterEntering) {
            A::fence(Ordering::SeqCst);
        }
        let waiting = self.waiting.load(Ordering::Acquire);
        waiting != 0 && waiting == holders()
    }

    /// (e) A search comes, or has ended.
    #[inline]
    pub(crate) fn search(&self, under_way: bool) {
        self.searched.store(u32::from(under_way), Ordering::Relaxed);
    }
}

impl<A: Atomics> Default for Flight<A> {
    fn default() -> Self {
        Self::new()
    }
}
