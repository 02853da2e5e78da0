//! Stop, continue, and what parents are told.

use super::send::{Sender, send_to_process};
use crate::task::exit::Wanted;
use crate::task::wait::{self, Ended, Interrupt};
use crate::task::{Process, Thread, sched};
use arch::flag;
use logic_signal::{ChildCode, Continued, Disposition, JobReport, SaFlags, SigInfo, Signal};
use logic_waits::Events;

/// SIGCONT or SIGKILL: stopped threads go on.
pub(super) fn resume(process: &Process) {
    let continued = process.signals.shared.lock().job.resume();
    let report = match continued {
        Continued::WasRunning => return,
        Continued::WasStopping(r) | Continued::WasStopped(r) => r,
    };
    process.each_thread(|t| t.wake());
    tell_parent(process, report);
}

/// A stop signal was delivered: the whole process stops.
pub(super) fn begin_stop(process: &Process, signal: Signal) {
    let threads = process.live_threads.load(core::sync::atomic::Ordering::Acquire);
    process.signals.shared.lock().job.begin_stop(signal, threads);
    process.each_thread(|t| {
        t.raise(flag::SIGNAL);
        t.wake();
        sched::interrupt(t);
    });
}

/// The thread stops until it may go on.
pub(super) fn stop_here(me: &Thread) {
    let process = me.process();
    let report = process.signals.shared.lock().job.thread_settled();
    if let Some(r) = report {
        tell_parent(process, r);
    }
    let going_on = || {
        let stopped = process.signals.shared.lock().job.stop_wanted().is_some();
        Ok::<_, Ended>((!stopped).then_some(()))
    };
    let _ = wait::sleep_until(me, None, Interrupt::Kill, going_on);
}

/// Tells the parent that a child stopped or goes on.
fn tell_parent(process: &Process, report: JobReport) {
    let parent = process.state.lock().parent.clone();
    let Some(parent) = parent else { return };
    let (code, status) = match report {
        JobReport::Stopped(s) => (ChildCode::Stopped, s.number() as i32),
        JobReport::Continued => (ChildCode::Continued, Signal::CONT.number() as i32),
    };
    let wants = {
        let action = parent.signals.actions().lock().get(Signal::CHLD);
        !action.flags.contains(SaFlags::NOCLDSTOP)
    };
    if wants {
        let info = SigInfo::from_child(code, process.pid() as i32, 0, status, 0, 0);
        let _ = send_to_process(&parent, info, Sender::Kernel);
    }
    notify_child(&parent);
}

/// Wakes whoever waits for children of `parent`.
pub(crate) fn notify_child(parent: &Process) {
    wait::notify(parent, Events::IN);
}

/// Sends a child's last signal to its parent. True: the parent ignores its children, nobody will wait for it.
pub(crate) fn child_ended(parent: &Process, child: &Process, signal: u32) -> bool {
    let Some(signal) = Signal::new(signal) else { return false };
    let status = child.state.lock().exit.unwrap_or(0);
    let (code, status) = match status & 0x7f {
        0 => (ChildCode::Exited, (status >> 8) & 0xff),
        s if status & 0x80 != 0 => (ChildCode::Dumped, s),
        s => (ChildCode::Killed, s),
    };
    let action = parent.signals.actions().lock().get(signal);
    let unwanted =
        signal == Signal::CHLD && (action.disposition() == Disposition::Ignore || action.flags.contains(SaFlags::NOCLDWAIT));
    if action.disposition() != Disposition::Ignore {
        let (run, system) = child.times_ns();
        let tick = |ns: u64| (ns / 10_000_000) as i64;
        let mut info = SigInfo::from_child(code, child.pid() as i32, 0, status, tick(run.saturating_sub(system)), tick(system));
        info.signal = signal;
        let _ = send_to_process(parent, info, Sender::Kernel);
    }
    unwanted
}

/// The wait status of a child that stopped or goes on, if the wait is for that.
pub(crate) fn job_status(child: &Process, wanted: Wanted) -> Option<i32> {
    let mut shared = child.signals.shared.lock();
    let status = match shared.job.report()? {
        JobReport::Stopped(s) if wanted.stopped => (s.number() as i32) << 8 | 0x7f,
        JobReport::Continued if wanted.continued => 0xffff,
        _ => return None,
    };
    if !wanted.keep {
        shared.job.take_report();
    }
    Some(status)
}
