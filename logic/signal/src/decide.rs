//! What a signal does: when it is sent, when it is delivered, to a system call, and to whom.
//!
//! Key functions: [`generate`] (sending), [`decide`] (delivery), [`force`] (a fault of the thread
//! itself), [`after_call`] (restart). Tables follow signal(7) and POSIX.1 section 2.4.

use crate::{Action, DefaultAction, Disposition, SaFlags, SigSet, Signal};

/// Whether the process is one that signals may not end by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// An ordinary process.
    None,
    /// Process 1 of a pid scope: default actions do not happen to it (pid_namespaces(7)).
    Init,
}

/// Whether a debugger sees the signal first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracing {
    /// Nobody traces.
    None,
    /// A tracer is attached (ptrace(2)).
    Traced,
}

/// Where a signal comes from, which matters to [`Protection::Init`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From inside the pid scope, or raised by the process itself.
    Inside,
    /// From an ancestor scope or the kernel: SIGKILL and SIGSTOP work on init too.
    Outside,
}

/// What a signal meets.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// The process's action for it.
    pub action: Action,
    /// Init or not.
    pub protection: Protection,
    /// Traced or not.
    pub tracing: Tracing,
}

/// What sending a signal does before it is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Pending signals to discard in the process and all its threads: stops go when SIGCONT
    /// comes, SIGCONT when a stop comes. It happens even if the signal itself is dropped.
    pub discard: SigSet,
    /// Wake stopped threads and tell [`crate::JobState::resume`]: it was SIGCONT.
    pub resumes: bool,
    /// Queue it; else it is dropped here.
    pub queue: bool,
}

/// What delivering a signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing; take the next.
    Ignore,
    /// Stop for the tracer, which may change or drop the signal; then decide with
    /// [`Tracing::None`].
    Trace,
    /// End the process.
    Terminate,
    /// End it and dump core.
    Core,
    /// Stop the process (see [`crate::JobState`]). Unless it was SIGSTOP, the shell first checks
    /// that the process group is not orphaned, and ignores it if it is (POSIX.1 2.4.3).
    Stop,
    /// Run the handler with this action.
    Handler(Action),
}

/// How a call that a signal interrupted wants to go on; Linux's `ERESTART*` codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// `ERESTARTSYS`: again if there is no handler, or `SA_RESTART`.
    IfAllowed,
    /// `ERESTARTNOINTR`: again always.
    Always,
    /// `ERESTARTNOHAND`: again only if no handler ran (sigsuspend, pause, ppoll …).
    IfNoHandler,
    /// `ERESTART_RESTARTBLOCK`: by restart_syscall(2) with the remaining time, if no handler ran.
    Block,
}

/// How an interrupted call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterCall {
    /// It returns EINTR.
    Interrupted,
    /// The same call again: original `a0`, `pc` back to the ecall.
    Again,
    /// restart_syscall(2): as [`AfterCall::Again`] with its number in `a7`.
    RestartSyscall,
}

/// A thread that might take a process's signal.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its mask has the signal.
    pub blocks: bool,
    /// Exiting threads take nothing.
    pub exiting: bool,
    /// Stopped or traced-stopped: takes only SIGKILL.
    pub stopped: bool,
    /// Runs now, or has no signal pending yet: it would notice this one without delay.
    pub responsive: bool,
}

/// What a fault's signal does to action and mask before it is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forced {
    /// Put the default action back ([`crate::Actions::reset`]) and unblock the signal.
    pub reset: bool,
    /// Take [`Protection::Init`] away: its own fault ends it.
    pub unprotect: bool,
}

/// What sending `signal` does first. `blocked_somewhere`: the target thread (for a process: its
/// main thread) blocks it, or waits for it in rt_sigtimedwait(2), so that it must be kept.
#[must_use]
pub fn generate(signal: Signal, origin: Origin, blocked_somewhere: bool, at: &Situation) -> Generated {
    let resumes = signal == Signal::CONT;
    let discard = if resumes {
        SigSet::STOPPING
    } else if SigSet::STOPPING.contains(signal) {
        SigSet::CONTINUING
    } else {
        SigSet::EMPTY
    };
    let kept = blocked_somewhere && !signal.is_kernel_only();
    let traced = at.tracing == Tracing::Traced && signal != Signal::KILL;
    let spared = at.protection == Protection::Init && at.action.disposition() == Disposition::Default && origin == Origin::Inside;
    let queue = kept || traced || !spared && has_effect(signal, at);
    Generated { discard, resumes, queue }
}

/// What delivering `signal` does.
#[must_use]
pub fn decide(signal: Signal, at: &Situation) -> Delivery {
    if at.tracing == Tracing::Traced && signal != Signal::KILL {
        return Delivery::Trace;
    }
    match at.action.disposition() {
        Disposition::Ignore => Delivery::Ignore,
        Disposition::Handler(_) => Delivery::Handler(at.action),
        Disposition::Default if !has_effect(signal, at) => Delivery::Ignore,
        Disposition::Default => match signal.default_action() {
            DefaultAction::Ignore | DefaultAction::Continue => Delivery::Ignore,
            DefaultAction::Stop => Delivery::Stop,
            DefaultAction::Core => Delivery::Core,
            DefaultAction::Terminate => Delivery::Terminate,
        },
    }
}

/// A fault of the thread raises `signal`, which can neither be blocked nor ignored.
#[must_use]
pub fn force(signal: Signal, blocked: SigSet, at: &Situation) -> Forced {
    let reset = blocked.contains(signal) || at.action.disposition() == Disposition::Ignore;
    let defaults = reset || at.action.disposition() == Disposition::Default;
    Forced { reset, unprotect: defaults && at.tracing == Tracing::None }
}

/// How an interrupted call ends; `handler` are the flags of the action whose handler runs, `None`
/// if none does.
#[must_use]
pub fn after_call(kind: Restart, handler: Option<SaFlags>) -> AfterCall {
    match (kind, handler) {
        (Restart::Always, _) | (Restart::IfAllowed | Restart::IfNoHandler, None) => AfterCall::Again,
        (Restart::Block, None) => AfterCall::RestartSyscall,
        (Restart::IfAllowed, Some(flags)) if flags.contains(SaFlags::RESTART) => AfterCall::Again,
        (_, Some(_)) => AfterCall::Interrupted,
    }
}

/// Whether a thread takes a signal sent to its process. The shell asks the main thread first,
/// then the others in turn from the one that took the last; if none wants it, it stays pending.
#[must_use]
pub fn wants_signal(signal: Signal, thread: &Target) -> bool {
    if thread.exiting || thread.blocks && !signal.is_kernel_only() {
        return false;
    }
    signal == Signal::KILL || !thread.stopped && thread.responsive
}

/// Whether a signal that some thread takes ends the process for certain, so that all its threads
/// can be killed at once instead of when that one runs. Not for core dumps, which must see them.
#[must_use]
pub fn is_fatal_at_once(signal: Signal, target_blocks: bool, at: &Situation) -> bool {
    let ends = at.action.disposition() == Disposition::Default
        && signal.default_action() == DefaultAction::Terminate
        && has_effect(signal, at);
    ends && !target_blocks && (signal == Signal::KILL || at.tracing == Tracing::None)
}

/// Whether action and protection leave the signal anything to do. SIGKILL and SIGSTOP that init
/// is spared from were dropped when they were sent.
fn has_effect(signal: Signal, at: &Situation) -> bool {
    let protected =
        at.protection == Protection::Init && at.action.disposition() == Disposition::Default && !signal.is_kernel_only();
    !protected && !at.action.ignores(signal)
}
