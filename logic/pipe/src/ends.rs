//! The open ends of a pipe, and how opens of a FIFO meet (fifo(7)).
//!
//! Key types: [`Ends`] (counts), [`OpenVerdict`], [`OpenTicket`] (what an opener waits for).
//! Opens are counted besides the ends that are open, so that an opener that slept sees a peer
//! that came and went meanwhile.

/// What an end was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `O_RDONLY`.
    Read,
    /// `O_WRONLY`.
    Write,
    /// `O_RDWR`: on a FIFO it never waits (fifo(7)).
    ReadWrite,
}

/// Whether an open may sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Wait for the peer.
    Block,
    /// `O_NONBLOCK`.
    Nonblock,
}

/// What an open of a FIFO does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenVerdict {
    /// The end is open.
    Opened,
    /// The end is open and counted; sleep until [`Ends::has_met`], and close it again if
    /// interrupted.
    Wait(OpenTicket),
    /// Write end without a reader under `O_NONBLOCK`: ENXIO; nothing was opened.
    NoReader,
}

/// Tells an opener whether its peer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenTicket {
    peer: Access,
    seen: u32,
}

/// Counts of open ends.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    readers: u32,
    writers: u32,
    read_opens: u32,
    write_opens: u32,
}

impl Ends {
    /// Both ends open once: what pipe(2) makes.
    #[must_use]
    pub const fn pair() -> Self {
        Ends { readers: 1, writers: 1, read_opens: 1, write_opens: 1 }
    }

    /// Nothing open: a FIFO's inode before its first open.
    #[must_use]
    pub const fn none() -> Self {
        Ends { readers: 0, writers: 0, read_opens: 0, write_opens: 0 }
    }

    /// Open read ends.
    #[must_use]
    pub fn readers(&self) -> u32 {
        self.readers
    }

    /// Open write ends.
    #[must_use]
    pub fn writers(&self) -> u32 {
        self.writers
    }

    /// How many opens for writing there have been. A description of a FIFO's read end notes it
    /// when it is opened without a writer, and hands it to [`crate::Pipe::poll_read`].
    #[must_use]
    pub fn write_opens(&self) -> u32 {
        self.write_opens
    }

    /// Opens an end of a FIFO.
    pub fn open(&mut self, access: Access, patience: Patience) -> OpenVerdict {
        if access == Access::Write && patience == Patience::Nonblock && self.readers == 0 {
            return OpenVerdict::NoReader;
        }
        if access != Access::Write {
            self.readers = self.readers.saturating_add(1);
            self.read_opens = self.read_opens.wrapping_add(1);
        }
        if access != Access::Read {
            self.writers = self.writers.saturating_add(1);
            self.write_opens = self.write_opens.wrapping_add(1);
        }
        match (access, patience) {
            (Access::Read, Patience::Block) if self.writers == 0 => {
                OpenVerdict::Wait(OpenTicket { peer: Access::Write, seen: self.write_opens })
            }
            (Access::Write, Patience::Block) if self.readers == 0 => {
                OpenVerdict::Wait(OpenTicket { peer: Access::Read, seen: self.read_opens })
            }
            _ => OpenVerdict::Opened,
        }
    }

    /// A peer has opened since the ticket was given.
    #[must_use]
    pub fn has_met(&self, ticket: OpenTicket) -> bool {
        match ticket.peer {
            Access::Write => self.write_opens != ticket.seen,
            Access::Read | Access::ReadWrite => self.read_opens != ticket.seen,
        }
    }

    /// The last descriptor of an open end went away.
    pub fn close(&mut self, access: Access) {
        if access != Access::Write {
            self.readers = self.readers.saturating_sub(1);
        }
        if access != Access::Read {
            self.writers = self.writers.saturating_sub(1);
        }
    }
}
