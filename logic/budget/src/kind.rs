//! What is counted, and how a limit is meant. Neighbour: `pool` counts it.

use crate::pool::UNLIMITED;

/// How many kinds there are.
pub const KINDS: usize = 8;

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Frames of 4 KiB: user pages, page tables, slab pages.
    Frames,
    /// Processes, zombies included.
    Processes,
    /// Threads.
    Threads,
    /// Slots of descriptor tables.
    Descriptors,
    /// Channel pairs.
    Channels,
    /// Messages in flight.
    Messages,
    /// Bytes in flight: of messages that do not fit into their own memory.
    Bytes,
    /// Frames of the DMA pool.
    DmaFrames,
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Kind; KINDS] = [
        Kind::Frames,
        Kind::Processes,
        Kind::Threads,
        Kind::Descriptors,
        Kind::Channels,
        Kind::Messages,
        Kind::Bytes,
        Kind::DmaFrames,
    ];

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: usize) -> Option<Kind> {
        Kind::ALL.get(number).copied()
    }

    /// How many units a hart keeps at most after a refill or a flush.
    pub(crate) const fn batch(self) -> u32 {
        match self {
            Kind::Frames => 32,
            Kind::Descriptors | Kind::Messages => 16,
            Kind::Channels => 8,
            Kind::Bytes => 4096,
            // Seldom charged, and exact.
            Kind::Processes | Kind::Threads | Kind::DmaFrames => 0,
        }
    }
}

/// How much of a kind an account may have, in units of the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// This much, reserved from the parent.
    Carved(u64),
    /// At most this much ([`UNLIMITED`]: no maximum), charged to the nearest carved ancestor too.
    Shared(u64),
}

impl Limit {
    /// No maximum of its own.
    pub const OPEN: Limit = Limit::Shared(UNLIMITED);
}
