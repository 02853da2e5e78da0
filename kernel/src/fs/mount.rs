//! Mounts: file systems in the tree of names. Neighbour: `namespace`, which says what is mounted where.

use super::dentry::Dentry;
use super::inode::FileSystem;
use crate::census::{Counted, Kind};
use alloc::boxed::Box;
use core::sync::atomic::{AtomicU32, Ordering};
use mem::{NoMemory, Ref};

/// A file system, or a part of it, at a place.
pub(crate) struct Mount {
    _counted: Counted<{ Kind::Mounts as usize }>,
    /// Number (`/proc/PID/mountinfo`).
    pub(crate) id: u32,
    /// The file system.
    pub(crate) fs: Ref<FileSystem>,
    /// What shows at the mount point.
    pub(crate) root: Ref<Dentry>,
    /// MS_RDONLY, MS_NOEXEC, … (mount(2)), and MS_UNBINDABLE.
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
/// It cannot be bound elsewhere.
pub(crate) const MS_UNBINDABLE: u32 = 1 << 17;

static NEXT_ID: AtomicU32 = AtomicU32::new(1);

impl Mount {
    /// A mount, not yet in a namespace.
    pub(crate) fn try_new(fs: Ref<FileSystem>, root: Ref<Dentry>, flags: u32, source: &[u8]) -> Result<Ref<Mount>, NoMemory> {
        let source = super::dentry::boxed_bytes(source).inspect_err(|NoMemory| {
            if fs.mounts.load(Ordering::Acquire) == 0 {
                Dentry::dismantle(&root);
            }
        })?;
        // From here on the mount's drop takes this back.
        fs.mounts.fetch_add(1, Ordering::AcqRel);
        Ref::try_new(Mount {
            _counted: Counted::new(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            fs,
            root,
            flags: AtomicU32::new(flags),
            source,
        })
    }
    /// The same at another place; what shows there is `root`.
    pub(crate) fn try_copy(&self, root: &Ref<Dentry>) -> Result<Ref<Mount>, NoMemory> {
        Self::try_new(self.fs.clone(), root.clone(), self.flags.load(Ordering::Relaxed), &self.source)
    }
    /// Changes its flags, except whether it can be bound elsewhere.
    pub(crate) fn set_flags(&self, flags: u32) {
        let _ = self.flags.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |old| Some(old & MS_UNBINDABLE | flags));
    }
    /// Whether it can be bound elsewhere.
    pub(crate) fn is_bindable(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & MS_UNBINDABLE == 0
    }
    /// From now on it can, or cannot.
    pub(crate) fn set_bindable(&self, bindable: bool) {
        if bindable {
            self.flags.fetch_and(!MS_UNBINDABLE, Ordering::Relaxed);
        } else {
            self.flags.fetch_or(MS_UNBINDABLE, Ordering::Relaxed);
        }
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
