//! Memory objects: memory without a name that can be passed on in messages, and sealed against changes (memfd_create(2)).

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, ftruncate, memfd_create};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

/// What nobody may do with the memory any more.
pub type Seals = SealFlags;

/// A memory object.
#[derive(Debug)]
pub struct Memory(File);

impl Memory {
    /// `bytes` zero bytes.
    ///
    /// # Errors
    /// `EMFILE`, `ENOMEM`.
    pub fn new(name: &str, bytes: u64) -> io::Result<Self> {
        let fd = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&fd, bytes)?;
        Ok(Self(File::from(fd)))
    }

    /// How many bytes it has.
    ///
    /// # Errors
    /// When the descriptor is none of memory.
    pub fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    /// Copies out of it.
    ///
    /// # Errors
    /// When it is shorter.
    pub fn read(&self, to: &mut [u8], at: u64) -> io::Result<()> {
        self.0.read_exact_at(to, at)
    }

    /// Copies into it.
    ///
    /// # Errors
    /// When it is sealed or full.
    pub fn write(&self, from: &[u8], at: u64) -> io::Result<()> {
        self.0.write_all_at(from, at)
    }

    /// Seals it; seals are never taken off.
    ///
    /// # Errors
    /// `EBUSY` when it is mapped for writing, `EPERM` when it may not be sealed further.
    pub fn seal(&self, seals: Seals) -> io::Result<()> {
        Ok(fcntl_add_seals(&self.0, seals)?)
    }

    /// The seals on it. Who receives memory looks here before relying on it.
    ///
    /// # Errors
    /// When the descriptor is none of memory.
    pub fn seals(&self) -> io::Result<Seals> {
        Ok(fcntl_get_seals(&self.0)?)
    }
}

impl AsFd for Memory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<OwnedFd> for Memory {
    fn from(fd: OwnedFd) -> Self {
        Self(fd.into())
    }
}

impl From<Memory> for OwnedFd {
    fn from(memory: Memory) -> Self {
        memory.0.into()
    }
}

wire::descriptor! {
    Memory, "memory";
}
