//! Who owns the directory and the files of a budget as a cgroup (cgroup-v2.rst, "Delegation"): its maker, until that is changed.

use super::Budget;
use alloc::vec::Vec;
use mem::NoMemory;

/// User and group.
pub(crate) type Owner = (u32, u32);

/// Owners of all its files.
#[derive(Default)]
pub(super) struct Owners {
    maker: Owner,
    changed: Vec<Changed>,
}

struct Changed {
    file: u16,
    mode: u16,
    owner: Owner,
}

impl Budget {
    /// Permission bits and owner of a file, or of the directory (0), whose bits are `mode` if nobody changed them.
    pub(crate) fn file_attrs(&self, file: u16, mode: u32) -> (u32, Owner) {
        let owners = self.owners.lock();
        let changed = owners.changed.iter().find(|c| c.file == file);
        changed.map_or((mode, owners.maker), |c| (u32::from(c.mode), c.owner))
    }
    /// All of it is this one's.
    pub(crate) fn set_maker(&self, owner: Owner) {
        self.owners.lock().maker = owner;
    }
    /// Notes what a file's permission bits and owner are from now on.
    pub(crate) fn keep_file_attrs(&self, file: u16, mode: u32, owner: Owner) -> Result<(), NoMemory> {
        let new = Changed { file, mode: (mode & 0o7777) as u16, owner };
        let keep = || {
            let mut owners = self.owners.lock();
            if let Some(old) = owners.changed.iter_mut().find(|c| c.file == file) {
                *old = new;
                return Ok(());
            }
            owners.changed.try_reserve(1).map_err(|_| NoMemory)?;
            owners.changed.push(new);
            Ok(())
        };
        self.parent().unwrap_or(super::root()).pay(keep)
    }
}
