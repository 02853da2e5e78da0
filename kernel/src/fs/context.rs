//! What a thread's paths begin from: root, current directory, umask; and who it is.

pub(crate) use super::capability::cap;
use super::capability::{Caps, SetId};
use super::mount::Location;
use super::namespace::Namespace;
use super::walk::Reached;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use mem::{NoMemory, Ref};
use sync::{SpinLock, levels};

/// Root, current directory, umask and mount namespace; shared with CLONE_FS.
pub(crate) struct FsContext {
    /// The mounts.
    pub(crate) namespace: Ref<Namespace>,
    /// The root directory; the current one, with the rights of the descriptor that it came from (fchdir(2)).
    places: SpinLock<(Location, Reached), levels::ThreadRefs>,
    umask: AtomicU32,
}

impl FsContext {
    /// A context.
    pub(crate) fn try_new(namespace: Ref<Namespace>, root: Location, cwd: Reached, umask: u32) -> Result<Ref<Self>, NoMemory> {
        Ref::try_new(FsContext { namespace, places: SpinLock::new((root, cwd)), umask: AtomicU32::new(umask) })
    }
    /// A copy for fork(2).
    pub(crate) fn try_copy(&self) -> Result<Ref<Self>, NoMemory> {
        let (root, cwd) = self.places.lock().clone();
        Self::try_new(self.namespace.clone(), root, cwd, self.umask())
    }
    /// A copy with mounts of its own (CLONE_NEWNS).
    pub(crate) fn try_copy_mounts(&self) -> Result<Ref<Self>, NoMemory> {
        let (root, cwd) = self.places.lock().clone();
        let (namespace, [root, place]) = self.namespace.try_copy([root, cwd.place])?;
        Self::try_new(namespace, root, Reached { place, rights: cwd.rights }, self.umask())
    }
    /// The current root directory becomes another for those who have this one, and the current directory too.
    pub(crate) fn exchange_root(&self, from: &Location, to: &Location) {
        let mut places = self.places.lock();
        let (root, cwd) = &mut *places;
        let old =
            [root, &mut cwd.place].map(|place| if place.same(from) { core::mem::replace(place, to.clone()) } else { to.clone() });
        drop(places);
        drop(old);
    }
    /// The root directory.
    pub(crate) fn root(&self) -> Location {
        self.places.lock().0.clone()
    }
    /// The current directory.
    pub(crate) fn cwd(&self) -> Reached {
        self.places.lock().1.clone()
    }
    /// Changes the current directory; the old one is returned, to be dropped outside locks.
    pub(crate) fn set_cwd(&self, to: Reached) -> Reached {
        core::mem::replace(&mut self.places.lock().1, to)
    }
    /// Changes the root directory.
    pub(crate) fn set_root(&self, to: Location) -> Location {
        core::mem::replace(&mut self.places.lock().0, to)
    }
    /// Permission bits that new files do not get.
    pub(crate) fn umask(&self) -> u32 {
        self.umask.load(Ordering::Relaxed)
    }
    /// Sets the umask; gives the old one.
    pub(crate) fn set_umask(&self, mask: u32) -> u32 {
        self.umask.swap(mask & 0o777, Ordering::Relaxed)
    }
}

/// Who a thread is (credentials(7)). Immutable; a change makes a new one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cred {
    /// Real, effective, saved and file-system user id.
    pub(crate) uid: Ids,
    /// The same for the group.
    pub(crate) gid: Ids,
    /// Supplementary groups, sorted.
    pub(crate) groups: Vec<u32>,
    /// Its capabilities.
    pub(crate) caps: Caps,
}

/// The four ids of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ids {
    /// Real.
    pub(crate) real: u32,
    /// Effective.
    pub(crate) effective: u32,
    /// Saved.
    pub(crate) saved: u32,
    /// For file access.
    pub(crate) fs: u32,
}

impl Cred {
    /// A copy that can be changed.
    pub(crate) fn try_copy(&self) -> Result<Cred, NoMemory> {
        let mut groups = Vec::new();
        groups.try_reserve_exact(self.groups.len()).map_err(|_| NoMemory)?;
        groups.extend_from_slice(&self.groups);
        Ok(Cred { uid: self.uid, gid: self.gid, groups, caps: self.caps })
    }
    /// Whether it has a capability (numbers in [`cap`]).
    pub(crate) fn capable(&self, capability: u32) -> bool {
        self.caps.effective.checked_shr(capability).is_some_and(|bits| bits & 1 != 0)
    }
    /// Who a thread is after it executed a program with this owner, group and mode; its set-id bits count if `honour`.
    pub(crate) fn for_exec(&self, attrs: &super::inode::Attrs, honour: bool) -> Result<Cred, NoMemory> {
        const S_ISUID: u32 = 0o4000;
        const S_ISGID: u32 = 0o2000;
        const S_IXGRP: u32 = 0o10;
        let mut new = self.try_copy()?;
        if honour && attrs.mode & S_ISUID != 0 {
            new.uid.effective = attrs.uid;
        }
        // Without group execution the bit once meant mandatory locking.
        if honour && attrs.mode & (S_ISGID | S_IXGRP) == S_ISGID | S_IXGRP {
            new.gid.effective = attrs.gid;
        }
        let set_id = if new.uid.effective != self.uid.effective || new.gid.effective != self.gid.effective {
            SetId::Yes
        } else {
            SetId::No
        };
        (new.uid.saved, new.uid.fs) = (new.uid.effective, new.uid.effective);
        (new.gid.saved, new.gid.fs) = (new.gid.effective, new.gid.effective);
        new.caps.for_exec(new.uid.real, new.uid.effective, set_id);
        Ok(new)
    }
    /// Whether a program that runs as this cannot trust who started it (AT_SECURE).
    pub(crate) fn is_elevated(&self) -> bool {
        self.uid.real != self.uid.effective || self.gid.real != self.gid.effective
    }
    /// Whether it is the superuser of its World.
    pub(crate) fn is_root(&self) -> bool {
        self.uid.effective == 0 && self.capable(cap::SYS_ADMIN)
    }
    /// Whether it is in a group.
    pub(crate) fn in_group(&self, gid: u32) -> bool {
        self.gid.fs == gid || self.groups.binary_search(&gid).is_ok()
    }
    /// Whether it may do `want` (bits 4 read, 2 write, 1 execute) with a file of this owner, group and mode
    /// (path_resolution(7), "Permissions").
    pub(crate) fn may(&self, attrs: &super::inode::Attrs, want: u32) -> bool {
        let shift = if attrs.uid == self.uid.fs {
            6
        } else if self.in_group(attrs.gid) {
            3
        } else {
            0
        };
        if (attrs.mode >> shift) & want == want {
            return true;
        }
        let directory = attrs.mode & super::inode::S_IFMT == super::inode::S_IFDIR;
        if self.capable(cap::DAC_OVERRIDE) && (want & 1 == 0 || directory || attrs.mode & 0o111 != 0) {
            return true;
        }
        self.capable(cap::DAC_READ_SEARCH) && (want == 4 || directory && want & 2 == 0)
    }
}
