//! The kernel log: a ring of bytes behind syslog(2) and /dev/kmsg, and the lines that also go to the console.
//!
//! Messages carry Linux's levels (syslog(2)); those below the console level are printed as well.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use sync::{SpinLock, levels};

/// Bytes of the ring.
pub(crate) const RING: usize = 32 * 1024;

struct Ring {
    bytes: [u8; RING],
    /// Bytes ever written.
    written: u64,
}

static LOG: SpinLock<Ring, levels::KernelLog> = SpinLock::new(Ring { bytes: [0; RING], written: 0 });
static CONSOLE_LEVEL: AtomicU8 = AtomicU8::new(7);
/// Bytes before this one were cleared (syslog action 5).
static CLEARED: AtomicU64 = AtomicU64::new(0);

/// Message levels of syslog(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Something is odd.
    Warning = 4,
    /// Normal but worth knowing.
    Info = 6,
}

/// Sets which messages reach the console: those with a level below `level`.
pub(crate) fn set_console_level(level: u8) {
    CONSOLE_LEVEL.store(level, Ordering::Relaxed);
}

/// The level below which messages reach the console.
pub(crate) fn console_level() -> u8 {
    CONSOLE_LEVEL.load(Ordering::Relaxed)
}

/// Writes a message; used through [`info!`] and [`warn_log!`].
pub(crate) fn log(level: Level, args: fmt::Arguments<'_>) {
    let now = crate::clock::monotonic_ns() / 1000;
    let mut ring = LOG.lock();
    let _ = writeln!(ring, "<{}>[{:5}.{:06}] {args}", level as u8, now / 1_000_000, now % 1_000_000);
    drop(ring);
    if (level as u8) < CONSOLE_LEVEL.load(Ordering::Relaxed) {
        let _ = writeln!(EarlyConsole, "[{:5}.{:06}] {args}", now / 1_000_000, now % 1_000_000);
    }
}

/// Lets a burst of messages through and then one burst each interval (Linux's `printk_ratelimit`): a program that causes
/// messages cannot keep the console busy with them.
#[derive(Debug)]
pub(crate) struct RateLimit {
    /// Which interval it is, in the upper half, and how many went through in it.
    state: AtomicU64,
}

impl RateLimit {
    const BURST: u32 = 10;
    const INTERVAL_NS: u64 = 5 * crate::clock::SECOND_NS;

    /// Nothing went through so far.
    pub(crate) const fn new() -> Self {
        RateLimit { state: AtomicU64::new(0) }
    }

    /// Whether a message may be written now.
    pub(crate) fn allows(&self) -> bool {
        let interval = (crate::clock::monotonic_ns() / Self::INTERVAL_NS) << 32;
        let count = |state: u64| if state >> 32 << 32 == interval { state as u32 } else { 0 };
        let next = |state| (count(state) < Self::BURST).then(|| interval | u64::from(count(state).saturating_add(1)));
        self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }
}

/// Logs at level info.
macro_rules! info { ($($a:tt)*) => { $crate::klog::log($crate::klog::Level::Info, format_args!($($a)*)) }; }
/// Logs at level warning.
macro_rules! warn_log { ($($a:tt)*) => { $crate::klog::log($crate::klog::Level::Warning, format_args!($($a)*)) }; }
pub(crate) use {info, warn_log};

impl Write for Ring {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for b in s.bytes() {
            let at = (self.written % RING as u64) as usize;
            if let Some(slot) = self.bytes.get_mut(at) {
                *slot = b;
            }
            self.written = self.written.wrapping_add(1);
        }
        Ok(())
    }
}

/// Copies log bytes from position `from` on; returns the position of the first byte copied, and how many.
pub(crate) fn read_at(from: u64, to: &mut [u8]) -> (u64, usize) {
    let ring = LOG.lock();
    let oldest = ring.written.saturating_sub(RING as u64).max(CLEARED.load(Ordering::Relaxed));
    let start = from.max(oldest);
    let n = (ring.written.saturating_sub(start) as usize).min(to.len());
    for (i, b) in to.iter_mut().take(n).enumerate() {
        let at = (start.wrapping_add(i as u64) % RING as u64) as usize;
        *b = ring.bytes.get(at).copied().unwrap_or(0);
    }
    (start, n)
}

/// Position behind the last byte.
pub(crate) fn end() -> u64 {
    LOG.lock().written
}

/// Forgets what was logged so far, for [`read_at`].
pub(crate) fn clear() {
    CLEARED.store(end(), Ordering::Relaxed);
}

/// The console of boot and of panics: the firmware's, byte by byte, without any lock.
pub(crate) struct EarlyConsole;

impl Write for EarlyConsole {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for b in s.bytes() {
            if b == b'\n' {
                arch::sbi::console_putchar(b'\r');
            }
            arch::sbi::console_putchar(b);
        }
        Ok(())
    }
}
