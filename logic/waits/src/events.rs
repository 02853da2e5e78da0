//! [`Events`]: what can happen at an object, with the bits of `poll(2)` and `epoll_ctl(2)`.

bitflags::bitflags! {
    /// A set of events. The values are those of Linux's `asm-generic/poll.h`, so that a set goes
    /// to and from user memory as it is.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Events: u32 {
        /// `POLLIN`: there is something to read.
        const IN = 0x1;
        /// `POLLPRI`: something exceptional to read.
        const PRI = 0x2;
        /// `POLLOUT`: there is room to write.
        const OUT = 0x4;
        /// `POLLERR`: an error; for a pipe's write end: no reader is left.
        const ERR = 0x8;
        /// `POLLHUP`: the peer is gone.
        const HUP = 0x10;
        /// `POLLNVAL`: not an open descriptor; never fired, only reported by poll.
        const NVAL = 0x20;
        /// `POLLRDNORM`: as `IN`.
        const RDNORM = 0x40;
        /// `POLLRDBAND`: priority data to read.
        const RDBAND = 0x80;
        /// `POLLWRNORM`: as `OUT`.
        const WRNORM = 0x100;
        /// `POLLWRBAND`: priority data may be written.
        const WRBAND = 0x200;
        /// `POLLMSG`.
        const MSG = 0x400;
        /// `POLLRDHUP`: the peer will write no more.
        const RDHUP = 0x2000;
    }
}

impl Events {
    /// Reported whether or not anyone asked, see poll(2).
    pub const ALWAYS: Self = Self::ERR.union(Self::HUP);

    /// States that do not go away: each waiter has to learn of them, so firing one of these wakes
    /// every matching observer, the [`Mode::One`](crate::Mode::One) ones as well.
    pub const LASTING: Self = Self::ERR.union(Self::HUP).union(Self::RDHUP);

    /// The events that are news for a reader.
    pub const INWARD: Self =
        Self::IN.union(Self::PRI).union(Self::RDNORM).union(Self::RDBAND).union(Self::MSG).union(Self::LASTING);

    /// The events that are news for a writer.
    pub const OUTWARD: Self = Self::OUT.union(Self::WRNORM).union(Self::WRBAND).union(Self::ALWAYS);
}
