//! Timers of a process that send signals.

use super::process::Process;

/// A process ends: its timers go.
pub(crate) fn drop_all(_process: &Process) {}
