//! Stopping and continuing a whole process, and what its parent is told (wait(2), SIGCHLD).
//!
//! Key type: [`JobState`]. Threads stop one by one on their way to user mode; the process counts
//! as stopped when the last has, and is reported once.

use crate::Signal;

/// Job-control state of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobState {
    phase: Phase,
    report: Option<JobReport>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// This many threads have yet to stop.
    Stopping {
        signal: Signal,
        left: u32,
    },
    Stopped {
        signal: Signal,
    },
}

/// What wait(2) with `WUNTRACED` or `WCONTINUED` may pick up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobReport {
    /// Stopped by this signal: SIGCHLD with `CLD_STOPPED` (unless `SA_NOCLDSTOP`).
    Stopped(Signal),
    /// Continued: SIGCHLD with `CLD_CONTINUED`.
    Continued,
}

/// What SIGCONT did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continued {
    /// The process was running.
    WasRunning,
    /// It was about to stop; threads that have stopped go on. The parent is told of the stop that
    /// nearly was, as on Linux.
    WasStopping(JobReport),
    /// It was stopped; all threads go on, the parent is told.
    WasStopped(JobReport),
}

impl JobState {
    /// A running process.
    #[must_use]
    pub const fn new() -> JobState {
        JobState { phase: Phase::Running, report: None }
    }

    /// Whether threads have to stop on their way to user mode.
    #[must_use]
    pub fn stop_wanted(&self) -> Option<Signal> {
        match self.phase {
            Phase::Running => None,
            Phase::Stopping { signal, .. } | Phase::Stopped { signal } => Some(signal),
        }
    }

    /// Whether every thread has stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        matches!(self.phase, Phase::Stopped { .. })
    }

    /// A stop signal was delivered: `threads` live threads are to stop, the caller's among them.
    pub fn begin_stop(&mut self, signal: Signal, threads: u32) {
        if self.phase == Phase::Running {
            self.phase = Phase::Stopping { signal, left: threads.max(1) };
            self.report = None;
        }
    }

    /// A thread was made while the process stops; it stops as well.
    pub fn thread_added(&mut self) {
        if let Phase::Stopping { left, .. } = &mut self.phase {
            *left = left.saturating_add(1);
        }
    }

    /// A thread has stopped, or has exited without stopping. The report is there when it was the
    /// last: tell the parent.
    pub fn thread_settled(&mut self) -> Option<JobReport> {
        let Phase::Stopping { signal, left } = self.phase else {
            return None;
        };
        let left = left.saturating_sub(1);
        if left > 0 {
            self.phase = Phase::Stopping { signal, left };
            return None;
        }
        self.phase = Phase::Stopped { signal };
        self.report = Some(JobReport::Stopped(signal));
        self.report
    }

    /// SIGCONT was sent. SIGKILL goes on likewise, and its reports are of no interest.
    pub fn resume(&mut self) -> Continued {
        match core::mem::replace(&mut self.phase, Phase::Running) {
            Phase::Running => Continued::WasRunning,
            Phase::Stopping { signal, .. } => {
                self.report = Some(JobReport::Continued);
                Continued::WasStopping(JobReport::Stopped(signal))
            }
            Phase::Stopped { .. } => {
                self.report = Some(JobReport::Continued);
                Continued::WasStopped(JobReport::Continued)
            }
        }
    }

    /// What the parent has not picked up yet.
    #[must_use]
    pub fn report(&self) -> Option<JobReport> {
        self.report
    }

    /// The parent picked the report up (without `WNOWAIT`).
    pub fn take_report(&mut self) -> Option<JobReport> {
        self.report.take()
    }
}

impl Default for JobState {
    fn default() -> Self {
        JobState::new()
    }
}
