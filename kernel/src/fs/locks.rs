//! Advisory locks of a file: flock(2), and fcntl(2) record locks.

use alloc::vec::Vec;
use mem::NoMemory;
use sync::{SpinLock, levels};

/// Locks on one inode.
pub(crate) struct FileLocks {
    held: SpinLock<Vec<Held>, levels::FileLocks>,
}

#[derive(Clone, Copy)]
struct Held {
    /// Open description that holds it (flock).
    owner: u64,
    exclusive: bool,
}

impl FileLocks {
    /// No locks.
    pub(crate) const fn new() -> Self {
        FileLocks { held: SpinLock::new(Vec::new()) }
    }
    /// Takes or changes a whole-file lock of a description; false when another one is in the way.
    pub(crate) fn try_flock(&self, owner: u64, exclusive: bool) -> Result<bool, NoMemory> {
        let mut held = self.held.lock();
        if held.iter().any(|h| h.owner != owner && (exclusive || h.exclusive)) {
            return Ok(false);
        }
        if let Some(h) = held.iter_mut().find(|h| h.owner == owner) {
            h.exclusive = exclusive;
            return Ok(true);
        }
        held.try_reserve(1).map_err(|_| NoMemory)?;
        held.push(Held { owner, exclusive });
        Ok(true)
    }
    /// Gives up what a description holds.
    pub(crate) fn release_description(&self, owner: u64) {
        let mut held = self.held.lock();
        held.retain(|h| h.owner != owner);
        // The inode may live for ever: a list that is empty keeps no room.
        let room = if held.is_empty() { core::mem::take(&mut *held) } else { Vec::new() };
        drop(held);
        drop(room);
    }
}
