//! Which processes are in a budget, and moving one to another.

use super::{Budget, Charge, Full, Kind, watch_cap};
use crate::task::attrs::watch;
use crate::task::{Process, Thread, accounting, ids, sched, with_current};
use arch::flag;
use core::sync::atomic::Ordering;
use mem::Ref;

/// A process's place in a budget: what it is charged as a process.
pub(crate) struct Standing {
    budget: Ref<Budget>,
    process: Charge,
    /// Its threads; one stays for the record of its end.
    threads: Charge,
    /// Counts it among those that have not ended.
    member: Option<Member>,
    /// Nanoseconds that it had run before it came here, and how many of them in the kernel.
    before_ns: [u64; 2],
}

/// A process that has not ended, counted.
pub(crate) struct Member(Ref<Budget>);

impl Member {
    fn new(budget: Ref<Budget>) -> Member {
        budget.live.fetch_add(1, Ordering::Relaxed);
        let mut at = Some(&budget);
        while let Some(b) = at {
            if b.populated.fetch_add(1, Ordering::AcqRel) != 0 {
                break;
            }
            b.tell();
            at = b.parent();
        }
        Member(budget)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::Relaxed);
        let mut at = Some(&self.0);
        while let Some(b) = at {
            if b.populated.fetch_sub(1, Ordering::AcqRel) != 1 {
                break;
            }
            b.tell();
            at = b.parent();
        }
    }
}

impl Standing {
    /// The place of a new process with one thread.
    pub(crate) fn new(budget: &Ref<Budget>) -> Result<Standing, Full> {
        let process = budget.charge(Kind::Processes, 1)?;
        let threads = budget.charge(Kind::Threads, 1)?;
        Ok(Standing { budget: budget.clone(), process, threads, member: Some(Member::new(budget.clone())), before_ns: [0; 2] })
    }
    /// The budget.
    pub(crate) fn budget(&self) -> &Ref<Budget> {
        &self.budget
    }
    /// Charges one more thread.
    pub(crate) fn add_thread(&mut self) -> Result<(), Full> {
        let more = self.budget.charge(Kind::Threads, 1)?;
        // It is the same payer's.
        drop(self.threads.join(more));
        Ok(())
    }
    /// One of several threads has ended.
    pub(crate) fn remove_thread(&mut self) {
        drop(self.threads.split(1));
    }
    /// It was waited for, and had run for so long: nothing is charged any more. Who still looks at the process does not keep
    /// its budget, which is to be dropped without locks.
    #[must_use]
    pub(crate) fn forget(&mut self, ran_ns: [u64; 2]) -> Ref<Budget> {
        self.leave_time(ran_ns);
        drop((self.process.split(u32::MAX), self.threads.split(u32::MAX)));
        core::mem::replace(&mut self.budget, super::root().clone())
    }
    /// What it ran in this budget is the budget's; it ran for `ran_ns` altogether.
    fn leave_time(&mut self, ran_ns: [u64; 2]) {
        self.budget.add_spent(since(self.before_ns, ran_ns));
        self.before_ns = ran_ns;
    }
    /// The process has ended; what this gives is to be dropped without locks.
    pub(crate) fn end(&mut self) -> Option<Member> {
        self.member.take()
    }
}

fn since(before: [u64; 2], now: [u64; 2]) -> [u64; 2] {
    let [(run, run_before), (system, system_before)] = [(now[0], before[0]), (now[1], before[1])];
    [run.saturating_sub(run_before), system.saturating_sub(system_before)]
}

/// Calls `f` with the processor time of each process that is in a budget or below it, since it came there.
pub(super) fn each_times(of: &Budget, mut f: impl FnMut([u64; 2])) {
    let mut from = 0;
    while let Some((pid, process)) = ids::next_process(from) {
        from = pid.saturating_add(1);
        let before_ns = {
            let standing = process.standing.lock();
            standing.budget.is_within(of).then_some(standing.before_ns)
        };
        if let Some(before_ns) = before_ns {
            f(since(before_ns, accounting::process_times_ns(&process).into()));
        }
    }
}

/// Moves a process to another budget. What it has been charged for besides itself stays where it is.
pub(crate) fn move_process(process: &Process, to: &Ref<Budget>) -> Result<(), Full> {
    // Counted before the lock is taken, because those who watch are told.
    let mut member = Some(Member::new(to.clone()));
    let ran_ns = accounting::process_times_ns(process).into();
    let old = {
        let mut standing = process.standing.lock();
        if Ref::ptr_eq(&standing.budget, to) {
            return Ok(());
        }
        let charge = to.charge_forced(Kind::Processes, standing.process.units())?;
        let threads = to.charge_forced(Kind::Threads, standing.threads.units())?;
        let member = if standing.member.is_some() { member.take() } else { None };
        standing.leave_time(ran_ns);
        let new = Standing { budget: to.clone(), process: charge, threads, member, before_ns: ran_ns };
        core::mem::replace(&mut *standing, new)
    };
    drop((old, member));
    let (group, capped) = (to.group(), to.is_capped());
    // What they allocate from their next way to user mode on is charged there.
    process.each_thread(|t| {
        t.attrs.watch.fetch_or(watch::BUDGET, Ordering::Relaxed);
        sched::change(t, |entity| entity.group = group);
        if capped {
            watch_cap(t);
        }
        t.raise(flag::WORK);
    });
    Ok(())
}

/// The running thread pays from its process's budget from here on, if that was changed.
pub(crate) fn adopt(me: &Thread) {
    if me.attrs.watch.load(Ordering::Relaxed) & watch::BUDGET == 0 {
        return;
    }
    me.attrs.watch.fetch_and(!watch::BUDGET, Ordering::Relaxed);
    let budget = me.process().budget();
    budget.heap().become_current();
    me.budget_id.store(budget.id(), Ordering::Relaxed);
    let old = me.budget.lock().replace(budget);
    drop(old);
}

/// The budget that the running thread pays from: the kernel's for threads of its own.
pub(crate) fn current() -> Ref<Budget> {
    with_current(|me| me.budget.lock().clone()).unwrap_or_else(|| super::root().clone())
}

/// Calls `f` with each process that is in a budget or below it, zombies included; no lock held.
pub(crate) fn each_member(of: &Budget, mut f: impl FnMut(&Ref<Process>)) {
    walk_members(of, &mut f);
}

#[inline(never)]
fn walk_members(of: &Budget, f: &mut dyn FnMut(&Ref<Process>)) {
    let mut from = 0;
    while let Some((pid, process)) = ids::next_process(from) {
        from = pid.saturating_add(1);
        if process.budget().is_within(of) {
            f(&process);
        }
    }
}

impl Budget {
    /// Whether a process in it or below it has not ended.
    pub(crate) fn is_populated(&self) -> bool {
        self.populated.load(Ordering::Acquire) != 0
    }
    /// Processes that are in it itself and have not ended.
    pub(crate) fn live(&self) -> u64 {
        self.live.load(Ordering::Relaxed)
    }
}
