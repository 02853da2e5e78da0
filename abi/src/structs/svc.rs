//! Structs of the calls on services below `/svc`. All of them may grow; a field that a caller's older version lacks is zero.

use super::plain_structs;

/// Bits of the `flags` arguments.
pub mod svc_flag {
    /// Do not wait: EAGAIN. Of `svc_connect`: when the caller's part of the queue is full; of `svc_accept`: when nobody waits.
    pub const NONBLOCK: u32 = 1;
}

plain_structs! {
    /// `svc_bind`. Zero means the default.
    #[derive(Default)]
    SvcBind: 16 {
        /// None is defined.
        flags: u32,
        /// Connections of one budget that may wait, 16 by default and 256 at most.
        connections: u32,
        /// How long an open of the name waits for room in the caller's part of the queue, in nanoseconds; 0 for ten seconds.
        wait_ns: u64,
    }

    /// `svc_accept`: who connects, as the kernel knows it.
    #[derive(Default)]
    SvcPeer: 32 {
        /// The process that connects; such a number is never used twice.
        process: u64,
        /// The budget that pays for the connection.
        budget: u64,
        /// Its pid, as the accepting process sees it; 0 if it does not.
        pid: u32,
        /// Its effective user id.
        uid: u32,
        /// Its effective group id.
        gid: u32,
        /// Zero.
        _reserved: u32,
    }

    /// `svc_connect`. NULL connects as open(2) does.
    #[derive(Default)]
    SvcConnect: 16 {
        /// Bits of [`svc_flag`].
        flags: u32,
        /// Zero.
        _reserved: u32,
        /// When to give up with ETIMEDOUT, in nanoseconds of CLOCK_MONOTONIC; 0 for what the service says.
        deadline_ns: u64,
    }
}
