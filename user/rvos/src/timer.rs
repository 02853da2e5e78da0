//! Timers: descriptors that become readable when time has come (timerfd_create(2)).

use crate::Deadline;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// A timer of CLOCK_MONOTONIC, which is not set at first.
#[derive(Debug)]
pub struct Timer(OwnedFd);

const ZERO: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

impl Timer {
    /// A timer.
    ///
    /// # Errors
    /// `EMFILE`, `ENOMEM`.
    pub fn new() -> io::Result<Self> {
        Ok(Self(timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?))
    }

    /// Fires once, at the deadline; with [`Deadline::Never`] not at all any more.
    ///
    /// # Errors
    /// For a time that the kernel does not know.
    pub fn fire(&self, deadline: Deadline) -> io::Result<()> {
        let at = match deadline {
            Deadline::Never => ZERO,
            Deadline::Now => Timespec { tv_sec: 0, tv_nsec: 1 },
            Deadline::At(ns) => time(Duration::from_nanos(ns.max(1)))?,
        };
        let new = Itimerspec { it_interval: ZERO, it_value: at };
        timerfd_settime(&self.0, TimerfdTimerFlags::ABSTIME, &new)?;
        Ok(())
    }

    /// Fires every `period`, for the first time after one.
    ///
    /// # Errors
    /// For a time that the kernel does not know.
    pub fn repeat(&self, period: Duration) -> io::Result<()> {
        let period = time(period)?;
        timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &Itimerspec { it_interval: period, it_value: period })?;
        Ok(())
    }

    /// How often it has fired since it was last asked; 0 when it has not.
    ///
    /// # Errors
    /// The kernel's.
    pub fn fired(&self) -> io::Result<u64> {
        let mut count = [0; 8];
        match rustix::io::read(&self.0, &mut count) {
            Ok(_) => Ok(u64::from_ne_bytes(count)),
            Err(rustix::io::Errno::AGAIN) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

fn time(time: Duration) -> io::Result<Timespec> {
    Timespec::try_from(time).map_err(|_| io::ErrorKind::InvalidInput.into())
}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<OwnedFd> for Timer {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl From<Timer> for OwnedFd {
    fn from(timer: Timer) -> Self {
        timer.0
    }
}

wire::descriptor! {
    Timer, "timer";
}
