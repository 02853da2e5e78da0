//! A channel: two ends, a bounded queue of messages towards each, and the calls that are open between them.
//!
//! [`Channel`] is what stands under the kernel's one lock of the pair. `M` is a message as a whole, with all that it
//! carries: it moves in, waits, and moves out, and whatever cannot go on comes back to the caller. `W` names a caller that
//! waits, cheap to clone and to drop. Nothing here copies bytes, wakes, or drops a message under the lock.
//!
//! # The steps of a call
//!
//! - (1) [`Channel::call`] queues the request and opens a call, under one lock hold. From then on the caller sleeps until
//!   [`Channel::poll_call`] says that it is over; who ends the call wakes it after unlock.
//! - (2) [`Channel::receive`] takes the request out. It is *in hand* until [`Channel::finish`] (consumed) or
//!   [`Channel::put_back`] (queued first again, as if nothing had happened); its place in the queue stays reserved.
//! - (3) `finish` leaves the message with the call: its memory is the room for the reply, so replying needs none.
//! - (4) [`Channel::begin_reply`] lends that memory to whoever answers; [`Channel::commit_reply`] ends the call.
//! - (5) The caller leaves by `poll_call` with the reply, or by [`Channel::cancel`] at its deadline or death. From then on
//!   the number of the call is void: it never fits another call, and a late reply comes back to its sender.
//! - (6) [`Channel::close`] ends an end's use. Calls to it fail: [`Failure::NotTaken`] if the request was still queued,
//!   [`Failure::Lost`] if somebody had consumed it; [`Channel::next_failed`] names who is to be woken.
//!
//! What is short goes faster: [`Channel::first_request`] does (2) and (3) in one lock hold, [`Channel::answer`] does (4).
//!
//! Neighbours: `logic-waits` (how the kernel's threads sleep), `logic-fdtable` (where descriptors come from and go).
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate std;

extern crate alloc;

mod calls;
mod channel;
mod mutation;
mod short;

pub use calls::{CallId, Failure, MAX_CALLS, Replied};
pub use channel::{Begun, Channel, Delivery, FailedCall, Figures, Finished, Outcome, Queued, Received, Refused, Why};

pub use short::{Answerable, Answering, FirstRequest, Taken, Untaken};

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;

/// Most bytes of a message.
pub const MAX_BYTES: u32 = 64 * 1024;
/// Most descriptors of a message.
pub const MAX_FDS: u32 = 64;

/// How large a message is, or how large it may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Bytes.
    pub bytes: u32,
    /// Descriptors.
    pub fds: u32,
}

impl Size {
    /// Whether a message of this size has room there.
    #[must_use]
    #[inline]
    pub const fn fits(self, room: Size) -> bool {
        self.bytes <= room.bytes && self.fds <= room.fds
    }
}

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The first.
    A,
    /// The second.
    B,
}

impl End {
    /// The other one.
    #[must_use]
    #[inline]
    pub const fn peer(self) -> End {
        match self {
            End::A => End::B,
            End::B => End::A,
        }
    }
}

/// The bounds of each queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    messages: u32,
    bytes: u64,
}

impl Limits {
    /// Most messages that a queue can be made for: its table stays within a page.
    pub const MAX_MESSAGES: u32 = 128;
    /// Most bytes that a queue can be made for.
    pub const MAX_QUEUE_BYTES: u64 = 16 << 20;

    /// Bounds, 0 for the default of 64 messages or 256 KiB. `None`: out of range; a queue holds at least one message of any
    /// size.
    #[must_use]
    pub const fn new(messages: u32, bytes: u64) -> Option<Limits> {
        let messages = if messages == 0 { 64 } else { messages };
        let bytes = if bytes == 0 { 256 << 10 } else { bytes };
        if messages > Self::MAX_MESSAGES || bytes < MAX_BYTES as u64 || bytes > Self::MAX_QUEUE_BYTES {
            return None;
        }
        Some(Limits { messages, bytes })
    }
}
