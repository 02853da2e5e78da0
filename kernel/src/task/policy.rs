//! Scheduling parameters as sched(7) has them, and what the run queue makes of them.

use super::sched;
use super::thread::Thread;
use core::sync::atomic::Ordering;
use logic_sched::{Affinity, Class, Weight};

/// A policy of sched(7). `SCHED_DEADLINE` is not supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// SCHED_OTHER.
    Other = 0,
    /// SCHED_FIFO.
    Fifo = 1,
    /// SCHED_RR.
    Rr = 2,
    /// SCHED_BATCH.
    Batch = 3,
    /// SCHED_IDLE.
    Idle = 5,
}

impl Policy {
    /// By its number.
    pub(crate) fn from_number(n: u32) -> Option<Policy> {
        [Policy::Other, Policy::Fifo, Policy::Rr, Policy::Batch, Policy::Idle].into_iter().find(|p| *p as u32 == n)
    }
    /// FIFO and RR.
    pub(crate) const fn is_realtime(self) -> bool {
        matches!(self, Policy::Fifo | Policy::Rr)
    }
}

/// Whether children begin with the default policy (SCHED_RESET_ON_FORK).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFork {
    /// They have their creator's.
    Keep,
    /// They begin with the default.
    Reset,
}

/// What a thread's scheduling is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameters {
    /// The policy.
    pub(crate) policy: Policy,
    /// 1 to 99 with a real-time policy, else 0.
    pub(crate) priority: u8,
    /// -20 to 19; remembered under a real-time policy.
    pub(crate) nice: i8,
    /// What children get.
    pub(crate) on_fork: OnFork,
}

impl Parameters {
    /// SCHED_OTHER, nice 0.
    pub(crate) const DEFAULT: Parameters = Parameters { policy: Policy::Other, priority: 0, nice: 0, on_fork: OnFork::Keep };

    /// As a word for an atomic; never 0.
    pub(crate) const fn pack(self) -> u64 {
        let reset = matches!(self.on_fork, OnFork::Reset) as u64;
        1 << 32 | reset << 24 | (self.nice as u8 as u64) << 16 | (self.priority as u64) << 8 | self.policy as u64
    }
    /// From [`Parameters::pack`]'s word.
    pub(crate) fn unpack(word: u64) -> Parameters {
        Parameters {
            policy: Policy::from_number((word & 0xff) as u32).unwrap_or(Policy::Other),
            priority: (word >> 8) as u8,
            nice: (word >> 16) as u8 as i8,
            on_fork: if word >> 24 & 1 != 0 { OnFork::Reset } else { OnFork::Keep },
        }
    }
    /// What the run queue needs.
    pub(crate) fn class(self) -> Class {
        match self.policy {
            Policy::Fifo => Class::Fifo { prio: self.priority },
            Policy::Rr => Class::Rr { prio: self.priority },
            Policy::Idle => Class::Fair { weight: Weight::IDLE },
            Policy::Other | Policy::Batch => Class::Fair { weight: Weight::from_nice(self.nice) },
        }
    }
    /// What a child begins with.
    pub(crate) fn for_child(self) -> Parameters {
        if self.on_fork == OnFork::Keep {
            return self;
        }
        let nice = if self.policy.is_realtime() { 0 } else { self.nice.max(0) };
        let policy = if self.policy.is_realtime() { Policy::Other } else { self.policy };
        Parameters { policy, priority: 0, nice, on_fork: OnFork::Keep }
    }
    /// How urgent, the larger the more: real-time above all others.
    pub(crate) fn urgency(self) -> i32 {
        match self.policy {
            Policy::Fifo | Policy::Rr => 1000 + i32::from(self.priority),
            Policy::Idle => -100,
            Policy::Other | Policy::Batch => -i32::from(self.nice),
        }
    }
}

impl Thread {
    /// Its own parameters.
    pub(crate) fn parameters(&self) -> Parameters {
        Parameters::unpack(self.attrs.policy.load(Ordering::Relaxed))
    }
    /// What it runs with: its own parameters, or those that a waiter lends it if they are more urgent.
    pub(crate) fn effective_parameters(&self) -> Parameters {
        let own = self.parameters();
        match self.attrs.lent.load(Ordering::Relaxed) {
            0 => own,
            word => {
                let lent = Parameters::unpack(word);
                if lent.urgency() > own.urgency() { lent } else { own }
            }
        }
    }
    /// Sets its parameters from now on.
    pub(crate) fn set_parameters(&self, p: Parameters) {
        self.attrs.policy.store(p.pack(), Ordering::Relaxed);
        self.apply_parameters();
    }
    /// Lends it more urgent parameters, or ends that.
    pub(crate) fn lend(&self, p: Option<Parameters>) {
        let word = p.map_or(0, Parameters::pack);
        if self.attrs.lent.swap(word, Ordering::Relaxed) != word {
            self.apply_parameters();
        }
    }
    fn apply_parameters(&self) {
        let class = self.effective_parameters().class();
        sched::change(self, |e| e.class = class);
    }
    /// Harts it may run on that take part.
    pub(crate) fn allowed_harts(&self) -> u64 {
        self.attrs.affinity.load(Ordering::Relaxed) & sched::online()
    }
    /// Restricts it to `mask`. Comes into force at once wherever it is, except for the running thread, which gives its hart
    /// away itself.
    pub(crate) fn set_affinity(&self, mask: u64) {
        self.attrs.affinity.store(mask, Ordering::Relaxed);
        sched::change(self, |e| e.affinity = Affinity(mask));
    }
}
