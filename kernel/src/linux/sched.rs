//! Scheduling: sched_setaffinity(2), setpriority(2), sched_setscheduler(2), sched_setattr(2) and their family.

use super::time::timespec;
use super::{Call, CallResult};
use crate::fs::context::{Cred, cap};
use crate::task::policy::{OnFork, Parameters, Policy};
use crate::task::sched::{self, Leave};
use crate::task::{Process, Thread, ids, limits};
use crate::world::need;
use abi::{Authority, Errno, Grant, SchedAttr, SchedParam};
use mem::{Ref, user};

/// Bytes of a set of harts (cpumask_size).
const SET_BYTES: usize = 8;
/// In a policy argument: children begin with the default.
const RESET_ON_FORK: u32 = 0x4000_0000;

/// The thread that argument `n` names; 0 is the caller.
fn thread(c: &Call<'_>, n: usize) -> Result<Ref<Thread>, Errno> {
    match c.int(n) {
        0 => Ok(c.me.to_ref()),
        p => {
            let t = ids::thread(u32::try_from(p).map_err(|_| Errno::ESRCH)?).ok_or(Errno::ESRCH)?;
            // One that has left its process is only not forgotten yet.
            if t.refs().is_some() { Ok(t) } else { Err(Errno::ESRCH) }
        }
    }
}

/// The same where a negative number is an error of its own.
fn thread_or_invalid(c: &Call<'_>, n: usize) -> Result<Ref<Thread>, Errno> {
    if c.int(n) < 0 { Err(Errno::EINVAL) } else { thread(c, n) }
}

/// Whether a thread belongs to the caller's user.
pub(super) fn same_owner(mine: &Cred, t: &Thread) -> bool {
    t.refs().is_some_and(|r| mine.uid.effective == r.cred.uid.effective || mine.uid.effective == r.cred.uid.real)
}

/// A set of harts of `bytes` bytes in user memory; what is beyond 64 harts does not count.
pub(crate) fn read_set(at: usize, bytes: usize) -> Result<u64, Errno> {
    let mut set = [0u8; SET_BYTES];
    let part = set.get_mut(..bytes.min(SET_BYTES)).unwrap_or_default();
    user::copy_in(part, at).map_err(|user::Fault| Errno::EFAULT)?;
    Ok(u64::from_le_bytes(set))
}

/// Writes a set of harts to user memory.
pub(crate) fn write_set(at: usize, bytes: usize, set: u64) -> Result<(), Errno> {
    let set = set.to_le_bytes();
    let part = set.get(..bytes.min(SET_BYTES)).unwrap_or_default();
    user::copy_out(at, part).map_err(|user::Fault| Errno::EFAULT)
}

/// sched_yield(2).
pub(super) fn sched_yield(_c: &mut Call<'_>) -> CallResult {
    sched::leave(Leave::Yielded);
    Ok(0)
}

/// sched_setaffinity(2).
pub(super) fn sched_setaffinity(c: &mut Call<'_>) -> CallResult {
    let wanted = read_set(c.arg(2), c.uint(1) as usize)?;
    let t = thread(c, 0)?;
    let cred = c.me.cred();
    if !same_owner(&cred, &t) && !cred.capable(cap::SYS_NICE) {
        return Err(Errno::EPERM.into());
    }
    if wanted & sched::online() == 0 {
        return Err(Errno::EINVAL.into());
    }
    t.set_affinity(wanted);
    if core::ptr::eq(&*t, c.me) {
        // Moves at once if this hart is not among them.
        sched::leave(Leave::Preempted);
    }
    Ok(0)
}

/// sched_getaffinity(2).
pub(super) fn sched_getaffinity(c: &mut Call<'_>) -> CallResult {
    let bytes = c.uint(1) as usize;
    if !bytes.is_multiple_of(8) || bytes < SET_BYTES {
        return Err(Errno::EINVAL.into());
    }
    let t = thread(c, 0)?;
    write_set(c.arg(2), bytes, t.allowed_harts())?;
    Ok(SET_BYTES)
}

/// Whom setpriority(2), ioprio_set(2) and their counterparts are about.
#[derive(Clone, Copy)]
pub(super) enum Who {
    /// The thread that argument 1 names.
    Thread,
    /// A process group.
    Group(u32),
    /// All of a real user.
    User(u32),
}

impl Who {
    fn arg(c: &Call<'_>) -> Result<Who, Errno> {
        let who = c.uint(1);
        Ok(match c.int(0) {
            0 => Who::Thread,
            1 if who == 0 => Who::Group(c.me.process().state.lock().pgid),
            1 => Who::Group(ids::root_of(who).ok_or(Errno::ESRCH)?),
            2 if who == 0 => Who::User(c.me.cred().uid.real),
            2 => Who::User(who),
            _ => return Err(Errno::EINVAL),
        })
    }
    /// Calls `f` with each of them.
    pub(super) fn each(self, c: &Call<'_>, mut f: impl FnMut(&Ref<Thread>)) {
        if let Who::Thread = self {
            if let Ok(t) = thread(c, 1) {
                f(&t);
            }
            return;
        }
        let mut from = 0;
        while let Some((pid, p)) = ids::next_visible(from) {
            from = pid.saturating_add(1);
            if self.includes(&p) {
                p.each_thread(&mut f);
            }
        }
    }
    fn includes(self, p: &Process) -> bool {
        match self {
            Who::Thread => false,
            Who::Group(g) => p.state.lock().pgid == g,
            Who::User(u) => {
                let first = p.state.lock().first_thread();
                first.and_then(|t| t.refs()).is_some_and(|r| r.cred.uid.real == u)
            }
        }
    }
}

/// getpriority(2): 20 - nice, the most favoured.
pub(super) fn getpriority(c: &mut Call<'_>) -> CallResult {
    let mut best: Option<i32> = None;
    Who::arg(c)?.each(c, |t| {
        let value = 20i32.saturating_sub(i32::from(t.parameters().nice));
        best = Some(best.map_or(value, |b| b.max(value)));
    });
    Ok(best.ok_or(Errno::ESRCH)? as usize)
}

/// Whether a thread's nice value may become `nice` (RLIMIT_NICE, CAP_SYS_NICE).
fn may_nice(cred: &Cred, t: &Thread, nice: i8) -> bool {
    let value = 20i64.saturating_sub(i64::from(nice)) as u64;
    value <= t.process().limit(limits::NICE) || cred.capable(cap::SYS_NICE)
}

/// setpriority(2).
pub(super) fn setpriority(c: &mut Call<'_>) -> CallResult {
    let who = Who::arg(c)?;
    let nice = c.int(2).clamp(-20, 19) as i8;
    let cred = c.me.cred();
    let mut result = Err(Errno::ESRCH);
    who.each(c, |t| {
        let p = t.parameters();
        if !same_owner(&cred, t) && !cred.capable(cap::SYS_NICE) {
            result = Err(Errno::EPERM);
        } else if nice < p.nice && !may_nice(&cred, t, nice) {
            result = Err(Errno::EACCES);
        } else {
            if result == Err(Errno::ESRCH) {
                result = Ok(());
            }
            t.set_parameters(Parameters { nice, ..p });
        }
    });
    result?;
    Ok(0)
}

/// Policy and flag of a policy argument.
fn policy(number: u32) -> Result<(Policy, OnFork), Errno> {
    let on_fork = if number & RESET_ON_FORK != 0 { OnFork::Reset } else { OnFork::Keep };
    Ok((Policy::from_number(number & !RESET_ON_FORK).ok_or(Errno::EINVAL)?, on_fork))
}

/// Checks (sched(7)) and sets.
fn set(c: &Call<'_>, t: &Thread, new: Parameters) -> CallResult {
    if new.priority > 99 || new.policy.is_realtime() != (new.priority != 0) {
        return Err(Errno::EINVAL.into());
    }
    let (old, cred) = (t.parameters(), c.me.cred());
    if !cred.capable(cap::SYS_NICE) && !may_set(&cred, t, old, new) {
        return Err(Errno::EPERM.into());
    }
    if new.policy.is_realtime() {
        need(c.me, Authority::World(Grant::RealTime))?;
    }
    t.set_parameters(new);
    if core::ptr::eq(t, c.me) {
        sched::leave(Leave::Preempted);
    }
    Ok(0)
}

/// What a thread without CAP_SYS_NICE may do.
fn may_set(cred: &Cred, t: &Thread, old: Parameters, new: Parameters) -> bool {
    if !same_owner(cred, t) || old.on_fork == OnFork::Reset && new.on_fork == OnFork::Keep {
        return false;
    }
    if new.policy.is_realtime() {
        let limit = t.process().limit(limits::RTPRIO);
        if new.policy != old.policy && limit == 0 {
            return false;
        }
        return new.priority <= old.priority || u64::from(new.priority) <= limit;
    }
    if old.policy == Policy::Idle && new.policy != Policy::Idle && !may_nice(cred, t, old.nice) {
        return false;
    }
    new.nice >= old.nice || may_nice(cred, t, new.nice)
}

fn param(c: &Call<'_>, n: usize) -> Result<u8, Errno> {
    if c.arg(n) == 0 {
        return Err(Errno::EINVAL);
    }
    let p: SchedParam = user::read(c.arg(n)).map_err(|user::Fault| Errno::EFAULT)?;
    u8::try_from(p.sched_priority).map_err(|_| Errno::EINVAL)
}

/// sched_setscheduler(2).
pub(super) fn sched_setscheduler(c: &mut Call<'_>) -> CallResult {
    if c.int(1) < 0 || c.int(0) < 0 {
        return Err(Errno::EINVAL.into());
    }
    let priority = param(c, 2);
    if priority == Err(Errno::EFAULT) {
        return Err(Errno::EFAULT.into());
    }
    let t = thread_or_invalid(c, 0)?;
    let (policy, on_fork) = policy(c.uint(1))?;
    let nice = t.parameters().nice;
    set(c, &t, Parameters { policy, priority: priority?, nice, on_fork })
}

/// sched_setparam(2).
pub(super) fn sched_setparam(c: &mut Call<'_>) -> CallResult {
    let priority = param(c, 1);
    if c.int(0) < 0 || priority == Err(Errno::EFAULT) {
        return Err(if c.int(0) < 0 { Errno::EINVAL } else { Errno::EFAULT }.into());
    }
    let t = thread_or_invalid(c, 0)?;
    set(c, &t, Parameters { priority: priority?, ..t.parameters() })
}

/// sched_getscheduler(2).
pub(super) fn sched_getscheduler(c: &mut Call<'_>) -> CallResult {
    let p = thread_or_invalid(c, 0)?.parameters();
    let flag = if p.on_fork == OnFork::Reset { RESET_ON_FORK } else { 0 };
    Ok((p.policy as u32 | flag) as usize)
}

/// sched_getparam(2).
pub(super) fn sched_getparam(c: &mut Call<'_>) -> CallResult {
    if c.arg(1) == 0 {
        return Err(Errno::EINVAL.into());
    }
    let p = thread_or_invalid(c, 0)?.parameters();
    user::write(c.arg(1), &SchedParam { sched_priority: i32::from(p.priority) })?;
    Ok(0)
}

/// Bytes of the first version of sched_attr; all that must be given.
const ATTR_VERSION_0: usize = 48;

mod attr_flag {
    pub(super) const RESET_ON_FORK: u64 = 1;
    pub(super) const KEEP_POLICY: u64 = 8;
    pub(super) const KEEP_PARAMS: u64 = 16;
    /// Limits of the utilization, which this scheduler does not know.
    pub(super) const UTIL_CLAMP: u64 = 0x60;
    pub(super) const ALL: u64 = 0x7f;
}

/// Reads a sched_attr of any size; E2BIG (and this kernel's size) where it says more than is known.
fn read_attr(at: usize) -> Result<SchedAttr, super::Stop> {
    const KNOWN: usize = size_of::<SchedAttr>();
    let size = match user::read::<u32>(at)? as usize {
        0 => ATTR_VERSION_0,
        n => n,
    };
    let mut fits = (ATTR_VERSION_0..=mem::PAGE).contains(&size);
    for i in KNOWN..if fits { size } else { 0 } {
        fits &= user::read::<u8>(at.wrapping_add(i))? == 0;
    }
    if !fits {
        user::write(at, &(KNOWN as u32))?;
        return Err(Errno::E2BIG.into());
    }
    let mut attr = SchedAttr::default();
    let bytes = zerocopy::IntoBytes::as_mut_bytes(&mut attr);
    user::copy_in(bytes.get_mut(..size.min(KNOWN)).unwrap_or_default(), at)?;
    Ok(attr)
}

/// sched_setattr(2).
pub(super) fn sched_setattr(c: &mut Call<'_>) -> CallResult {
    use attr_flag::{ALL, KEEP_PARAMS, KEEP_POLICY, UTIL_CLAMP};
    if c.arg(1) == 0 || c.int(0) < 0 || c.uint(2) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let attr = read_attr(c.arg(1))?;
    if (attr.sched_policy as i32) < 0 || attr.sched_flags & !ALL != 0 {
        return Err(Errno::EINVAL.into());
    }
    let t = thread_or_invalid(c, 0)?;
    if attr.sched_flags & UTIL_CLAMP != 0 {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let mut new = t.parameters();
    if attr.sched_flags & KEEP_POLICY == 0 {
        new.policy = Policy::from_number(attr.sched_policy).ok_or(Errno::EINVAL)?;
        new.on_fork = if attr.sched_flags & attr_flag::RESET_ON_FORK != 0 { OnFork::Reset } else { OnFork::Keep };
    }
    if attr.sched_flags & KEEP_PARAMS == 0 {
        new.priority = u8::try_from(attr.sched_priority).map_err(|_| Errno::EINVAL)?;
        if !new.policy.is_realtime() {
            new.nice = attr.sched_nice.clamp(-20, 19) as i8;
        }
    }
    set(c, &t, new)
}

/// sched_getattr(2).
pub(super) fn sched_getattr(c: &mut Call<'_>) -> CallResult {
    let size = c.uint(2) as usize;
    if c.arg(1) == 0 || c.int(0) < 0 || !(ATTR_VERSION_0..=mem::PAGE).contains(&size) || c.uint(3) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let p = thread_or_invalid(c, 0)?.parameters();
    let known = size.min(size_of::<SchedAttr>());
    let attr = SchedAttr {
        size: known as u32,
        sched_policy: p.policy as u32,
        sched_flags: if p.on_fork == OnFork::Reset { attr_flag::RESET_ON_FORK } else { 0 },
        sched_nice: if p.policy.is_realtime() { 0 } else { i32::from(p.nice) },
        sched_priority: u32::from(p.priority),
        ..SchedAttr::default()
    };
    let bytes = zerocopy::IntoBytes::as_bytes(&attr);
    user::copy_out(c.arg(1), bytes.get(..known).unwrap_or_default())?;
    Ok(0)
}

fn priority_range(c: &Call<'_>) -> Result<(usize, usize), Errno> {
    match c.int(0) {
        1 | 2 => Ok((1, 99)),
        0 | 3 | 5 | 6 => Ok((0, 0)),
        _ => Err(Errno::EINVAL),
    }
}

/// sched_get_priority_max(2).
pub(super) fn sched_get_priority_max(c: &mut Call<'_>) -> CallResult {
    Ok(priority_range(c)?.1)
}

/// sched_get_priority_min(2).
pub(super) fn sched_get_priority_min(c: &mut Call<'_>) -> CallResult {
    Ok(priority_range(c)?.0)
}

/// sched_rr_get_interval(2).
pub(super) fn sched_rr_get_interval(c: &mut Call<'_>) -> CallResult {
    let ns = match thread_or_invalid(c, 0)?.parameters().policy {
        Policy::Rr => logic_sched::RR_SLICE_NS,
        Policy::Fifo => 0,
        Policy::Other | Policy::Batch | Policy::Idle => logic_sched::LATENCY_NS,
    };
    user::write(c.arg(1), &timespec(ns))?;
    Ok(0)
}
