//! The scheduler's shell: one run queue a hart, switching, wake-up and stealing. Policy is in `logic-sched`.
//!
//! How a thread leaves a hart ([`Leave`]):
//! 1. The thread locks its hart's queue, accounts what it ran, and picks the next one. Preempted or yielding, it is queued
//!    first, marked as running (`on_cpu`), so that no other hart takes it before its context is saved.
//! 2. The queue is unlocked and the contexts change hands.
//! 3. The next thread runs [`finish`]: the one that left is saved completely now. If it wanted to sleep, its wait cell
//!    decides here; if a waker was faster it is queued again.
//!
//! So no lock is held over a switch, and a waker that is told to enqueue a thread finds its context saved.

use super::thread::Thread;
use super::{accounting, timers};
use crate::clock;
use alloc::boxed::Box;
use arch::{MAX_HARTS, flag, hart_block};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use logic_sched::{Entity, GroupId, GroupWeight, Hart, Reason, RunQueue, group_node, group_place};
use logic_waits::{Sleep, Wake};
use mem::{NoMemory, Ref, Threaded, try_box};
use sync::{Once, PreemptGuard, SpinLock, levels, preempt_off};

/// A thread's place in a queue; the handle inside is set while it is queued.
pub(crate) type QueueNode = Box<logic_sched::Node<Option<Ref<Thread>>>>;

struct HartQueue {
    queue: RunQueue<Option<Ref<Thread>>>,
    /// The node of the thread that runs; `None` while the hart idles.
    current: Option<QueueNode>,
    /// When the current thread came, or was last accounted.
    since_ns: u64,
    /// The current thread's system time when it came.
    system_base_ticks: u64,
    /// When its slice ends.
    slice_end_ns: u64,
    idle: Ref<Thread>,
}

struct HartSched {
    queue: SpinLock<HartQueue, levels::RunQueue>,
    /// 1 while it idles.
    idle: AtomicU32,
    /// Threads queued, for looking at from outside.
    queued: AtomicU32,
    switches: AtomicU64,
    idle_ns: AtomicU64,
    /// Nanoseconds run by threads: all, and of these in the kernel.
    run_ns: AtomicU64,
    system_ns: AtomicU64,
}

static HARTS: [Once<HartSched>; MAX_HARTS] = [const { Once::new() }; MAX_HARTS];
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
}

/// Sets up a hart's queue with its idle thread.
pub(crate) fn init_hart(index: usize, idle: Ref<Thread>) -> Result<(), NoMemory> {
    let root = group_node(GroupId::ROOT, GroupWeight::DEFAULT, try_box(group_place())?);
    let queue = RunQueue::new(Hart(index as u32), try_box(root)?);
    let hart = HartSched {
        queue: SpinLock::new(HartQueue { queue, current: None, since_ns: 0, system_base_ticks: 0, slice_end_ns: u64::MAX, idle }),
        idle: AtomicU32::new(1),
        queued: AtomicU32::new(0),
        switches: AtomicU64::new(0),
        idle_ns: AtomicU64::new(0),
        run_ns: AtomicU64::new(0),
        system_ns: AtomicU64::new(0),
    };
    if let Some(slot) = HARTS.get(index)
        && slot.set(hart).is_ok()
    {
        return Ok(());
    }
    Err(NoMemory)
}

/// The hart takes part from now on.
pub(crate) fn set_online(index: usize) {
    ONLINE.fetch_or(1 << index, Ordering::SeqCst);
    if let Some(b) = hart_block(index) {
        b.online.store(1, Ordering::SeqCst);
    }
}

/// Mask of the harts that take part.
pub(crate) fn online() -> u64 {
    ONLINE.load(Ordering::Relaxed)
}

fn hart(index: usize) -> &'static HartSched {
    match HARTS.get(index).and_then(Once::get) {
        Some(h) => h,
        None => panic!("hart {index} has no run queue"),
    }
}

fn here(_guard: &PreemptGuard) -> usize {
    arch::core(|c| c.hart_block().index as usize)
}

/// Leaves the hart. Returns when the thread runs again (at once if nobody else wants to, unless it sleeps).
pub(crate) fn leave(how: Leave) {
    sync::may_sleep();
    let guard = preempt_off();
    let index = here(&guard);
    let hart = hart(index);
    let now = clock::monotonic_ns();
    super::load::tick(now);
    arch::core(|c| c.flags.fetch_and(!flag::RESCHED, Ordering::Relaxed));
    let Some(next) = with_me(|me| choose(hart, me, how, now)) else {
        guard.release_quietly();
        return;
    };
    hart.switches.fetch_add(1, Ordering::Relaxed);
    let off = arch::irq_off();
    let prev = mem::switch_to(next, &off);
    drop(off);
    // From here on this may be another hart.
    finish(prev);
    drop(guard);
}

fn with_me<R>(f: impl FnOnce(&Thread) -> R) -> R {
    super::thread::with_current(f)
}

/// Queues or puts aside the running thread, and takes the next one. `None`: the running thread goes on.
fn choose(hart: &HartSched, me: &Thread, how: Leave, now: u64) -> Option<Ref<Thread>> {
    let mut q = hart.queue.lock();
    let q = &mut *q;
    let ran = now.saturating_sub(q.since_ns);
    let staying = matches!(how, Leave::Preempted | Leave::Yielded);
    if staying && q.queue.is_empty() {
        set_slice(q, now);
        return None;
    }
    account(hart, q, me, ran);
    match q.current.take() {
        Some(mut node) if staying => {
            node.value.thread = Some(me.to_ref());
            let reason = if how == Leave::Yielded { Reason::Yielded } else { Reason::Preempted };
            q.queue.enqueue(node, reason, now);
        }
        Some(node) => *me.node.lock() = Some(node),
        None => {
            hart.idle_ns.fetch_add(ran, Ordering::Relaxed);
        }
    }
    me.leaving.store(how as u32, Ordering::Relaxed);
    let kind = usize::from(staying);
    if let Some(counter) = me.switches.get(kind) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
    let next = match q.queue.pick(now) {
        Some(mut node) => {
            let thread = node.value.thread.take();
            if let Some(t) = &thread {
                come(q, t, now);
            }
            q.current = Some(node);
            thread
        }
        None => Some(q.idle.clone()),
    };
    hart.queued.store(q.queue.len() as u32, Ordering::Relaxed);
    hart.idle.store(u32::from(q.current.is_none()), Ordering::SeqCst);
    q.since_ns = now;
    set_slice(q, now);
    next.filter(|n| !core::ptr::eq(&**n, me))
}

/// A thread comes to the hart.
#[inline]
fn come(q: &mut HartQueue, next: &Thread, now: u64) {
    accounting::switch_in(next, now);
    q.system_base_ticks = next.system_ticks.load(Ordering::Relaxed);
    if next.attrs.watch.load(Ordering::Relaxed) != 0 {
        next.raise(flag::WORK);
    }
}

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
fn finish(prev: Ref<Thread>) {
    let how = prev.leaving.load(Ordering::Relaxed);
    if how == Leave::Sleep as u32 {
        match prev.wait.commit_sleep() {
            Sleep::Sleep => {}
            // A waker came between the thread's last check and here.
            Sleep::Woken => enqueue(&prev, Reason::Woken),
        }
    }
    drop(prev);
}

/// First code of a new thread, with the thread that ran before it on the hart.
pub(crate) fn arrive(prev: Ref<Thread>) {
    finish(prev);
    arch::irq_enable();
    drop(sync::adopt_initial_guard());
}

/// Lets a new thread run.
pub(crate) fn start(thread: &Ref<Thread>) {
    enqueue(thread, Reason::New);
}

/// Wakes a thread if it waits.
pub(crate) fn wake(thread: &Thread) {
    if let Wake::Enqueue = thread.wait.wake() {
        enqueue(&thread.to_ref(), Reason::Woken);
    }
}

/// Puts a thread that sleeps or is new into a queue.
fn enqueue(thread: &Ref<Thread>, reason: Reason) {
    let Some(mut node) = thread.node.lock().take() else { return };
    let guard = preempt_off();
    let me = here(&guard);
    let target = place(thread, &node, me);
    node.value.thread = Some(thread.clone());
    insert(target, me, node, reason);
    drop(guard);
}

/// The hart for a thread that becomes runnable: where it ran last if that idles, else one that idles, else here if it may.
fn place(thread: &Thread, node: &QueueNode, me: usize) -> usize {
    let allowed = node.value.entity.affinity.0 & online();
    if allowed == 0 || allowed == 1 << me {
        return me;
    }
    let last = thread.task().core().hart_index();
    let last_allowed = allowed & 1 << last != 0;
    if last_allowed && is_idle(last) {
        return last;
    }
    let mut rest = allowed;
    while rest != 0 {
        let i = rest.trailing_zeros() as usize;
        if is_idle(i) {
            return i;
        }
        rest &= rest.wrapping_sub(1);
    }
    if last_allowed {
        return last;
    }
    if allowed & 1 << me != 0 { me } else { allowed.trailing_zeros() as usize }
}

fn is_idle(index: usize) -> bool {
    HARTS
        .get(index)
        .and_then(Once::get)
        .is_some_and(|h| h.idle.load(Ordering::Relaxed) != 0 && h.queued.load(Ordering::Relaxed) == 0)
}

/// Queues a node on a hart and has that hart look at it if the thread should run before the current one.
fn insert(target: usize, me: usize, node: QueueNode, reason: Reason) {
    let hart = hart(target);
    let now = clock::monotonic_ns();
    let mut guard = hart.queue.lock();
    let q = &mut *guard;
    let key = q.queue.enqueue(node, reason, now);
    hart.queued.store(q.queue.len() as u32, Ordering::SeqCst);
    let preempts = match &q.current {
        Some(current) => q.queue.preempts(&key, current, now.saturating_sub(q.since_ns)),
        None => true,
    };
    // The current thread had the hart to itself so far: from now on it has a slice.
    let needs_slice = !preempts && q.slice_end_ns == u64::MAX;
    if target == me {
        if preempts {
            arch::core(|c| c.raise(flag::RESCHED));
        } else if needs_slice {
            set_slice(q, now);
        }
    }
    drop(guard);
    if target != me && (preempts || needs_slice) {
        kick(target);
    }
}

/// Has another hart look at its queue.
pub(crate) fn kick(index: usize) {
    if let Some(b) = hart_block(index) {
        arch::sbi::send_ipi(1, b.hart_id.load(Ordering::Relaxed) as usize);
    }
}

/// Has a thread that runs on another hart pass through the kernel.
pub(crate) fn interrupt(thread: &Thread) {
    let core = thread.task().core();
    if core.on_cpu() && !with_me(|me| core::ptr::eq(me, thread)) {
        kick(core.hart_index());
    }
}

/// The hart was kicked, or its slice timer fired: should the current thread go?
pub(crate) fn on_kick(guard: &PreemptGuard) {
    let hart = hart(here(guard));
    let mut q = hart.queue.lock();
    if q.queue.is_empty() {
        return;
    }
    let now = clock::monotonic_ns();
    if q.slice_end_ns == u64::MAX && q.current.is_some() {
        let ran = now.saturating_sub(q.since_ns);
        let q = &mut *q;
        if let Some(node) = q.current.as_mut() {
            q.queue.account(node, ran);
            with_me(|me| accounting::settle_running(me, now));
            hart.run_ns.fetch_add(ran, Ordering::Relaxed);
        }
        q.since_ns = now;
    }
    drop(q);
    arch::core(|c| c.raise(flag::RESCHED));
}

/// The slice of the current thread may have ended.
pub(crate) fn on_slice_timer(guard: &PreemptGuard, now: u64) {
    let hart = hart(here(guard));
    let q = hart.queue.lock();
    if now >= q.slice_end_ns && !q.queue.is_empty() {
        arch::core(|c| c.raise(flag::RESCHED));
    }
}

/// Takes a thread from a busier hart for this idle one. False: there is none.
pub(crate) fn steal() -> bool {
    let guard = preempt_off();
    let me = here(&guard);
    if hart(me).queued.load(Ordering::Relaxed) != 0 {
        return true;
    }
    for i in 0..MAX_HARTS {
        let victim_index = (me + 1 + i) % MAX_HARTS;
        if online() & 1 << victim_index == 0 || victim_index == me {
            continue;
        }
        let victim = self::hart(victim_index);
        if victim.queued.load(Ordering::Relaxed) == 0 {
            continue;
        }
        let Some(mut q) = victim.queue.try_lock() else { continue };
        // A thread that was just queued may still be on its way out of its hart: its context is not saved.
        let taken = q.queue.steal(Hart(me as u32), |t| t.as_ref().is_some_and(|t| !t.task().core().on_cpu()));
        victim.queued.store(q.queue.len() as u32, Ordering::Relaxed);
        drop(q);
        if let Some(node) = taken {
            insert(me, me, node, Reason::Preempted);
            return true;
        }
    }
    false
}

/// Whether this hart has threads queued.
pub(crate) fn has_queued(guard: &PreemptGuard) -> bool {
    hart(here(guard)).queued.load(Ordering::SeqCst) != 0
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
    let h = HARTS.get(index).and_then(Once::get)?;
    let q = h.queue.lock();
    let since = clock::monotonic_ns().saturating_sub(q.since_ns);
    let (idle, run) = if q.current.is_none() { (since, 0) } else { (0, since) };
    Some(HartFigures {
        idle_ns: h.idle_ns.load(Ordering::Relaxed).saturating_add(idle),
        run_ns: h.run_ns.load(Ordering::Relaxed).saturating_add(run),
        system_ns: h.system_ns.load(Ordering::Relaxed),
        switches: h.switches.load(Ordering::Relaxed),
        queued: h.queued.load(Ordering::Relaxed),
    })
}

/// Whether a thread runs or waits for a hart: then its node is not at home.
pub(crate) fn is_runnable(thread: &Thread) -> bool {
    thread.node.lock().is_none()
}

/// Threads that run or wait for a hart that is busy: what has been so for a while, so that a thread which an idle hart is
/// just about to take does not count.
pub(crate) fn runnable() -> u64 {
    let busy = HARTS.iter().filter_map(Once::get).filter(|h| h.idle.load(Ordering::Relaxed) == 0);
    busy.map(|h| u64::from(h.queued.load(Ordering::Relaxed)).saturating_add(1)).sum()
}

/// Changes scheduling parameters of a thread, wherever it is.
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
        let index = thread.task().core().hart_index();
        if try_change(index, thread, &mut f) {
            return;
        }
        for i in 0..MAX_HARTS {
            if i != index && try_change(i, thread, &mut f) {
                return;
            }
        }
        // It moved while we looked.
        core::hint::spin_loop();
    }
}

fn try_change(index: usize, thread: &Thread, f: &mut Option<impl FnOnce(&mut Entity)>) -> bool {
    let Some(hart) = HARTS.get(index).and_then(Once::get) else { return false };
    let mut guard = hart.queue.lock();
    let q = &mut *guard;
    let is_current = thread.task().core().on_cpu() && thread.task().core().hart_index() == index;
    if is_current && let Some(node) = q.current.as_mut() {
        if let Some(f) = f.take() {
            f(&mut node.value.entity);
        }
        drop(guard);
        kick(index);
        return true;
    }
    false
}
