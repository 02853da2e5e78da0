//! [`EventSet`]: one wait for any number of descriptors of any kind.

use crate::Deadline;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What one waits for of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Interest(EventFlags);

impl Interest {
    /// That it can be read, received or accepted from, or has fired or ended.
    pub const READ: Self = Self(EventFlags::IN);
    /// That it can be written or sent to.
    pub const WRITE: Self = Self(EventFlags::OUT);
    /// For the end alone, which is always told.
    pub const END: Self = Self(EventFlags::empty());

    /// This and that.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0.union(other.0))
    }

    /// Told once for each time that something new happens, and not as long as it is so.
    pub const fn edge(self) -> Self {
        Self(self.0.union(EventFlags::ET))
    }

    /// Told once, until it is changed.
    pub const fn once(self) -> Self {
        Self(self.0.union(EventFlags::ONESHOT))
    }
}

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Event {
    /// The number that the descriptor was added with.
    pub key: u64,
    flags: EventFlags,
}

impl Event {
    /// It can be read, or would say why not.
    #[must_use]
    pub fn readable(&self) -> bool {
        self.flags.intersects(EventFlags::IN.union(EventFlags::HUP).union(EventFlags::ERR))
    }

    /// It can be written, or would say why not.
    #[must_use]
    pub fn writable(&self) -> bool {
        self.flags.intersects(EventFlags::OUT.union(EventFlags::ERR))
    }

    /// The peer is gone.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.flags.intersects(EventFlags::HUP.union(EventFlags::ERR))
    }
}

/// A set of descriptors and what one waits for of each. A descriptor leaves it when it is closed. The set is a descriptor itself, and
/// can be in another.
#[derive(Debug)]
pub struct EventSet(OwnedFd);

impl EventSet {
    /// An empty set.
    ///
    /// # Errors
    /// `EMFILE`, `ENOMEM`.
    pub fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(CreateFlags::CLOEXEC)?))
    }

    /// Adds a descriptor, whose events have this key.
    ///
    /// # Errors
    /// `EEXIST` when it is there, `EPERM` when it is always ready, `ELOOP`, `ENOMEM`.
    pub fn add(&self, fd: &impl AsFd, key: u64, interest: Interest) -> io::Result<()> {
        Ok(epoll::add(&self.0, fd, EventData::new_u64(key), interest.0)?)
    }

    /// Waits for something else of a descriptor from now on.
    ///
    /// # Errors
    /// `ENOENT` when it is not there.
    pub fn change(&self, fd: &impl AsFd, key: u64, interest: Interest) -> io::Result<()> {
        Ok(epoll::modify(&self.0, fd, EventData::new_u64(key), interest.0)?)
    }

    /// Takes a descriptor out.
    ///
    /// # Errors
    /// `ENOENT` when it is not there.
    pub fn remove(&self, fd: &impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(&self.0, fd)?)
    }

    /// Waits until something happens, and puts some of it, 64 at most, into `events`; none when the deadline is past.
    ///
    /// # Errors
    /// The kernel's. A signal does not end the wait.
    pub fn wait(&self, events: &mut Vec<Event>, deadline: Deadline) -> io::Result<()> {
        events.clear();
        let mut room = [const { MaybeUninit::uninit() }; 64];
        loop {
            match epoll::wait(&self.0, room.as_mut_slice(), deadline.left().as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
                Ok((ready, _)) => {
                    events.extend(ready.iter().map(|event| Event { key: event.data.u64(), flags: event.flags }));
                    return Ok(());
                }
            }
        }
    }
}

impl AsFd for EventSet {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<EventSet> for OwnedFd {
    fn from(set: EventSet) -> Self {
        set.0
    }
}
