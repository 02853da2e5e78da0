//! How the machine is to end.

/// What `reboot(2)` is asked for once everything is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    /// Stop the harts, keep the power on.
    Halt,
    /// Power off.
    Off,
    /// Start again.
    Restart,
}
