//! prctl(2): a thread's and a process's settings.

use super::{Call, CallResult};
use crate::fs::capability::secure;
use crate::fs::context::{Cred, cap};
use crate::task::attrs::NAME_BYTES;
use abi::Errno;
use core::sync::atomic::Ordering::Relaxed;
use logic_signal::Signal;
use mem::{Ref, user};

/// prctl(2).
pub(super) fn prctl(c: &mut Call<'_>) -> CallResult {
    match c.int(0) {
        1 | 2 => death_signal(c),
        3 | 4 => dumpable(c),
        7 | 8 => keep_caps(c),
        // PR_GET_TIMING, PR_SET_TIMING: there is only the statistical one.
        13 => Ok(0),
        14 if c.arg(1) == 0 => Ok(0),
        15 | 16 => name(c),
        23 | 24 => bounding(c),
        27 | 28 => secure_bits(c),
        29 | 30 => timer_slack(c),
        // PR_MCE_KILL and all that belongs to hardware that is not here, seccomp and PR_SET_VMA: EINVAL, below.
        36 | 37 => subreaper(c),
        38 | 39 => no_new_privs(c),
        // PR_GET_TID_ADDRESS.
        40 => {
            user::write(c.arg(1), &c.me.clear_tid.load(Relaxed))?;
            Ok(0)
        }
        47 => ambient(c),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn set(word: &core::sync::atomic::AtomicU32, value: u32) -> CallResult {
    word.store(value, Relaxed);
    Ok(0)
}

fn rest_is_zero(c: &Call<'_>, from: usize) -> Result<(), Errno> {
    if (from..5).any(|n| c.arg(n) != 0) { Err(Errno::EINVAL) } else { Ok(()) }
}

fn death_signal(c: &Call<'_>) -> CallResult {
    let word = &c.me.process().attrs.death_signal;
    if c.int(0) == 2 {
        user::write(c.arg(1), &word.load(Relaxed))?;
        return Ok(0);
    }
    match u32::try_from(c.arg(1)) {
        Ok(0) => set(word, 0),
        Ok(n) if Signal::new(n).is_some() => set(word, n),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn dumpable(c: &Call<'_>) -> CallResult {
    let word = &c.me.process().attrs.dumpable;
    match (c.int(0), c.arg(1)) {
        (3, _) => Ok(word.load(Relaxed) as usize),
        (_, n @ (0 | 1)) => set(word, n as u32),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Changes the caller's identity.
fn change(c: &Call<'_>, f: impl FnOnce(&mut Cred) -> Result<(), Errno>) -> CallResult {
    let mut cred = c.me.cred().try_copy()?;
    f(&mut cred)?;
    c.me.set_cred(Ref::try_new(cred)?);
    Ok(0)
}

fn keep_caps(c: &Call<'_>) -> CallResult {
    let now = c.me.cred().caps.secure;
    if c.int(0) == 7 {
        return Ok(usize::from(now & secure::KEEP_CAPS != 0));
    }
    let on = match c.arg(1) {
        0 => false,
        1 => true,
        _ => return Err(Errno::EINVAL.into()),
    };
    if now & secure::KEEP_CAPS_LOCKED != 0 {
        return Err(Errno::EPERM.into());
    }
    change(c, |cred| {
        cred.caps.secure = if on { now | secure::KEEP_CAPS } else { now & !secure::KEEP_CAPS };
        Ok(())
    })
}

fn name(c: &Call<'_>) -> CallResult {
    let me = c.me;
    if c.int(0) == 16 {
        let name = *me.attrs.name.lock();
        user::copy_out(c.arg(1), &name)?;
        return Ok(0);
    }
    let mut name = [0u8; NAME_BYTES];
    let text = name.get_mut(..NAME_BYTES - 1).unwrap_or_default();
    match user::read_string(text, c.arg(1)) {
        // What is longer is cut.
        Ok(_) | Err(user::StringError::TooLong) => {}
        Err(user::StringError::Fault) => return Err(Errno::EFAULT.into()),
    }
    let len = name.iter().position(|b| *b == 0).unwrap_or(NAME_BYTES - 1);
    name.iter_mut().skip(len).for_each(|b| *b = 0);
    *me.attrs.name.lock() = name;
    crate::see::events::put_name(me);
    let process = me.process();
    if me.tid() == process.pid() {
        *process.name.lock() = name;
    }
    Ok(0)
}

fn bounding(c: &Call<'_>) -> CallResult {
    let Some(bit) = u32::try_from(c.arg(1)).ok().filter(|n| *n <= cap::LAST) else { return Err(Errno::EINVAL.into()) };
    if c.int(0) == 23 {
        return Ok((c.me.cred().caps.bounding >> bit & 1) as usize);
    }
    change(c, |cred| {
        if !cred.capable(cap::SETPCAP) {
            return Err(Errno::EPERM);
        }
        cred.caps.bounding &= !(1 << bit);
        Ok(())
    })
}

fn secure_bits(c: &Call<'_>) -> CallResult {
    let now = c.me.cred().caps.secure;
    if c.int(0) == 27 {
        return Ok(now as usize);
    }
    let new = c.arg(1);
    let locked = (now & secure::LOCKS) >> 1;
    let changed = now ^ new as u32;
    let unlocks = now & secure::LOCKS & !(new as u32);
    if new > secure::ALL as usize || changed & locked != 0 || unlocks != 0 || !c.me.cred().capable(cap::SETPCAP) {
        return Err(Errno::EPERM.into());
    }
    change(c, |cred| {
        cred.caps.secure = new as u32;
        Ok(())
    })
}

fn timer_slack(c: &Call<'_>) -> CallResult {
    let [now, default] = &c.me.attrs.timer_slack_ns;
    if c.int(0) == 30 {
        return Ok(now.load(Relaxed) as usize);
    }
    let wanted = c.arg(1) as u64;
    now.store(if (wanted as i64) <= 0 { default.load(Relaxed) } else { wanted }, Relaxed);
    Ok(0)
}

fn subreaper(c: &Call<'_>) -> CallResult {
    let process = c.me.process();
    if c.int(0) == 37 {
        let on = i32::from(process.state.lock().subreaper);
        user::write(c.arg(1), &on)?;
    } else {
        process.state.lock().subreaper = c.arg(1) != 0;
    }
    Ok(0)
}

fn no_new_privs(c: &Call<'_>) -> CallResult {
    let word = &c.me.attrs.no_new_privs;
    if c.int(0) == 39 {
        rest_is_zero(c, 1)?;
        return Ok(word.load(Relaxed) as usize);
    }
    if c.arg(1) != 1 {
        return Err(Errno::EINVAL.into());
    }
    rest_is_zero(c, 2)?;
    set(word, 1)
}

fn ambient(c: &Call<'_>) -> CallResult {
    const IS_SET: usize = 1;
    const RAISE: usize = 2;
    const LOWER: usize = 3;
    const CLEAR_ALL: usize = 4;
    let what = c.arg(1);
    if what == CLEAR_ALL {
        rest_is_zero(c, 2)?;
        return change(c, |cred| {
            cred.caps.ambient = 0;
            Ok(())
        });
    }
    rest_is_zero(c, 3)?;
    let Some(bit) = u32::try_from(c.arg(2)).ok().filter(|n| *n <= cap::LAST) else { return Err(Errno::EINVAL.into()) };
    match what {
        IS_SET => Ok((c.me.cred().caps.ambient >> bit & 1) as usize),
        RAISE => change(c, |cred| {
            let caps = &mut cred.caps;
            if caps.permitted & caps.inheritable & 1 << bit == 0 || caps.secure & secure::NO_CAP_AMBIENT_RAISE != 0 {
                return Err(Errno::EPERM);
            }
            caps.ambient |= 1 << bit;
            Ok(())
        }),
        LOWER => change(c, |cred| {
            cred.caps.ambient &= !(1 << bit);
            Ok(())
        }),
        _ => Err(Errno::EINVAL.into()),
    }
}
