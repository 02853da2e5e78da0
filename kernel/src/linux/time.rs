//! Clocks and sleeping: clock_gettime(2), clock_settime(2), nanosleep(2), times(2), restart_syscall(2).

use super::{Call, CallResult, Restart, Stop};
use crate::clock::{self, SECOND_NS};
use crate::fs::context::cap;
use crate::see::{On, Waits};
use crate::task::attrs::RestartRecord;
use crate::task::clocks::{Clock, CpuTarget, Fineness};
use crate::task::wait::{self, Ended, Interrupt, Observers, Watch};
use crate::task::{Thread, accounting, cpu_timers, ids, posix_timers};
use abi::{Errno, Timespec, Timeval, Timezone, Tms};
use core::sync::atomic::{AtomicI32, Ordering};
use logic_waits::{Events, Mode};
use mem::{Ref, user};
use sync::{SpinLock, levels};

/// Seconds that the kernel's 64-bit nanoseconds hold (KTIME_SEC_MAX).
const MAX_SECONDS: u64 = i64::MAX as u64 / SECOND_NS;
/// The real-time clock cannot be set into the last 30 years of that (TIME_SETTOD_SEC_MAX).
const MAX_SETTABLE_SECONDS: u64 = MAX_SECONDS - 30 * 365 * 24 * 3600;
/// Nanoseconds of a clock tick as programs see it (sysconf(_SC_CLK_TCK) is 100).
const TICK_NS: u64 = 10_000_000;
/// clock_nanosleep(2): the time is a point on the clock.
const TIMER_ABSTIME: u32 = 1;

/// The time zone of settimeofday(2): minutes west, kind of summer time.
static ZONE: [AtomicI32; 2] = [const { AtomicI32::new(0) }; 2];

/// Those who sleep until a point of real time: told when the clock is set.
static CLOCK_SET: ClockSet = ClockSet { observers: SpinLock::new(Observers::new()) };

/// What tells that the real-time clock was set.
pub(crate) struct ClockSet {
    observers: SpinLock<Observers, levels::Observers>,
}

impl Watch for ClockSet {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.observers.lock());
    }
    fn on(&self, events: Events) -> On {
        let _ = events;
        On::plain(Waits::Time)
    }
}

/// The object to watch for changes of the real-time clock (with [`clock::real_changes`]).
pub(crate) fn clock_set() -> &'static dyn Watch {
    &CLOCK_SET
}

/// Gives back the room for those who wait for the clock, if nobody does.
pub(crate) fn trim() {
    let room = CLOCK_SET.observers.lock().shrink();
    drop(room);
}

/// A timespec as nanoseconds, cut at the largest time there is. EINVAL unless it is one.
pub(crate) fn to_ns(t: Timespec) -> Result<u64, Errno> {
    if t.tv_sec < 0 || !(0..SECOND_NS as i64).contains(&t.tv_nsec) {
        return Err(Errno::EINVAL);
    }
    let sec = t.tv_sec as u64;
    if sec >= MAX_SECONDS {
        return Ok(i64::MAX as u64);
    }
    Ok(sec.saturating_mul(SECOND_NS).saturating_add(t.tv_nsec as u64))
}

/// Nanoseconds as a timespec.
pub(crate) fn timespec(ns: u64) -> Timespec {
    Timespec { tv_sec: (ns / SECOND_NS) as i64, tv_nsec: (ns % SECOND_NS) as i64 }
}

/// Nanoseconds as a timeval, rounded down.
pub(crate) fn timeval(ns: u64) -> Timeval {
    Timeval { tv_sec: (ns / SECOND_NS) as i64, tv_usec: (ns % SECOND_NS / 1000) as i64 }
}

/// The clock of argument `n`.
pub(crate) fn clock_arg(c: &Call<'_>, n: usize) -> Result<Clock, Errno> {
    Clock::decode(c.me, c.int(n)).ok_or(Errno::EINVAL)
}

/// clock_gettime(2).
pub(super) fn clock_gettime(c: &mut Call<'_>) -> CallResult {
    let clock = clock_arg(c, 0)?;
    user::write(c.arg(1), &timespec(clock.now_ns()))?;
    Ok(0)
}

/// clock_getres(2).
pub(super) fn clock_getres(c: &mut Call<'_>) -> CallResult {
    let clock = clock_arg(c, 0)?;
    if c.arg(1) != 0 {
        user::write(c.arg(1), &timespec(clock.resolution_ns()))?;
    }
    Ok(0)
}

/// clock_settime(2).
pub(super) fn clock_settime(c: &mut Call<'_>) -> CallResult {
    // Only the number says whether a clock can be set at all.
    let settable = match c.int(0) {
        0 => true,
        n if n < 0 && Clock::decode(c.me, n).is_some() => false,
        2 | 3 => false,
        _ => return Err(Errno::EINVAL.into()),
    };
    let time: Timespec = user::read(c.arg(1))?;
    if !settable {
        return Err(Errno::EPERM.into());
    }
    set_real(c, time)
}

/// Sets the real-time clock, if the caller may.
pub(super) fn set_real(c: &Call<'_>, time: Timespec) -> CallResult {
    let ns = to_ns(time)?;
    if ns / SECOND_NS >= MAX_SETTABLE_SECONDS {
        return Err(Errno::EINVAL.into());
    }
    if !c.me.cred().capable(cap::SYS_TIME) {
        return Err(Errno::EPERM.into());
    }
    // The clock cannot say that the system was started before 1970.
    if ns < clock::monotonic_ns() {
        return Err(Errno::EINVAL.into());
    }
    clock::set_real_ns(ns);
    wait::notify(&CLOCK_SET, Events::IN);
    let mut from = 0;
    while let Some((pid, p)) = ids::next_process(from) {
        posix_timers::real_clock_set(&p);
        from = pid.saturating_add(1);
    }
    Ok(0)
}

/// gettimeofday(2).
pub(super) fn gettimeofday(c: &mut Call<'_>) -> CallResult {
    if c.arg(0) != 0 {
        user::write(c.arg(0), &timeval(clock::real_ns()))?;
    }
    if c.arg(1) != 0 {
        let [west, dst] = &ZONE;
        let zone = Timezone { tz_minuteswest: west.load(Ordering::Relaxed), tz_dsttime: dst.load(Ordering::Relaxed) };
        user::write(c.arg(1), &zone)?;
    }
    Ok(0)
}

/// settimeofday(2).
pub(super) fn settimeofday(c: &mut Call<'_>) -> CallResult {
    const MOST_WEST: i32 = 15 * 60;
    let time = if c.arg(0) != 0 { Some(user::read::<Timeval>(c.arg(0))?) } else { None };
    let zone = if c.arg(1) != 0 { Some(user::read::<Timezone>(c.arg(1))?) } else { None };
    let time = match time {
        Some(t) if !(0..1_000_000).contains(&t.tv_usec) => return Err(Errno::EINVAL.into()),
        Some(t) => Some(Timespec { tv_sec: t.tv_sec, tv_nsec: t.tv_usec.saturating_mul(1000) }),
        None => None,
    };
    if let Some(t) = time {
        to_ns(t)?;
    }
    if !c.me.cred().capable(cap::SYS_TIME) {
        return Err(Errno::EPERM.into());
    }
    if let Some(z) = zone {
        if !(-MOST_WEST..=MOST_WEST).contains(&z.tz_minuteswest) {
            return Err(Errno::EINVAL.into());
        }
        let [west, dst] = &ZONE;
        west.store(z.tz_minuteswest, Ordering::Relaxed);
        dst.store(z.tz_dsttime, Ordering::Relaxed);
        crate::mm::vdso::set_zone(z.tz_minuteswest, z.tz_dsttime);
    }
    match time {
        Some(t) => set_real(c, t),
        None => Ok(0),
    }
}

/// nanosleep(2).
pub(super) fn nanosleep(c: &mut Call<'_>) -> CallResult {
    let ns = to_ns(user::read(c.arg(0))?)?;
    sleep_relative(c.me, clock::monotonic_ns().saturating_add(ns), c.arg(1))
}

/// clock_nanosleep(2).
pub(super) fn clock_nanosleep(c: &mut Call<'_>) -> CallResult {
    let clock = clock_arg(c, 0)?;
    let flags = c.uint(1);
    let own_cpu = matches!(c.int(0), 3);
    match &clock {
        Clock::Real(Fineness::Coarse, _) | Clock::Monotonic(Fineness::Coarse, _) | Clock::Raw => {
            return Err(Errno::EOPNOTSUPP.into());
        }
        Clock::Cpu(_) if own_cpu => return Err(Errno::EOPNOTSUPP.into()),
        _ => {}
    }
    let ns = to_ns(user::read(c.arg(2))?)?;
    let absolute = flags & TIMER_ABSTIME != 0;
    match (&clock, absolute) {
        (Clock::Cpu(cpu), _) => {
            // A thread cannot wait for its own processor time.
            if matches!(&cpu.of, CpuTarget::Thread(t) if t.id() == c.me.id()) {
                return Err(Errno::EINVAL.into());
            }
            let start = clock.now_ns();
            let due = if absolute { ns } else { start.saturating_add(ns) };
            match cpu_timers::sleep(c.me, cpu, due) {
                Ok(()) => Ok(0),
                Err(Ended::NoMemory) => Err(Errno::ENOMEM.into()),
                Err(_) => {
                    if !absolute && c.arg(3) != 0 {
                        user::write(c.arg(3), &timespec(due.saturating_sub(clock.now_ns())))?;
                    }
                    // What is left is on a clock that stands still meanwhile: no restart with the old arguments.
                    Err(if absolute { Stop::Restart(Restart::NoHandler) } else { Errno::EINTR.into() })
                }
            }
        }
        (_, false) => sleep_relative(c.me, clock::monotonic_ns().saturating_add(ns), c.arg(3)),
        (Clock::Real(..), true) => sleep_until_real(c.me, ns),
        (_, true) => match sleep(c.me, ns) {
            Ok(()) => Ok(0),
            Err(e) => Err(interrupted(e, Restart::NoHandler)),
        },
    }
}

fn interrupted(e: Ended, kind: Restart) -> Stop {
    match e {
        Ended::NoMemory => Errno::ENOMEM.into(),
        _ => Stop::Restart(kind),
    }
}

/// Sleeps until `deadline_ns` of the monotonic clock.
fn sleep(me: &Thread, deadline_ns: u64) -> Result<(), Ended> {
    match wait::sleep_on(me, On::plain(Waits::Time), Some(deadline_ns), Interrupt::AnySignal, || Ok(None::<()>)) {
        Err(Ended::Deadline) | Ok(()) => Ok(()),
        Err(e) => Err(e),
    }
}

/// Sleeps, and remembers how to go on after a signal without handler; writes what is left to `rem`.
fn sleep_relative(me: &Thread, deadline_ns: u64, rem: usize) -> CallResult {
    match sleep(me, deadline_ns) {
        Ok(()) => Ok(0),
        Err(e) => {
            if rem != 0 {
                user::write(rem, &timespec(deadline_ns.saturating_sub(clock::monotonic_ns())))?;
            }
            *me.attrs.restart.lock() = Some(RestartRecord::Sleep { deadline_ns, rem });
            Err(interrupted(e, Restart::Block))
        }
    }
}

/// Sleeps until a point of real time, also when the clock is set meanwhile.
fn sleep_until_real(me: &Thread, real_ns: u64) -> CallResult {
    loop {
        let changes = clock::real_changes();
        let deadline = real_ns.saturating_add_signed(clock::real_offset_ns().saturating_neg());
        let changed = || (clock::real_changes() != changes).then_some(());
        match wait::wait_at(me, &CLOCK_SET, Events::IN, Mode::All, Some(deadline), Interrupt::AnySignal, changed) {
            Ok(()) => {}
            Err(Ended::Deadline) => return Ok(0),
            Err(e) => return Err(interrupted(e, Restart::NoHandler)),
        }
    }
}

/// restart_syscall(2): what an interrupted call left behind goes on.
pub(super) fn restart_syscall(c: &mut Call<'_>) -> CallResult {
    let record = c.me.attrs.restart.lock().take();
    match record {
        Some(RestartRecord::Sleep { deadline_ns, rem }) => sleep_relative(c.me, deadline_ns, rem),
        Some(RestartRecord::Futex { addr, value, bitset, scope, deadline_ns }) => {
            super::futex::wait_again(c.me, addr, value, bitset, scope, deadline_ns)
        }
        None => Err(Errno::EINTR.into()),
    }
}

/// times(2).
pub(super) fn times(c: &mut Call<'_>) -> CallResult {
    if c.arg(0) != 0 {
        let process: &Ref<_> = c.me.process();
        let ticks = |ns: u64| (ns / TICK_NS) as i64;
        let (run, system) = accounting::process_times_ns(process);
        let [child_run, child_system] = process.children_ns.each_ref().map(|a| a.load(Ordering::Relaxed));
        let t = Tms {
            tms_utime: ticks(run.saturating_sub(system)),
            tms_stime: ticks(system),
            tms_cutime: ticks(child_run.saturating_sub(child_system)),
            tms_cstime: ticks(child_system),
        };
        user::write(c.arg(0), &t)?;
    }
    Ok((clock::monotonic_ns() / TICK_NS) as usize)
}
