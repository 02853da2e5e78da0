//! Processor time: how long threads ran, and how much of that inside the kernel.
//!
//! `run_ns` of a thread grows when its stretch of running is settled: at each switch, and when the scheduler looks. The
//! stretch that goes on begins at `attrs.since_ns` (0: it does not run; [`SETTLING`]: look again), so that the exact figure
//! can be read at any time from anywhere. System time is measured from each entry into the kernel to the way out.

use super::process::Process;
use super::thread::Thread;
use crate::clock;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The figures are being changed.
const SETTLING: u64 = u64::MAX;

/// The running thread came into the kernel from user mode.
#[inline(always)]
pub(crate) fn enter(me: &Thread) {
    me.entered_ticks.store(arch::time_now(), Relaxed);
}

/// It goes back to user mode.
#[inline(always)]
pub(crate) fn leave(me: &Thread) {
    let spent = arch::time_now().wrapping_sub(me.entered_ticks.load(Relaxed));
    // Only the thread itself writes this.
    me.system_ticks.store(me.system_ticks.load(Relaxed).wrapping_add(spent), Relaxed);
}

/// The running thread is about to leave the hart, inside the kernel as always.
pub(crate) fn switch_out(me: &Thread, now_ns: u64) {
    leave(me);
    settle(me, now_ns, 0);
}

/// A thread comes to the hart.
pub(crate) fn switch_in(next: &Thread, now_ns: u64) {
    enter(next);
    next.attrs.since_ns.store(now_ns, Release);
}

/// The running thread's figures are brought up to now.
pub(crate) fn settle_running(me: &Thread, now_ns: u64) {
    settle(me, now_ns, now_ns);
}

fn settle(me: &Thread, now_ns: u64, since_ns: u64) {
    let began = me.attrs.since_ns.load(Relaxed);
    if began == 0 {
        return;
    }
    me.attrs.since_ns.store(SETTLING, Relaxed);
    core::sync::atomic::fence(Release);
    me.run_ns.store(me.run_ns.load(Relaxed).saturating_add(now_ns.saturating_sub(began)), Relaxed);
    me.attrs.since_ns.store(since_ns, Release);
}

/// Nanoseconds that a thread ran, up to now.
pub(crate) fn run_ns(t: &Thread) -> u64 {
    loop {
        let since = t.attrs.since_ns.load(Acquire);
        let run = t.run_ns.load(Acquire);
        let now = clock::monotonic_ns();
        if since != SETTLING && t.attrs.since_ns.load(Relaxed) == since {
            let stretch = if since == 0 { 0 } else { now.saturating_sub(since) };
            return run.saturating_add(stretch);
        }
        core::hint::spin_loop();
    }
}

/// Nanoseconds that a thread ran, and how many of them in the kernel.
pub(crate) fn times_ns(t: &Thread) -> (u64, u64) {
    let mut ticks = t.system_ticks.load(Relaxed);
    if super::with_current(|me| core::ptr::eq(me, t)) {
        // The call that asks is system time as well.
        ticks = ticks.wrapping_add(arch::time_now().wrapping_sub(t.entered_ticks.load(Relaxed)));
    }
    let run = run_ns(t);
    (run, clock::ns_of_ticks(ticks).min(run))
}

/// The same of a process: of all its threads, those that have ended included.
pub(crate) fn process_times_ns(p: &Process) -> (u64, u64) {
    loop {
        let endings = p.attrs.endings.load(Acquire);
        let [run, system] = &p.ended_ns;
        let mut sum = (run.load(Relaxed), system.load(Relaxed));
        p.each_thread(|t| {
            let (run, system) = times_ns(t);
            sum = (sum.0.saturating_add(run), sum.1.saturating_add(system));
        });
        if p.attrs.endings.load(Acquire) == endings {
            return sum;
        }
    }
}

/// A thread ends: its figures become its process's. Called with the process's lock held, as the thread leaves its list.
pub(crate) fn thread_ended(p: &Process, me: &Thread) {
    let (run, system) = times_ns(me);
    let [ended_run, ended_system] = &p.ended_ns;
    ended_run.fetch_add(run, Relaxed);
    ended_system.fetch_add(system, Relaxed);
    p.attrs.ended.add_thread(me);
    if me.tid() == p.pid() {
        p.attrs.first_policy.store(me.parameters().pack(), Relaxed);
    }
    p.attrs.endings.fetch_add(1, Release);
}

/// The running thread lets go of its address space: its process remembers the most pages that were resident there.
pub(crate) fn note_peak(me: &Thread) {
    if let (Some(space), Some(p)) = (me.space(), me.process_opt()) {
        p.attrs.ended.peak_pages.fetch_max(space_peak_pages(&space), Relaxed);
    }
}

/// Most pages that were ever resident in an address space.
pub(crate) fn space_peak_pages(space: &crate::mm::AddressSpace) -> u64 {
    let inner = space.lock();
    inner.peak.1.max(inner.tables.resident_pages())
}
