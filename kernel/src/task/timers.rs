//! Deadlines: one queue a hart, one-shot, in nanoseconds of the monotonic clock.

use super::thread::Thread;
use crate::clock;
use alloc::boxed::Box;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_timer::{Earliest, Key, Node, TimerQueue};
use mem::Ref;
use sync::{PerHart, PreemptGuard, SpinLock, levels, preempt_off};

/// What happens at a deadline.
pub(crate) enum Target {
    /// Nothing: the node is at home.
    None,
    /// A thread's wait ends.
    Wake(Ref<Thread>),
    /// An object is told.
    Call(Ref<dyn Expire>),
}

/// Something that a timer can run out for.
pub(crate) trait Expire: Send + Sync {
    /// The deadline passed. Called with no lock held, preemption off; must not sleep. The node comes back for re-arming.
    fn expired(&self, node: Box<TimerNode>);
}

/// A deadline's place in a queue.
pub(crate) type TimerNode = Node<Target>;

/// A node for a thread's own deadline.
pub(crate) fn thread_node() -> TimerNode {
    logic_timer::node(Target::None)
}

/// Where a deadline was armed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Armed {
    hart: usize,
    key: Key,
}

/// What a hart changes at each switch: in cache lines of its own.
#[repr(align(64))]
struct HartTimers {
    queue: SpinLock<TimerQueue<Target>, levels::Timers>,
    /// The queue's earliest deadline.
    next_ns: AtomicU64,
    /// When the current slice ends.
    slice_end_ns: AtomicU64,
    /// When the current thread is to look at the processor time that was used.
    cpu_check_ns: AtomicU64,
    /// What the hardware timer is set to.
    armed_ns: AtomicU64,
}

/// All zeroes until [`init`], so that they take no place in the image.
static TIMERS: PerHart<HartTimers> = PerHart::new(
    [const {
        HartTimers {
            queue: SpinLock::new(TimerQueue::new()),
            next_ns: AtomicU64::new(0),
            slice_end_ns: AtomicU64::new(0),
            cpu_check_ns: AtomicU64::new(0),
            armed_ns: AtomicU64::new(0),
        }
    }; arch::MAX_HARTS],
);

/// Boot: nothing is due on any hart.
pub(crate) fn init() {
    for timers in (0..arch::MAX_HARTS).map(|hart| TIMERS.remote(hart)) {
        for ns in [&timers.next_ns, &timers.slice_end_ns, &timers.cpu_check_ns, &timers.armed_ns] {
            ns.store(u64::MAX, Ordering::Relaxed);
        }
    }
}

/// Arms a deadline on this hart.
pub(crate) fn arm(mut node: Box<TimerNode>, deadline_ns: u64, target: Target) -> Armed {
    node.value = target;
    let guard = preempt_off();
    let timers = TIMERS.get(&guard);
    let hart = arch::core(|c| c.hart_block().index as usize);
    let mut queue = timers.queue.lock();
    let (key, earliest) = queue.arm(node, deadline_ns);
    if earliest == Earliest::Changed {
        timers.next_ns.store(deadline_ns, Ordering::Relaxed);
    }
    drop(queue);
    if earliest == Earliest::Changed {
        program(timers);
    }
    Armed { hart, key }
}

/// Takes a deadline back; `None` when it has run out.
pub(crate) fn cancel(armed: Armed) -> Option<Box<TimerNode>> {
    let timers = TIMERS.remote(armed.hart);
    let mut queue = timers.queue.lock();
    let node = queue.cancel(&armed.key);
    timers.next_ns.store(next_ns(&queue), Ordering::Relaxed);
    node
}

/// Deadlines that are armed on all harts.
pub(crate) fn armed() -> usize {
    (0..arch::MAX_HARTS).map(|i| TIMERS.remote(i).queue.lock().len()).sum()
}

/// Notes when the current slice of this hart ends. Preemption is off.
pub(crate) fn set_slice_end(ns: u64) {
    let guard = preempt_off();
    let timers = TIMERS.get(&guard);
    timers.slice_end_ns.store(ns, Ordering::Relaxed);
    program(timers);
    guard.release_quietly();
}

/// Has the current thread look at the processor time that was used when `ns` comes, as long as it stays on this hart.
pub(crate) fn set_cpu_check(ns: u64) {
    let guard = preempt_off();
    let timers = TIMERS.get(&guard);
    // Several may have asked.
    timers.cpu_check_ns.fetch_min(ns, Ordering::Relaxed);
    program(timers);
}

/// Another thread comes to this hart, whose index it is; the caller sets the hardware timer.
#[inline(always)]
pub(crate) fn forget_cpu_check(index: usize) {
    TIMERS.remote(index).cpu_check_ns.store(u64::MAX, Ordering::Relaxed);
}

/// When the next deadline of a queue is due.
#[inline]
fn next_ns(queue: &TimerQueue<Target>) -> u64 {
    queue.next_deadline_ns().unwrap_or(u64::MAX)
}

/// Sets the hardware timer to whatever comes first, unless it fires before that anyway: then [`on_interrupt`] sets it. Most
/// slices end before their time, each later than the one before.
fn program(timers: &HartTimers) {
    let first = timers.next_ns.load(Ordering::Relaxed).min(timers.slice_end_ns.load(Ordering::Relaxed));
    let first = first.min(timers.cpu_check_ns.load(Ordering::Relaxed));
    if first < timers.armed_ns.load(Ordering::Relaxed) {
        timers.armed_ns.store(first, Ordering::Relaxed);
        set_hardware(first);
    }
}

fn set_hardware(ns: u64) {
    let ticks = if ns == u64::MAX { u64::MAX } else { clock::ticks_at(ns) };
    if crate::boot::machine::has_sstc() {
        arch::set_timer_stimecmp(ticks);
    } else {
        arch::sbi::set_timer(ticks);
    }
}

/// The hardware timer fired: runs what is due, one deadline at a time, and sets it anew.
pub(crate) fn on_interrupt(guard: &PreemptGuard) {
    let timers = TIMERS.get(guard);
    timers.armed_ns.store(u64::MAX, Ordering::Relaxed);
    set_hardware(u64::MAX);
    arch::Cause::unmask_timer();
    let now = clock::monotonic_ns();
    crate::random::stir(arch::time_now());
    loop {
        let mut queue = timers.queue.lock();
        let due = queue.expire(now);
        timers.next_ns.store(next_ns(&queue), Ordering::Relaxed);
        drop(queue);
        match due {
            Some(node) => run(node),
            None => break,
        }
    }
    if now >= timers.cpu_check_ns.load(Ordering::Relaxed) {
        timers.cpu_check_ns.store(u64::MAX, Ordering::Relaxed);
        arch::core(|c| c.raise(arch::flag::WORK));
    }
    if now >= timers.slice_end_ns.load(Ordering::Relaxed) {
        timers.slice_end_ns.store(u64::MAX, Ordering::Relaxed);
        super::sched::on_slice_timer(guard, now);
    }
    program(timers);
}

fn run(mut node: Box<TimerNode>) {
    match core::mem::replace(&mut node.value, Target::None) {
        Target::None => {}
        Target::Wake(thread) => {
            *thread.timer.lock() = Some(node);
            thread.wake();
        }
        Target::Call(object) => object.expired(node),
    }
}
