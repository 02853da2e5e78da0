//! Dentries: names in the tree.
//!
//! A directory's dentry holds its children strongly; a child holds its parent. Taking a name away breaks that circle.
//! Children of virtual directories (procfs) are made at each look-up and not kept.

use super::inode::{Body, Inode};
use crate::census::{Counted, Kind};
use abi::Errno;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use hashbrown::HashMap;
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
    pub(crate) children: SpinLock<Children, levels::DirEntries>,
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

/// Entries of a directory by name, each with its position for readdir.
#[derive(Default)]
pub(crate) struct Children {
    map: HashMap<Box<[u8]>, (u64, Ref<Dentry>), NameHash>,
    /// Positions in order of creation; a directory stream goes on from one.
    order: logic_tree::Tree<u64, Ref<Dentry>>,
    next: u64,
    /// The directory is being removed: nothing is entered any more.
    closed: bool,
}

/// An entry that is not in its directory yet, with the memory that it needs.
pub(crate) struct NewEntry {
    name: Box<[u8]>,
    node: Box<logic_tree::Node<u64, Ref<Dentry>>>,
}

impl NewEntry {
    /// An entry `name` that leads to `child`.
    pub(crate) fn try_new(name: &[u8], child: &Ref<Dentry>) -> Result<Self, NoMemory> {
        Ok(NewEntry { name: boxed_bytes(name)?, node: mem::try_box(logic_tree::Node::new(0, child.clone()))? })
    }
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
            children: SpinLock::new(Children::default()),
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
        self.children.lock().map.get(name).map(|e| e.1.clone())
    }
    /// Whether it has no entries.
    pub(crate) fn is_empty(&self) -> bool {
        self.children.lock().map.is_empty()
    }
    /// Adds an entry under the child's own name. The caller holds the directory's lock and knows that the name is free.
    pub(crate) fn add_child(&self, child: &Ref<Dentry>) -> Result<(), Errno> {
        let entry = child.with_name(|name| NewEntry::try_new(name, child)).map_err(|NoMemory| Errno::ENOSPC)?;
        self.enter(entry)
    }
    /// Adds an entry. The caller holds the directory's lock and knows that the name is free. ENOENT: the directory is
    /// being removed.
    pub(crate) fn enter(&self, entry: NewEntry) -> Result<(), Errno> {
        let NewEntry { name, mut node } = entry;
        let child = node.value.clone();
        let mut c = self.children.lock();
        if c.closed {
            return Err(Errno::ENOENT);
        }
        c.map.try_reserve(1).map_err(|_| Errno::ENOSPC)?;
        let at = c.next.saturating_add(1);
        c.next = at;
        node.key = at;
        // Positions only grow, so the key is free.
        let _ = c.order.insert(node);
        child.removed.store(0, Ordering::Release);
        c.map.insert(name, (at, child));
        Ok(())
    }
    /// Lets an entry lead to another child; gives the old one. Needs no memory.
    pub(crate) fn exchange_child(&self, name: &[u8], child: &Ref<Dentry>) -> Option<Ref<Dentry>> {
        let mut c = self.children.lock();
        let c = &mut *c;
        let (at, value) = c.map.get_mut(name)?;
        let old = core::mem::replace(value, child.clone());
        // Not the last reference, as the map's is still there.
        if let Some(v) = c.order.get_mut(at) {
            *v = child.clone();
        }
        Some(old)
    }
    /// Takes an entry away; what is returned is to be dropped outside locks.
    pub(crate) fn take_child(&self, name: &[u8]) -> Option<Removed> {
        let mut c = self.children.lock();
        let (key, (at, child)) = c.map.remove_entry(name)?;
        let node = c.order.remove(&at);
        drop(c);
        Some(Removed { dentry: child, _rest: (key, node) })
    }
    /// Takes the oldest entry away, to be dropped outside locks.
    fn take_first(&self) -> Option<Removed> {
        let mut c = self.children.lock();
        let node = c.order.pop_first()?;
        let child = node.value.clone();
        let entry = child.with_name(|name| c.map.remove_entry(name));
        drop(c);
        let key = entry.map(|(key, _same)| key).unwrap_or_default();
        Some(Removed { dentry: child, _rest: (key, Some(node)) })
    }
    /// Takes the whole tree below a root apart, without a stack: an entry keeps its directory alive and the directory its
    /// entries, so nothing of it would go by itself.
    pub(crate) fn dismantle(root: &Ref<Dentry>) {
        let mut at = root.clone();
        loop {
            match at.take_first() {
                Some(entry) if entry.dentry.inode.is_dir() => at = entry.dentry.clone(),
                Some(leaf) => drop(leaf),
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
        let mut c = self.children.lock();
        c.closed |= c.map.is_empty();
        c.closed
    }
    /// Gives back room for more entries than there are, if there is memory for a smaller table.
    pub(crate) fn trim(&self) {
        let mut c = self.children.lock();
        let mut exact = HashMap::with_hasher(NameHash);
        if exact.try_reserve(c.map.len()).is_ok() && exact.capacity() < c.map.capacity() {
            for (name, entry) in c.map.drain() {
                exact.insert(name, entry);
            }
            core::mem::swap(&mut c.map, &mut exact);
        }
        drop(c);
        drop(exact);
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
        self.children.lock().order.ceiling(&from).map(|(at, d)| (*at, d.clone()))
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
}

/// Directories that are gone may stand above one another to any depth, held by nothing but the last of them: they go one
/// after the other here, not each from the drop of the one below.
impl Drop for Dentry {
    fn drop(&mut self) {
        let mut above = self.place.get_mut().parent.take();
        while let Some(mut dentry) = above {
            above = Ref::get_mut(&mut dentry).and_then(|last| last.place.get_mut().parent.take());
        }
    }
}

/// Memory of a directory entry: the name in the map, the node in the order.
type Entry = (Box<[u8]>, Option<Box<logic_tree::Node<u64, Ref<Dentry>>>>);

/// An entry that was taken away, with the memory that belonged to it.
pub(crate) struct Removed {
    dentry: Ref<Dentry>,
    _rest: Entry,
}

/// A copy of `bytes`.
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
