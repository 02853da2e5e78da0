//! What happened to a budget, counted (`memory.events`, `pids.events`), and telling who watches it.

use super::Budget;
use crate::task::wait;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_budget::{KINDS, Kind};

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A charge was refused because this budget is full.
    Refused(Kind),
    /// Memory ran out: a process inside is to end.
    OutOfMemory,
    /// A process inside was ended because memory ran out.
    Killed,
    /// All inside were ended because memory ran out (`memory.oom.group`).
    GroupKilled,
}

/// How often each happened.
pub(crate) struct Events {
    refused: [AtomicU64; KINDS],
    out_of_memory: AtomicU64,
    killed: AtomicU64,
    group_killed: AtomicU64,
}

impl Events {
    /// Nothing happened yet.
    pub(super) const fn new() -> Self {
        Events {
            refused: [const { AtomicU64::new(0) }; KINDS],
            out_of_memory: AtomicU64::new(0),
            killed: AtomicU64::new(0),
            group_killed: AtomicU64::new(0),
        }
    }
    fn of(&self, event: Event) -> Option<&AtomicU64> {
        match event {
            Event::Refused(kind) => self.refused.get(kind as usize),
            Event::OutOfMemory => Some(&self.out_of_memory),
            Event::Killed => Some(&self.killed),
            Event::GroupKilled => Some(&self.group_killed),
        }
    }
    /// Counts one.
    pub(super) fn count(&self, event: Event) {
        if let Some(count) = self.of(event) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
    /// How often it happened.
    pub(crate) fn get(&self, event: Event) -> u64 {
        self.of(event).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

impl Budget {
    /// Something happened in this budget, which counts in those above it too.
    #[inline(never)]
    pub(crate) fn happened(&self, event: Event) {
        let mut at = Some(self);
        while let Some(budget) = at {
            budget.events.count(event);
            budget.tell();
            at = budget.parent().map(|p| &**p);
        }
    }
    /// How often something about it changed.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }
    /// Tells those who watch this budget that something about it changed.
    pub(super) fn tell(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        let changed = logic_waits::Events::PRI | logic_waits::Events::ERR | logic_waits::Events::IN;
        let watched = {
            let list = self.observers.lock();
            !list.is_empty()
        };
        if watched {
            wait::notify(self, changed);
        }
    }
}
