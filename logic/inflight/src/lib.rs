//! Carriers in flight: which of them nobody can reach any more.
//!
//! A *carrier* is an object that descriptors wait in: an end of a channel, a unix socket. A descriptor of a carrier may
//! wait in a carrier itself, and so in the end in one that waits in it: then each is held by a descriptor, and none of
//! them by anybody who could take it out. [`Search`] starts at a carrier that lost a holder, and finds out whether it,
//! and what waits in it, is dead in this way.
//!
//! # How
//!
//! - (1) Everything that can be reached from the start through what waits is visited, and for each is counted how often
//!   it waits in one of the visited.
//! - (2) Who has more holders than that is held from elsewhere: it lives.
//! - (3) What waits in one that lives, lives.
//! - (4) The rest is dead. The caller empties it: the last descriptors of the others go with that.
//!
//! Each call of [`Search::step`] does one thing, so that the caller may let others run in between. What this is asked of is
//! whatever lost a holder and is left with such that wait, and whatever was sent by its last other holder: a carrier that was
//! not either since the last time is not dead, unless one of those that are holds it, and then it goes with them.
//!
//! # Together with those who move and close descriptors
//!
//! - (a) Each descriptor of a carrier that waits is counted at it ([`Graph::enter`], [`Graph::leave`]).
//! - (b) Who puts descriptors into a carrier, or takes anything out of it, so that places move, counts that, under the lock under
//!   which its queue is looked at ([`Graph::changes`]); only if a search is at that carrier, so that a search is not held up by what others do elsewhere.
//! - (c) Who closed a descriptor asks after that whether the carrier now only waits ([`Graph::any`], [`Flight::only_waits`]), and
//!   has it looked at then.
//! - (d) Who puts something into a carrier asks after that whether the carrier itself only waits, and if so has what it put there
//!   looked at. Of two who put two carriers into each other, and of one who puts and one who closes, at least one sees it.
//! - (e) A search says at a carrier that it is there, and looks at its queue after that.
//! - (f) It finds somebody dead only if nothing was counted while it was under way ([`Graph::check`]). Holders elsewhere may
//!   come and go meanwhile: only who has one can make another, so that what is found dead stays dead.
//!
//! The search needs no memory: its lists go through the carriers ([`Mark`]). Neighbours: `logic-lastclose` (the holders),
//! `logic-shim` (the atomics).
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate std;

mod graph;
mod mutation;

pub use graph::{Flight, Graph};

use logic_shim::{Atomics, Core};
use mutation::{Step, left_out};

/// What a search notes at a carrier. Between searches it is what [`Mark::new`] gives.
#[derive(Debug)]
pub struct Mark<N> {
    /// It was visited.
    seen: bool,
    /// It is held from outside of what was visited, or waits in one that is.
    lives: bool,
    /// How often it waits in one that was visited.
    waits: u32,
    /// The next that was visited.
    next: Option<N>,
    /// The next that lives and has not been looked into.
    next_live: Option<N>,
}

impl<N> Mark<N> {
    /// Nothing is noted.
    #[must_use]
    pub const fn new() -> Self {
        Mark { seen: false, lives: false, waits: 0, next: None, next_live: None }
    }
}

impl<N> Default for Mark<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a search is in what waits in a carrier: numbers for [`Carriers::next`] alone. The default is the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Of the message.
    pub message: u64,
    /// Of the descriptor in it.
    pub descriptor: u64,
}

/// What the next step in a carrier's queue finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<N> {
    /// A descriptor of a carrier; and where to go on.
    Carrier(N, Place),
    /// Something else; and where to go on.
    Other(Place),
    /// Nothing is left.
    End,
}

/// The carriers, as a search sees them.
pub trait Carriers<A: Atomics = Core> {
    /// A carrier: a counted reference.
    type Node: Clone;
    /// Descriptors that hold it, wherever they are.
    fn holders(&self, node: &Self::Node) -> u32;
    /// Calls `f` with what is counted at it.
    fn flight<R>(&self, node: &Self::Node, f: impl FnOnce(&Flight<A>) -> R) -> R;
    /// What is at a place of its queue.
    fn next(&self, node: &Self::Node, place: Place) -> Found<Self::Node>;
    /// Calls `f` with its mark.
    fn mark<R>(&self, node: &Self::Node, f: impl FnOnce(&mut Mark<Self::Node>) -> R) -> R;
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// There is more to do.
    More,
    /// It is known who is dead: [`Search::take_dead`].
    Done,
}

enum Phase {
    /// (1)
    Visit,
    /// (2)
    Compare,
    /// (3)
    Spread,
    /// (4)
    Done,
}

/// A search under way.
pub struct Search<N> {
    phase: Phase,
    /// All that were visited, in order, by [`Mark::next`].
    first: Option<N>,
    last: Option<N>,
    /// The one that is looked at, and where in its queue.
    at: Option<N>,
    place: Place,
    /// Those that live and have not been looked into.
    live: Option<N>,
}

impl<N: Clone> Search<N> {
    /// Begins at `start`.
    pub fn new<A: Atomics, C: Carriers<A, Node = N>>(carriers: &C, start: &N) -> Self {
        come_to(carriers, start);
        carriers.mark(start, |m| m.seen = true);
        let start = Some(start.clone());
        Search { phase: Phase::Visit, first: start.clone(), last: start.clone(), at: start, place: Place::default(), live: None }
    }

    /// Does the next thing: looks at one descriptor or at one carrier.
    pub fn step<A: Atomics, C: Carriers<A, Node = N>>(&mut self, carriers: &C) -> Progress {
        let Some(at) = self.at.clone() else {
            if matches!(self.phase, Phase::Spread) {
                self.next_live(carriers);
            }
            return if self.at.is_some() { Progress::More } else { self.next_phase() };
        };
        match self.phase {
            Phase::Visit => match carriers.next(&at, self.place) {
                Found::Carrier(child, place) => {
                    self.place = place;
                    self.visit(carriers, child);
                }
                Found::Other(place) => self.place = place,
                Found::End => {
                    if left_out(Step::SayBeforeLooking) {
                        carriers.flight(&at, |flight| flight.search(true));
                    }
                    self.advance(carriers, &at);
                }
            },
            Phase::Compare => {
                if carriers.holders(&at) > carriers.mark(&at, |m| m.waits) {
                    self.enliven(carriers, at.clone());
                }
                self.advance(carriers, &at);
            }
            Phase::Spread => match carriers.next(&at, self.place) {
                Found::Carrier(child, place) => {
                    self.place = place;
                    self.enliven(carriers, child);
                }
                Found::Other(place) => self.place = place,
                Found::End => self.next_live(carriers),
            },
            Phase::Done => return Progress::Done,
        }
        Progress::More
    }

    /// Takes one that is dead, or with `None` says that there are no more; afterwards no carrier has a mark. Nothing may
    /// be taken out of a queue before that.
    pub fn take_dead<A: Atomics, C: Carriers<A, Node = N>>(&mut self, carriers: &C) -> Option<N> {
        loop {
            let first = self.first.take()?;
            let mark = carriers.mark(&first, core::mem::take);
            self.first = mark.next;
            carriers.flight(&first, |flight| flight.search(false));
            if !mark.lives {
                return Some(first);
            }
        }
    }

    /// (1) One more descriptor that waits.
    fn visit<A: Atomics, C: Carriers<A, Node = N>>(&mut self, carriers: &C, child: N) {
        let seen = carriers.mark(&child, |m| {
            m.waits = m.waits.saturating_add(1);
            core::mem::replace(&mut m.seen, true)
        });
        if seen {
            return;
        }
        come_to(carriers, &child);
        if let Some(last) = self.last.replace(child.clone()) {
            carriers.mark(&last, |m| m.next = Some(child));
        }
    }

    /// (2), (3) This one lives.
    fn enliven<A: Atomics, C: Carriers<A, Node = N>>(&mut self, carriers: &C, node: N) {
        let lived = carriers.mark(&node, |m| core::mem::replace(&mut m.lives, true));
        if !lived {
            let rest = self.live.replace(node.clone());
            carriers.mark(&node, |m| m.next_live = rest);
        }
    }

    fn advance<A: Atomics, C: Carriers<A, Node = N>>(&mut self, carriers: &C, at: &N) {
        self.at = carriers.mark(at, |m| m.next.clone());
        self.place = Place::default();
    }

    fn next_live<A: Atomics, C: Carriers<A, Node = N>>(&mut self, carriers: &C) {
        self.at = self.live.take();
        if let Some(at) = &self.at {
            self.live = carriers.mark(at, |m| m.next_live.take());
        }
        self.place = Place::default();
    }

    fn next_phase(&mut self) -> Progress {
        self.place = Place::default();
        match self.phase {
            Phase::Visit => {
                self.phase = Phase::Compare;
                self.at = self.first.clone();
                Progress::More
            }
            Phase::Compare if self.live.is_some() => {
                self.phase = Phase::Spread;
                Progress::More
            }
            _ => {
                self.phase = Phase::Done;
                Progress::Done
            }
        }
    }
}

/// (e)
fn come_to<A: Atomics, C: Carriers<A>>(carriers: &C, node: &C::Node) {
    if !left_out(Step::SayBeforeLooking) {
        carriers.flight(node, |flight| flight.search(true));
    }
}

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;
