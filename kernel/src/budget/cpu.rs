//! Processor time of a budget: its weight beside its siblings (`cpu.weight`), and its cap (`cpu.max`).
//!
//! Threads of a capped budget have `watch::CAP` set. Each that comes to a hart charges what it ran to all capped budgets
//! that it is in, on its way to user mode and nowhere else: there it waits while one of them has used its quota up, so that
//! it holds nothing that others need. The hart's timer has it look again when the quota may be used up.

use super::{Budget, each_member};
use crate::clock;
use crate::see::{On, Waits};
use crate::task::attrs::watch;
use crate::task::groups::Groups;
use crate::task::wait::{self, Ended, Interrupt};
use crate::task::{Thread, accounting, sched, timers};
use arch::flag;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use logic_sched::{Cap, GroupId, Usage, Verdict};
use mem::{NoMemory, Ref};
use sync::{SpinLock, levels};

/// cgroup v2's weight of who was given none.
pub(crate) const DEFAULT_WEIGHT: u32 = 100;
/// cgroup v2's period of `cpu.max`, in microseconds.
pub(crate) const DEFAULT_PERIOD_US: u64 = 100_000;
/// The least quota and period, and the longest period (cgroup-v2.rst), in microseconds.
const LEAST_US: u64 = 1000;
const LONGEST_US: u64 = 1_000_000;
/// Looking again sooner than this would cost more than it is worth.
const LEAST_NS: u64 = 100_000;
/// The budgets that the system begins with share the root of the run queues: what the kernel, process 1 and the session do
/// is weighed by thread, and budgets inside the session beside that.
const FIRST_BUDGETS: u64 = 3;

/// A budget's part of the scheduler.
pub(super) struct Cpu {
    weight: AtomicU32,
    /// `u64::MAX`: no cap.
    quota_us: AtomicU64,
    period_us: AtomicU64,
    usage: SpinLock<Usage, levels::CpuCap>,
    /// Nanoseconds that processes ran which are in it no more, and how many of them in the kernel.
    spent_ns: [AtomicU64; 2],
    /// The most that was told of both, which does not shrink.
    told_ns: [AtomicU64; 2],
    groups: Option<Groups>,
}

impl Cpu {
    /// That of budget `id` inside `parent`.
    pub(super) fn new(id: u64, parent: Option<&Ref<Budget>>) -> Result<Cpu, NoMemory> {
        let groups = match parent {
            Some(parent) if id > FIRST_BUDGETS => Some(Groups::add(id, parent.group(), DEFAULT_WEIGHT)?),
            _ => None,
        };
        Ok(Cpu {
            weight: AtomicU32::new(DEFAULT_WEIGHT),
            quota_us: AtomicU64::new(u64::MAX),
            period_us: AtomicU64::new(DEFAULT_PERIOD_US),
            usage: SpinLock::new(Usage::default()),
            spent_ns: Default::default(),
            told_ns: Default::default(),
            groups,
        })
    }
    fn cap(&self) -> Option<Cap> {
        let quota_us = self.quota_us.load(Ordering::Relaxed);
        let period_ns = self.period_us.load(Ordering::Relaxed).saturating_mul(1000);
        (quota_us != u64::MAX).then(|| Cap { quota_ns: quota_us.saturating_mul(1000), period_ns })
    }
}

impl Budget {
    /// The group that its threads are in.
    pub(crate) fn group(&self) -> GroupId {
        self.cpu.groups.as_ref().map_or(GroupId::ROOT, Groups::id)
    }
    /// Its share of the processor beside its siblings: 1 to 10,000.
    pub(crate) fn weight(&self) -> u32 {
        self.cpu.weight.load(Ordering::Relaxed)
    }
    /// Changes it.
    pub(crate) fn set_weight(&self, weight: u32) {
        self.cpu.weight.store(weight, Ordering::Relaxed);
        if let Some(groups) = &self.cpu.groups {
            groups.set_weight(weight);
        }
    }
    /// Processor time per period that its threads may use, and the period, in microseconds; `u64::MAX` is no cap.
    pub(crate) fn cap_us(&self) -> (u64, u64) {
        (self.cpu.quota_us.load(Ordering::Relaxed), self.cpu.period_us.load(Ordering::Relaxed))
    }
    /// Changes both. False: they cannot be so, and nothing is changed.
    pub(crate) fn set_cap_us(&self, quota: u64, period: u64) -> bool {
        if quota < LEAST_US || !(LEAST_US..=LONGEST_US).contains(&period) {
            return false;
        }
        self.cpu.period_us.store(period, Ordering::Relaxed);
        self.cpu.quota_us.store(quota, Ordering::Relaxed);
        // Who waits for a period looks at the new cap when that begins.
        if quota != u64::MAX {
            each_member(self, |p| p.each_thread(|t| watch_cap(t)));
        }
        true
    }
    /// Periods in which it ran with a cap, those in which the quota was used up, and for how many nanoseconds it was.
    pub(crate) fn cap_periods(&self) -> (u64, u64, u64) {
        let usage = self.cpu.usage.lock();
        (usage.periods, usage.throttled, usage.throttled_ns)
    }
    /// Processor time that is its own from now on, whoever used it.
    pub(super) fn add_spent(&self, ns: [u64; 2]) {
        for (spent, ns) in self.cpu.spent_ns.iter().zip(ns) {
            spent.fetch_add(ns, Ordering::Relaxed);
        }
    }
    /// It goes: what was spent here is its parent's.
    pub(super) fn hand_spent_on(&self) {
        if let Some(parent) = self.parent() {
            parent.add_spent(self.cpu.spent_ns.each_ref().map(|ns| ns.load(Ordering::Relaxed)));
        }
    }
    /// Nanoseconds that processes ran in it and below, and how many of them in the kernel. Who leaves meanwhile is missing,
    /// never counted twice, and what was told before is not taken back.
    pub(crate) fn times_ns(&self) -> [u64; 2] {
        let mut sum = [0u64; 2];
        let mut add = |more: [u64; 2]| {
            for (sum, more) in sum.iter_mut().zip(more) {
                *sum = sum.saturating_add(more);
            }
        };
        self.each_below(|b| add(b.cpu.spent_ns.each_ref().map(|ns| ns.load(Ordering::Acquire))));
        super::members::each_times(self, add);
        let mut told = self.cpu.told_ns.iter().zip(sum);
        [(); 2].map(|()| told.next().map_or(0, |(told, now)| told.fetch_max(now, Ordering::Relaxed).max(now)))
    }
    /// Whether it or one above it has a cap.
    pub(crate) fn is_capped(&self) -> bool {
        let mut at = Some(self);
        while let Some(b) = at {
            if b.cpu.cap().is_some() {
                return true;
            }
            at = b.parent().map(|p| &**p);
        }
        false
    }
    /// Charges `ran_ns` here and above. `None`: nothing is capped.
    fn charge_cpu(&self, now_ns: u64, ran_ns: u64) -> Option<Verdict> {
        let mut verdict = None;
        let mut at = Some(self);
        while let Some(b) = at {
            if let Some(cap) = b.cpu.cap() {
                let here = b.cpu.usage.lock().charge(cap, now_ns, ran_ns);
                verdict = Some(match (verdict, here) {
                    (None, here) => here,
                    (Some(Verdict::Wait { until_ns: a }), Verdict::Wait { until_ns: b }) => Verdict::Wait { until_ns: a.max(b) },
                    (Some(wait @ Verdict::Wait { .. }), _) => wait,
                    (_, wait @ Verdict::Wait { .. }) => wait,
                    (Some(Verdict::Run { left_ns: a }), Verdict::Run { left_ns: b }) => Verdict::Run { left_ns: a.min(b) },
                });
            }
            at = b.parent().map(|p| &**p);
        }
        verdict
    }
}

/// A thread has come into a capped budget: it charges what it runs from now on.
pub(crate) fn watch_cap(t: &Thread) {
    t.attrs.watch.fetch_or(watch::CAP, Ordering::Relaxed);
    t.raise(flag::WORK);
    sched::interrupt(t);
}

/// A new thread of a capped budget: all that it runs is charged.
pub(crate) fn watch_cap_from_the_start(t: &Thread) {
    t.attrs.watch.fetch_or(watch::CAP, Ordering::Relaxed);
    t.seen.charged_ns.store(1, Ordering::Relaxed);
}

/// On the way to user mode: waits as long as a budget that the thread is in has no time left.
pub(crate) fn throttle(me: &Thread) {
    while me.attrs.watch.load(Ordering::Relaxed) & watch::CAP != 0 {
        match charge(me) {
            None => {
                me.attrs.watch.fetch_and(!watch::CAP, Ordering::Relaxed);
                me.seen.charged_ns.store(0, Ordering::Relaxed);
            }
            Some(Verdict::Run { left_ns }) => {
                let harts = u64::from(sched::online().count_ones().max(1));
                let least = (left_ns / harts).max(LEAST_NS);
                timers::set_cpu_check(clock::monotonic_ns().saturating_add(least));
                return;
            }
            Some(Verdict::Wait { until_ns }) => {
                let on = On::plain(Waits::Throttled);
                let waited = wait::sleep_on(me, on, Some(until_ns), Interrupt::Kill, || Ok(None::<()>));
                if waited == Err(Ended::Signal) {
                    return;
                }
            }
        }
    }
}

/// The running thread ends: what it ran is charged.
pub(crate) fn charge_the_rest(me: &Thread) {
    if me.attrs.watch.load(Ordering::Relaxed) & watch::CAP != 0 {
        charge(me);
    }
}

#[inline(never)]
fn charge(me: &Thread) -> Option<Verdict> {
    let budget = me.budget.lock().clone()?;
    let run_ns = accounting::run_ns(me).max(1);
    let before = me.seen.charged_ns.swap(run_ns, Ordering::Relaxed);
    let ran_ns = if before == 0 { 0 } else { run_ns.saturating_sub(before) };
    budget.charge_cpu(clock::monotonic_ns(), ran_ns)
}
