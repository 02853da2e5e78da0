//! futex(2), the calls of futex2, and robust lists.

use super::time::to_ns;
use super::{Call, CallResult, Restart, Stop};
use crate::clock;
use crate::fs::context::{Ids, cap};
use crate::task::attrs::RestartRecord;
use crate::task::futex::{self, Move, WaitError};
use crate::task::pi::{self, LockError, Patience};
use crate::task::wait::Ended;
use crate::task::{Thread, ids};
use abi::{Errno, FutexWaitv, RobustListHead, Timespec};
use alloc::vec::Vec;
use core::sync::atomic::Ordering::Relaxed;
use logic_futex::{Clock, Deadline, DecodeError, Op, Scope, WakeOp, decode};
use mem::user;

/// futex(2).
pub(super) fn futex(c: &mut Call<'_>) -> CallResult {
    let addr = c.arg(0);
    let call = decode(c.uint(1), c.uint(2), c.uint(3), c.uint(5)).map_err(|e| match e {
        DecodeError::Unsupported => Errno::ENOSYS,
        DecodeError::Invalid => Errno::EINVAL,
    });
    // A time is looked at before the operation is (do_futex).
    let call = call?;
    let deadline = match call.op {
        Op::Wait { deadline, .. } | Op::LockPi { deadline } => deadline_arg(c.arg(3), deadline)?,
        _ => None,
    };
    let key = futex::key(c.me, addr, call.scope);
    match call.op {
        Op::Wait { expected, bitset, .. } => {
            key?;
            wait(c.me, addr, expected, bitset, call.scope, deadline)
        }
        Op::Wake { count, bitset } => Ok(futex::wake(key?, count, bitset) as usize),
        Op::Requeue { expected, wake, requeue } => {
            let (from, to) = (key?, futex::key(c.me, c.arg(4), call.scope)?);
            Ok(futex::requeue(&Move { from, to, expected: expected.map(|v| (addr, v)), wake, requeue })? as usize)
        }
        Op::WakeOp { wake, wake_second, change } => {
            let (key, second) = (key?, futex::key(c.me, c.arg(4), call.scope)?);
            let old = change_word(c.arg(4), &change)?;
            let mut woken = futex::wake(key, wake, futex::MATCH_ANY);
            if change.wakes_second(old) {
                woken = woken.saturating_add(futex::wake(second, wake_second, futex::MATCH_ANY));
            }
            Ok(woken as usize)
        }
        Op::LockPi { .. } => lock(c.me, key?, addr, Patience::Until(deadline)),
        Op::TryLockPi => lock(c.me, key?, addr, Patience::None),
        Op::UnlockPi => {
            pi::unlock(c.me, key?, addr)?;
            Ok(0)
        }
    }
}

/// The time-out argument as a deadline of the monotonic clock.
#[inline]
fn deadline_arg(at: usize, meaning: Deadline) -> Result<Option<u64>, Errno> {
    if at == 0 {
        return Ok(None);
    }
    let time: Timespec = user::read(at).map_err(|user::Fault| Errno::EFAULT)?;
    let ns = to_ns(time)?;
    Ok(Some(match meaning {
        Deadline::Relative => clock::monotonic_ns().saturating_add(ns),
        Deadline::Absolute(Clock::Monotonic) => ns,
        Deadline::Absolute(Clock::Realtime) => ns.saturating_add_signed(clock::real_offset_ns().saturating_neg()),
    }))
}

fn wait(me: &Thread, addr: usize, value: u32, bitset: u32, scope: Scope, deadline_ns: Option<u64>) -> CallResult {
    let key = futex::key(me, addr, scope)?;
    match futex::wait(me, key, addr, value, bitset, deadline_ns) {
        Ok(()) => Ok(0),
        Err(WaitError::Changed) => Err(Errno::EAGAIN.into()),
        Err(WaitError::Fault) => Err(Errno::EFAULT.into()),
        Err(WaitError::Ended(Ended::Deadline)) => Err(Errno::ETIMEDOUT.into()),
        Err(WaitError::Ended(Ended::NoMemory)) => Err(Errno::ENOMEM.into()),
        Err(WaitError::Ended(Ended::Signal)) => match deadline_ns {
            None => Err(Stop::Restart(Restart::Sys)),
            Some(deadline_ns) => {
                *me.attrs.restart.lock() = Some(RestartRecord::Futex { addr, value, bitset, scope, deadline_ns });
                Err(Stop::Restart(Restart::Block))
            }
        },
    }
}

/// A wait with a time-out goes on after a signal without handler.
pub(super) fn wait_again(me: &Thread, addr: usize, value: u32, bitset: u32, scope: Scope, deadline_ns: u64) -> CallResult {
    wait(me, addr, value, bitset, scope, Some(deadline_ns))
}

/// Changes a word in one step; gives the old value.
fn change_word(addr: usize, change: &WakeOp) -> Result<u32, Errno> {
    let mut old = user::load_u32(addr).map_err(|user::Fault| Errno::EFAULT)?;
    loop {
        let found = user::compare_exchange_u32(addr, old, change.apply(old)).map_err(|user::Fault| Errno::EFAULT)?;
        if found == old {
            return Ok(old);
        }
        old = found;
    }
}

fn lock(me: &Thread, key: futex::Key, addr: usize, patience: Patience) -> CallResult {
    match pi::lock(me, key, addr, patience) {
        Ok(()) => Ok(0),
        Err(LockError::Errno(e)) => Err(e.into()),
        Err(LockError::Interrupted) => Err(Stop::Restart(Restart::Always)),
    }
}

/// Flags of futex2: a 32-bit word, private or shared.
fn scope2(flags: u32) -> Result<Scope, Errno> {
    const SIZE_MASK: u32 = 3;
    const SIZE_U32: u32 = 2;
    const PRIVATE: u32 = 128;
    if flags & !(SIZE_MASK | PRIVATE) != 0 || flags & SIZE_MASK != SIZE_U32 {
        return Err(Errno::EINVAL);
    }
    Ok(if flags & PRIVATE != 0 { Scope::Private } else { Scope::Shared })
}

/// A value or mask of futex2 for a 32-bit word.
fn value2(v: usize) -> Result<u32, Errno> {
    u32::try_from(v).map_err(|_| Errno::EINVAL)
}

/// futex_wake (futex2).
pub(super) fn futex_wake(c: &mut Call<'_>) -> CallResult {
    let scope = scope2(c.uint(3))?;
    let bitset = value2(c.arg(1))?;
    let key = futex::key(c.me, c.arg(0), scope)?;
    if bitset == 0 {
        return Err(Errno::EINVAL.into());
    }
    Ok(futex::wake(key, c.int(2).max(0) as u32, bitset) as usize)
}

/// futex_wait (futex2): the time-out is absolute.
pub(super) fn futex_wait(c: &mut Call<'_>) -> CallResult {
    let scope = scope2(c.uint(3))?;
    let (value, bitset) = (value2(c.arg(1))?, value2(c.arg(2))?);
    let clock = if c.arg(4) == 0 { Clock::Monotonic } else { clock2(c.int(5))? };
    let deadline = deadline_arg(c.arg(4), Deadline::Absolute(clock))?;
    if bitset == 0 {
        return Err(Errno::EINVAL.into());
    }
    wait(c.me, c.arg(0), value, bitset, scope, deadline)
}

/// The clock of a time-out of futex2.
fn clock2(number: i32) -> Result<Clock, Errno> {
    match number {
        0 => Ok(Clock::Realtime),
        1 => Ok(Clock::Monotonic),
        _ => Err(Errno::EINVAL),
    }
}

/// futex_waitv (futex2): the time-out is absolute; gives the index of a word at which the thread was woken.
pub(super) fn futex_waitv(c: &mut Call<'_>) -> CallResult {
    const MOST: usize = 128;
    let count = c.uint(1) as usize;
    if c.uint(2) != 0 || count == 0 || count > MOST || c.arg(0) == 0 {
        return Err(Errno::EINVAL.into());
    }
    let deadline = match c.arg(3) {
        0 => None,
        at => deadline_arg(at, Deadline::Absolute(clock2(c.int(4))?))?,
    };
    let mut words = Vec::new();
    words.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    for i in 0..count {
        let w: FutexWaitv = user::read(c.arg(0).wrapping_add(i.wrapping_mul(size_of::<FutexWaitv>())))?;
        if w._reserved != 0 {
            return Err(Errno::EINVAL.into());
        }
        let (scope, value) = (scope2(w.flags)?, value2(w.val as usize)?);
        // The key comes below: nothing is looked up before all is known to be well formed.
        words.push((w.uaddr as usize, scope, value));
    }
    let mut keyed = Vec::new();
    keyed.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    for (addr, scope, value) in words {
        keyed.push(futex::Word { key: futex::key(c.me, addr, scope)?, addr, value });
    }
    match futex::wait_many(c.me, &keyed, deadline) {
        Ok(index) => Ok(index),
        Err(WaitError::Changed) => Err(Errno::EAGAIN.into()),
        Err(WaitError::Fault) => Err(Errno::EFAULT.into()),
        Err(WaitError::Ended(Ended::Deadline)) => Err(Errno::ETIMEDOUT.into()),
        Err(WaitError::Ended(Ended::NoMemory)) => Err(Errno::ENOMEM.into()),
        // The deadline is a point in time: the same call again waits for the rest.
        Err(WaitError::Ended(Ended::Signal)) => Err(Stop::Restart(Restart::Sys)),
    }
}

/// futex_requeue (futex2).
pub(super) fn futex_requeue(c: &mut Call<'_>) -> CallResult {
    if c.uint(1) != 0 || c.arg(0) == 0 {
        return Err(Errno::EINVAL.into());
    }
    let mut waiters = [FutexWaitv::default(); 2];
    for (i, w) in waiters.iter_mut().enumerate() {
        *w = user::read(c.arg(0).wrapping_add(i.wrapping_mul(size_of::<FutexWaitv>())))?;
        if w._reserved != 0 {
            return Err(Errno::EINVAL.into());
        }
    }
    let [from, to] = waiters;
    let (from_scope, to_scope) = (scope2(from.flags)?, scope2(to.flags)?);
    let (wake, requeue) = (c.int(2), c.int(3));
    let (Ok(wake), Ok(requeue)) = (u32::try_from(wake), u32::try_from(requeue)) else { return Err(Errno::EINVAL.into()) };
    let value = value2(from.val as usize)?;
    let m = Move {
        from: futex::key(c.me, from.uaddr as usize, from_scope)?,
        to: futex::key(c.me, to.uaddr as usize, to_scope)?,
        expected: Some((from.uaddr as usize, value)),
        wake,
        requeue,
    };
    Ok(futex::requeue(&m)? as usize)
}

/// set_robust_list(2).
pub(super) fn set_robust_list(c: &mut Call<'_>) -> CallResult {
    if c.arg(1) != size_of::<RobustListHead>() {
        return Err(Errno::EINVAL.into());
    }
    c.me.robust_list.store(c.arg(0), Relaxed);
    Ok(0)
}

/// Whether the caller may look into a thread (ptrace(2), PTRACE_MODE_READ_REALCREDS).
fn may_look_into(c: &Call<'_>, t: &Thread) -> bool {
    let cred = c.me.cred();
    let own = t.process_opt().is_some_and(|p| p.id() == c.me.process().id());
    let same = |mine: u32, ids: &Ids| [ids.real, ids.effective, ids.saved].iter().all(|id| *id == mine);
    let alike = || {
        let dumpable = t.process_opt().is_some_and(|p| p.attrs.dumpable.load(Relaxed) != 0);
        dumpable && t.refs().is_some_and(|r| same(cred.uid.real, &r.cred.uid) && same(cred.gid.real, &r.cred.gid))
    };
    own || alike() || cred.capable(cap::SYS_PTRACE)
}

/// get_robust_list(2).
pub(super) fn get_robust_list(c: &mut Call<'_>) -> CallResult {
    let t = match c.int(0) {
        0 => c.me.to_ref(),
        p => ids::thread(u32::try_from(p).map_err(|_| Errno::ESRCH)?).ok_or(Errno::ESRCH)?,
    };
    if !may_look_into(c, &t) {
        return Err(Errno::EPERM.into());
    }
    user::write(c.arg(2), &size_of::<RobustListHead>())?;
    user::write(c.arg(1), &t.robust_list.load(Relaxed))?;
    Ok(0)
}
