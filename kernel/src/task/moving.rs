//! Which hart a thread waits for: placing, stealing, changing parameters wherever it is; and what harts did so far.
//!
//! Neighbours: `sched` (the queues), `idle` (the loop that steals), `policy` (parameters).

use super::sched::{self, Leave, QueueNode, balance, hart_if, here};
use super::thread::Thread;
use crate::clock;
use arch::{MAX_HARTS, flag};
use core::sync::atomic::Ordering;
use logic_sched::{Affinity, Entity, Hart, Key, Reason};
use mem::Threaded;
use sync::{PreemptGuard, preempt_off};

/// The first word of `attrs.place` of a thread that is not queued.
pub(super) const NOWHERE: u64 = u64::MAX;
/// Queued threads of a hart from which on a preempted one looks for a shorter queue.
const CROWDED: usize = 2;

fn bit(index: usize) -> Affinity {
    Affinity(1u64.checked_shl(index as u32).unwrap_or(0))
}

/// The hart for a thread that becomes runnable: where it ran last if that idles, else one that idles, else where it waits
/// least, the last one before all others.
pub(super) fn place(thread: &Thread, affinity: Affinity, me: usize) -> usize {
    let allowed = affinity.0 & sched::online();
    if allowed & allowed.wrapping_sub(1) == 0 {
        return if allowed == 0 { me } else { allowed.trailing_zeros() as usize };
    }
    let last = thread.task().core().hart_index();
    let last_allowed = allowed & bit(last).0 != 0;
    let idle = balance().idle().0 & allowed;
    if idle != 0 {
        return if idle & bit(last).0 != 0 { last } else { idle.trailing_zeros() as usize };
    }
    let queued = |i: usize| balance().queued(Hart(i as u32));
    let shortest = balance().shortest(Affinity(allowed)).map_or(me, |h| h.0 as usize);
    if last_allowed && queued(last) <= queued(shortest) { last } else { shortest }
}

/// Whether a thread that is to stay queued on its hart goes to another one instead: it may not stay, or, its slice being
/// over, it would wait less there.
pub(super) fn should_leave(index: usize, queued: usize, affinity: Affinity, how: Leave) -> bool {
    let allowed = Affinity(affinity.0 & sched::online());
    if !allowed.contains(Hart(index as u32)) {
        return allowed.0 != 0;
    }
    if how != Leave::Preempted || queued < CROWDED {
        return false;
    }
    let shortest = balance().shortest(allowed);
    shortest.is_some_and(|h| (balance().queued(h) as usize).saturating_add(1) < queued)
}

/// (1) to (3) of `Balance`, for this idle hart: true if its queue holds a thread now, its own or one taken from another.
pub(super) fn find_work(guard: &PreemptGuard) -> bool {
    let me = here(guard);
    let mine = Hart(me as u32);
    let holding = balance().announce(mine);
    if holding.contains(mine) {
        balance().resume(mine);
        return true;
    }
    let busiest = balance().busiest(mine).map(|h| h.0 as usize);
    let others = (0..MAX_HARTS).map(|i| me.wrapping_add(i) % MAX_HARTS).filter(|i| *i != me);
    for victim in busiest.into_iter().chain(others) {
        if holding.contains(Hart(victim as u32)) && steal(victim, me) {
            balance().resume(mine);
            return true;
        }
    }
    false
}

/// This hart waited for an interrupt and looks again.
pub(super) fn wake_up(guard: &PreemptGuard) {
    balance().resume(Hart(here(guard) as u32));
    // Waiting for an interrupt was no stretch with preemption off.
    arch::core(|c| c.hart_block().preempt_since.store(arch::time_now(), Ordering::Relaxed));
}

fn steal(victim: usize, me: usize) -> bool {
    let Some(hart) = hart_if(victim) else { return false };
    let mut q = hart.queue.lock();
    // A thread that was just queued may still be on its way out of its hart: its context is not saved. Whoever runs there
    // next rouses an idle hart once it is.
    let taken = q.queue.steal(Hart(me as u32), |t| t.as_ref().is_some_and(|t| !t.task().core().on_cpu()));
    balance().note_queued(Hart(victim as u32), q.queue.len());
    let thread = taken.as_ref().and_then(|n| n.value.thread.clone());
    if let Some(t) = &thread {
        sched::note_gone(t);
    }
    drop(q);
    match (taken, thread) {
        (Some(node), Some(t)) => {
            sched::insert(me, me, &t, node, Reason::Preempted);
            true
        }
        _ => false,
    }
}

/// Changes a thread's scheduling parameters, wherever it is, with effect at once. Only a thread that runs and may not stay
/// where it is stays until it leaves its hart by itself (the calling one) or is interrupted (others).
pub(crate) fn change(thread: &Thread, f: impl FnOnce(&mut Entity)) {
    let mut f = Some(f);
    loop {
        // Asleep or new: the node is at home.
        if let Some(node) = thread.node.lock().as_mut() {
            if let Some(f) = f.take() {
                f(&mut node.value.entity);
            }
            return;
        }
        if change_queued(thread, &mut f) || change_running(thread, &mut f) {
            return;
        }
        // Someone moves it at this moment.
        core::hint::spin_loop();
    }
}

/// Takes it out of its queue, changes it and queues it again.
fn change_queued(thread: &Thread, f: &mut Option<impl FnOnce(&mut Entity)>) -> bool {
    let [index, lane, at, seq] = &thread.attrs.place;
    let place = index.load(Ordering::Acquire);
    if place == NOWHERE {
        return false;
    }
    // Until it is queued again, nobody else on this hart may wait for it.
    let guard = preempt_off();
    let me = here(&guard);
    let Some(hart) = hart_if(place as usize) else { return false };
    let mut q = hart.queue.lock();
    if index.load(Ordering::Relaxed) != place {
        return false;
    }
    let key = Key::from_words([lane, at, seq].map(|w| w.load(Ordering::Relaxed)));
    let Some(mut node) = q.queue.remove(&key) else { return false };
    sched::note_gone(thread);
    balance().note_queued(Hart(place as u32), q.queue.len());
    drop(q);
    if let Some(f) = f.take() {
        f(&mut node.value.entity);
    }
    let on_cpu = thread.task().core().on_cpu();
    requeue(thread, node, place as usize, me, on_cpu);
    true
}

/// Queues a changed node again: where it was if it may be there, or if its context is not saved yet.
fn requeue(thread: &Thread, node: QueueNode, old: usize, me: usize, on_cpu: bool) {
    let allowed = node.value.entity.affinity.0 & sched::online();
    let stays = on_cpu || allowed == 0 || allowed & bit(old).0 != 0;
    let target = if stays { old } else { place(thread, node.value.entity.affinity, me) };
    sched::insert(target, me, thread, node, Reason::Preempted);
}

fn change_running(thread: &Thread, f: &mut Option<impl FnOnce(&mut Entity)>) -> bool {
    let guard = preempt_off();
    let index = thread.task().core().hart_index();
    let Some(hart) = hart_if(index) else { return false };
    let mut q = hart.queue.lock();
    if q.current_id != thread.id() {
        return false;
    }
    let own = sched::with_me(|me| core::ptr::eq(me, thread));
    let q = &mut *q;
    if own {
        // What it ran so far counts by the old weight.
        sched::settle(hart, q, clock::monotonic_ns());
    }
    if let (Some(node), Some(f)) = (q.current.as_mut(), f.take()) {
        f(&mut node.value.entity);
    }
    if index == here(&guard) {
        arch::core(|c| c.raise(flag::RESCHED));
    } else {
        sched::kick(index);
    }
    true
}

/// Whether a thread runs or waits for a hart: then its node is not at home.
pub(crate) fn is_runnable(thread: &Thread) -> bool {
    thread.node.lock().is_none()
}

/// What a hart did since it went online.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HartFigures {
    /// Nanoseconds idle.
    pub(crate) idle_ns: u64,
    /// Nanoseconds that threads ran.
    pub(crate) run_ns: u64,
    /// Of these in the kernel.
    pub(crate) system_ns: u64,
    /// Context switches.
    pub(crate) switches: u64,
    /// Threads that wait for it now.
    pub(crate) queued: u32,
}

/// A hart's figures up to now; `None` for one that does not schedule.
pub(crate) fn hart_figures(index: usize) -> Option<HartFigures> {
    let h = hart_if(index)?;
    let q = h.queue.lock();
    let since = clock::monotonic_ns().saturating_sub(q.since_ns);
    let (idle, run) = if q.current.is_none() { (since, 0) } else { (0, since) };
    Some(HartFigures {
        idle_ns: h.idle_ns.load(Ordering::Relaxed).saturating_add(idle),
        run_ns: h.run_ns.load(Ordering::Relaxed).saturating_add(run),
        system_ns: h.system_ns.load(Ordering::Relaxed),
        switches: h.switches.load(Ordering::Relaxed),
        queued: q.queue.len() as u32,
    })
}

/// How long threads waited for a hart; `None` for one that does not schedule.
pub(crate) fn hart_latency(index: usize) -> Option<&'static crate::see::latency::Latency> {
    hart_if(index).map(|h| h.latency)
}

/// Threads that run or wait for a hart that is busy: what has been so for a while, so that a thread which an idle hart is
/// just about to take does not count.
pub(crate) fn runnable() -> u64 {
    let harts = (0..MAX_HARTS).filter_map(hart_if);
    harts
        .map(|h| {
            let q = h.queue.lock();
            if q.current.is_none() { 0 } else { (q.queue.len() as u64).saturating_add(1) }
        })
        .sum()
}

/// Threads that run or are ready to, the caller included.
pub(crate) fn busy() -> u64 {
    let of_hart = |h: &'static super::sched::HartSched| {
        let q = h.queue.lock();
        (q.queue.len() as u64).saturating_add(u64::from(q.current.is_some()))
    };
    (0..MAX_HARTS).filter_map(hart_if).map(of_hart).sum()
}
