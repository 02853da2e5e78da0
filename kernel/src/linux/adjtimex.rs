//! adjtimex(2), clock_adjtime(2): what keeps the real-time clock right.
//!
//! The clock runs at the platform's rate. What a time daemon tells about it (status, errors, the loop's constant) is kept
//! and told; the clock can be stepped. Its rate cannot be changed, so asking for that is refused.

use super::time::{set_real, timespec, timeval};
use super::{Call, CallResult};
use crate::clock;
use crate::fs::context::cap;
use crate::world::need;
use abi::{Authority, Errno, Grant, Timex};
use core::sync::atomic::{AtomicI32, AtomicI64, Ordering::Relaxed};
use mem::user;

mod mode {
    pub(super) const OFFSET: u32 = 0x1;
    pub(super) const FREQUENCY: u32 = 0x2;
    pub(super) const MAXERROR: u32 = 0x4;
    pub(super) const ESTERROR: u32 = 0x8;
    pub(super) const STATUS: u32 = 0x10;
    pub(super) const TIMECONST: u32 = 0x20;
    pub(super) const SETOFFSET: u32 = 0x100;
    pub(super) const MICRO: u32 = 0x1000;
    pub(super) const NANO: u32 = 0x2000;
    pub(super) const TICK: u32 = 0x4000;
    /// The old call adjtime(3): with OFFSET it changes, with READONLY it only asks.
    pub(super) const ADJTIME: u32 = 0x8000;
    pub(super) const READONLY: u32 = 0x2000;
}

mod status {
    /// The clock is not synchronized.
    pub(super) const UNSYNC: i32 = 0x40;
    /// Times are in nanoseconds.
    pub(super) const NANO: i32 = 0x2000;
    /// Bits that cannot be set: pulses per second, errors, resolution, mode, source.
    pub(super) const READ_ONLY: i32 = 0xff00;
}

/// The longest error there is, in microseconds (NTP_PHASE_LIMIT / 1000).
const MOST_ERROR_US: i64 = 16_000_000;
/// Microseconds of a tick as programs see it (sysconf(_SC_CLK_TCK) is 100).
const TICK_US: i64 = 10_000;
/// Largest frequency offset, in 2^-16 parts per million.
const TOLERANCE: i64 = 500 << 16;
/// The state of a clock without leap second that nobody keeps right.
const TIME_ERROR: usize = 5;
const TIME_OK: usize = 0;

static STATUS: AtomicI32 = AtomicI32::new(status::UNSYNC);
static MAXERROR: AtomicI64 = AtomicI64::new(MOST_ERROR_US);
static ESTERROR: AtomicI64 = AtomicI64::new(MOST_ERROR_US);
static CONSTANT: AtomicI64 = AtomicI64::new(2);

/// adjtimex(2).
pub(super) fn adjtimex(c: &mut Call<'_>) -> CallResult {
    let at = c.arg(0);
    adjust(c, at)
}

/// clock_adjtime(2): only the real-time clock can be adjusted.
pub(super) fn clock_adjtime(c: &mut Call<'_>) -> CallResult {
    let at = c.arg(1);
    let _: Timex = user::read(at)?;
    super::time::clock_arg(c, 0)?;
    if c.int(0) != 0 {
        return Err(Errno::EOPNOTSUPP.into());
    }
    adjust(c, at)
}

fn adjust(c: &Call<'_>, at: usize) -> CallResult {
    let mut t: Timex = user::read(at)?;
    check(c, &t)?;
    if t.modes & mode::ADJTIME == 0 && t.modes & mode::SETOFFSET != 0 {
        step(c, &t)?;
    }
    if t.modes & mode::ADJTIME == 0 {
        keep(&t);
    }
    tell(&mut t);
    user::write(at, &t)?;
    Ok(if STATUS.load(Relaxed) & status::UNSYNC != 0 { TIME_ERROR } else { TIME_OK })
}

fn check(c: &Call<'_>, t: &Timex) -> Result<(), Errno> {
    let changes = if t.modes & mode::ADJTIME != 0 {
        if t.modes & mode::OFFSET == 0 {
            return Err(Errno::EINVAL);
        }
        t.modes & mode::READONLY == 0
    } else {
        t.modes != 0
    };
    if changes && !c.me.cred().capable(cap::SYS_TIME) {
        return Err(Errno::EPERM);
    }
    if changes {
        need(c.me, Authority::World(Grant::SetTime))?;
    }
    if t.modes & mode::ADJTIME != 0 {
        // Slewing away an offset needs another rate.
        return if changes && t.offset != 0 { Err(Errno::EOPNOTSUPP) } else { Ok(()) };
    }
    if t.modes & mode::TICK != 0 && !(9_000..=11_000).contains(&t.tick) {
        return Err(Errno::EINVAL);
    }
    let slews = t.modes & mode::OFFSET != 0 && t.offset != 0
        || t.modes & mode::FREQUENCY != 0 && t.freq != 0
        || t.modes & mode::TICK != 0 && t.tick != TICK_US;
    if slews { Err(Errno::EOPNOTSUPP) } else { Ok(()) }
}

/// ADJ_SETOFFSET: the clock jumps by `time`.
fn step(c: &Call<'_>, t: &Timex) -> Result<(), super::Stop> {
    let nano = t.modes & mode::NANO != 0;
    let limit = if nano { 1_000_000_000 } else { 1_000_000 };
    if !(0..limit).contains(&t.time.tv_usec) {
        return Err(Errno::EINVAL.into());
    }
    let fraction_ns = if nano { t.time.tv_usec } else { t.time.tv_usec.saturating_mul(1000) };
    let by_ns = t.time.tv_sec.checked_mul(1_000_000_000).and_then(|ns| ns.checked_add(fraction_ns)).ok_or(Errno::EINVAL)?;
    let to_ns = clock::real_ns().checked_add_signed(by_ns).ok_or(Errno::EINVAL)?;
    set_real(c, timespec(to_ns))?;
    Ok(())
}

fn keep(t: &Timex) {
    if t.modes & mode::STATUS != 0 {
        let old = STATUS.load(Relaxed);
        STATUS.store(old & status::READ_ONLY | t.status & !status::READ_ONLY, Relaxed);
    }
    if t.modes & mode::NANO != 0 {
        STATUS.fetch_or(status::NANO, Relaxed);
    } else if t.modes & mode::MICRO != 0 {
        STATUS.fetch_and(!status::NANO, Relaxed);
    }
    let bounded = |value: i64| value.clamp(0, MOST_ERROR_US);
    if t.modes & mode::MAXERROR != 0 {
        MAXERROR.store(bounded(t.maxerror), Relaxed);
    }
    if t.modes & mode::ESTERROR != 0 {
        ESTERROR.store(bounded(t.esterror), Relaxed);
    }
    if t.modes & mode::TIMECONST != 0 {
        CONSTANT.store(t.constant.clamp(0, 10), Relaxed);
    }
}

fn tell(t: &mut Timex) {
    let status = STATUS.load(Relaxed);
    let now = clock::real_ns();
    let mut time = timeval(now);
    if status & status::NANO != 0 {
        time.tv_usec = (now % clock::SECOND_NS) as i64;
    }
    *t = Timex {
        modes: t.modes,
        maxerror: MAXERROR.load(Relaxed),
        esterror: ESTERROR.load(Relaxed),
        status,
        constant: CONSTANT.load(Relaxed),
        precision: 1,
        tolerance: TOLERANCE,
        time,
        tick: TICK_US,
        ..Timex::default()
    };
}
