//! Limits and usage: prlimit64(2), getrlimit(2), getrusage(2).

use super::time::timeval;
use super::{Call, CallResult};
use crate::fs::context::{Cred, cap};
use crate::task::attrs::Usage;
use crate::task::limits::{self, MayRaise};
use crate::task::{Process, Thread, accounting, ids, posix_timers};
use abi::{Errno, Rlimit64, Rusage};
use core::sync::atomic::Ordering::Relaxed;
use mem::{PAGE, Ref, user};

/// Most descriptors that any limit can allow (fs.nr_open).
const NR_OPEN: u64 = 1_048_576;

fn read_limit(process: &Process, resource: usize) -> Result<Rlimit64, Errno> {
    let (rlim_cur, rlim_max) = process.limits.get(resource).ok_or(Errno::EINVAL)?;
    Ok(Rlimit64 { rlim_cur, rlim_max })
}

fn set_limit(process: &Process, cred: &Cred, resource: usize, new: Rlimit64) -> Result<(), Errno> {
    if new.rlim_cur > new.rlim_max || resource >= limits::RESOURCES {
        return Err(Errno::EINVAL);
    }
    if resource == limits::NOFILE && new.rlim_max > NR_OPEN {
        return Err(Errno::EPERM);
    }
    let may_raise = if cred.capable(cap::SYS_RESOURCE) { MayRaise::Yes } else { MayRaise::No };
    process.limits.set(resource, new.rlim_cur, new.rlim_max, may_raise)?;
    if resource == limits::CPU {
        posix_timers::limit_changed(process);
    }
    Ok(())
}

/// getrlimit(2).
pub(super) fn getrlimit(c: &mut Call<'_>) -> CallResult {
    let limit = read_limit(c.me.process(), c.uint(0) as usize)?;
    user::write(c.arg(1), &limit)?;
    Ok(0)
}

/// setrlimit(2).
pub(super) fn setrlimit(c: &mut Call<'_>) -> CallResult {
    let new: Rlimit64 = user::read(c.arg(1))?;
    set_limit(c.me.process(), &c.me.cred(), c.uint(0) as usize, new)?;
    Ok(0)
}

/// prlimit64(2).
pub(super) fn prlimit64(c: &mut Call<'_>) -> CallResult {
    let resource = c.uint(1) as usize;
    let new = if c.arg(2) != 0 { Some(user::read::<Rlimit64>(c.arg(2))?) } else { None };
    let cred = c.me.cred();
    let target: Ref<Thread> = match c.int(0) {
        0 => c.me.to_ref(),
        p => ids::thread(u32::try_from(p).map_err(|_| Errno::ESRCH)?).ok_or(Errno::ESRCH)?,
    };
    if !core::ptr::eq(&*target, c.me) {
        let theirs = target.refs().ok_or(Errno::ESRCH)?.cred;
        let same = |mine: u32, ids: &crate::fs::context::Ids| [ids.real, ids.effective, ids.saved].iter().all(|id| *id == mine);
        let alike = same(cred.uid.real, &theirs.uid) && same(cred.gid.real, &theirs.gid);
        if !alike && !cred.capable(cap::SYS_RESOURCE) {
            return Err(Errno::EPERM.into());
        }
    }
    let process = target.process_opt().ok_or(Errno::ESRCH)?;
    let old = read_limit(process, resource)?;
    if let Some(new) = new {
        set_limit(process, &cred, resource, new)?;
    }
    if c.arg(3) != 0 {
        user::write(c.arg(3), &old)?;
    }
    Ok(0)
}

fn rusage(times: (u64, u64), faults: u64, switches: [u64; 2], peak_pages: u64) -> Rusage {
    let (run, system) = times;
    let [voluntary, forced] = switches;
    let mut r: Rusage = user::zeroed();
    r.ru_utime = timeval(run.saturating_sub(system));
    r.ru_stime = timeval(system);
    r.ru_maxrss = peak_pages.saturating_mul(PAGE as u64 / 1024) as i64;
    r.ru_minflt = faults as i64;
    r.ru_nvcsw = voluntary as i64;
    r.ru_nivcsw = forced as i64;
    r
}

fn figures(u: &Usage) -> (u64, [u64; 2]) {
    (u.faults.load(Relaxed), u.switches.each_ref().map(|s| s.load(Relaxed)))
}

/// What a process used: its threads, and those of them that have ended.
fn own(process: &Process) -> Rusage {
    let attrs = &process.attrs;
    let times = accounting::process_times_ns(process);
    let (mut faults, mut switches) = figures(&attrs.ended);
    let mut peak = attrs.ended.peak_pages.load(Relaxed);
    process.each_thread(|t| {
        faults = faults.saturating_add(t.faults());
        for (sum, n) in switches.iter_mut().zip(&t.switches) {
            *sum = sum.saturating_add(n.load(Relaxed));
        }
    });
    let space = process.state.lock().first_thread().and_then(|t| t.space());
    if let Some(s) = space {
        peak = peak.max(accounting::space_peak_pages(&s));
    }
    rusage(times, faults, switches, peak)
}

/// What the children used that were waited for.
fn children(process: &Process) -> Rusage {
    let [run, system] = process.children_ns.each_ref().map(|a| a.load(Relaxed));
    let (faults, switches) = figures(&process.attrs.children);
    rusage((run, system), faults, switches, process.attrs.children.peak_pages.load(Relaxed))
}

/// What a child used, with the children that it waited for, as wait4(2) tells it.
pub(crate) fn with_children(process: &Process) -> Rusage {
    let (times, sub) = (accounting::process_times_ns(process), &process.attrs.children);
    let [child_run, child_system] = process.children_ns.each_ref().map(|a| a.load(Relaxed));
    let (mut faults, mut switches) = figures(&process.attrs.ended);
    let (more, more_switches) = figures(sub);
    faults = faults.saturating_add(more);
    for (sum, n) in switches.iter_mut().zip(more_switches) {
        *sum = sum.saturating_add(n);
    }
    let peak = process.attrs.ended.peak_pages.load(Relaxed).max(sub.peak_pages.load(Relaxed));
    rusage((times.0.saturating_add(child_run), times.1.saturating_add(child_system)), faults, switches, peak)
}

/// getrusage(2).
pub(super) fn getrusage(c: &mut Call<'_>) -> CallResult {
    let me = c.me;
    let usage = match c.int(0) {
        0 => own(me.process()),
        -1 => children(me.process()),
        1 => {
            let whole = own(me.process());
            let switches = me.switches.each_ref().map(|s| s.load(Relaxed));
            let mine = rusage(accounting::times_ns(me), me.faults(), switches, 0);
            Rusage { ru_maxrss: whole.ru_maxrss, ..mine }
        }
        _ => return Err(Errno::EINVAL.into()),
    };
    user::write(c.arg(1), &usage)?;
    Ok(0)
}
