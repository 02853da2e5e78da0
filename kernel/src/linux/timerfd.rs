//! Timers that are read: timerfd_create(2), timerfd_settime(2), timerfd_gettime(2).

use super::time::to_ns;
use super::timers::itimerspec;
use super::{Call, CallResult};
use crate::events::timerfd;
use crate::fs::context::cap;
use crate::fs::file::{O_CLOEXEC, O_NONBLOCK, OpenFile, Special};
use crate::task::posix_timers;
use abi::{Errno, Itimerspec};
use logic_timerfd::{From, OnJump, Scale, Setting, Start};
use mem::{Ref, user};

const CLOCK_REALTIME: i32 = 0;
const CLOCK_MONOTONIC: i32 = 1;
const CLOCK_BOOTTIME: i32 = 7;
const CLOCK_REALTIME_ALARM: i32 = 8;
const CLOCK_BOOTTIME_ALARM: i32 = 9;

/// Timers that would wake the machine need CAP_WAKE_ALARM (capabilities(7)).
fn may_wake(c: &Call<'_>, clock: i32) -> Result<(), Errno> {
    let wakes = matches!(clock, CLOCK_REALTIME_ALARM | CLOCK_BOOTTIME_ALARM);
    if wakes && !c.me.cred().capable(cap::WAKE_ALARM) { Err(Errno::EPERM) } else { Ok(()) }
}

/// timerfd_create(2).
pub(super) fn timerfd_create(c: &mut Call<'_>) -> CallResult {
    let (clock, flags) = (c.int(0), c.uint(1));
    let known = matches!(clock, CLOCK_REALTIME | CLOCK_MONOTONIC | CLOCK_BOOTTIME | CLOCK_REALTIME_ALARM | CLOCK_BOOTTIME_ALARM);
    if flags & !(O_CLOEXEC | O_NONBLOCK) != 0 || !known {
        return Err(Errno::EINVAL.into());
    }
    may_wake(c, clock)?;
    let file = timerfd::create(clock, flags)?;
    Ok(c.install(file, flags & O_CLOEXEC != 0, 0)?)
}

/// Calls `f` with the timer behind a descriptor.
fn with_timer<R>(of: &Ref<OpenFile>, f: impl FnOnce(&timerfd::TimerFd) -> Result<R, Errno>) -> Result<R, Errno> {
    match of.file.special() {
        Special::Timer(t) => f(t),
        _ => Err(Errno::EINVAL),
    }
}

fn itimer(s: Setting) -> Itimerspec {
    itimerspec(posix_timers::Setting { left_ns: s.left_ns, interval_ns: s.interval_ns })
}

/// timerfd_settime(2).
pub(super) fn timerfd_settime(c: &mut Call<'_>) -> CallResult {
    const TFD_TIMER_ABSTIME: u32 = 1;
    const TFD_TIMER_CANCEL_ON_SET: u32 = 2;
    let new: Itimerspec = user::read(c.arg(2))?;
    let flags = c.uint(1);
    if flags & !(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let new = Setting { interval_ns: to_ns(new.it_interval)?, left_ns: to_ns(new.it_value)? };
    let of = c.file(0)?;
    let old = with_timer(&of, |timer| {
        may_wake(c, timer.clock)?;
        let absolute = flags & TFD_TIMER_ABSTIME != 0;
        let real = matches!(timer.clock, CLOCK_REALTIME | CLOCK_REALTIME_ALARM) && absolute;
        let start = Start {
            scale: if real { Scale::Real } else { Scale::Monotonic },
            from: if absolute { From::Zero } else { From::Now },
            on_jump: if real && flags & TFD_TIMER_CANCEL_ON_SET != 0 { OnJump::Cancel } else { OnJump::GoOn },
        };
        timer.set(start, new, flags)
    })?;
    if c.arg(3) != 0 {
        user::write(c.arg(3), &itimer(old))?;
    }
    Ok(0)
}

/// timerfd_gettime(2).
pub(super) fn timerfd_gettime(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let now = with_timer(&of, |timer| Ok(timer.get()))?;
    user::write(c.arg(1), &itimer(now))?;
    Ok(0)
}
