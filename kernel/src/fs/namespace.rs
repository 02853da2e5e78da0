//! Mount namespaces (mount_namespaces(7)): what is mounted where. Every mount is private: none follows another's changes.
//!
//! The list changes under a sleeping lock, so that a copy is made of one state; it is read under a spin lock. Neighbours:
//! `mount`, `walk`, which asks what shows at a place, `context`, which holds a process's namespace.

use super::dentry::Dentry;
use super::mount::{Location, MS_RDONLY, Mount};
use super::tmpfs::{Options, new_tmpfs};
use crate::world::names::keeps;
use abi::Errno;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use mem::{NoMemory, Ref};
use sync::{Mutex, SpinLock, levels};

/// A mount and where it is; `None` for the root.
#[derive(Clone)]
struct Entry {
    mount: Ref<Mount>,
    at: Option<Location>,
}

/// All mounts of a namespace, in order of mounting: of several at one place the last one shows.
pub(crate) struct Namespace {
    mounts: SpinLock<Vec<Entry>, levels::MountList>,
    changes: Mutex<(), levels::MountMutex>,
    /// Its number as a namespace.
    pub(crate) ino: u64,
}

/// A mount and its copy.
struct Copied {
    old: Ref<Mount>,
    new: Entry,
}

impl Entry {
    fn is_at(&self, place: &Location) -> bool {
        self.at.as_ref().is_some_and(|at| at.same(place))
    }
}

/// Most mounts of a namespace (fs.mount-max): its list is gone through under a spin lock.
const MOST: usize = 2048;

/// Whether `dentry` is `top` or below it.
fn is_below(dentry: &Ref<Dentry>, top: &Ref<Dentry>) -> bool {
    let mut at = dentry.clone();
    loop {
        if Ref::ptr_eq(&at, top) {
            return true;
        }
        match at.parent() {
            Some(parent) => at = parent,
            None => return false,
        }
    }
}

impl Namespace {
    /// The namespace at boot with its root mount.
    pub(crate) fn try_new(root: Ref<Mount>) -> Result<Ref<Namespace>, NoMemory> {
        let mut mounts = Vec::new();
        mounts.try_reserve(16).map_err(|_| NoMemory)?;
        mounts.push(Entry { mount: root, at: None });
        Self::of(mounts, crate::world::names::FIRST_MOUNTS)
    }
    /// From now on each place counts the mount that is there.
    fn of(mounts: Vec<Entry>, ino: u64) -> Result<Ref<Namespace>, NoMemory> {
        for at in mounts.iter().filter_map(|e| e.at.as_ref()) {
            at.dentry.mounts.fetch_add(1, Ordering::AcqRel);
        }
        Ref::try_new(Namespace { mounts: SpinLock::new(mounts), changes: Mutex::new(()), ino })
    }
    /// The root mount.
    pub(crate) fn root(&self) -> Option<Ref<Mount>> {
        self.mounts.lock().first().map(|e| e.mount.clone())
    }
    /// Adds a mount on top of a place.
    pub(crate) fn add(&self, mount: Ref<Mount>, at: Location) -> Result<(), Errno> {
        let _changes = self.changes.lock();
        self.make_room(1)?;
        self.enter(Entry { mount, at: Some(at) })
    }
    /// Room for so many more, until the lock of changes is given back. ENOSPC: there would be too many.
    fn make_room(&self, more: usize) -> Result<(), Errno> {
        let mut mounts = self.mounts.lock();
        if mounts.len().saturating_add(more) > MOST {
            return Err(Errno::ENOSPC);
        }
        mounts.try_reserve(more).map_err(|_| Errno::ENOMEM)
    }
    fn enter(&self, entry: Entry) -> Result<(), Errno> {
        let mut mounts = self.mounts.lock();
        mounts.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        if let Some(at) = &entry.at {
            at.dentry.mounts.fetch_add(1, Ordering::AcqRel);
        }
        // reserved: above.
        mounts.push(entry);
        Ok(())
    }
    /// Takes a mount away; `None` when something is mounted on it or it is the root.
    pub(crate) fn remove(&self, mount: &Ref<Mount>) -> Option<Ref<Mount>> {
        let _changes = self.changes.lock();
        self.remove_one(mount)
    }
    /// Takes a mount away with all that is mounted on it (MNT_DETACH); false when it is the root.
    pub(crate) fn detach(&self, top: &Ref<Mount>) -> bool {
        // Each comes to its end without the lock.
        while let Some(gone) = self.remove_topmost(top) {
            if Ref::ptr_eq(&gone, top) {
                return true;
            }
        }
        false
    }
    /// Takes away one that is mounted on a mount, or that itself, which has none on it.
    fn remove_topmost(&self, base: &Ref<Mount>) -> Option<Ref<Mount>> {
        let _changes = self.changes.lock();
        let mut n = 0;
        loop {
            let (mount, _) = self.nth(n)?;
            n += 1;
            if self.is_on(&mount, base)
                && let Some(gone) = self.remove_one(&mount)
            {
                return Some(gone);
            }
        }
    }
    #[inline(never)]
    fn remove_one(&self, mount: &Ref<Mount>) -> Option<Ref<Mount>> {
        let mut mounts = self.mounts.lock();
        if mounts.iter().any(|m| m.at.as_ref().is_some_and(|at| Ref::ptr_eq(&at.mount, mount))) {
            return None;
        }
        let i = mounts.iter().position(|m| Ref::ptr_eq(&m.mount, mount)).filter(|i| *i != 0)?;
        let Entry { mount, at } = mounts.remove(i);
        drop(mounts);
        if let Some(at) = &at {
            at.dentry.mounts.fetch_sub(1, Ordering::AcqRel);
        }
        Some(mount)
    }
    /// The topmost mount on a place.
    pub(crate) fn mounted_on(&self, place: &Location) -> Option<Ref<Mount>> {
        if place.dentry.mounts.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.mounts.lock().iter().rev().find(|m| m.is_at(place)).map(|m| m.mount.clone())
    }
    /// Where a mount is; `None` for the root, and for one that is not in this namespace.
    pub(crate) fn place_of(&self, mount: &Ref<Mount>) -> Option<Location> {
        self.mounts.lock().iter().find(|m| Ref::ptr_eq(&m.mount, mount))?.at.clone()
    }
    /// The mounts one after the other, with their places.
    pub(crate) fn nth(&self, n: usize) -> Option<(Ref<Mount>, Option<Location>)> {
        self.mounts.lock().get(n).map(|e| (e.mount.clone(), e.at.clone()))
    }
    fn contains(&self, mount: &Ref<Mount>) -> bool {
        self.mounts.lock().iter().any(|m| Ref::ptr_eq(&m.mount, mount))
    }
    /// From a place to what shows there: the root of the topmost mount.
    pub(crate) fn cover(&self, mut place: Location) -> Location {
        while let Some(m) = self.mounted_on(&place) {
            place = Mount::root_location(&m);
        }
        place
    }

    /// Copies of the mount that shows at `top` from there on, and of all mounts below; the first is at no place yet. The
    /// list does not change meanwhile. `all`, for another namespace: also of those that cannot be bound elsewhere, and of what is
    /// on them; but of no mount namespace's file, as the one that is made may come to be mounted there.
    fn copies(&self, top: &Location, all: bool) -> Result<Vec<Copied>, NoMemory> {
        let mut copies: Vec<Copied> = Vec::new();
        copies.try_reserve(1).map_err(|_| NoMemory)?;
        let new = Entry { mount: top.mount.try_copy(&top.dentry)?, at: None };
        copies.push(Copied { old: top.mount.clone(), new });
        // A mount that was moved may stand before the one that it is on now.
        loop {
            let before = copies.len();
            let mut n = 0;
            while let Some((mount, at)) = self.nth(n) {
                n += 1;
                let Some(at) = at.filter(|_| !copies.iter().any(|c| Ref::ptr_eq(&c.old, &mount))) else { continue };
                let Some(on) = copies.iter().position(|c| Ref::ptr_eq(&c.old, &at.mount)) else { continue };
                let left_out = if all { keeps(&Mount::root_location(&mount), u64::MAX) } else { !mount.is_bindable() };
                if on == 0 && !is_below(&at.dentry, &top.dentry) || left_out {
                    continue;
                }
                let Some(on) = copies.get(on).map(|c| c.new.mount.clone()) else { continue };
                let new = Entry { mount: mount.try_copy(&mount.root)?, at: Some(Location { mount: on, dentry: at.dentry }) };
                copies.try_reserve(1).map_err(|_| NoMemory)?;
                copies.push(Copied { old: mount, new });
            }
            if copies.len() == before {
                return Ok(copies);
            }
        }
    }
    fn from_copies(copies: &[Copied]) -> Result<Ref<Namespace>, NoMemory> {
        let mut mounts = Vec::new();
        mounts.try_reserve(copies.len()).map_err(|_| NoMemory)?;
        mounts.extend(copies.iter().map(|c| c.new.clone()));
        Self::of(mounts, crate::world::names::next_ino())
    }

    /// A copy of all mounts, and what places of this namespace are called there.
    pub(crate) fn try_copy<const N: usize>(&self, places: [Location; N]) -> Result<(Ref<Namespace>, [Location; N]), NoMemory> {
        let _changes = self.changes.lock();
        let root = self.root().ok_or(NoMemory)?;
        let copies = self.copies(&Mount::root_location(&root), true)?;
        let namespace = Self::from_copies(&copies)?;
        let places = places.map(|place| match copies.iter().find(|c| Ref::ptr_eq(&c.old, &place.mount)) {
            Some(c) => Location { mount: c.new.mount.clone(), dentry: place.dentry },
            None => place,
        });
        Ok((namespace, places))
    }
    /// A namespace of which `top` is the root, with copies of the mounts below: nothing else can be reached from there.
    /// Also what another place is called there; `None`: it is not below.
    pub(crate) fn try_copy_below(
        &self,
        top: &Location,
        place: &Location,
    ) -> Result<(Ref<Namespace>, Option<Location>), NoMemory> {
        let _changes = self.changes.lock();
        let copies = self.copies(top, true)?;
        let outside = Ref::ptr_eq(&place.mount, &top.mount) && !is_below(&place.dentry, &top.dentry);
        let copy = copies.iter().find(|c| Ref::ptr_eq(&c.old, &place.mount)).filter(|_| !outside);
        let place = copy.map(|c| Location { mount: c.new.mount.clone(), dentry: place.dentry.clone() });
        Ok((Self::from_copies(&copies)?, place))
    }
    /// A namespace without files.
    pub(crate) fn empty() -> Result<Ref<Namespace>, NoMemory> {
        let none = Options { mode: 0o555, owner: (0, 0), pages: 0, inodes: 1 };
        let (fs, root) = new_tmpfs("tmpfs", &none)?;
        let mut mounts = Vec::new();
        mounts.try_reserve(1).map_err(|_| NoMemory)?;
        mounts.push(Entry { mount: Mount::try_new(fs, root, MS_RDONLY, b"none")?, at: None });
        Self::of(mounts, crate::world::names::next_ino())
    }
    /// Mounts a copy of what is at `from`, with what is mounted below, at `to` (MS_BIND and MS_REC).
    pub(crate) fn bind_all(&self, from: &Location, to: &Location) -> Result<(), Errno> {
        let _changes = self.changes.lock();
        let copies = self.copies(from, false).map_err(|NoMemory| Errno::ENOMEM)?;
        self.make_room(copies.len())?;
        for (i, c) in copies.into_iter().enumerate() {
            let at = if i == 0 { Some(to.clone()) } else { c.new.at };
            self.enter(Entry { mount: c.new.mount, at })?;
        }
        Ok(())
    }
    /// Moves a mount to another place (MS_MOVE). EINVAL: it is no mount of its own, or the root, or only one of the two is a
    /// directory; ELOOP: the place is inside it.
    pub(crate) fn move_to(&self, from: &Location, to: &Location) -> Result<(), Errno> {
        let _changes = self.changes.lock();
        if !Ref::ptr_eq(&from.dentry, &from.mount.root) || self.place_of(&from.mount).is_none() || !self.contains(&to.mount) {
            return Err(Errno::EINVAL);
        }
        if from.inode().is_dir() != to.inode().is_dir() {
            return Err(Errno::EINVAL);
        }
        if self.is_on(&to.mount, &from.mount) {
            return Err(Errno::ELOOP);
        }
        self.put(&from.mount, Some(to.clone()));
        Ok(())
    }
    /// Whether a mount is `base` or mounted somewhere on it.
    #[inline(never)]
    fn is_on(&self, mount: &Ref<Mount>, base: &Ref<Mount>) -> bool {
        let mut at = mount.clone();
        loop {
            if Ref::ptr_eq(&at, base) {
                return true;
            }
            match self.place_of(&at) {
                Some(below) => at = below.mount,
                None => return false,
            }
        }
    }
    /// Calls `f` with a mount and, if `below`, with all mounts on it.
    pub(crate) fn each(&self, top: &Ref<Mount>, below: bool, f: impl Fn(&Mount)) {
        let _changes = self.changes.lock();
        f(top);
        let mut n = 0;
        while below && let Some((mount, _)) = self.nth(n) {
            n += 1;
            if self.is_on(&mount, top) {
                f(&mount);
            }
        }
    }
    /// A mount is somewhere else from now on, on top of what is there.
    fn put(&self, mount: &Ref<Mount>, to: Option<Location>) {
        if let Some(to) = &to {
            to.dentry.mounts.fetch_add(1, Ordering::AcqRel);
        }
        let mut mounts = self.mounts.lock();
        let Some(i) = mounts.iter().position(|m| Ref::ptr_eq(&m.mount, mount)) else { return };
        let old = mounts.get_mut(i).and_then(|m| core::mem::replace(&mut m.at, to));
        if let Some(behind) = mounts.get_mut(i..) {
            behind.rotate_left(1);
        }
        drop(mounts);
        if let Some(old) = &old {
            old.dentry.mounts.fetch_sub(1, Ordering::AcqRel);
        }
    }
    /// `new` takes the place of the mount `root`, which goes to `put_old` (pivot_root(2)); gives the new root directory.
    pub(crate) fn pivot(&self, root: &Location, new: &Location, put_old: &Location) -> Result<Location, Errno> {
        let _changes = self.changes.lock();
        if Ref::ptr_eq(&new.mount, &root.mount) || Ref::ptr_eq(&put_old.mount, &root.mount) {
            return Err(Errno::EBUSY);
        }
        let is_root = |place: &Location| Ref::ptr_eq(&place.dentry, &place.mount.root);
        let below = Ref::ptr_eq(&put_old.mount, &new.mount) && is_below(&put_old.dentry, &new.dentry)
            || !Ref::ptr_eq(&put_old.mount, &new.mount) && self.is_on(&put_old.mount, &new.mount);
        let Some(place) = self.place_of(&root.mount).filter(|_| is_root(root) && is_root(new) && below) else {
            return Err(Errno::EINVAL);
        };
        if self.place_of(&new.mount).is_none() || !self.is_on(&new.mount, &root.mount) {
            return Err(Errno::EINVAL);
        }
        self.put(&new.mount, Some(place));
        self.put(&root.mount, Some(put_old.clone()));
        Ok(Mount::root_location(&new.mount))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        for at in self.mounts.lock().iter().filter_map(|e| e.at.as_ref()) {
            at.dentry.mounts.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
