//! [`Charge`]: units that are given back when it is dropped. Neighbour: `mod` makes them.

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

/// A slot of a descriptor table: a [`Charge`] of one descriptor, in two bytes.
#[derive(Debug)]
#[must_use]
pub(crate) struct SlotCharge(u16);

impl SlotCharge {
    /// Charges a slot. `None`: the budget has no more.
    #[inline(always)]
    pub(crate) fn new(budget: &super::Budget) -> Option<SlotCharge> {
        match budget.heap.charge(Kind::Descriptors, 1) {
            Ok(()) => Some(SlotCharge(budget.heap.index())),
            Err(full) => Self::refused(budget, full),
        }
    }

    #[cold]
    fn refused(budget: &super::Budget, full: logic_budget::Full) -> Option<SlotCharge> {
        budget.above(full.levels_up).refused(Kind::Descriptors);
        None
    }
}

impl Drop for SlotCharge {
    #[inline]
    fn drop(&mut self) {
        mem::heap_by_index(self.0).uncharge(Kind::Descriptors, 1);
    }
}
