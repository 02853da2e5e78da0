//! Making signals pending.

use super::job;
use crate::task::{Process, Thread, exit, limits, sched};
use abi::Errno;
use logic_signal::{
    Origin, Pending, PostError, Protection, SigInfo, SigSet, Signal, Situation, Supply, Target, Tracing, code, generate,
    is_fatal_at_once, wants_signal,
};

/// Who sends: decides what process 1 can be made to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A process.
    User,
    /// A process outside the target's pid scope.
    Outer,
    /// The kernel.
    Kernel,
}

/// What the process makes of the signal now.
pub(super) fn situation(process: &Process, signal: Signal) -> Situation {
    let action = process.signals.action(signal);
    let protection = if process.is_init() { Protection::Init } else { Protection::None };
    Situation { action, protection, tracing: Tracing::None }
}

/// Sends a signal to a process; some thread that does not block it will take it.
pub(crate) fn send_to_process(process: &Process, info: SigInfo, sender: Sender) -> Result<(), Errno> {
    let first = process.state.lock().first_thread();
    let kept = first.as_ref().is_some_and(|t| Masks::of(t, info.signal).keep());
    let at = situation(process, info.signal);
    if !prepare(process, info.signal, kept, sender, &at) {
        return Ok(());
    }
    post(process, info, |f| f(&mut process.signals.shared.lock().pending))?;
    process.signals.tell();
    if !first.is_some_and(|t| offer(process, &t, info.signal, &at)) {
        pick_thread(process, info.signal);
    }
    Ok(())
}

/// Sends a signal to one thread.
pub(crate) fn send_to_thread(thread: &Thread, info: SigInfo, sender: Sender) -> Result<(), Errno> {
    let process = thread.process();
    let at = situation(process, info.signal);
    if !prepare(process, info.signal, Masks::of(thread, info.signal).keep(), sender, &at) {
        return Ok(());
    }
    post(process, info, |f| f(&mut thread.signals.lock().pending))?;
    process.signals.tell();
    notice(process, thread, info.signal, &at);
    Ok(())
}

/// Sends a signal to the calling thread, as the kernel does for SIGPIPE.
pub(crate) fn send_to_self(me: &Thread, signal: u32) {
    if let Some(s) = Signal::new(signal) {
        let info = SigInfo::from_sender(s, code::SI_USER, me.process().own_pid() as i32, 0);
        let _ = send_to_thread(me, info, Sender::Kernel);
    }
}

/// Discards what cancels each other; says whether the signal is to be queued.
pub(super) fn prepare(process: &Process, signal: Signal, kept: bool, sender: Sender, at: &Situation) -> bool {
    let origin = if sender != Sender::User { Origin::Outside } else { Origin::Inside };
    let what = generate(signal, origin, kept, at);
    if !what.discard.is_empty() {
        discard_everywhere(process, what.discard);
    }
    if what.resumes || signal == Signal::KILL {
        job::resume(process);
    }
    what.queue
}

/// Takes pending signals away from a process and all its threads.
pub(crate) fn discard_everywhere(process: &Process, signals: SigSet) {
    process.signals.shared.lock().pending.discard(signals);
    process.each_thread(|t| {
        t.signals.lock().pending.discard(signals);
    });
    crate::task::posix_timers::signals_discarded(process, signals);
}

/// Queues the signal, bringing memory for it if needed. `with` locks the queue.
fn post(process: &Process, info: SigInfo, mut with: impl FnMut(&mut dyn FnMut(&mut Pending))) -> Result<(), Errno> {
    if over_limit(process, &info) {
        return post_bare(info, with);
    }
    let mut supply = None;
    loop {
        let mut result = Ok(());
        let mut unused = None;
        with(&mut |p| {
            if let Some(s) = supply.take()
                && let Err(s) = p.add_supply(s)
            {
                unused = Some(s);
            }
            match p.post(info) {
                Ok(_) => {}
                Err(e) => result = Err(e),
            }
        });
        drop(unused);
        match result {
            Ok(()) => return Ok(()),
            Err(PostError::NeedsSupply) => match Supply::try_new() {
                Ok(s) => supply = Some(s),
                Err(_) => return post_bare(info, with),
            },
            Err(PostError::Full) => return post_bare(info, with),
        }
    }
}

/// RLIMIT_SIGPENDING, which standard signals of kill(2) and of the kernel are exempt from. Each process is held to it by
/// itself: what its user queues elsewhere is bounded by the processes that it may have.
fn over_limit(process: &Process, info: &SigInfo) -> bool {
    if !info.signal.is_real_time() && info.code >= 0 {
        return false;
    }
    let mut queued = u64::from(process.signals.shared.lock().pending.nodes());
    process.each_thread(|t| queued = queued.saturating_add(u64::from(t.signals.lock().pending.nodes())));
    queued >= process.limit(limits::SIGPENDING)
}

/// Without memory, or beyond the limit, a standard signal still becomes pending; a queued one is refused (sigqueue(3) EAGAIN).
fn post_bare(info: SigInfo, mut with: impl FnMut(&mut dyn FnMut(&mut Pending))) -> Result<(), Errno> {
    if info.signal.is_real_time() && info.code != code::SI_USER {
        return Err(Errno::EAGAIN);
    }
    with(&mut |p| {
        let _ = p.post_bare(info.signal);
    });
    Ok(())
}

/// Finds a thread of the process that takes the signal.
pub(super) fn pick_thread(process: &Process, signal: Signal) {
    let at = situation(process, signal);
    let mut taken = false;
    process.each_thread(|t| taken = taken || offer(process, t, signal, &at));
    if taken {
        return;
    }
    // Somebody may wait for it with rt_sigtimedwait although it is blocked.
    process.each_thread(|t| {
        if t.signals.lock().awaited.contains(signal) {
            t.wake();
        }
    });
}

/// Finds takers anew for what is pending for the process: the thread that was to take it ends, or blocks it now.
pub(crate) fn hand_on(process: &Process) {
    let pending = process.signals.shared.lock().pending.set();
    for signal in pending.iter() {
        pick_thread(process, signal);
    }
}

/// What a thread's masks say about a signal.
#[derive(Clone, Copy)]
struct Masks {
    blocked: bool,
    awaited: bool,
}

impl Masks {
    #[inline]
    fn of(thread: &Thread, signal: Signal) -> Masks {
        let s = thread.signals.lock();
        Masks { blocked: s.blocked.contains(signal), awaited: s.awaited.contains(signal) }
    }
    /// Whether the signal is kept for it whatever it does.
    fn keep(self) -> bool {
        self.blocked || self.awaited
    }
}

/// Has a thread look at its signals if it takes this one of its process; says whether it does.
fn offer(process: &Process, thread: &Thread, signal: Signal, at: &Situation) -> bool {
    let stopped = is_stopped(process, thread);
    let masks = Masks::of(thread, signal);
    let takes = wants_signal(signal, &Target { blocks: masks.blocked, exiting: false, stopped, responsive: true });
    if takes {
        look(process, thread, signal, at, masks);
    }
    takes
}

/// Whether the thread has stopped and was not continued: it looks at signals, SIGKILL apart, when it goes on.
fn is_stopped(process: &Process, thread: &Thread) -> bool {
    if !job::any_stopped() {
        return false;
    }
    let shared = process.signals.shared.lock();
    shared.job.stop_wanted().is_some() && thread.signals.lock().settled_stop == shared.stops
}

/// Has a thread look at its signals; a signal that ends the process ends it for all threads at once.
pub(super) fn notice(process: &Process, thread: &Thread, signal: Signal, at: &Situation) {
    if signal == Signal::KILL || !is_stopped(process, thread) {
        look(process, thread, signal, at, Masks::of(thread, signal));
    }
}

/// [`notice`] for a thread that is not stopped. Its masks were read after the signal had become pending: it has them still,
/// or looks itself.
fn look(process: &Process, thread: &Thread, signal: Signal, at: &Situation, masks: Masks) {
    if is_fatal_at_once(signal, masks.blocked, at) {
        exit::begin_group_exit(process, signal.number() as i32);
        return;
    }
    if !masks.blocked {
        thread.raise(arch::flag::SIGNAL);
    }
    if masks.awaited || !masks.blocked {
        thread.wake();
        sched::interrupt(thread);
    }
}
