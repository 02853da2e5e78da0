//! Processes, by a descriptor: waiting for one, ending it, and what it has used.

use crate::Deadline;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

pub use rustix::process::Signal;

/// A process. Dropping it does not end it.
#[derive(Debug)]
pub struct Process(OwnedFd);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Ended {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

/// What a process has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessUsage {
    /// Processor time in the program itself.
    pub user: Duration,
    /// Processor time in the kernel for it.
    pub system: Duration,
    /// Pages of memory that it has now.
    pub pages: u64,
}

impl Process {
    /// The process with this number.
    ///
    /// # Errors
    /// `ESRCH` when there is none.
    pub fn open(pid: u32) -> io::Result<Self> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self(pidfd_open(pid, PidfdFlags::empty())?))
    }

    /// Waits until it has ended. Its parent alone learns how it ended, and takes that away by asking.
    ///
    /// # Errors
    /// `ECHILD` for who is not its parent; `WouldBlock`, `TimedOut`.
    pub fn wait(&self, deadline: Deadline) -> io::Result<Ended> {
        if deadline != Deadline::Never {
            self.ended(deadline)?;
        }
        let status = rustix::io::retry_on_intr(|| waitid(WaitId::PidFd(self.0.as_fd()), WaitIdOptions::EXITED))?;
        let status = status.ok_or(io::ErrorKind::WouldBlock)?;
        match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Ok(Ended::Exited(code)),
            (None, Some(signal)) => Ok(Ended::Killed(signal)),
            (None, None) => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Waits until it has ended; anybody may.
    ///
    /// # Errors
    /// `WouldBlock`, `TimedOut`.
    pub fn ended(&self, deadline: Deadline) -> io::Result<()> {
        loop {
            let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
            match poll(&mut fds, deadline.left().as_ref()) {
                Ok(0) if deadline == Deadline::Now => return Err(rustix::io::Errno::AGAIN.into()),
                Ok(0) => return Err(rustix::io::Errno::TIMEDOUT.into()),
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// `ESRCH` when it has ended, `EPERM` when it is another user's.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(pidfd_send_signal(&self.0, signal)?)
    }

    /// Ends it.
    ///
    /// # Errors
    /// As [`Process::signal`].
    pub fn kill(&self) -> io::Result<()> {
        self.signal(Signal::KILL)
    }

    /// Its number, as the caller sees it.
    ///
    /// # Errors
    /// `ESRCH` when it has ended and was waited for.
    pub fn pid(&self) -> io::Result<u32> {
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", self.0.as_raw_fd()))?;
        let line = info.lines().find_map(|line| line.strip_prefix("Pid:"));
        line.and_then(|pid| pid.trim().parse().ok()).ok_or_else(gone)
    }

    /// What it has used.
    ///
    /// # Errors
    /// `ESRCH` when it has ended and was waited for.
    pub fn usage(&self) -> io::Result<ProcessUsage> {
        let pid = self.pid()?;
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|_| gone())?;
        // As long as it was not waited for, the number was its own.
        if self.pid()? != pid {
            return Err(gone());
        }
        // Fields from the third on, which follow the name (proc_pid_stat(5)); a tick is 10 ms.
        let fields: Vec<u64> = text.rsplit(") ").next().unwrap_or("").split(' ').map(|f| f.trim().parse().unwrap_or(0)).collect();
        let field = |number: usize| fields.get(number - 3).copied().unwrap_or(0);
        let ticks = |number| Duration::from_millis(field(number).saturating_mul(10));
        Ok(ProcessUsage { user: ticks(14), system: ticks(15), pages: field(24) })
    }
}

fn gone() -> io::Error {
    rustix::io::Errno::SRCH.into()
}

impl From<OwnedFd> for Process {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl From<Process> for OwnedFd {
    fn from(process: Process) -> Self {
        process.0
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

wire::descriptor! {
    Process, "process";
}
