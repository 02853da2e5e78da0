//! [`BudgetFile`]: a descriptor of a budget, and pressure that it tells of.

use super::{Budget, Kind};
use crate::fs::file::{File, OpenFile};
use crate::task::wait::Watch;
use core::fmt::Write;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_waits::Events;
use mem::Ref;

/// An open budget.
pub(crate) struct BudgetFile {
    budget: Ref<Budget>,
    /// What it waits for: the kind in the lowest bits, the threshold above; 0 for nothing.
    watched: AtomicU64,
}

const KIND_BITS: u32 = 3;

impl BudgetFile {
    /// A file for a budget.
    pub(crate) fn new(budget: Ref<Budget>) -> BudgetFile {
        BudgetFile { budget, watched: AtomicU64::new(0) }
    }
    /// The budget.
    pub(crate) fn budget(&self) -> &Ref<Budget> {
        &self.budget
    }
    /// From now on the file is readable while at least `threshold` units of a kind are charged; 0 for never.
    pub(crate) fn watch_for(&self, kind: Kind, threshold: u64) {
        let word = if threshold == 0 { 0 } else { threshold.min(u64::MAX >> KIND_BITS) << KIND_BITS | kind as u64 };
        self.watched.store(word, Ordering::Release);
        self.budget.tell();
    }
    fn is_under_pressure(&self) -> bool {
        let word = self.watched.load(Ordering::Acquire);
        let kind = Kind::from_number((word & ((1 << KIND_BITS) - 1)) as usize);
        let (Some(kind), threshold @ 1..) = (kind, word >> KIND_BITS) else { return false };
        let account = self.budget.heap().account();
        // Armed first, looked at then: what is charged in between rings.
        account.set_alarm(kind, threshold);
        self.budget.usage(kind) >= threshold
    }
}

impl File for BudgetFile {
    fn poll(&self, _: &OpenFile) -> Events {
        if self.is_under_pressure() { Events::IN | Events::RDNORM } else { Events::empty() }
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&*self.budget)
    }
    fn as_budget(&self) -> Option<&BudgetFile> {
        Some(self)
    }
    fn label(&self, out: &mut dyn Write) {
        let _ = write!(out, "anon_inode:[budget]");
    }
    fn fdinfo(&self, _: &OpenFile, out: &mut dyn Write) -> core::fmt::Result {
        writeln!(out, "budget:\t{}", self.budget.id())
    }
}

/// Tells those who wait for pressure of budgets whose alarms rang.
pub(crate) fn answer_alarms() {
    if mem::FOREST.take_rang() {
        super::root().each_below(|b| {
            if b.heap().account().take_rung() {
                b.tell();
            }
        });
    }
}
