//! Structs of the channel calls. All of them may grow; a field that a caller's older version lacks is zero.

use super::plain_structs;

/// Bits of the `flags` fields.
pub mod chan_flag {
    /// Do not wait: EAGAIN. For a call this is about room for the request; its reply is waited for.
    pub const NONBLOCK: u32 = 1;
    /// A call that would close a circle of calls waiting for each other fails with EDEADLK.
    pub const NO_CYCLE: u32 = 2;
    /// Of `chan_reply_recv`: return once the reply is sent.
    pub const REPLY_ONLY: u32 = 4;
}

plain_structs! {
    /// The bounds of a new channel. Zero means the default.
    #[derive(Default)]
    ChanCreate: 16 {
        /// None is defined.
        flags: u32,
        /// Messages that may wait at each end, 64 by default and 128 at most.
        messages: u32,
        /// Bytes that may wait at each end, 256 KiB by default, at least 64 KiB and 16 MiB at most.
        bytes: u64,
    }

    /// What is sent: at most 64 KiB and 64 descriptors.
    #[derive(Default)]
    ChanPart: 24 {
        /// Address of the bytes.
        bytes: u64,
        /// Address of the descriptors, an `i32` each.
        fds: u64,
        /// Number of bytes.
        bytes_len: u32,
        /// Number of descriptors.
        fds_len: u32,
    }

    /// Where to put what arrives.
    #[derive(Default)]
    ChanRoom: 24 {
        /// Address for the bytes.
        bytes: u64,
        /// Address for the descriptors' numbers, an `i32` each. The slots are closed on exec.
        fds: u64,
        /// Bytes that fit there.
        bytes_cap: u32,
        /// Descriptors that fit there.
        fds_cap: u32,
    }

    /// What the kernel says about a message that was received. After EMSGSIZE the two lengths, and nothing else, are those of
    /// the message that waits.
    #[derive(Default)]
    ChanInfo: 40 {
        /// Number of bytes.
        bytes_len: u32,
        /// Number of descriptors.
        fds_len: u32,
        /// The call that this is the request of, 0 if nobody waits for an answer.
        call: u64,
        /// The process that sent it; such a number is never used twice.
        process: u64,
        /// That process's budget.
        budget: u64,
        /// Bytes that the reply may have.
        reply_bytes: u32,
        /// Descriptors that the reply may have.
        reply_fds: u32,
    }

    /// `chan_send`.
    #[derive(Default)]
    ChanSend: 40 {
        /// The message.
        part: ChanPart,
        /// When to give up with ETIMEDOUT, in nanoseconds of CLOCK_MONOTONIC; 0 for never.
        deadline_ns: u64,
        /// Bits of [`chan_flag`].
        flags: u32,
        /// Zero.
        _reserved: u32,
    }

    /// `chan_recv`.
    #[derive(Default)]
    ChanRecv: 80 {
        /// In: where to put it.
        room: ChanRoom,
        /// In: when to give up with ETIMEDOUT, in nanoseconds of CLOCK_MONOTONIC; 0 for never.
        deadline_ns: u64,
        /// In: bits of [`chan_flag`].
        flags: u32,
        /// Zero.
        _reserved: u32,
        /// Out: what came.
        info: ChanInfo,
    }

    /// `chan_call`.
    #[derive(Default)]
    ChanCall: 80 {
        /// In: the request.
        part: ChanPart,
        /// In: where to put the reply, which is reserved before the request is sent.
        room: ChanRoom,
        /// In: when to give up with ETIMEDOUT, in nanoseconds of CLOCK_MONOTONIC; 0 for never.
        deadline_ns: u64,
        /// In: bits of [`chan_flag`].
        flags: u32,
        /// Zero.
        _reserved: u32,
        /// In: 0. When a signal's handler interrupts the wait, the kernel notes here which call goes on after it. Out, after an
        /// error: 0 if the request has not left, so that the caller has its descriptors still; else they went with it.
        call: u64,
        /// Out: number of bytes of the reply.
        bytes_len: u32,
        /// Out: number of descriptors of the reply.
        fds_len: u32,
    }

    /// `chan_reply_recv`.
    #[derive(Default)]
    ChanReplyRecv: 112 {
        /// In: the call to answer, 0 for none.
        call: u64,
        /// In: the reply.
        part: ChanPart,
        /// In: where to put the next message.
        room: ChanRoom,
        /// In: when to give up with ETIMEDOUT, in nanoseconds of CLOCK_MONOTONIC; 0 for never.
        deadline_ns: u64,
        /// In: bits of [`chan_flag`].
        flags: u32,
        /// Out, also of a call that fails: 1 once the reply reached the caller.
        replied: u32,
        /// Out: what came.
        info: ChanInfo,
    }
}
