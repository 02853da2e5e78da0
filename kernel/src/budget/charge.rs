//! [`Charge`]: units that are given back when it is dropped. Neighbour: `mod` makes them.

use core::marker::PhantomData;
use logic_budget::Kind;
use mem::Heap;

/// Units of a kind that a budget pays for, until this is dropped. It does not keep the budget: what is charged when that
/// goes is its parent's to pay.
#[derive(Debug)]
#[must_use]
pub(crate) struct Charge {
    units: u32,
    heap: u16,
    kind: Kind,
}

impl Charge {
    /// Units that were just charged to a heap.
    pub(super) fn of(heap: &Heap, kind: Kind, units: u32) -> Charge {
        Charge { units, heap: heap.index(), kind }
    }
    /// How many units.
    pub(crate) fn units(&self) -> u32 {
        self.units
    }
    /// Takes `units` out, to be dropped at another time; all that there are, if there are fewer.
    pub(crate) fn split(&mut self, units: u32) -> Charge {
        let units = units.min(self.units);
        self.units = self.units.saturating_sub(units);
        Charge { units, heap: self.heap, kind: self.kind }
    }
    /// Puts two together. Gives `other` back if somebody else pays for it.
    pub(crate) fn join(&mut self, other: Charge) -> Option<Charge> {
        if other.heap != self.heap || other.kind != self.kind {
            return Some(other);
        }
        self.units = self.units.saturating_add(other.units);
        core::mem::forget(other);
        None
    }
}

impl Drop for Charge {
    #[inline]
    fn drop(&mut self) {
        if self.units != 0 {
            mem::heap_by_index(self.heap).uncharge(self.kind, self.units);
        }
    }
}

/// A kind of unit, as a type.
pub(crate) trait Charged {
    /// The kind.
    const KIND: Kind;
}

/// The kind of a [`SlotCharge`].
#[derive(Debug)]
pub(crate) struct Slots;

/// The kind of a [`ChannelCharge`].
#[derive(Debug)]
pub(crate) struct Channels;

impl Charged for Slots {
    const KIND: Kind = Kind::Descriptors;
}

impl Charged for Channels {
    const KIND: Kind = Kind::Channels;
}

/// A [`Charge`] of one unit of a kind that is known.
#[must_use]
pub(crate) struct One<K: Charged>(&'static Heap, PhantomData<K>);

/// A slot of a descriptor table.
pub(crate) type SlotCharge = One<Slots>;

/// A channel.
pub(crate) type ChannelCharge = One<Channels>;

impl<K: Charged> One<K> {
    /// Charges one. `None`: the budget has no more.
    #[inline(always)]
    pub(crate) fn new(budget: &super::Budget) -> Option<Self> {
        match budget.heap.charge(K::KIND, 1) {
            Ok(()) => Some(One(budget.heap, PhantomData)),
            Err(full) => refused(budget, full, K::KIND),
        }
    }
    /// Charges one where nobody can be told that the budget has no more, for a lock is held.
    #[inline(always)]
    pub(crate) fn quietly(budget: &super::Budget) -> Option<Self> {
        budget.heap.charge(K::KIND, 1).ok().map(|()| One(budget.heap, PhantomData))
    }
    /// Charges two in the same way, or neither.
    #[inline(always)]
    pub(crate) fn pair_quietly(budget: &super::Budget) -> Option<[Self; 2]> {
        budget.heap.charge(K::KIND, 2).ok().map(|()| [One(budget.heap, PhantomData), One(budget.heap, PhantomData)])
    }
}

#[cold]
fn refused<T>(budget: &super::Budget, full: logic_budget::Full, kind: Kind) -> Option<T> {
    budget.above(full.levels_up).refused(kind);
    None
}

impl<K: Charged> Drop for One<K> {
    #[inline]
    fn drop(&mut self) {
        self.0.uncharge(K::KIND, 1);
    }
}
