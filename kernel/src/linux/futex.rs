//! futex(2): waiting for words of memory.

use super::signal::relative_deadline;
use super::{Call, CallResult, Restart, Stop};
use crate::clock::{self, SECOND_NS};
use crate::task::Thread;
use crate::task::attrs::RestartRecord;
use crate::task::futex::{self, Key, WaitError};
use crate::task::wait::Ended;
use abi::Errno;
use logic_futex::Scope;
use mem::user;

const PRIVATE: u32 = 128;
const CLOCK_REALTIME: u32 = 256;
const MATCH_ANY: u32 = u32::MAX;

/// futex(2).
pub(super) fn futex(c: &mut Call<'_>) -> CallResult {
    let op = c.uint(1);
    let scope = if op & PRIVATE != 0 { Scope::Private } else { Scope::Shared };
    let command = op & !(PRIVATE | CLOCK_REALTIME);
    if op & CLOCK_REALTIME != 0 && !matches!(command, 0 | 9 | 11 | 13) {
        return Err(Errno::ENOSYS.into());
    }
    let addr = c.arg(0);
    match command {
        0 => {
            let deadline = relative_deadline(c.arg(3))?;
            wait(c.me, addr, c.uint(2), MATCH_ANY, scope, deadline, Kind::Relative)
        }
        9 => {
            let deadline = absolute_deadline(c.arg(3), op & CLOCK_REALTIME != 0)?;
            wait(c.me, addr, c.uint(2), c.uint(5), scope, deadline, Kind::Absolute)
        }
        1 => wake(c, addr, scope, c.uint(2), MATCH_ANY),
        10 => wake(c, addr, scope, c.uint(2), c.uint(5)),
        3 => requeue(c, scope, None),
        4 => requeue(c, scope, Some(c.uint(5))),
        5 => wake_op(c, scope),
        _ => Err(Errno::ENOSYS.into()),
    }
}

/// How a time-out was given: a relative one is resumed by restart_syscall(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Relative,
    Absolute,
}

fn key(me: &Thread, addr: usize, scope: Scope) -> Result<Key, Errno> {
    if addr & 3 != 0 {
        return Err(Errno::EINVAL);
    }
    if !user::in_user_space(addr, 4) {
        return Err(Errno::EFAULT);
    }
    Key::of(me, addr, scope == Scope::Shared).ok_or(Errno::EFAULT)
}

/// An absolute time of the monotonic or real clock as a deadline of the monotonic one.
fn absolute_deadline(addr: usize, real: bool) -> Result<Option<u64>, Errno> {
    if addr == 0 {
        return Ok(None);
    }
    let [sec, nsec] = user::read::<[i64; 2]>(addr).map_err(|_| Errno::EFAULT)?;
    if sec < 0 || !(0..SECOND_NS as i64).contains(&nsec) {
        return Err(Errno::EINVAL);
    }
    let at = (sec as u64).saturating_mul(SECOND_NS).saturating_add(nsec as u64);
    let offset = if real { clock::real_offset_ns() } else { 0 };
    Ok(Some(at.saturating_sub(offset.max(0) as u64)))
}

fn wait(me: &Thread, addr: usize, value: u32, bitset: u32, scope: Scope, deadline_ns: Option<u64>, kind: Kind) -> CallResult {
    if bitset == 0 {
        return Err(Errno::EINVAL.into());
    }
    let key = key(me, addr, scope)?;
    match futex::wait(me, key, addr, value, bitset, deadline_ns) {
        Ok(()) => Ok(0),
        Err(WaitError::Changed) => Err(Errno::EAGAIN.into()),
        Err(WaitError::Fault) => Err(Errno::EFAULT.into()),
        Err(WaitError::Ended(Ended::Deadline)) => Err(Errno::ETIMEDOUT.into()),
        Err(WaitError::Ended(Ended::NoMemory)) => Err(Errno::ENOMEM.into()),
        Err(WaitError::Ended(Ended::Signal)) => match deadline_ns {
            Some(deadline_ns) if kind == Kind::Relative => {
                *me.attrs.restart.lock() = Some(RestartRecord::Futex { addr, value, bitset, scope, deadline_ns });
                Err(Stop::Restart(Restart::Block))
            }
            _ => Err(Stop::Restart(Restart::Sys)),
        },
    }
}

/// Goes on with a wait that a signal interrupted (restart_syscall(2)).
pub(super) fn wait_again(me: &Thread, addr: usize, value: u32, bitset: u32, scope: Scope, deadline_ns: u64) -> CallResult {
    wait(me, addr, value, bitset, scope, Some(deadline_ns), Kind::Relative)
}

fn wake(c: &Call<'_>, addr: usize, scope: Scope, count: u32, bitset: u32) -> CallResult {
    if bitset == 0 {
        return Err(Errno::EINVAL.into());
    }
    Ok(futex::wake(key(c.me, addr, scope)?, count, bitset) as usize)
}

fn requeue(c: &Call<'_>, scope: Scope, expected: Option<u32>) -> CallResult {
    let (wake, moved) = (c.int(2), c.int(3));
    if wake < 0 || moved < 0 {
        return Err(Errno::EINVAL.into());
    }
    let (from, to) = (key(c.me, c.arg(0), scope)?, key(c.me, c.arg(4), scope)?);
    if let Some(value) = expected
        && user::load_u32(c.arg(0))? != value
    {
        return Err(Errno::EAGAIN.into());
    }
    Ok(futex::requeue(from, to, wake as u32, moved as u32)? as usize)
}

/// FUTEX_WAKE_OP: changes the second word and wakes by what it held before.
fn wake_op(c: &Call<'_>, scope: Scope) -> CallResult {
    let (first, second) = (key(c.me, c.arg(0), scope)?, key(c.me, c.arg(4), scope)?);
    let code = c.uint(5);
    let sign = |v: u32| ((v << 20) as i32) >> 20;
    let mut operand = sign(code >> 12 & 0xfff);
    let compare = sign(code & 0xfff);
    if code >> 31 != 0 {
        operand = 1i32.wrapping_shl(operand as u32);
    }
    let change = |old: u32| -> Result<u32, Errno> {
        Ok(match code >> 28 & 7 {
            0 => operand as u32,
            1 => old.wrapping_add(operand as u32),
            2 => old | operand as u32,
            3 => old & !(operand as u32),
            4 => old ^ operand as u32,
            _ => return Err(Errno::ENOSYS),
        })
    };
    let addr = c.arg(4);
    let mut old = user::load_u32(addr)?;
    loop {
        let found = user::compare_exchange_u32(addr, old, change(old)?)?;
        if found == old {
            break;
        }
        old = found;
    }
    let mut woken = futex::wake(first, c.uint(2), MATCH_ANY);
    let old = old as i32;
    let holds = match code >> 24 & 0xf {
        0 => old == compare,
        1 => old != compare,
        2 => old < compare,
        3 => old <= compare,
        4 => old > compare,
        5 => old >= compare,
        _ => return Err(Errno::ENOSYS.into()),
    };
    if holds {
        woken = woken.saturating_add(futex::wake(second, c.uint(3), MATCH_ANY));
    }
    Ok(woken as usize)
}
