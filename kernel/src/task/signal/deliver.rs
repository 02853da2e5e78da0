//! Delivery: what happens to pending signals on the way to user mode.

use super::{frame, job};
use crate::budget;
use crate::linux::Restart;
use crate::mm::fault::FaultError;
use crate::task::{Thread, exit, posix_timers, rseq};
use abi::Errno;
use arch::{TrapFrame, flag};
use core::sync::atomic::Ordering;
use logic_signal::{
    AfterCall, Delivery, Protection, SaFlags, SigInfo, Signal, Situation, Tracing, after_call, code, decide, dequeue, force,
};
use mem::Threaded;

const ECALL_BYTES: usize = 4;

/// Delivers signals and does other work before the thread goes on in user mode.
pub(crate) fn on_the_way_out(me: &Thread, frame: &mut TrapFrame) {
    let due = me.task().core().flags.fetch_and(!(flag::SIGNAL | flag::WORK), Ordering::AcqRel);
    if due & flag::WORK != 0 {
        work(me, frame);
        // What it found to do raised the flag again.
        if due & flag::SIGNAL == 0 {
            return;
        }
    }
    let process = me.process();
    let mut handled = false;
    loop {
        if me.end.load(Ordering::Acquire) != 0 {
            exit::exit_thread(0);
        }
        let ending = process.state.lock().ending;
        if let Some(status) = ending {
            exit::exit_thread(status);
        }
        let (stop, taken, continues) = {
            let mut shared = process.signals.shared.lock();
            if shared.job.stop_wanted().is_some() {
                (true, None, 0)
            } else {
                let mut mine = me.signals.lock();
                let blocked = mine.blocked;
                (false, dequeue(&mut mine.pending, &mut shared.pending, blocked), shared.continues)
            }
        };
        if stop {
            job::stop_here(me);
            continue;
        }
        let Some(taken) = taken else { break };
        let info = match taken.info.code {
            code::SI_TIMER | code::SI_KERNEL => posix_timers::signal_taken(process, taken.info),
            _ => taken.info,
        };
        handled |= deliver(me, frame, &info, continues);
    }
    if !handled {
        finish_call(me, frame, None);
        me.restore_mask();
    }
}

/// Work that is due whenever the thread has come to a hart.
fn work(me: &Thread, frame: &mut TrapFrame) {
    me.releases.drain();
    posix_timers::check_cpu_time(me);
    budget::adopt(me);
    budget::throttle(me);
    budget::answer_alarms();
    if rseq::on_the_way_out(me, frame).is_err() {
        raise(me, SigInfo::plain(Signal::SEGV, code::SI_KERNEL));
    }
}

/// Acts on one signal, taken when so many continuations had been sent; true if a handler will run.
fn deliver(me: &Thread, frame: &mut TrapFrame, info: &SigInfo, continues: u64) -> bool {
    let process = me.process();
    let action = process.signals.action(info.signal);
    let protection = if process.is_init() { Protection::Init } else { Protection::None };
    match decide(info.signal, &Situation { action, protection, tracing: Tracing::None }) {
        Delivery::Ignore | Delivery::Trace => false,
        Delivery::Terminate | Delivery::Core => {
            exit::begin_group_exit(process, info.signal.number() as i32);
            false
        }
        Delivery::Stop => {
            if info.signal == Signal::STOP || !job::own_group_is_orphaned(process) {
                job::begin_stop(process, info.signal, continues);
            }
            false
        }
        Delivery::Handler(action) => {
            finish_call(me, frame, Some(action.flags));
            if action.flags.contains(SaFlags::RESETHAND) {
                process.signals.actions.lock().lock().enter_handler(info.signal);
            }
            let interrupted = rseq::on_the_way_out(me, frame);
            if interrupted.is_err() || frame::push(me, frame, info, &action).is_err() {
                exit::begin_group_exit(process, Signal::SEGV.number() as i32);
            }
            true
        }
    }
}

/// Decides how an interrupted call ends, now that it is known whether a handler runs.
fn finish_call(me: &Thread, frame: &mut TrapFrame, handler: Option<SaFlags>) {
    let Some(kind) = me.signals.lock().interrupted.take() else { return };
    let kind = match kind {
        Restart::Sys => logic_signal::Restart::IfAllowed,
        Restart::NoHandler => logic_signal::Restart::IfNoHandler,
        Restart::Always => logic_signal::Restart::Always,
        Restart::Block => logic_signal::Restart::Block,
    };
    match after_call(kind, handler) {
        AfterCall::Interrupted => frame.set_arg(0, Errno::EINTR.to_return()),
        AfterCall::Again => {
            frame.set_arg(0, frame.orig_a0);
            frame.set_pc(frame.pc().wrapping_sub(ECALL_BYTES));
        }
        AfterCall::RestartSyscall => {
            frame.set_arg(0, frame.orig_a0);
            frame.set_arg(7, abi::nr::restart_syscall);
            frame.set_pc(frame.pc().wrapping_sub(ECALL_BYTES));
        }
    }
}

/// A call was interrupted: how it ends is decided on the way out.
pub(crate) fn interrupted_call(me: &Thread, frame: &mut TrapFrame, kind: Restart) {
    frame.set_arg(0, Errno::EINTR.to_return());
    me.signals.lock().interrupted = Some(kind);
    me.raise(flag::SIGNAL);
}

/// A user instruction trapped for a reason other than a page.
pub(crate) fn raise_exception(cause: arch::Cause, frame: &TrapFrame) {
    const ILL_ILLOPC: i32 = 1;
    const TRAP_BRKPT: i32 = 1;
    const BUS_ADRALN: i32 = 1;
    const SEGV_ACCERR: i32 = 2;
    let (signal, code, addr) = match cause {
        arch::Cause::Illegal => (Signal::ILL, ILL_ILLOPC, frame.pc()),
        arch::Cause::Breakpoint => (Signal::TRAP, TRAP_BRKPT, frame.pc()),
        arch::Cause::Misaligned => (Signal::BUS, BUS_ADRALN, frame.pc()),
        _ => (Signal::SEGV, SEGV_ACCERR, frame.tval),
    };
    crate::task::with_current(|me| {
        tell_if_unhandled(me, signal, format_args!("{cause:?} at {:#x}, address {addr:#x}", frame.pc()));
        raise(me, SigInfo::from_fault(signal, code, addr as u64));
    });
}

/// A user access failed for good.
pub(crate) fn raise_fault(error: FaultError, frame: &TrapFrame) {
    const SEGV_MAPERR: i32 = 1;
    const SEGV_ACCERR: i32 = 2;
    const BUS_ADRERR: i32 = 2;
    let addr = frame.tval as u64;
    let info = match error {
        FaultError::NotMapped => SigInfo::from_fault(Signal::SEGV, SEGV_MAPERR, addr),
        FaultError::NotAllowed => SigInfo::from_fault(Signal::SEGV, SEGV_ACCERR, addr),
        FaultError::BeyondEnd => SigInfo::from_fault(Signal::BUS, BUS_ADRERR, addr),
        FaultError::NoMemory => {
            crate::mm::fault::count_oom_kill();
            SigInfo::plain(Signal::KILL, code::SI_KERNEL)
        }
    };
    crate::task::with_current(|me| {
        tell_if_unhandled(me, info.signal, format_args!("{error:?} at {:#x}, address {addr:#x}", frame.pc()));
        raise(me, info);
    });
}

/// Logs a fault that no handler will see (Linux's `show_unhandled_signals`), a few of them at a time.
fn tell_if_unhandled(me: &Thread, signal: Signal, what: core::fmt::Arguments<'_>) {
    static SOME: crate::klog::RateLimit = crate::klog::RateLimit::new();
    let action = me.process().signals.actions().lock().get(signal);
    if !matches!(action.disposition(), logic_signal::Disposition::Handler(_)) && SOME.allows() {
        crate::klog::info!("thread {}: signal {}: {what}", me.tid(), signal.number());
    }
}

/// Sends the running thread a signal that it can neither block nor ignore.
pub(super) fn raise(me: &Thread, info: SigInfo) {
    let process = me.process();
    let actions = process.signals.actions();
    let at = Situation {
        action: actions.lock().get(info.signal),
        protection: if process.is_init() { Protection::Init } else { Protection::None },
        tracing: Tracing::None,
    };
    let forced = force(info.signal, me.blocked(), &at);
    if forced.reset {
        actions.lock().reset(info.signal);
        me.signals.lock().blocked.remove(info.signal);
    }
    if forced.unprotect {
        exit::begin_group_exit(process, info.signal.number() as i32);
        return;
    }
    let _ = super::send::send_to_thread(me, info, super::Sender::Kernel);
    me.raise(flag::SIGNAL);
}
