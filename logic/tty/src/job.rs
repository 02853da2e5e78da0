//! What a process outside the foreground group may do with its terminal (POSIX.1 11.1.4,
//! credentials(7), tcsetpgrp(3)).
//!
//! Key function: [`check_background`].

/// What the process wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// read(2): SIGTTIN.
    Read,
    /// write(2) under `TOSTOP`, or a change of settings: SIGTTOU.
    Change,
}

/// A process whose group is not the foreground group of its controlling terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Background {
    /// It ignores or blocks the signal.
    pub immune: bool,
    /// Its process group is orphaned.
    pub orphaned: bool,
}

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobVerdict {
    /// It goes on.
    Proceed,
    /// EIO.
    IoError,
    /// SIGTTIN or SIGTTOU to its whole group; then the call restarts.
    Signal,
}

/// What a background process may do.
#[must_use]
pub fn check_background(access: Access, process: Background) -> JobVerdict {
    match (access, process) {
        (Access::Read, Background { immune: true, .. }) => JobVerdict::IoError,
        (Access::Change, Background { immune: true, .. }) => JobVerdict::Proceed,
        (_, Background { orphaned: true, .. }) => JobVerdict::IoError,
        _ => JobVerdict::Signal,
    }
}
