//! What waits for processor time: POSIX timers and sleepers on such clocks, ITIMER_VIRTUAL, ITIMER_PROF and RLIMIT_CPU.
//!
//! A process that is watched has `watch::CPU_TIME` set in its threads. Each of them that comes to a hart works out on its
//! way to user mode what is due ([`check_cpu_time`]) and when it has to look again: no earlier can anything be due than
//! after the least time that is left, divided by the number of threads that may run. The hart's timer sees to that.

use super::attrs::watch;
use super::clocks::{CpuClock, CpuKind};
use super::posix_timers::{PosixTimer, Setting};
use super::process::Process;
use super::signal::{Sender, send_to_process};
use super::thread::Thread;
use super::wait::{self, Ended, Interrupt};
use super::{accounting, limits, sched, timers};
use crate::clock::{self, SECOND_NS};
use crate::see::{On, Waits};
use alloc::boxed::Box;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use logic_signal::{SigInfo, Signal, code};
use logic_tree::{Node, Tree};
use mem::{NoMemory, Ref, Weak};

/// Looking again sooner than this would cost more than it is worth.
const LEAST_NS: u64 = 20_000;

/// What happens when the time is reached.
pub(crate) enum Action {
    /// Nothing: the node is at home.
    None,
    /// A timer expires.
    Timer(Weak<PosixTimer>),
    /// A sleeper wakes.
    Wake(Ref<Thread>),
}

/// A time that is waited for. The key tells whose it is.
pub(crate) type Watch = Node<usize, Waited>;

/// What is waited for.
pub(crate) struct Waited {
    /// Of one thread, by kernel-wide id; 0 for the whole process.
    thread_id: u64,
    kind: CpuKind,
    due_ns: u64,
    action: Action,
}

/// All of a process.
pub(crate) struct CpuTimers {
    watches: Tree<usize, Waited>,
    /// ITIMER_VIRTUAL and ITIMER_PROF.
    intervals: [Interval; 2],
}

#[derive(Clone, Copy)]
struct Interval {
    /// On the process's clock; 0: disarmed.
    due_ns: u64,
    interval_ns: u64,
}

/// The interval timers of processor time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// ITIMER_VIRTUAL: user mode.
    Virtual = 0,
    /// ITIMER_PROF: all.
    Prof = 1,
}

impl Which {
    const ALL: [Which; 2] = [Which::Virtual, Which::Prof];
    const fn kind(self) -> CpuKind {
        match self {
            Which::Virtual => CpuKind::User,
            Which::Prof => CpuKind::All,
        }
    }
    const fn signal(self) -> Signal {
        match self {
            Which::Virtual => Signal::VTALRM,
            Which::Prof => Signal::PROF,
        }
    }
}

impl CpuTimers {
    /// None.
    pub(crate) const fn new() -> Self {
        CpuTimers { watches: Tree::new(), intervals: [Interval { due_ns: 0, interval_ns: 0 }; 2] }
    }
    fn interval(&mut self, which: Which) -> &mut Interval {
        let [v, p] = &mut self.intervals;
        match which {
            Which::Virtual => v,
            Which::Prof => p,
        }
    }
}

/// A watch for boxing.
pub(crate) fn new_watch() -> Watch {
    Node::new(0, Waited { thread_id: 0, kind: CpuKind::All, due_ns: 0, action: Action::None })
}

/// Watches for a time of a clock. [`watch_all`] is to be called afterwards, without locks.
pub(crate) fn add(mut watch: Box<Watch>, clock: &CpuClock, due_ns: u64, action: Action) {
    watch.key = match &action {
        Action::None => return,
        Action::Timer(t) => t.address(),
        Action::Wake(t) => Ref::address(t),
    };
    watch.value = Waited { thread_id: clock.thread_id(), kind: clock.kind, due_ns, action };
    // Every owner has one node, so its key is free.
    let _ = clock.process().attrs.timers.cpu.lock().watches.insert(watch);
}

/// Takes a watch back by its owner's address; `None` if it was reached.
pub(crate) fn remove(process: &Process, owner: usize) -> Option<Box<Watch>> {
    let watch = process.attrs.timers.cpu.lock().watches.remove(&owner);
    count(process);
    watch.map(|mut w| {
        w.value.action = Action::None;
        w
    })
}

/// Counts what is waited for; true if anything is.
fn count(process: &Process) -> bool {
    let waits = {
        let t = process.attrs.timers.cpu.lock();
        t.watches.len().saturating_add(t.intervals.iter().filter(|i| i.due_ns != 0).count())
    };
    let limited = process.limit(limits::CPU) != limits::INFINITY;
    let n = waits.saturating_add(usize::from(limited));
    process.attrs.cpu_watchers.store(u32::try_from(n).unwrap_or(u32::MAX), SeqCst);
    n != 0
}

/// Something new is waited for: all threads of the process work out when to look.
pub(crate) fn watch_all(process: &Process) {
    if count(process) {
        process.each_thread(|t| {
            t.attrs.watch.fetch_or(watch::CPU_TIME, Relaxed);
            t.raise(arch::flag::WORK);
            sched::interrupt(t);
        });
    }
}

/// RLIMIT_CPU was set, or a process begins with one.
pub(crate) fn limit_changed(process: &Process) {
    watch_all(process);
}

/// A thread was added to a process.
pub(crate) fn thread_added(process: &Process, thread: &Thread) {
    if process.attrs.cpu_watchers.load(SeqCst) != 0 {
        thread.attrs.watch.fetch_or(watch::CPU_TIME, Relaxed);
    }
}

/// The process ends.
pub(crate) fn clear(process: &Process) {
    loop {
        let watch = process.attrs.timers.cpu.lock().watches.pop_first();
        let Some(watch) = watch else { break };
        fire(watch);
    }
    process.attrs.timers.cpu.lock().intervals = [Interval { due_ns: 0, interval_ns: 0 }; 2];
}

fn fire(mut watch: Box<Watch>) {
    match core::mem::replace(&mut watch.value.action, Action::None) {
        Action::None => {}
        Action::Timer(t) => {
            if let Some(t) = t.upgrade() {
                t.watch_returned(watch);
                t.expire();
            }
        }
        Action::Wake(t) => t.wake(),
    }
}

/// The running thread is on its way to user mode: does what is due, and sees to it that it looks again in time.
pub(crate) fn check_cpu_time(me: &Thread) {
    if me.attrs.watch.load(Relaxed) & watch::CPU_TIME == 0 {
        return;
    }
    let process = me.process();
    if process.attrs.cpu_watchers.load(SeqCst) == 0 {
        me.attrs.watch.fetch_and(!watch::CPU_TIME, Relaxed);
        return;
    }
    let whole = accounting::process_times_ns(process);
    let mine = accounting::times_ns(me);
    let time_of = |w: &Waited| match w.thread_id {
        0 => Some(w.kind.of(whole)),
        id if id == me.id() => Some(w.kind.of(mine)),
        _ => None,
    };
    while let Some(watch) = take_due(process, time_of) {
        fire(watch);
    }
    let left = [least_left(process, time_of), check_intervals(process, whole), check_limit(process, whole.0)];
    count(process);
    if let Some(left) = left.into_iter().flatten().min() {
        let threads = u64::from(process.live_threads.load(Relaxed).max(1));
        let pause = left.checked_div(threads).unwrap_or(left).max(LEAST_NS);
        timers::set_cpu_check(clock::monotonic_ns().saturating_add(pause));
    }
}

fn take_due(process: &Process, time_of: impl Fn(&Waited) -> Option<u64>) -> Option<Box<Watch>> {
    let mut t = process.attrs.timers.cpu.lock();
    let due = t.watches.iter().find(|(_, w)| time_of(w).is_some_and(|now| now >= w.due_ns)).map(|(k, _)| *k)?;
    t.watches.remove(&due)
}

fn least_left(process: &Process, time_of: impl Fn(&Waited) -> Option<u64>) -> Option<u64> {
    let t = process.attrs.timers.cpu.lock();
    t.watches.iter().filter_map(|(_, w)| Some(w.due_ns.saturating_sub(time_of(w)?))).min()
}

fn check_intervals(process: &Process, whole: (u64, u64)) -> Option<u64> {
    let mut least = None;
    for which in Which::ALL {
        let now = which.kind().of(whole);
        let due = {
            let mut t = process.attrs.timers.cpu.lock();
            let i = t.interval(which);
            let due = i.due_ns != 0 && now >= i.due_ns;
            if due {
                i.due_ns = if i.interval_ns == 0 { 0 } else { i.due_ns.saturating_add(i.interval_ns).max(now) };
            }
            if i.due_ns != 0 {
                let left = i.due_ns.saturating_sub(now);
                least = Some(least.map_or(left, |l: u64| l.min(left)));
            }
            due
        };
        if due {
            let _ = send_to_process(process, SigInfo::plain(which.signal(), code::SI_KERNEL), Sender::Kernel);
        }
    }
    least
}

/// getrlimit(2), RLIMIT_CPU: SIGXCPU at the soft limit and each second after it, SIGKILL at the hard one.
fn check_limit(process: &Process, run_ns: u64) -> Option<u64> {
    let (soft, hard) = process.limits.get(limits::CPU)?;
    let at = |seconds: u64| if seconds == limits::INFINITY { u64::MAX } else { seconds.max(1).saturating_mul(SECOND_NS) };
    if run_ns >= at(hard) {
        let _ = send_to_process(process, SigInfo::plain(Signal::KILL, code::SI_KERNEL), Sender::Kernel);
        return None;
    }
    let mut next = soft;
    if run_ns >= at(soft) {
        let _ = send_to_process(process, SigInfo::plain(Signal::XCPU, code::SI_KERNEL), Sender::Kernel);
        // Linux moves the limit itself.
        next = (run_ns / SECOND_NS).saturating_add(1).min(hard);
        let _ = process.limits.set(limits::CPU, next, hard, limits::MayRaise::No);
    }
    let due = at(next).min(at(hard));
    (due != u64::MAX).then(|| due.saturating_sub(run_ns))
}

/// An interval timer's setting.
pub(crate) fn get_interval(process: &Process, which: Which) -> Setting {
    let now = which.kind().of(accounting::process_times_ns(process));
    let i = *process.attrs.timers.cpu.lock().interval(which);
    setting(i, now)
}

fn setting(i: Interval, now: u64) -> Setting {
    // One that is due has not been noticed yet.
    let left_ns = if i.due_ns == 0 { 0 } else { i.due_ns.saturating_sub(now).max(1000) };
    Setting { left_ns, interval_ns: i.interval_ns }
}

/// Sets an interval timer; gives the old setting.
pub(crate) fn set_interval(process: &Process, which: Which, new: Setting) -> Setting {
    let now = which.kind().of(accounting::process_times_ns(process));
    let due_ns = if new.left_ns == 0 { 0 } else { now.saturating_add(new.left_ns).max(1) };
    let old =
        core::mem::replace(process.attrs.timers.cpu.lock().interval(which), Interval { due_ns, interval_ns: new.interval_ns });
    watch_all(process);
    setting(old, now)
}

/// Sleeps until a clock of processor time shows `due_ns` (clock_nanosleep(2)).
pub(crate) fn sleep(me: &Thread, clock: &CpuClock, due_ns: u64) -> Result<(), Ended> {
    let watch = mem::try_box(new_watch()).map_err(|NoMemory| Ended::NoMemory)?;
    add(watch, clock, due_ns, Action::Wake(me.to_ref()));
    watch_all(clock.process());
    let result =
        wait::sleep_on(me, On::plain(Waits::Time), None, Interrupt::AnySignal, || Ok((clock.now_ns() >= due_ns).then_some(())));
    drop(remove(clock.process(), Ref::address(&me.to_ref())));
    result
}
