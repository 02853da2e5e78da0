//! Stop, continue, and what parents are told.

use super::send::{Sender, send_to_process};
use super::state::Shared;
use crate::see::{On, Waits};
use crate::task::exit::Wanted;
use crate::task::process::{Children, TREE};
use crate::task::wait::{self, Ended, Interrupt};
use crate::task::{Process, Thread, ids, sched};
use arch::flag;
use core::sync::atomic::{AtomicU32, Ordering};
use logic_signal::{ChildCode, Continued, Disposition, JobReport, SaFlags, SigInfo, Signal, code};
use logic_waits::Events;
use mem::Ref;

/// Processes that are stopped or about to be: 0 spares every exit the look for orphaned groups.
static STOPPED: AtomicU32 = AtomicU32::new(0);

/// Whether any process is stopped or about to be.
pub(super) fn any_stopped() -> bool {
    STOPPED.load(Ordering::Acquire) != 0
}

/// SIGCONT or SIGKILL: stopped threads go on.
pub(super) fn resume(process: &Process) {
    let continued = {
        let mut shared = process.signals.shared.lock();
        shared.continues = shared.continues.wrapping_add(1);
        shared.job.resume()
    };
    let report = match continued {
        Continued::WasRunning => return,
        Continued::WasStopping(r) | Continued::WasStopped(r) => r,
    };
    STOPPED.fetch_sub(1, Ordering::Relaxed);
    process.each_thread(|t| t.wake());
    tell_parent(process, report);
}

/// A stop signal was delivered: the whole process stops, unless it was continued since the signal was taken.
pub(super) fn begin_stop(process: &Process, signal: Signal, continues: u64) {
    {
        let mut shared = process.signals.shared.lock();
        if shared.continues != continues || shared.job.stop_wanted().is_some() {
            return;
        }
        shared.stops = shared.stops.wrapping_add(1);
        let threads = process.live_threads.load(Ordering::Acquire);
        // First: who sees no process stopped need not look.
        STOPPED.fetch_add(1, Ordering::Release);
        shared.job.begin_stop(signal, threads);
    }
    process.each_thread(|t| {
        t.raise(flag::SIGNAL);
        t.wake();
        sched::interrupt(t);
    });
}

/// The thread stops until it may go on.
pub(super) fn stop_here(me: &Thread) {
    let process = me.process();
    // Who waits for children looks with the tree locked: the signal comes before the stop can be seen.
    let tree = TREE.lock();
    let (report, stop) = {
        let mut shared = process.signals.shared.lock();
        (settle(me, &mut shared), shared.stops)
    };
    let parent = report.and_then(|r| signal_parent(process, r));
    drop(tree);
    if let Some(p) = parent {
        notify_child(&p);
    }
    let going_on = || {
        let shared = process.signals.shared.lock();
        let stopped = shared.job.stop_wanted().is_some() && shared.stops == stop;
        Ok::<_, Ended>((!stopped).then_some(()))
    };
    let _ = wait::sleep_on(me, On::plain(Waits::Stopped), None, Interrupt::Kill, going_on);
}

/// The thread counts as stopped, once for each stop.
fn settle(me: &Thread, shared: &mut Shared) -> Option<JobReport> {
    let mut mine = me.signals.lock();
    if shared.job.stop_wanted().is_none() || mine.settled_stop == shared.stops {
        return None;
    }
    mine.settled_stop = shared.stops;
    shared.job.thread_settled()
}

/// Counts a thread that was made; a process that stops waits for it as well.
pub(crate) fn thread_begins(process: &Process, thread: &Thread) {
    let mut shared = process.signals.shared.lock();
    process.live_threads.fetch_add(1, Ordering::AcqRel);
    process.remaining_threads.fetch_add(1, Ordering::AcqRel);
    if shared.job.stop_wanted().is_some() {
        shared.job.thread_added();
        drop(shared);
        thread.raise(flag::SIGNAL);
    }
}

/// Counts a thread that ends; true if it was the last one of its process.
pub(crate) fn thread_ends(me: &Thread, process: &Process) -> bool {
    let (last, report, stopping) = {
        let mut shared = process.signals.shared.lock();
        let last = process.live_threads.fetch_sub(1, Ordering::AcqRel) == 1;
        if last { (true, None, shared.job.resume() != Continued::WasRunning) } else { (false, settle(me, &mut shared), false) }
    };
    if stopping {
        STOPPED.fetch_sub(1, Ordering::Relaxed);
    }
    if let Some(r) = report {
        tell_parent(process, r);
    }
    last
}

/// Sends a signal of the kernel to all processes of a group.
pub(crate) fn send_to_group(pgid: u32, signal: Signal) {
    each_member(pgid, |p| {
        let _ = send_to_process(p, SigInfo::plain(signal, code::SI_KERNEL), Sender::Kernel);
        true
    });
}

/// Calls `f` with each process of a group that has not ended, until it says false; true if it never did.
fn each_member(pgid: u32, mut f: impl FnMut(&Process) -> bool) -> bool {
    let mut from = 0;
    while let Some((pid, p)) = ids::next_process(from) {
        from = pid.saturating_add(1);
        let is_member = {
            let s = p.state.lock();
            s.pgid == pgid && s.exit.is_none()
        };
        if is_member && !f(&p) {
            return false;
        }
    }
    true
}

/// Whether no member of a group has a parent in another group of the same session (POSIX.1 3.264). Process 1 does not
/// count as such a parent, as on Linux: it runs no jobs.
pub(crate) fn group_is_orphaned(pgid: u32) -> bool {
    each_member(pgid, |p| !has_overseer(p, pgid))
}

fn has_overseer(process: &Process, pgid: u32) -> bool {
    let (parent, sid) = {
        let s = process.state.lock();
        (s.parent.clone(), s.sid)
    };
    parent.is_some_and(|parent| {
        let s = parent.state.lock();
        parent.pid() != 1 && s.pgid != pgid && s.sid == sid
    })
}

/// [`group_is_orphaned`] of a process's own group; the usual answer is found at once.
pub(super) fn own_group_is_orphaned(process: &Process) -> bool {
    let pgid = process.state.lock().pgid;
    !has_overseer(process, pgid) && group_is_orphaned(pgid)
}

/// A process has ended, and its `children` have another parent: stopped members of groups that became orphaned by that
/// get SIGHUP and SIGCONT (_exit(3p)). The tree is locked.
pub(crate) fn orphan_groups(process: &Process, children: &Children) {
    if STOPPED.load(Ordering::Relaxed) == 0 {
        return;
    }
    let (pgid, sid) = {
        let s = process.state.lock();
        (s.pgid, s.sid)
    };
    if has_overseer(process, pgid) {
        rouse_if_orphaned(pgid);
    }
    for (_, child) in children.iter() {
        let (child_pgid, child_sid) = {
            let s = child.state.lock();
            (s.pgid, s.sid)
        };
        if child_pgid != pgid && child_sid == sid {
            rouse_if_orphaned(child_pgid);
        }
    }
}

fn rouse_if_orphaned(pgid: u32) {
    let none_stopped = each_member(pgid, |p| !p.signals.shared.lock().job.is_stopped());
    if !none_stopped && group_is_orphaned(pgid) {
        send_to_group(pgid, Signal::HUP);
        send_to_group(pgid, Signal::CONT);
    }
}

/// Tells the parent that a child stopped or goes on.
fn tell_parent(process: &Process, report: JobReport) {
    if let Some(parent) = signal_parent(process, report) {
        notify_child(&parent);
    }
}

/// SIGCHLD for a child that stopped or goes on; gives the parent, whose waiting threads are to be woken.
fn signal_parent(process: &Process, report: JobReport) -> Option<Ref<Process>> {
    let parent = process.state.lock().parent.clone()?;
    let (code, status) = match report {
        JobReport::Stopped(s) => (ChildCode::Stopped, s.number() as i32),
        JobReport::Continued => (ChildCode::Continued, Signal::CONT.number() as i32),
    };
    let wants = {
        let action = parent.signals.actions().lock().get(Signal::CHLD);
        !action.flags.contains(SaFlags::NOCLDSTOP)
    };
    if wants {
        let info = SigInfo::from_child(code, process.number_in(parent.scope()) as i32, 0, status, 0, 0);
        let _ = send_to_process(&parent, info, Sender::Kernel);
    }
    Some(parent)
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
        let mut info = SigInfo::from_child(
            code,
            child.number_in(parent.scope()) as i32,
            0,
            status,
            tick(run.saturating_sub(system)),
            tick(system),
        );
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
