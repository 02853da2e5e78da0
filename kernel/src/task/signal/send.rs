//! Making signals pending.

use super::job;
use crate::task::{Process, Thread, exit, limits, sched};
use abi::Errno;
use logic_signal::{
    Origin, Pending, PostError, Protection, SigInfo, SigSet, Signal, Situation, Supply, Target, Tracing, code, generate,
    is_fatal_at_once, wants_signal,
};
use mem::Ref;

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

fn situation(process: &Process, signal: Signal) -> Situation {
    let action = process.signals.action(signal);
    let protection = if process.is_init() { Protection::Init } else { Protection::None };
    Situation { action, protection, tracing: Tracing::None }
}

/// Sends a signal to a process; some thread that does not block it will take it.
pub(crate) fn send_to_process(process: &Process, info: SigInfo, sender: Sender) -> Result<(), Errno> {
    let first = process.state.lock().first_thread();
    let blocked = first.as_ref().is_some_and(|t| {
        let s = t.signals.lock();
        s.blocked.contains(info.signal) || s.awaited.contains(info.signal)
    });
    if !prepare(process, info.signal, blocked, sender) {
        return Ok(());
    }
    post(process, info, |f| f(&mut process.signals.shared.lock().pending))?;
    process.signals.tell();
    match first {
        Some(t) if wants(process, &t, info.signal) => notice(process, &t, info.signal),
        _ => pick_thread(process, info.signal),
    }
    Ok(())
}

/// Sends a signal to one thread.
pub(crate) fn send_to_thread(thread: &Thread, info: SigInfo, sender: Sender) -> Result<(), Errno> {
    let process = thread.process();
    let blocked = {
        let s = thread.signals.lock();
        s.blocked.contains(info.signal) || s.awaited.contains(info.signal)
    };
    if !prepare(process, info.signal, blocked, sender) {
        return Ok(());
    }
    post(process, info, |f| f(&mut thread.signals.lock().pending))?;
    process.signals.tell();
    notice(process, thread, info.signal);
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
pub(super) fn prepare(process: &Process, signal: Signal, blocked: bool, sender: Sender) -> bool {
    let origin = if sender != Sender::User { Origin::Outside } else { Origin::Inside };
    let what = generate(signal, origin, blocked, &situation(process, signal));
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
    let mut taker: Option<Ref<Thread>> = None;
    process.each_thread(|t| {
        if taker.is_none() && wants(process, t, signal) {
            taker = Some(t.clone());
        }
    });
    if let Some(t) = taker {
        notice(process, &t, signal);
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

fn wants(process: &Process, thread: &Thread, signal: Signal) -> bool {
    let stopped = is_stopped(process, thread);
    let blocked = thread.signals.lock().blocked;
    wants_signal(signal, &Target { blocked, exiting: false, stopped, responsive: true })
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
pub(super) fn notice(process: &Process, thread: &Thread, signal: Signal) {
    let (blocked, awaited) = {
        let s = thread.signals.lock();
        (s.blocked.contains(signal), s.awaited.contains(signal))
    };
    if signal != Signal::KILL && is_stopped(process, thread) {
        return;
    }
    if !blocked && is_fatal_at_once(signal, blocked, &situation(process, signal)) {
        exit::begin_group_exit(process, signal.number() as i32);
        return;
    }
    if !blocked {
        thread.raise(arch::flag::SIGNAL);
    }
    if !blocked || awaited {
        thread.wake();
        sched::interrupt(thread);
    }
}
