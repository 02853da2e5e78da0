//! The scheduler's shell: one run queue a hart, switching and wake-up. Policy is in `logic-sched`.
//!
//! How a thread leaves a hart ([`Leave`]):
//! 1. The thread locks its hart's queue, accounts what it ran, and picks the next one. Preempted or yielding, it is queued
//!    first, marked as running (`on_cpu`), so that no other hart takes it before its context is saved.
//! 2. The queue is unlocked and the contexts change hands.
//! 3. The next thread runs [`finish`]: the one that left is saved completely now. If it wanted to sleep, its wait cell
//!    decides here; if a waker was faster it is queued again. If it is queued, an idle hart may take it from now on.
//!
//! So no lock is held over a switch, and a waker that is told to enqueue a thread finds its context saved.
//!
//! Where a thread's node is: at home (`Thread::node`) while it sleeps or is new; in a queue, and `attrs.place` says where;
//! with the hart (`HartQueue::current`) while it runs; or for a moment in the hands of who moves it. Idle harts and queued
//! threads find each other through [`Balance`], whose steps are numbered there. Neighbour: `moving`.

use super::moving::{self, NOWHERE};
use super::thread::Thread;
use super::{accounting, timers};
use crate::clock;
use crate::see::{events, latency::Latency};
use alloc::boxed::Box;
use arch::{MAX_HARTS, flag, hart_block};
use core::sync::atomic::{AtomicU64, Ordering};
use logic_sched::{Affinity, Balance, GroupId, GroupWeight, Hart, Key, Reason, RunQueue, group_node, group_place};
use logic_trace::{Event, Group};
use logic_waits::{Sleep, Wake};
use mem::{NoMemory, Ref, Threaded, try_box};
use sync::{Once, PreemptGuard, SpinLock, levels, preempt_off};

pub(crate) use super::moving::{HartFigures, change, hart_figures, hart_latency, is_runnable, runnable};

/// A thread's place in a queue; the handle inside is set while it is queued.
pub(crate) type QueueNode = Box<logic_sched::Node<Option<Ref<Thread>>>>;

pub(super) struct HartQueue {
    pub(super) queue: RunQueue<Option<Ref<Thread>>>,
    /// The node of the thread that runs; `None` while the hart idles.
    pub(super) current: Option<QueueNode>,
    /// That thread's id; 0 while the hart idles.
    pub(super) current_id: u64,
    /// When the current thread came, or was last accounted.
    pub(super) since_ns: u64,
    /// The current thread's system time when it came.
    system_base_ticks: u64,
    /// When its slice ends.
    pub(super) slice_end_ns: u64,
    idle: Ref<Thread>,
}

pub(super) struct HartSched {
    pub(super) queue: SpinLock<HartQueue, levels::RunQueue>,
    pub(super) switches: AtomicU64,
    pub(super) idle_ns: AtomicU64,
    /// Nanoseconds run by threads: all, and of these in the kernel.
    pub(super) run_ns: AtomicU64,
    pub(super) system_ns: AtomicU64,
    /// How long threads waited for this hart.
    pub(super) latency: &'static Latency,
}

static HARTS: [Once<HartSched>; MAX_HARTS] = [const { Once::new() }; MAX_HARTS];
static BALANCE: Once<Balance<MAX_HARTS>> = Once::new();
/// Harts that schedule, by index.
static ONLINE: AtomicU64 = AtomicU64::new(0);

/// How the running thread leaves its hart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// It goes on when it is picked again.
    Preempted = 0,
    /// The same, behind its equals (sched_yield(2)).
    Yielded = 1,
    /// It has armed its wait cell and wants to sleep.
    Sleep = 2,
    /// It never comes back.
    Exit = 3,
    /// It goes on elsewhere: it may not stay on this hart, or would wait less there. Only the scheduler says so.
    Moved = 4,
}

/// Sets up a hart's queue with its idle thread.
pub(crate) fn init_hart(index: usize, idle: Ref<Thread>) -> Result<(), NoMemory> {
    let _ = BALANCE.set(Balance::new());
    // No idle hart is to be found for an idle thread.
    idle.attrs.affinity.store(0, Ordering::Relaxed);
    let root = group_node(GroupId::ROOT, GroupId::ROOT, GroupWeight::DEFAULT, try_box(group_place())?);
    let queue = RunQueue::new(Hart(index as u32), try_box(root)?);
    let queue =
        HartQueue { queue, current: None, current_id: 0, since_ns: 0, system_base_ticks: 0, slice_end_ns: u64::MAX, idle };
    let hart = HartSched {
        queue: SpinLock::new(queue),
        switches: AtomicU64::new(0),
        idle_ns: AtomicU64::new(0),
        run_ns: AtomicU64::new(0),
        system_ns: AtomicU64::new(0),
        latency: Latency::of_hart(index).ok_or(NoMemory)?,
    };
    events::init_hart(index)?;
    let slot = HARTS.get(index).ok_or(NoMemory)?;
    slot.set(hart).map_err(|_| NoMemory)
}

/// The hart takes part from now on.
pub(crate) fn set_online(index: usize) {
    ONLINE.fetch_or(1 << index, Ordering::SeqCst);
}

/// Mask of the harts that take part.
pub(crate) fn online() -> u64 {
    ONLINE.load(Ordering::Relaxed)
}

pub(super) fn hart_if(index: usize) -> Option<&'static HartSched> {
    HARTS.get(index).and_then(Once::get)
}

#[inline]
pub(super) fn hart(index: usize) -> &'static HartSched {
    match hart_if(index) {
        Some(h) => h,
        None => panic!("hart {index} has no run queue"),
    }
}

pub(super) fn balance() -> &'static Balance<MAX_HARTS> {
    match BALANCE.get() {
        Some(b) => b,
        None => panic!("scheduling before it was set up"),
    }
}

pub(super) fn here(_guard: &PreemptGuard) -> usize {
    arch::core(|c| c.hart_block().index as usize)
}

/// Ends the running thread: whoever comes next frees what is left of it ([`super::exit::left`]).
pub(crate) fn leave_for_ever() -> ! {
    leave(Leave::Exit);
    panic!("a thread ran after its end");
}

/// Leaves the hart. Returns when the thread runs again (at once if nobody else wants to, unless it sleeps).
pub(crate) fn leave(how: Leave) {
    sync::may_sleep();
    let mut how = how;
    // What is due by the time it comes back is done from here: done in a nested call, a thread that always comes back to more
    // (the idle thread, when each end of a process wakes the one that waits for it) would go ever deeper into its stack.
    while switch(how) && crate::trap::leave_is_due() {
        how = Leave::Preempted;
    }
}

/// One leaving and coming back; false if nobody else wants the hart.
#[inline]
fn switch(how: Leave) -> bool {
    let guard = preempt_off();
    if how == Leave::Exit {
        // Not before preemption is off: a thread that is only preempted comes back.
        mem::end_current::<Thread>();
    }
    let index = here(&guard);
    let hart = hart(index);
    let now = clock::monotonic_ns();
    super::load::tick(now);
    arch::core(|c| c.flags.fetch_and(!flag::RESCHED, Ordering::Relaxed));
    let Some(next) = with_me(|me| choose(hart, index, me, how, now)) else {
        guard.release_quietly();
        return false;
    };
    hart.switches.fetch_add(1, Ordering::Relaxed);
    let off = arch::irq_off();
    let prev = mem::switch_to(next, &off);
    drop(off);
    // From here on this may be another hart.
    finish(prev);
    guard.release_quietly();
    true
}

/// Leaves the hart to sleep, and lets `to`, which sleeps, run in the rest of its slice. If `to` does not sleep, may not run
/// here, or another thread is due, it is only woken.
pub(crate) fn hand_over(to: Ref<Thread>) {
    sync::may_sleep();
    if to.wait.wake() != Wake::Enqueue {
        return leave(Leave::Sleep);
    }
    // From here on this thread alone decides where `to` goes.
    let guard = preempt_off();
    let index = here(&guard);
    let hart = hart(index);
    let now = clock::monotonic_ns();
    if arch::core(|c| c.flags.load(Ordering::Relaxed)) & flag::RESCHED != 0
        || !with_me(|me| exchange(hart, (index, &guard), me, &to, now))
    {
        drop(guard);
        enqueue(&to, Reason::Woken);
        return leave(Leave::Sleep);
    }
    hart.switches.fetch_add(1, Ordering::Relaxed);
    let off = arch::irq_off();
    let prev = mem::switch_to(to, &off);
    drop(off);
    finish(prev);
    // What is due meanwhile is done when the next guard goes, at the latest on the way out.
    guard.release_quietly();
}

/// Notes how the running thread leaves ([`Leave`]), for the one that comes next. It stands at the hart, not at the thread: once
/// its context is saved, another hart may run it, and it may leave that one otherwise before [`finish`] has looked.
#[inline(always)]
fn note_leaving(how: Leave) {
    arch::core(|c| c.hart_block().leaving.store(how as u32, Ordering::Relaxed));
}

/// Puts the running thread aside and makes `to` the hart's current one. False: nothing is done.
#[inline(always)]
fn exchange(hart: &HartSched, (index, guard): (usize, &PreemptGuard), me: &Thread, to: &Thread, now: u64) -> bool {
    let mut q = hart.queue.lock_under(guard);
    let q = &mut *q;
    let Some(current) = q.current.as_ref() else { return false };
    let mut place = to.node.lock_under(guard);
    let Some(node) = place.as_mut() else { return false };
    if !node.value.entity.stands_for(&current.value.entity) {
        if !node.value.entity.affinity.contains(Hart(index as u32)) || !q.queue.take_over(node) {
            return false;
        }
        let node = place.take();
        drop(place);
        account(hart, q, me, now.saturating_sub(q.since_ns));
        let mine = core::mem::replace(&mut q.current, node);
        *me.node.lock_under(guard) = mine;
        settle_in(q, to, now);
        q.since_ns = now;
    } else {
        // Both are the same to the scheduler, so they exchange their nodes, and the stretch goes on: each works for the other.
        let mine = place.take();
        drop(place);
        // It has none: it runs.
        core::mem::forget(core::mem::replace(&mut *me.node.lock_under(guard), mine));
        accounting::switch_out(me, now);
        let spent = me.system_ticks.load(Ordering::Relaxed).wrapping_sub(q.system_base_ticks);
        settle_in(q, to, now);
        q.system_base_ticks = q.system_base_ticks.wrapping_sub(spent);
    }
    me.seen.leaves(now);
    note_leaving(Leave::Sleep);
    let [by_itself, _] = &me.switches;
    by_itself.fetch_add(1, Ordering::Relaxed);
    if events::on(Group::Switch) {
        note_switch(me, to, Leave::Sleep);
    }
    timers::forget_cpu_check(index);
    true
}

pub(super) fn with_me<R>(f: impl FnOnce(&Thread) -> R) -> R {
    super::thread::with_current(f)
}

/// Queues or puts aside the running thread, and takes the next one. `None`: the running thread goes on.
fn choose(hart: &HartSched, index: usize, me: &Thread, how: Leave, now: u64) -> Option<Ref<Thread>> {
    let mut q = hart.queue.lock();
    let q = &mut *q;
    let ran = now.saturating_sub(q.since_ns);
    let mut how = how;
    let staying = matches!(how, Leave::Preempted | Leave::Yielded);
    if staying && let Some(node) = &q.current {
        if moving::should_leave(index, q.queue.len(), node.value.entity.affinity, how) {
            how = Leave::Moved;
        } else if q.queue.is_empty() {
            set_slice(q, now);
            return None;
        }
    } else if staying && q.queue.is_empty() {
        return None;
    }
    account(hart, q, me, ran);
    me.seen.leaves(now);
    match q.current.take() {
        Some(mut node) if staying && how != Leave::Moved => {
            node.value.thread = Some(me.to_ref());
            let reason = if how == Leave::Yielded { Reason::Yielded } else { Reason::Preempted };
            let key = q.queue.enqueue(node, reason, now);
            note_place(me, index, key);
        }
        Some(node) => *me.node.lock() = Some(node),
        None => {
            hart.idle_ns.fetch_add(ran, Ordering::Relaxed);
        }
    }
    note_leaving(how);
    if let Some(counter) = me.switches.get(usize::from(staying)) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
    let next = pick(hart, q, index, now);
    if events::on(Group::Switch)
        && let Some(next) = &next
    {
        note_switch(me, next, how);
    }
    q.since_ns = now;
    timers::forget_cpu_check(index);
    set_slice(q, now);
    next.filter(|n| !core::ptr::eq(&**n, me))
}

fn note_switch(me: &Thread, next: &Thread, how: Leave) {
    events::put_for(events::number(me), Event::Switch, u64::from(events::number(next)), how as u64);
}

fn pick(hart: &HartSched, q: &mut HartQueue, index: usize, now: u64) -> Option<Ref<Thread>> {
    let next = match q.queue.pick(now) {
        Some(mut node) => {
            let thread = node.value.thread.take();
            let here = node.value.entity.affinity.contains(Hart(index as u32));
            q.current = Some(node);
            if let Some(t) = &thread {
                come(hart, q, t, now);
                if !here {
                    // Its affinity changed while it could not be moved; it does not stay.
                    t.raise(flag::RESCHED);
                }
            }
            thread
        }
        None => {
            q.current_id = 0;
            Some(q.idle.clone())
        }
    };
    balance().note_queued(Hart(index as u32), q.queue.len());
    next
}

/// A thread comes to the hart.
#[inline]
fn come(hart: &HartSched, q: &mut HartQueue, next: &Thread, now: u64) {
    note_gone(next);
    hart.latency.comes(&next.seen, now);
    settle_in(q, next, now);
}

/// The hart is a thread's from here on.
#[inline]
fn settle_in(q: &mut HartQueue, next: &Thread, now: u64) {
    q.current_id = next.id();
    accounting::switch_in(next, now);
    q.system_base_ticks = next.system_ticks.load(Ordering::Relaxed);
    if next.attrs.watch.load(Ordering::Relaxed) != 0 {
        next.raise(flag::WORK);
    }
}

/// Notes where a thread is queued. The hart's queue is locked, here and in [`note_gone`].
#[inline]
pub(super) fn note_place(thread: &Thread, index: usize, key: Key) {
    let [hart, lane, at, seq] = &thread.attrs.place;
    let [l, a, s] = key.to_words();
    lane.store(l, Ordering::Relaxed);
    at.store(a, Ordering::Relaxed);
    seq.store(s, Ordering::Relaxed);
    hart.store(index as u64, Ordering::Release);
}

/// Notes that a thread left its queue.
#[inline]
pub(super) fn note_gone(thread: &Thread) {
    let [hart, ..] = &thread.attrs.place;
    hart.store(NOWHERE, Ordering::Relaxed);
}

#[inline]
fn account(hart: &HartSched, q: &mut HartQueue, me: &Thread, ran: u64) {
    if let Some(node) = q.current.as_mut() {
        q.queue.account(node, ran);
        accounting::switch_out(me, q.since_ns.saturating_add(ran));
        let ticks = me.system_ticks.load(Ordering::Relaxed).wrapping_sub(q.system_base_ticks);
        hart.run_ns.fetch_add(ran, Ordering::Relaxed);
        hart.system_ns.fetch_add(clock::ns_of_ticks(ticks), Ordering::Relaxed);
    }
}

/// Decides when the current thread is to be interrupted, and programs the timer.
fn set_slice(q: &mut HartQueue, now: u64) {
    let slice = q.current.as_ref().and_then(|node| q.queue.slice_ns(node));
    q.slice_end_ns = slice.map_or(u64::MAX, |s| now.saturating_add(s));
    timers::set_slice_end(q.slice_end_ns);
}

/// First act of whoever runs next: the thread that left is saved, and its fate is decided.
#[inline]
fn finish(prev: Ref<Thread>) {
    crate::trap::take_over_marks();
    let how = arch::core(|c| c.hart_block().leaving.load(Ordering::Relaxed));
    if how == Leave::Sleep as u32 {
        match prev.wait.commit_sleep() {
            Sleep::Sleep => {}
            // A waker came between the thread's last check and here.
            Sleep::Woken => enqueue(&prev, Reason::Woken),
        }
        drop(prev);
    } else {
        finish_awake(prev, how);
    }
}

/// The same for a thread that goes on, or never does.
#[inline(never)]
fn finish_awake(prev: Ref<Thread>, how: u32) {
    if how == Leave::Moved as u32 {
        enqueue(&prev, Reason::Preempted);
    } else if how == Leave::Exit as u32 {
        super::exit::left(prev);
        return;
    } else {
        // It is queued, and only now can another hart take it: (6) and (7) of `Balance`.
        let allowed = Affinity(prev.attrs.affinity.load(Ordering::Relaxed));
        rouse(allowed, arch::core(|c| c.hart_index()));
    }
    drop(prev);
}

/// Interrupts an idle hart of `allowed`, `prefer` if that one is idle. True: there was one.
#[inline]
fn rouse(allowed: Affinity, prefer: usize) -> bool {
    match balance().claim(allowed, Hart(prefer as u32)) {
        Some(h) => {
            kick(h.0 as usize);
            true
        }
        None => false,
    }
}

/// First code of a new thread, with the thread that ran before it on the hart.
pub(crate) fn arrive(prev: Ref<Thread>) {
    arch::irq_enable();
    finish(prev);
    drop(sync::adopt_initial_guard());
}

/// Lets a new thread run.
pub(crate) fn start(thread: &Ref<Thread>) {
    enqueue(thread, Reason::New);
}

/// Wakes a thread if it waits.
pub(crate) fn wake(thread: &Thread) {
    if let Wake::Enqueue = thread.wait.wake() {
        if events::on(Group::Wake) {
            events::put(Event::Wake, u64::from(events::number(thread)), 0);
        }
        enqueue(&thread.to_ref(), Reason::Woken);
    }
}

/// Puts a thread whose node is at home into a queue.
fn enqueue(thread: &Ref<Thread>, reason: Reason) {
    // From taking the node to queueing it this hart stays with it: others may be waiting to see where it goes.
    let guard = preempt_off();
    let Some(mut node) = thread.node.lock().take() else { return };
    let me = here(&guard);
    let target = moving::place(thread, node.value.entity.affinity, me);
    node.value.thread = Some(thread.clone());
    insert(target, me, thread, node, reason);
    drop(guard);
}

/// Queues a node on a hart and has a hart look at it: that one if the thread should run before its current one, or one that
/// idles.
pub(super) fn insert(target: usize, me: usize, thread: &Thread, node: QueueNode, reason: Reason) {
    let hart = hart(target);
    let now = clock::monotonic_ns();
    let allowed = node.value.entity.affinity;
    let mut guard = hart.queue.lock();
    let q = &mut *guard;
    match reason {
        Reason::Woken => thread.seen.woken(now),
        Reason::New => thread.seen.leaves(now),
        // It has been waiting since it left its hart.
        Reason::Preempted | Reason::Yielded => {}
    }
    let key = q.queue.enqueue(node, reason, now);
    note_place(thread, target, key);
    balance().note_queued(Hart(target as u32), q.queue.len());
    let idles = q.current.is_none();
    let preempts = match &q.current {
        Some(current) => q.queue.preempts(&key, current, now.saturating_sub(q.since_ns)),
        None => false,
    };
    // The current thread had the hart to itself so far: from now on it has a slice.
    let needs_slice = !idles && !preempts && q.slice_end_ns == u64::MAX;
    if target == me {
        if preempts || idles {
            arch::core(|c| c.raise(flag::RESCHED));
        } else if needs_slice {
            set_slice(q, now);
        }
    }
    drop(guard);
    if target != me && (preempts || needs_slice) {
        kick(target);
    }
    // (6) and (7). An idle hart that is no longer announced is on its way to look anyway.
    if !(preempts || idles && target == me) {
        rouse(allowed, target);
    }
}

/// Has another hart look at its queue.
pub(crate) fn kick(index: usize) {
    if let Some(b) = hart_block(index) {
        arch::sbi::send_ipi(1, b.hart_id.load(Ordering::Relaxed) as usize);
    }
}

/// Has a thread that runs on another hart pass through the kernel.
#[inline]
pub(crate) fn interrupt(thread: &Thread) {
    let core = thread.task().core();
    if core.on_cpu() && !with_me(|me| core::ptr::eq(me, thread)) {
        kick(core.hart_index());
    }
}

/// The hart was kicked: should the current thread go?
pub(crate) fn on_kick(guard: &PreemptGuard) {
    let index = here(guard);
    let hart = hart(index);
    let mut q = hart.queue.lock();
    let q = &mut *q;
    let here = Hart(index as u32);
    let misplaced = q.current.as_ref().is_some_and(|n| !n.value.entity.affinity.contains(here));
    if q.queue.is_empty() && !misplaced {
        return;
    }
    if q.slice_end_ns == u64::MAX {
        settle(hart, q, clock::monotonic_ns());
    }
    arch::core(|c| c.raise(flag::RESCHED));
}

/// Charges the current thread, which is the one that asks, with what it ran up to now.
pub(super) fn settle(hart: &HartSched, q: &mut HartQueue, now: u64) {
    let ran = now.saturating_sub(q.since_ns);
    if let Some(node) = q.current.as_mut() {
        q.queue.account(node, ran);
        with_me(|me| accounting::settle_running(me, now));
        hart.run_ns.fetch_add(ran, Ordering::Relaxed);
        q.since_ns = now;
    }
}

/// The slice of the current thread may have ended.
pub(crate) fn on_slice_timer(guard: &PreemptGuard, now: u64) {
    let hart = hart(here(guard));
    let q = hart.queue.lock();
    if now >= q.slice_end_ns && !q.queue.is_empty() {
        arch::core(|c| c.raise(flag::RESCHED));
    }
}
