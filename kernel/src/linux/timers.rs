//! Timers that send signals: setitimer(2), timer_create(2) and their family.

use super::time::{clock_arg, timespec, timeval, to_ns};
use super::{Call, CallResult, Stop};
use crate::fs::context::cap;
use crate::task::clocks::{Clock, Fineness, Waking};
use crate::task::cpu_timers::{self, Which};
use crate::task::posix_timers::{self, Notify, Setting, Start, TimerClock};
use crate::task::{ids, interval_timers};
use abi::{Errno, Itimerspec, Itimerval, Sigevent, Timespec, Timeval};
use logic_signal::Signal;
use mem::{Ref, user};

const TIMER_ABSTIME: u32 = 1;

/// Interval timers by number.
enum Interval {
    Real,
    Cpu(Which),
}

impl Interval {
    fn arg(c: &Call<'_>) -> Result<Interval, Errno> {
        match c.int(0) {
            0 => Ok(Interval::Real),
            1 => Ok(Interval::Cpu(Which::Virtual)),
            2 => Ok(Interval::Cpu(Which::Prof)),
            _ => Err(Errno::EINVAL),
        }
    }
}

fn timeval_ns(t: Timeval) -> Result<u64, Errno> {
    if !(0..1_000_000).contains(&t.tv_usec) {
        return Err(Errno::EINVAL);
    }
    to_ns(Timespec { tv_sec: t.tv_sec, tv_nsec: t.tv_usec.saturating_mul(1000) })
}

fn itimerval(s: Setting) -> Itimerval {
    Itimerval { it_interval: timeval(s.interval_ns), it_value: timeval(s.left_ns) }
}

/// getitimer(2).
pub(super) fn getitimer(c: &mut Call<'_>) -> CallResult {
    let process = c.me.process();
    let now = match Interval::arg(c)? {
        Interval::Real => interval_timers::get(process),
        Interval::Cpu(which) => cpu_timers::get_interval(process, which),
    };
    user::write(c.arg(1), &itimerval(now))?;
    Ok(0)
}

/// setitimer(2). Without a new value the timer is disarmed, as Linux does.
pub(super) fn setitimer(c: &mut Call<'_>) -> CallResult {
    let new = if c.arg(1) != 0 { user::read(c.arg(1))? } else { Itimerval::default() };
    let which = Interval::arg(c);
    let new = Setting { left_ns: timeval_ns(new.it_value)?, interval_ns: timeval_ns(new.it_interval)? };
    let process = c.me.process();
    let old = match which? {
        Interval::Real => interval_timers::set(process, new)?,
        Interval::Cpu(which) => cpu_timers::set_interval(process, which, new),
    };
    if c.arg(2) != 0 {
        user::write(c.arg(2), &itimerval(old))?;
    }
    Ok(0)
}

/// timer_create(2).
pub(super) fn timer_create(c: &mut Call<'_>) -> CallResult {
    let clock = match clock_arg(c, 0)? {
        Clock::Real(Fineness::Coarse, _) | Clock::Monotonic(Fineness::Coarse, _) | Clock::Raw => {
            return Err(Errno::EOPNOTSUPP.into());
        }
        Clock::Real(_, Waking::Yes) | Clock::Monotonic(_, Waking::Yes) if !c.me.cred().capable(cap::WAKE_ALARM) => {
            return Err(Errno::EPERM.into());
        }
        Clock::Real(..) => TimerClock::Real,
        Clock::Monotonic(..) => TimerClock::Monotonic,
        Clock::Cpu(cpu) => TimerClock::Cpu(cpu),
    };
    let event = if c.arg(1) != 0 { Some(user::read::<Sigevent>(c.arg(1))?) } else { None };
    let (notify, value) = match event {
        Some(e) => (notify(c, &e)?, Some(e.sigev_value)),
        None => (Notify::Process(Signal::ALRM), None),
    };
    let process = c.me.process();
    let id = posix_timers::create(process, clock, notify, value)?;
    if user::write(c.arg(2), &id).is_err() {
        posix_timers::delete(process, id)?;
        return Err(Errno::EFAULT.into());
    }
    Ok(0)
}

fn notify(c: &Call<'_>, e: &Sigevent) -> Result<Notify, Errno> {
    const SIGEV_SIGNAL: i32 = 0;
    const SIGEV_NONE: i32 = 1;
    const SIGEV_THREAD: i32 = 2;
    const SIGEV_THREAD_ID: i32 = 4;
    let signal = || u32::try_from(e.sigev_signo).ok().and_then(Signal::new).ok_or(Errno::EINVAL);
    match e.sigev_notify {
        SIGEV_NONE => Ok(Notify::None),
        SIGEV_SIGNAL | SIGEV_THREAD => Ok(Notify::Process(signal()?)),
        SIGEV_THREAD_ID => {
            let tid = u32::try_from(e.sigev_notify_thread_id).map_err(|_| Errno::EINVAL)?;
            let t = ids::thread(tid).ok_or(Errno::EINVAL)?;
            if !t.process_opt().is_some_and(|p| Ref::ptr_eq(p, c.me.process())) {
                return Err(Errno::EINVAL);
            }
            Ok(Notify::Thread(signal()?, Ref::downgrade(&t)))
        }
        _ => Err(Errno::EINVAL),
    }
}

/// A setting as programs see it.
pub(super) fn itimerspec(s: Setting) -> Itimerspec {
    Itimerspec { it_interval: timespec(s.interval_ns), it_value: timespec(s.left_ns) }
}

/// timer_settime(2).
pub(super) fn timer_settime(c: &mut Call<'_>) -> CallResult {
    if c.arg(2) == 0 {
        return Err(Errno::EINVAL.into());
    }
    let new: Itimerspec = user::read(c.arg(2))?;
    let new = Setting { left_ns: to_ns(new.it_value)?, interval_ns: to_ns(new.it_interval)? };
    let start = if c.uint(1) & TIMER_ABSTIME != 0 { Start::Absolute } else { Start::Relative };
    let old = posix_timers::set(c.me.process(), c.int(0), start, new)?;
    if c.arg(3) != 0 {
        user::write(c.arg(3), &itimerspec(old))?;
    }
    Ok(0)
}

/// timer_gettime(2).
pub(super) fn timer_gettime(c: &mut Call<'_>) -> CallResult {
    let now = posix_timers::get(c.me.process(), c.int(0))?;
    user::write(c.arg(1), &itimerspec(now))?;
    Ok(0)
}

/// timer_getoverrun(2).
pub(super) fn timer_getoverrun(c: &mut Call<'_>) -> CallResult {
    Ok(posix_timers::overrun(c.me.process(), c.int(0))? as usize)
}

/// timer_delete(2).
pub(super) fn timer_delete(c: &mut Call<'_>) -> CallResult {
    posix_timers::delete(c.me.process(), c.int(0)).map_err(Stop::from)?;
    Ok(0)
}
