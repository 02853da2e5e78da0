//! Memory objects in one's own address space.

use crate::Memory;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use vm_memory::{Bytes, FileOffset, MmapRegion, VolatileMemory};

/// Memory that others may see and change at any time. It keeps the object alive, whatever becomes of its descriptors, and is
/// unmapped when dropped.
///
/// Bytes are copied in and out, never borrowed: a reference to what another process changes would be none.
#[derive(Debug)]
pub struct Mapping(MmapRegion);

/// What may be done with the mapped bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Look at them.
    Read,
    /// Look at them and change them.
    ReadWrite,
}

const PROT_READ: i32 = 1;
const PROT_WRITE: i32 = 2;
const MAP_SHARED: i32 = 1;

impl Mapping {
    /// Maps all of a memory object.
    ///
    /// A read of what the object lost when it became shorter ends the program (SIGBUS): who maps another's memory looks for
    /// [`crate::Seals::SHRINK`] first.
    ///
    /// # Errors
    /// `EACCES` when the descriptor does not allow it, `EPERM` when writing is sealed, `ENOMEM`; an object without bytes.
    pub fn new(memory: &Memory, access: Access) -> io::Result<Self> {
        let size = usize::try_from(memory.size()?).map_err(|_| io::ErrorKind::InvalidInput)?;
        let file = OwnedFd::into(memory.as_fd().try_clone_to_owned()?);
        let protection = if access == Access::Read { PROT_READ } else { PROT_READ | PROT_WRITE };
        MmapRegion::build(Some(FileOffset::new(file, 0)), size, protection, MAP_SHARED).map(Self).map_err(io::Error::other)
    }

    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// Copies out of it.
    ///
    /// # Errors
    /// When it ends before.
    pub fn read(&self, to: &mut [u8], at: usize) -> io::Result<()> {
        self.0.as_volatile_slice().read_slice(to, at).map_err(io::Error::other)
    }

    /// Copies into it.
    ///
    /// # Errors
    /// When it ends before, or was mapped to be read.
    pub fn write(&self, from: &[u8], at: usize) -> io::Result<()> {
        self.writable()?;
        self.0.as_volatile_slice().write_slice(from, at).map_err(io::Error::other)
    }

    fn writable(&self) -> io::Result<()> {
        if self.0.prot() & PROT_WRITE == 0 { Err(io::ErrorKind::PermissionDenied.into()) } else { Ok(()) }
    }
}
