//! A pipe: the ring and its ends together, and the answers to read, write and poll.
//!
//! Key types: [`Pipe`], [`ReadVerdict`], [`WriteVerdict`], [`Ready`] (poll's bits).
//! Neighbours: `ring.rs` for the bytes, `ends.rs` for who is there.

use crate::{Ends, PIPE_BUF, Plan, Ring, SlotRange};

bitflags::bitflags! {
    /// Readiness of an end, with the numbers of poll(2).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Ready: u32 {
        /// `POLLIN | POLLRDNORM`: there is data.
        const IN = 0x0041;
        /// `POLLOUT | POLLWRNORM`: a write of [`PIPE_BUF`] bytes would not wait.
        const OUT = 0x0104;
        /// `POLLERR`: no reader is left.
        const ERR = 0x0008;
        /// `POLLHUP`: no writer is left.
        const HUP = 0x0010;
    }
}

/// What a read does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadVerdict {
    /// Copy these spans out, then commit.
    Copy(Plan),
    /// Zero bytes were asked for: answer 0 at once, also on an empty pipe.
    Nothing,
    /// Empty and no writer left: answer 0.
    EndOfFile,
    /// Empty: wait for [`Ready::IN`] or the last writer's close, or EAGAIN.
    Empty,
}

/// What a write does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteVerdict {
    /// Copy into these spans, then commit. Shorter than asked only above [`PIPE_BUF`] bytes.
    Copy(Plan),
    /// Zero bytes were asked for: answer 0 at once, even without a reader.
    Nothing,
    /// No reader: SIGPIPE and EPIPE.
    Broken,
    /// No room, or not enough for a write that must stay whole: wait for [`Ready::OUT`] or the
    /// last reader's close, or EAGAIN.
    Full,
}

/// What a commit brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Committed {
    /// Slots whose chunk goes back to the allocator. After a write whose chunks could not all be
    /// brought, some of them have none.
    pub released: SlotRange,
    /// Readiness that the peers did not have before: whom to wake.
    pub risen: Ready,
    /// What an edge-triggered observer sees as new activity (epoll(7)): data that was added, risen
    /// or not; room only when there was none.
    pub active: Ready,
}

/// The state of one pipe or FIFO.
#[derive(Clone, Debug)]
pub struct Pipe {
    ring: Ring,
    /// Who holds it open.
    pub ends: Ends,
}

impl Pipe {
    /// An empty pipe with these ends open.
    #[must_use]
    pub const fn new(ends: Ends) -> Self {
        Pipe { ring: Ring::new(), ends }
    }

    /// The ring, to look at.
    #[must_use]
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Begins a read of up to `want` bytes. The caller holds the read mutex until it commits.
    pub fn plan_read(&mut self, want: usize) -> ReadVerdict {
        if want == 0 {
            return ReadVerdict::Nothing;
        }
        if self.ring.is_empty() {
            return if self.ends.writers() == 0 { ReadVerdict::EndOfFile } else { ReadVerdict::Empty };
        }
        ReadVerdict::Copy(self.ring.plan_read(saturate(want)))
    }

    /// Ends a read: `copied` bytes reached the reader (0 leaves everything, as tee(2) does).
    #[inline]
    pub fn commit_read(&mut self, copied: u32) -> Committed {
        let before = self.writable();
        let copied = copied.min(self.ring.reading());
        let released = self.ring.commit_read(copied);
        let risen = self.writable().difference(before);
        // Linux wakes writers only when the pipe was full: more room is no news.
        Committed { released, risen, active: risen }
    }

    /// Begins a write of `want` bytes. `whole` bytes, the length of the entire write(2), decide
    /// whether it may be split: at most [`PIPE_BUF`] stays whole. The caller holds the write mutex
    /// until it commits.
    #[inline]
    pub fn plan_write(&mut self, want: usize, whole: usize) -> WriteVerdict {
        if want == 0 {
            return WriteVerdict::Nothing;
        }
        if self.ends.readers() == 0 {
            return WriteVerdict::Broken;
        }
        let want = saturate(want);
        let free = self.ring.free();
        let needed = if saturate(whole) <= PIPE_BUF { want } else { 1 };
        if free < needed {
            return WriteVerdict::Full;
        }
        WriteVerdict::Copy(self.ring.plan_write(want))
    }

    /// Ends a write: `copied` bytes are in the plan's spans. A write that must stay whole and could
    /// not be copied whole commits 0 and plans again.
    #[inline]
    pub fn commit_write(&mut self, copied: u32) -> Committed {
        let before = self.readable();
        let copied = copied.min(self.ring.writing());
        let released = self.ring.commit_write(copied);
        let now = self.readable();
        Committed { released, risen: now.difference(before), active: if copied > 0 { now } else { Ready::empty() } }
    }

    /// Changes the capacity; see [`Ring::resize`]. The caller holds both mutexes.
    ///
    /// # Errors
    /// See [`crate::ResizeError`].
    pub fn resize(&mut self, bytes: u32) -> Result<crate::Relocation, crate::ResizeError> {
        self.ring.resize(bytes)
    }

    /// poll(2) on a read end. `opened_at` is [`Ends::write_opens`] if the description was opened
    /// on a FIFO without a writer: it shows no hang-up before a writer has come.
    #[must_use]
    pub fn poll_read(&self, opened_at: Option<u32>) -> Ready {
        let hung_up = self.ends.writers() == 0 && opened_at != Some(self.ends.write_opens());
        self.readable() | if hung_up { Ready::HUP } else { Ready::empty() }
    }

    /// poll(2) on a write end.
    #[must_use]
    pub fn poll_write(&self) -> Ready {
        self.writable() | if self.ends.readers() == 0 { Ready::ERR } else { Ready::empty() }
    }

    fn readable(&self) -> Ready {
        if self.ring.is_empty() { Ready::empty() } else { Ready::IN }
    }

    fn writable(&self) -> Ready {
        if self.ring.free() >= PIPE_BUF { Ready::OUT } else { Ready::empty() }
    }
}

fn saturate(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
