//! [`Deadline`]: how long a call waits.

use abi::chan_flag;
use rt::Terms;
use rustix::event::Timespec;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// How long a call waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deadline {
    /// As long as it takes.
    #[default]
    Never,
    /// Not at all: `WouldBlock`.
    Now,
    /// Until then, in nanoseconds of CLOCK_MONOTONIC: `TimedOut`.
    At(u64),
}

/// CLOCK_MONOTONIC, in nanoseconds.
fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.unsigned_abs().saturating_mul(1_000_000_000).saturating_add(now.tv_nsec.unsigned_abs())
}

impl Deadline {
    /// That long from now.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self::At(now_ns().saturating_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// As the channel calls have it.
    pub(crate) fn terms(self) -> Terms {
        match self {
            Deadline::Never => Terms::default(),
            Deadline::Now => Terms { deadline_ns: 0, flags: chan_flag::NONBLOCK },
            Deadline::At(deadline_ns) => Terms { deadline_ns, flags: 0 },
        }
    }

    /// How much is left, as poll(2) and its like have it; `None` for ever.
    pub(crate) fn left(self) -> Option<Timespec> {
        let left = match self {
            Deadline::Never => return None,
            Deadline::Now => 0,
            Deadline::At(at) => at.saturating_sub(now_ns()),
        };
        Timespec::try_from(Duration::from_nanos(left)).ok()
    }
}
