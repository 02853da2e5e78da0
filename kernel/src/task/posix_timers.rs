//! POSIX timers of a process (timer_create(2)): a table of [`PosixTimer`]s, each with its clock, its next expiry and the
//! signal it sends.
//!
//! A timer's signal has a queue node of its own. As long as it is queued, an interval timer does not run: when the signal
//! is taken ([`signal_taken`]) the periods that passed meanwhile are counted as overruns and the timer goes on. So a
//! short interval cannot flood the machine. Neighbours: `cpu_timers` (clocks of processor time), `interval_timers`
//! (setitimer), `alarm` (the deadline), `signal/timer` (the signal).

use super::alarm::Alarm;
use super::clocks::CpuClock;
use super::cpu_timers::{CpuTimers, Watch};
use super::interval_timers::RealTimer;
use super::process::Process;
use super::signal::timer::{Queue, TimerPost};
use super::thread::Thread;
use super::timers::{Expire, TimerNode};
use crate::clock;
use abi::Errno;
use alloc::boxed::Box;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use logic_signal::{SigInfo, SigSet, Signal, code};
use logic_tree::{Node, Tree};
use mem::{NoMemory, Ref, Weak};
use sync::{SpinLock, levels};

pub(crate) use super::cpu_timers::{check_cpu_time, limit_changed, thread_added};

/// Where an interval timer whose signal nobody takes goes on at the earliest (a tick, as on Linux).
const RETRY_NS: u64 = 4_000_000;

/// All timers of a process.
pub(crate) struct ProcessTimers {
    table: SpinLock<Table, levels::ObjectState>,
    /// ITIMER_REAL, once it was set.
    pub(super) real: SpinLock<Option<Ref<RealTimer>>, levels::ObjectState>,
    /// What waits for processor time.
    pub(super) cpu: SpinLock<CpuTimers, levels::WaitState>,
}

struct Table {
    timers: Tree<i32, Ref<PosixTimer>>,
    next_id: i32,
}

/// What a timer does when it expires (sigevent(3type)).
pub(crate) enum Notify {
    /// Nothing.
    None,
    /// Sends the process a signal.
    Process(Signal),
    /// Sends a thread a signal.
    Thread(Signal, Weak<Thread>),
}

/// The clock of a timer.
pub(crate) enum TimerClock {
    /// Real time; absolute expiries follow the clock when it is set.
    Real,
    /// Monotonic time.
    Monotonic,
    /// Processor time.
    Cpu(CpuClock),
}

/// A timer.
pub(crate) struct PosixTimer {
    id: i32,
    me: Weak<PosixTimer>,
    process: Weak<Process>,
    clock: TimerClock,
    notify: Notify,
    /// What goes with the signal; `None`: the id.
    value: u64,
    /// 1 once it was deleted; it stays in the table as long as its signal is queued.
    deleted: AtomicU32,
    state: SpinLock<State, levels::ObjectState>,
}

struct State {
    alarm: Alarm,
    watch: Option<Box<Watch>>,
    interval_ns: u64,
    /// Next expiry on the timer's scale; `None` while disarmed.
    due_ns: Option<u64>,
    scale: Scale,
    /// Expiries that sent no signal of their own since the last one taken.
    missed: u64,
    /// Overruns of the last signal taken.
    overrun: i32,
    signal: SignalState,
}

/// What a timer's expiry is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// Monotonic time: also relative times of the real clock, which are not moved by setting it.
    Monotonic,
    /// Real time.
    Real,
    /// Processor time.
    Cpu,
}

/// Where a timer's signal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignalState {
    /// Not queued.
    Idle,
    /// Queued; the timer goes on when it is taken.
    Queued,
    /// Queued, but the timer was set anew since.
    Stale,
}

/// A timer's setting: what is left and the period, in nanoseconds; 0 left: disarmed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Setting {
    /// Until the next expiry.
    pub(crate) left_ns: u64,
    /// The period, 0 for once.
    pub(crate) interval_ns: u64,
}

/// How a new expiry is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// From now on.
    Relative,
    /// On the timer's clock (TIMER_ABSTIME).
    Absolute,
}

impl ProcessTimers {
    /// None.
    pub(crate) const fn new() -> Self {
        ProcessTimers {
            table: SpinLock::new(Table { timers: Tree::new(), next_id: 0 }),
            real: SpinLock::new(None),
            cpu: SpinLock::new(CpuTimers::new()),
        }
    }
    fn find(&self, id: i32) -> Result<Ref<PosixTimer>, Errno> {
        self.table.lock().timers.get(&id).filter(|t| !t.is_deleted()).cloned().ok_or(Errno::EINVAL)
    }
    fn remove(&self, id: i32) -> Option<Box<Node<i32, Ref<PosixTimer>>>> {
        self.table.lock().timers.remove(&id)
    }
    /// The timer with the smallest id from `from` on.
    fn next(&self, from: i32) -> Option<Ref<PosixTimer>> {
        self.table.lock().timers.ceiling(&from).map(|(_, t)| t.clone())
    }
    fn each(&self, mut f: impl FnMut(&Ref<PosixTimer>)) {
        let mut from = 0;
        while let Some(t) = self.next(from) {
            f(&t);
            from = t.id.saturating_add(1);
        }
    }
}

/// Makes a timer; gives its id. `value`: what goes with the signal, `None` for the id.
pub(crate) fn create(process: &Process, clock: TimerClock, notify: Notify, value: Option<u64>) -> Result<i32, Errno> {
    let timers = &process.attrs.timers;
    let again = |NoMemory| Errno::EAGAIN;
    if timers.table.lock().timers.len() as u64 >= process.limit(super::limits::SIGPENDING) {
        return Err(Errno::EAGAIN);
    }
    let watch = match &clock {
        TimerClock::Cpu(_) => Some(mem::try_box(super::cpu_timers::new_watch()).map_err(again)?),
        _ => None,
    };
    let state = State {
        alarm: Alarm::try_new().map_err(again)?,
        watch,
        interval_ns: 0,
        due_ns: None,
        scale: Scale::Monotonic,
        missed: 0,
        overrun: 0,
        signal: SignalState::Idle,
    };
    let id = {
        let mut t = timers.table.lock();
        while t.timers.get(&t.next_id).is_some() {
            t.next_id = t.next_id.wrapping_add(1) & i32::MAX;
        }
        let id = t.next_id;
        t.next_id = id.wrapping_add(1) & i32::MAX;
        id
    };
    let timer = Ref::try_new_cyclic(|me| PosixTimer {
        id,
        me: me.clone(),
        process: Ref::downgrade(&process.to_ref()),
        clock,
        notify,
        value: value.unwrap_or(id as u64),
        deleted: AtomicU32::new(0),
        state: SpinLock::new(state),
    })
    .map_err(again)?;
    let node = mem::try_box(Node::new(id, timer.clone())).map_err(again)?;
    timer.with_queue(|q| q.hold()).unwrap_or(Ok(())).map_err(again)?;
    // Point of no return.
    match timers.table.lock().timers.insert(node) {
        Ok(()) => Ok(id),
        // Another thread was given the same number: the table was full around it.
        Err(node) => {
            drop(node);
            Err(Errno::EAGAIN)
        }
    }
}

/// Sets a timer; gives the old setting.
pub(crate) fn set(process: &Process, id: i32, start: Start, new: Setting) -> Result<Setting, Errno> {
    let timer = process.attrs.timers.find(id)?;
    let old = timer.setting();
    timer.disarm();
    let now = timer.now_ns();
    let mut s = timer.state.lock();
    s.interval_ns = if new.left_ns == 0 { 0 } else { new.interval_ns };
    (s.missed, s.overrun) = (0, 0);
    if s.signal == SignalState::Queued {
        s.signal = SignalState::Stale;
    }
    s.scale = match (&timer.clock, start) {
        (TimerClock::Cpu(_), _) => Scale::Cpu,
        (TimerClock::Real, Start::Absolute) => Scale::Real,
        _ => Scale::Monotonic,
    };
    if new.left_ns == 0 {
        return Ok(old);
    }
    s.due_ns = Some(match start {
        Start::Absolute => new.left_ns,
        Start::Relative if s.scale == Scale::Cpu => now.saturating_add(new.left_ns),
        Start::Relative => clock::monotonic_ns().saturating_add(new.left_ns),
    });
    timer.arm(&mut s);
    drop(s);
    timer.tell_cpu();
    Ok(old)
}

/// A timer's setting.
pub(crate) fn get(process: &Process, id: i32) -> Result<Setting, Errno> {
    Ok(process.attrs.timers.find(id)?.setting())
}

/// Overruns of the timer's last signal.
pub(crate) fn overrun(process: &Process, id: i32) -> Result<i32, Errno> {
    let timer = process.attrs.timers.find(id)?;
    let n = timer.state.lock().overrun;
    Ok(n)
}

/// Deletes a timer.
pub(crate) fn delete(process: &Process, id: i32) -> Result<(), Errno> {
    let timer = process.attrs.timers.find(id)?;
    if timer.deleted.swap(1, Relaxed) != 0 {
        return Err(Errno::EINVAL);
    }
    timer.disarm();
    let queued = timer.state.lock().signal != SignalState::Idle;
    if !queued {
        timer.forget(process);
    }
    Ok(())
}

/// exec(2): POSIX timers go, interval timers stay (execve(2)).
pub(crate) fn on_exec(process: &Process) {
    process.attrs.timers.each(|t| {
        let _ = delete(process, t.id);
    });
}

/// A process ends: its timers go.
pub(crate) fn drop_all(process: &Process) {
    let timers = &process.attrs.timers;
    super::interval_timers::stop(process);
    loop {
        let node = timers.table.lock().timers.pop_first();
        let Some(node) = node else { break };
        node.value.deleted.store(1, Relaxed);
        node.value.disarm();
    }
    super::cpu_timers::clear(process);
}

/// A signal was taken from a queue: the timer that sent it goes on, and tells how often it expired meanwhile.
pub(crate) fn signal_taken(process: &Process, info: SigInfo) -> SigInfo {
    if info.signal == Signal::ALRM && info.code == code::SI_KERNEL {
        super::interval_timers::alarm_taken(process);
        return info;
    }
    if info.code != code::SI_TIMER {
        return info;
    }
    let timer = process.attrs.timers.table.lock().timers.get(&info.pid()).cloned();
    match timer {
        Some(t) => t.taken(process, info),
        None => info,
    }
}

/// Pending signals were discarded: timers among their senders go on.
pub(crate) fn signals_discarded(process: &Process, signals: SigSet) {
    process.attrs.timers.each(|t| {
        if t.signal().is_some_and(|s| signals.contains(s)) {
            t.discarded(process);
        }
    });
}

/// The real-time clock was set: absolute expiries on it are at another time now.
pub(crate) fn real_clock_set(process: &Process) {
    process.attrs.timers.each(|t| {
        let mut s = t.state.lock();
        if s.scale == Scale::Real && s.due_ns.is_some() && s.signal != SignalState::Queued {
            t.arm(&mut s);
        }
    });
}

/// Whole periods from `due_ns` to `now_ns`, counting the first; and the first expiry that is still to come.
fn forward(due_ns: u64, interval_ns: u64, now_ns: u64) -> (u64, u64) {
    let Some(late) = now_ns.checked_sub(due_ns) else { return (0, due_ns) };
    let periods = late.checked_div(interval_ns).unwrap_or(0).saturating_add(1);
    (periods, due_ns.saturating_add(periods.saturating_mul(interval_ns)))
}

impl PosixTimer {
    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted.load(Relaxed) != 0
    }
    fn signal(&self) -> Option<Signal> {
        match &self.notify {
            Notify::None => None,
            Notify::Process(s) | Notify::Thread(s, _) => Some(*s),
        }
    }
    fn object(&self) -> Option<Ref<dyn Expire>> {
        Some(self.me.upgrade()?.unsize(|p| p))
    }
    /// Calls `f` with the queue that its signals go to; `None` if it sends none, or the receiver is gone.
    fn with_queue<R>(&self, f: impl FnOnce(Queue<'_>) -> R) -> Option<R> {
        match &self.notify {
            Notify::None => None,
            Notify::Process(_) => Some(f(Queue::Process(&*self.process.upgrade()?))),
            Notify::Thread(_, t) => Some(f(Queue::Thread(&*t.upgrade()?))),
        }
    }
    /// The time on the timer's clock.
    fn now_ns(&self) -> u64 {
        match &self.clock {
            TimerClock::Real => clock::real_ns(),
            TimerClock::Monotonic => clock::monotonic_ns(),
            TimerClock::Cpu(c) => c.now_ns(),
        }
    }
    /// The time on the scale of its expiry. Reading processor time takes locks, so that is asked before the state's.
    fn scale_now_ns(&self, scale: Scale, cpu_now_ns: u64) -> u64 {
        match scale {
            Scale::Monotonic => clock::monotonic_ns(),
            Scale::Real => clock::real_ns(),
            Scale::Cpu => cpu_now_ns,
        }
    }
    fn cpu_now_ns(&self) -> u64 {
        match &self.clock {
            TimerClock::Cpu(c) => c.now_ns(),
            _ => 0,
        }
    }

    /// Arms it for its next expiry. A timer that tells nobody needs no interrupt: its time is worked out when asked.
    fn arm(&self, s: &mut State) {
        let (Some(due), true) = (s.due_ns, self.signal().is_some()) else { return };
        let Some(object) = self.object() else { return };
        match (s.scale, &self.clock) {
            (Scale::Monotonic, _) => s.alarm.set(Some(due), || object),
            (Scale::Real, _) => {
                let monotonic = due.saturating_add_signed(clock::real_offset_ns().saturating_neg());
                s.alarm.set(Some(monotonic), || object);
            }
            (Scale::Cpu, TimerClock::Cpu(c)) => {
                if let Some(watch) = s.watch.take() {
                    super::cpu_timers::add(watch, c, due, super::cpu_timers::Action::Timer(self.me.clone()));
                }
            }
            (Scale::Cpu, _) => {}
        }
    }
    /// Has the watched process look at its processor time; no lock may be held.
    fn tell_cpu(&self) {
        if let TimerClock::Cpu(c) = &self.clock {
            super::cpu_timers::watch_all(c.process());
        }
    }
    fn disarm(&self) {
        let watch = match &self.clock {
            TimerClock::Cpu(c) => super::cpu_timers::remove(
                c.process(),
                Ref::address(&match self.me.upgrade() {
                    Some(me) => me,
                    None => return,
                }),
            ),
            _ => None,
        };
        let object = self.object();
        let mut s = self.state.lock();
        s.due_ns = None;
        if watch.is_some() {
            s.watch = watch;
        }
        if let Some(o) = object {
            s.alarm.set(None, || o);
        }
    }

    fn setting(&self) -> Setting {
        let cpu_now = self.cpu_now_ns();
        let s = self.state.lock();
        let interval_ns = s.interval_ns;
        let Some(due) = s.due_ns else { return Setting { left_ns: 0, interval_ns } };
        let now = self.scale_now_ns(s.scale, cpu_now);
        let waits = s.signal == SignalState::Queued || self.signal().is_none();
        let due = if waits && interval_ns != 0 { forward(due, interval_ns, now).1 } else { due };
        let left_ns = match due.checked_sub(now) {
            Some(0) | None if self.signal().is_none() || waits => 0,
            // It is about to expire.
            Some(0) | None => 1,
            Some(left) => left,
        };
        Setting { left_ns, interval_ns }
    }

    /// It is due.
    pub(super) fn expire(&self) {
        if self.is_deleted() {
            return;
        }
        let info = {
            let mut s = self.state.lock();
            let Some(signal) = self.signal() else { return };
            if s.due_ns.is_none() {
                return;
            }
            if s.signal != SignalState::Idle {
                // The last signal, of an older setting, is still queued.
                s.missed = s.missed.saturating_add(1);
                None
            } else {
                s.signal = SignalState::Queued;
                Some(SigInfo::from_timer(signal, self.id, 0, self.value))
            }
        };
        let posted = info.and_then(|i| self.with_queue(|q| q.post(i)));
        if posted == Some(TimerPost::Queued) {
            let mut s = self.state.lock();
            if s.interval_ns == 0 {
                s.due_ns = None;
            }
            return;
        }
        if info.is_some() {
            self.state.lock().signal = SignalState::Idle;
        }
        self.go_on(RETRY_NS);
    }

    /// The next period, at the earliest `pause_ns` from now; gives how many expiries passed.
    fn go_on(&self, pause_ns: u64) -> u64 {
        let cpu_now = self.cpu_now_ns();
        let mut s = self.state.lock();
        let (Some(due), interval) = (s.due_ns, s.interval_ns) else { return 0 };
        if interval == 0 {
            s.due_ns = None;
            return 0;
        }
        let now = self.scale_now_ns(s.scale, cpu_now);
        let (passed, mut next) = forward(due, interval, now);
        if next < now.saturating_add(pause_ns) && pause_ns != 0 {
            next = forward(next, interval, now.saturating_add(pause_ns)).1;
        }
        s.due_ns = Some(next);
        self.arm(&mut s);
        drop(s);
        self.tell_cpu();
        passed
    }

    fn taken(&self, process: &Process, info: SigInfo) -> SigInfo {
        let was = core::mem::replace(&mut self.state.lock().signal, SignalState::Idle);
        if self.is_deleted() {
            self.forget(process);
            return info;
        }
        if was != SignalState::Queued {
            return info;
        }
        let passed = self.go_on(0);
        let mut s = self.state.lock();
        let missed = core::mem::take(&mut s.missed);
        let overruns = passed.saturating_sub(1).saturating_add(missed);
        s.overrun = i32::try_from(overruns).unwrap_or(i32::MAX);
        info.with_overrun(s.overrun)
    }

    fn discarded(&self, process: &Process) {
        let was = core::mem::replace(&mut self.state.lock().signal, SignalState::Idle);
        if self.is_deleted() {
            self.forget(process);
        } else if was == SignalState::Queued {
            self.go_on(RETRY_NS);
        }
    }

    /// It leaves the table, and its queue node is given up.
    fn forget(&self, process: &Process) {
        let node = process.attrs.timers.remove(self.id);
        if node.is_some() {
            self.with_queue(|q| q.release_hold());
        }
        drop(node);
    }
    /// The watch comes back, expired.
    pub(super) fn watch_returned(&self, watch: Box<Watch>) {
        self.state.lock().watch = Some(watch);
    }
}

impl Expire for PosixTimer {
    fn expired(&self, node: Box<TimerNode>) {
        let Some(object) = self.object() else { return };
        let due = self.state.lock().alarm.arrived(node, || object);
        if due {
            self.expire();
        }
    }
}
