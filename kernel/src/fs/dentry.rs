//! Dentries: names in the tree.
//!
//! A directory's dentry holds its children strongly; a child holds its parent. Taking a name away breaks that circle.
//! Children of virtual directories (procfs) are made at each look-up and not kept.

use super::entries::{Entries, NewEntry, Removed};
use super::inode::{Body, Inode};
use crate::census::{Counted, Kind};
use abi::Errno;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use mem::{NoMemory, Ref};
use sync::{Mutex, MutexGuard, SpinLock, levels};

/// Longest name of a file (NAME_MAX).
pub(crate) const NAME_MAX: usize = 255;

/// A name of an inode.
pub(crate) struct Dentry {
    _counted: Counted<{ Kind::Dentries as usize }>,
    inode: Ref<Inode>,
    /// Name and parent; both change together in a rename.
    place: SpinLock<Place, levels::DentryPlace>,
    /// Entries of a directory.
    children: SpinLock<Entries, levels::DirEntries>,
    /// Held while entries of a directory are added or taken away.
    changing: Mutex<(), levels::DirMutex>,
    /// Mounts on top of it.
    pub(crate) mounts: AtomicU32,
    /// 1 once its name is gone.
    removed: AtomicU32,
}

struct Place {
    name: Box<[u8]>,
    parent: Option<Ref<Dentry>>,
}

/// FNV-1a: names are short.
#[derive(Clone, Copy, Default)]
pub(crate) struct NameHash;

/// State of [`NameHash`].
pub(crate) struct NameHasher(u64);

impl core::hash::BuildHasher for NameHash {
    type Hasher = NameHasher;
    fn build_hasher(&self) -> NameHasher {
        NameHasher(SEED.load(Ordering::Relaxed))
    }
}
impl core::hash::Hasher for NameHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
    fn write(&mut self, bytes: &[u8]) {
        let mut h = self.0;
        for b in bytes {
            h = (h ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self.0 = h;
    }
}

/// Secret of the hash, so that nobody can make names collide on purpose.
static SEED: AtomicU64 = AtomicU64::new(0xcbf2_9ce4_8422_2325);

/// Draws the secret.
pub(crate) fn seed_hash() {
    SEED.store(crate::random::next_u64() | 1, Ordering::Relaxed);
}

/// The right to add and remove entries of a directory.
pub(crate) type EntriesGuard<'a> = MutexGuard<'a, (), levels::DirMutex>;

impl Dentry {
    /// The root of a tree.
    pub(crate) fn try_new_root(inode: Ref<Inode>) -> Result<Ref<Dentry>, NoMemory> {
        Self::make(inode, Box::default(), None)
    }
    /// A name below `parent`, not entered there.
    #[inline]
    pub(crate) fn try_new(inode: Ref<Inode>, name: &[u8], parent: &Ref<Dentry>) -> Result<Ref<Dentry>, NoMemory> {
        Self::make(inode, boxed_bytes(name)?, Some(parent.clone()))
    }
    /// A dentry of a file that has no name in any directory; `name` is what `/proc` shows.
    pub(crate) fn try_new_unnamed(inode: Ref<Inode>, name: &[u8], parent: &Ref<Dentry>) -> Result<Ref<Dentry>, NoMemory> {
        let dentry = Self::try_new(inode, name, parent)?;
        dentry.mark_removed();
        Ok(dentry)
    }
    fn make(inode: Ref<Inode>, name: Box<[u8]>, parent: Option<Ref<Dentry>>) -> Result<Ref<Dentry>, NoMemory> {
        Ref::try_new(Dentry {
            _counted: Counted::new(),
            inode,
            place: SpinLock::new(Place { name, parent }),
            children: SpinLock::new(Entries::default()),
            changing: Mutex::new(()),
            mounts: AtomicU32::new(0),
            removed: AtomicU32::new(0),
        })
    }
    /// The file that is named.
    pub(crate) fn inode(&self) -> &Ref<Inode> {
        &self.inode
    }
    /// The directory that it is in; `None` for a root.
    #[inline]
    pub(crate) fn parent(&self) -> Option<Ref<Dentry>> {
        self.place.lock().parent.clone()
    }
    /// Calls `f` with the name.
    pub(crate) fn with_name<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        f(&self.place.lock().name)
    }
    /// Whether its name has been taken away.
    pub(crate) fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire) != 0
    }
    /// The lock that adding and removing entries takes.
    pub(crate) fn lock_entries(&self) -> EntriesGuard<'_> {
        self.changing.lock()
    }
    /// The locks of two different directories.
    pub(crate) fn lock_two<'a>(a: &'a Dentry, b: &'a Dentry) -> (EntriesGuard<'a>, Option<EntriesGuard<'a>>) {
        let (a, b) = sync::lock_mutex_pair(&a.changing, &b.changing);
        (a, Some(b))
    }
    /// The entry with this name.
    pub(crate) fn child(&self, name: &[u8]) -> Option<Ref<Dentry>> {
        self.children.lock().get(name).cloned()
    }
    /// Whether it has no entries.
    pub(crate) fn is_empty(&self) -> bool {
        self.children.lock().is_empty()
    }
    /// Adds an entry under the child's own name. The caller holds the directory's lock and knows that the name is free.
    pub(crate) fn add_child(&self, child: &Ref<Dentry>) -> Result<(), Errno> {
        let entry = child.with_name(|name| NewEntry::try_new(name, child)).map_err(|NoMemory| Errno::ENOSPC)?;
        self.enter(entry)
    }
    /// Adds an entry. The caller holds the directory's lock and knows that the name is free. ENOENT: the directory is
    /// being removed.
    pub(crate) fn enter(&self, entry: NewEntry) -> Result<(), Errno> {
        let child = entry.child().clone();
        let entered = self.children.lock().enter(entry);
        entered.map_err(|_closed| Errno::ENOENT)?;
        child.removed.store(0, Ordering::Release);
        Ok(())
    }
    /// Lets an entry lead to another child; gives the old one. Needs no memory.
    pub(crate) fn exchange_child(&self, name: &[u8], child: &Ref<Dentry>) -> Option<Ref<Dentry>> {
        self.children.lock().exchange(name, child)
    }
    /// Takes an entry away; what is returned is to be dropped outside locks.
    pub(crate) fn take_child(&self, name: &[u8]) -> Option<Removed> {
        self.children.lock().take(name)
    }
    /// Takes the whole tree below a root apart, without a stack: an entry keeps its directory alive and the directory its
    /// entries, so nothing of it would go by itself.
    pub(crate) fn dismantle(root: &Ref<Dentry>) {
        super::notify::unmounted(&root.inode);
        let mut at = root.clone();
        loop {
            let taken = at.children.lock().take_first();
            match taken {
                Some(entry) => {
                    if let Some(child) = entry.child() {
                        super::notify::unmounted(&child.inode);
                    }
                    if let Some(dir) = entry.child().filter(|c| c.inode.is_dir()) {
                        at = dir.clone();
                    }
                }
                None if Ref::ptr_eq(&at, root) => return,
                None => match at.parent() {
                    Some(up) => at = up,
                    None => return,
                },
            }
        }
    }
    /// Its name has been taken away.
    pub(crate) fn mark_removed(&self) {
        self.removed.store(1, Ordering::Release);
    }
    /// Closes an empty directory for ever; false: it has entries.
    pub(crate) fn close_if_empty(&self) -> bool {
        self.children.lock().close_if_empty()
    }
    /// Changes name and parent (rename); the entry itself is moved by the caller.
    pub(crate) fn set_place(&self, name: Box<[u8]>, parent: Ref<Dentry>) -> Option<Ref<Dentry>> {
        let mut place = self.place.lock();
        let old = core::mem::replace(&mut *place, Place { name, parent: Some(parent) });
        drop(place);
        old.parent
    }
    /// Entries from position `from` on, one at a time: `(position, dentry)`.
    pub(crate) fn next_child(&self, from: u64) -> Option<(u64, Ref<Dentry>)> {
        self.children.lock().next(from).map(|(at, d)| (at, d.clone()))
    }
    /// Looks a name up: among the entries, or by asking a virtual directory.
    pub(crate) fn lookup(this: &Ref<Dentry>, name: &[u8]) -> Result<Ref<Dentry>, Errno> {
        match &this.inode.body {
            Body::Directory => this.child(name).ok_or(if name.len() > NAME_MAX { Errno::ENAMETOOLONG } else { Errno::ENOENT }),
            Body::Virtual(v) if this.inode.is_dir() => {
                if let Some(kept) = this.child(name) {
                    return Ok(kept);
                }
                let inode = v.lookup(name)?;
                Dentry::try_new(inode, name, this).map_err(|NoMemory| Errno::ENOMEM)
            }
            _ => Err(Errno::ENOTDIR),
        }
    }
    /// The dentry that every look-up will find here, so that something can be mounted on it. EPERM: where a virtual directory
    /// shows what comes and goes (a process, a cgroup), none does.
    pub(crate) fn lasting(this: &Ref<Dentry>) -> Result<Ref<Dentry>, Errno> {
        let Some(parent) = this.parent().filter(|p| matches!(p.inode.body, Body::Virtual(_))) else {
            return Ok(this.clone());
        };
        if !matches!(&this.inode.body, Body::Virtual(v) if v.stays()) {
            return Err(Errno::EPERM);
        }
        // Tables nest a few levels.
        let parent = Dentry::lasting(&parent)?;
        let name = this.with_name(copy_bytes).map_err(|NoMemory| Errno::ENOMEM)?;
        let _entries = parent.lock_entries();
        let found = Dentry::lookup(&parent, &name)?;
        if parent.child(&name).is_none() {
            parent.add_child(&found)?;
        }
        Ok(found)
    }
}

/// Directories that are gone may stand above one another to any depth, held by nothing but the last of them: they go one
/// after the other here, not each from the drop of the one below.
impl Drop for Dentry {
    #[inline]
    fn drop(&mut self) {
        super::notify::dropped(self);
        let mut above = self.place.get_mut().parent.take();
        while let Some(mut dentry) = above {
            above = Ref::get_mut(&mut dentry).and_then(|last| last.place.get_mut().parent.take());
        }
    }
}

/// A copy of `bytes`.
#[inline]
pub(crate) fn boxed_bytes(bytes: &[u8]) -> Result<Box<[u8]>, NoMemory> {
    // reserved: `copy_bytes` reserves exactly, so that nothing is moved.
    Ok(copy_bytes(bytes)?.into_boxed_slice())
}

/// A copy of `bytes`, as a vector without spare room.
pub(crate) fn copy_bytes(bytes: &[u8]) -> Result<Vec<u8>, NoMemory> {
    let mut v = Vec::new();
    v.try_reserve_exact(bytes.len()).map_err(|_| NoMemory)?;
    v.extend_from_slice(bytes);
    Ok(v)
}
