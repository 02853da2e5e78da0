//! Clocks: the platform's timebase in nanoseconds.

use crate::mm::vdso;
use core::sync::atomic::{AtomicI64, AtomicU32, Ordering, fence};
use sync::{Once, SpinLock, levels};

/// Nanoseconds of a second.
pub(crate) const SECOND_NS: u64 = 1_000_000_000;

/// How timebase ticks become nanoseconds: `ns = ticks * mult >> 32`.
struct Timebase {
    hz: u64,
    mult: u64,
    /// Nanoseconds of a tick, if that is a whole number; else 0.
    tick_ns: u64,
    start: u64,
}

static TIMEBASE: Once<Timebase> = Once::new();
/// Real time minus monotonic time; not negative. Changes under [`SETTING`].
static REAL_OFFSET_NS: AtomicI64 = AtomicI64::new(0);
/// Counts the beginnings and ends of changes of the real-time clock: odd while one is under way. Timers on it look again.
static REAL_CHANGES: AtomicU32 = AtomicU32::new(0);
/// One sets the clock at a time.
static SETTING: SpinLock<(), levels::RealClock> = SpinLock::new(());

/// Sets the timebase; monotonic time begins now.
pub(crate) fn init(hz: u64) {
    let mult = (u128::from(SECOND_NS) << 32) / u128::from(hz.max(1));
    let tick_ns = if hz != 0 && SECOND_NS.is_multiple_of(hz) { SECOND_NS / hz } else { 0 };
    let _ = TIMEBASE.set(Timebase { hz, mult: mult as u64, tick_ns, start: arch::time_now() });
}

/// Timebase frequency, in hertz.
pub(crate) fn timebase_hz() -> u64 {
    TIMEBASE.get().map_or(10_000_000, |t| t.hz)
}

/// Timebase ticks at which monotonic time was 0, and the multiplier (`ns = ticks * mult >> 32`), for the vDSO.
pub(crate) fn conversion() -> (u64, u64) {
    TIMEBASE.get().map_or((0, 0), |t| (t.start, t.mult))
}

/// Nanoseconds since boot.
#[inline]
pub(crate) fn monotonic_ns() -> u64 {
    let Some(t) = TIMEBASE.get() else { return 0 };
    let ticks = arch::time_now().wrapping_sub(t.start);
    ((u128::from(ticks) * u128::from(t.mult)) >> 32) as u64
}

/// Ticks of the timebase as nanoseconds.
#[inline]
pub(crate) fn ns_of_ticks(ticks: u64) -> u64 {
    TIMEBASE.get().map_or(0, |t| ((u128::from(ticks) * u128::from(t.mult)) >> 32) as u64)
}

/// The first tick at which `monotonic_ns() >= ns`.
pub(crate) fn ticks_at(ns: u64) -> u64 {
    let Some(t) = TIMEBASE.get() else { return u64::MAX };
    if t.tick_ns != 0 {
        return ns.div_ceil(t.tick_ns).saturating_add(t.start);
    }
    let ticks = (u128::from(ns) << 32).div_ceil(u128::from(t.mult.max(1)));
    u64::try_from(ticks).map_or(u64::MAX, |x| x.saturating_add(t.start))
}

/// Nanoseconds since 1970. Reads as the vDSO does, so that never two clocks can be seen.
#[inline]
pub(crate) fn real_ns() -> u64 {
    loop {
        let changes = REAL_CHANGES.load(Ordering::Acquire);
        let ns = ns_of_ticks(arch::time_now_in_order().wrapping_sub(conversion().0));
        let offset = REAL_OFFSET_NS.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        if changes.is_multiple_of(2) && REAL_CHANGES.load(Ordering::Relaxed) == changes {
            return ns.saturating_add_signed(offset);
        }
        core::hint::spin_loop();
    }
}

/// How often the real-time clock was set.
pub(crate) fn real_changes() -> u32 {
    REAL_CHANGES.load(Ordering::Acquire)
}

/// Real time minus monotonic time, in nanoseconds.
pub(crate) fn real_offset_ns() -> i64 {
    REAL_OFFSET_NS.load(Ordering::Relaxed)
}

/// Sets the real-time clock.
pub(crate) fn set_real_ns(ns: u64) {
    let _one = SETTING.lock();
    let offset = (ns as i64).wrapping_sub(monotonic_ns() as i64).max(0);
    vdso::set_real_offset(offset as u64, || {
        REAL_CHANGES.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::Release);
        REAL_OFFSET_NS.store(offset, Ordering::Relaxed);
        REAL_CHANGES.fetch_add(1, Ordering::Release);
    });
}

/// Real time at boot, in nanoseconds since 1970.
pub(crate) fn boot_real_ns() -> u64 {
    REAL_OFFSET_NS.load(Ordering::Relaxed).max(0) as u64
}
