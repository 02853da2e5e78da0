//! Mounts: file systems in the tree of names.

use super::dentry::Dentry;
use super::inode::FileSystem;
use crate::census::{Counted, Kind};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use mem::{NoMemory, Ref};
use sync::{SpinLock, levels};

/// A file system, or a part of it, at a place.
pub(crate) struct Mount {
    _counted: Counted<{ Kind::Mounts as usize }>,
    /// Number (`/proc/PID/mountinfo`).
    pub(crate) id: u32,
    /// The file system.
    pub(crate) fs: Ref<FileSystem>,
    /// What shows at the mount point.
    pub(crate) root: Ref<Dentry>,
    /// Where it is mounted; `None` for the root of a namespace.
    pub(crate) at: Option<Location>,
    /// MS_RDONLY, MS_NOEXEC, … (mount(2)).
    pub(crate) flags: AtomicU32,
    /// What was mounted (`/proc/mounts`).
    pub(crate) source: Box<[u8]>,
}

/// A name in a mount: where path walks begin and end.
#[derive(Clone)]
pub(crate) struct Location {
    /// The mount.
    pub(crate) mount: Ref<Mount>,
    /// The name in it.
    pub(crate) dentry: Ref<Dentry>,
}

impl Location {
    /// Whether both are the same place.
    pub(crate) fn same(&self, other: &Location) -> bool {
        Ref::ptr_eq(&self.mount, &other.mount) && Ref::ptr_eq(&self.dentry, &other.dentry)
    }
    /// The file there.
    pub(crate) fn inode(&self) -> &Ref<super::inode::Inode> {
        self.dentry.inode()
    }
    /// Whether the mount is read-only.
    pub(crate) fn is_read_only(&self) -> bool {
        self.mount.flags.load(Ordering::Relaxed) & MS_RDONLY != 0
    }
}

/// Read-only mount.
pub(crate) const MS_RDONLY: u32 = 1;
/// Set-id bits have no effect.
pub(crate) const MS_NOSUID: u32 = 2;
/// Device files cannot be opened.
pub(crate) const MS_NODEV: u32 = 4;
/// Programs cannot be executed.
pub(crate) const MS_NOEXEC: u32 = 8;

/// All mounts of a namespace, in order of mounting.
pub(crate) struct Namespace {
    mounts: SpinLock<Vec<Ref<Mount>>, levels::MountList>,
}

static NEXT_ID: AtomicU32 = AtomicU32::new(1);

impl Mount {
    /// A mount, not yet in a namespace.
    pub(crate) fn try_new(
        fs: Ref<FileSystem>,
        root: Ref<Dentry>,
        at: Option<Location>,
        flags: u32,
        source: &[u8],
    ) -> Result<Ref<Mount>, NoMemory> {
        let source = super::dentry::boxed_bytes(source)?;
        // From here on the mount's drop takes this back.
        fs.mounts.fetch_add(1, Ordering::AcqRel);
        Ref::try_new(Mount {
            _counted: Counted::new(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            fs,
            root,
            at,
            flags: AtomicU32::new(flags),
            source,
        })
    }
    /// Its root as a location.
    pub(crate) fn root_location(this: &Ref<Mount>) -> Location {
        Location { mount: this.clone(), dentry: this.root.clone() }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if self.fs.mounts.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        // Nobody can reach the file system any more.
        let mut root = self.root.clone();
        while let Some(above) = root.parent() {
            root = above;
        }
        Dentry::dismantle(&root);
    }
}

impl Namespace {
    /// A namespace with its root mount.
    pub(crate) fn try_new(root: Ref<Mount>) -> Result<Ref<Namespace>, NoMemory> {
        let mut mounts = Vec::new();
        mounts.try_reserve(8).map_err(|_| NoMemory)?;
        mounts.push(root);
        Ref::try_new(Namespace { mounts: SpinLock::new(mounts) })
    }
    /// The root mount.
    pub(crate) fn root(&self) -> Option<Ref<Mount>> {
        self.mounts.lock().first().cloned()
    }
    /// Adds a mount on top of its place.
    pub(crate) fn add(&self, mount: Ref<Mount>) -> Result<(), NoMemory> {
        let mut mounts = self.mounts.lock();
        mounts.try_reserve(1).map_err(|_| NoMemory)?;
        if let Some(at) = &mount.at {
            at.dentry.mounts.fetch_add(1, Ordering::AcqRel);
        }
        mounts.push(mount);
        Ok(())
    }
    /// Takes a mount away; `None` when something is mounted on it or it is the root.
    pub(crate) fn remove(&self, mount: &Ref<Mount>) -> Option<Ref<Mount>> {
        let mut mounts = self.mounts.lock();
        if mounts.iter().any(|m| m.at.as_ref().is_some_and(|at| Ref::ptr_eq(&at.mount, mount))) {
            return None;
        }
        let i = mounts.iter().position(|m| Ref::ptr_eq(m, mount))?;
        if i == 0 {
            return None;
        }
        let gone = mounts.remove(i);
        drop(mounts);
        if let Some(at) = &gone.at {
            at.dentry.mounts.fetch_sub(1, Ordering::AcqRel);
        }
        Some(gone)
    }
    /// The topmost mount on a place.
    pub(crate) fn mounted_on(&self, place: &Location) -> Option<Ref<Mount>> {
        if place.dentry.mounts.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.mounts.lock().iter().rev().find(|m| m.at.as_ref().is_some_and(|at| at.same(place))).cloned()
    }
    /// The mounts one after the other.
    pub(crate) fn nth(&self, n: usize) -> Option<Ref<Mount>> {
        self.mounts.lock().get(n).cloned()
    }
    /// From a place to what shows there: the root of the topmost mount.
    pub(crate) fn cover(&self, mut place: Location) -> Location {
        while let Some(m) = self.mounted_on(&place) {
            place = Mount::root_location(&m);
        }
        place
    }
}
