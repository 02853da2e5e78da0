//! The entries of a directory in memory: by name, and in the order in which they were made.
//!
//! Both are trees whose nodes come with the entry, so that a directory of any size grows by one entry at a time, without a
//! table that is moved as a whole: finding a name takes O(log n), on names' hashes, and no step takes longer than that.

use super::dentry::{Dentry, NameHash, boxed_bytes};
use alloc::boxed::Box;
use core::hash::{BuildHasher, Hasher};
use logic_tree::{Node, Tree};
use mem::{NoMemory, Ref, try_box};

/// A name's hash, and the entry's position: equal hashes stand one after the other.
type Key = (u64, u64);

struct Named {
    name: Box<[u8]>,
    child: Ref<Dentry>,
}

/// The entries of a directory.
#[derive(Default)]
pub(crate) struct Entries {
    names: Tree<Key, Named>,
    /// By positions, which only grow; a directory stream goes on from one.
    order: Tree<u64, Ref<Dentry>>,
    last: u64,
    /// The directory is being removed: nothing is entered any more.
    closed: bool,
}

/// An entry that is not in its directory yet, with the memory that it needs.
pub(crate) struct NewEntry {
    named: Box<Node<Key, Named>>,
    placed: Box<Node<u64, Ref<Dentry>>>,
}

/// An entry that was taken away, with the memory that belonged to it.
pub(crate) struct Removed {
    _named: Option<Box<Node<Key, Named>>>,
    placed: Option<Box<Node<u64, Ref<Dentry>>>>,
}

impl NewEntry {
    /// An entry `name` that leads to `child`.
    pub(crate) fn try_new(name: &[u8], child: &Ref<Dentry>) -> Result<Self, NoMemory> {
        let named = Named { name: boxed_bytes(name)?, child: child.clone() };
        Ok(NewEntry { named: try_box(Node::new((hash(name), 0), named))?, placed: try_box(Node::new(0, child.clone()))? })
    }
    /// Where it leads.
    pub(crate) fn child(&self) -> &Ref<Dentry> {
        &self.placed.value
    }
}

impl Removed {
    /// Where it led.
    pub(crate) fn child(&self) -> Option<&Ref<Dentry>> {
        self.placed.as_ref().map(|p| &p.value)
    }
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = NameHash.build_hasher();
    hasher.write(name);
    hasher.finish()
}

impl Entries {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
    #[inline]
    fn find(&self, name: &[u8]) -> Option<(Key, &Named)> {
        let hash = hash(name);
        let mut from = (hash, 0);
        loop {
            let (key, named) = self.names.ceiling(&from)?;
            if key.0 != hash {
                return None;
            }
            if *named.name == *name {
                return Some((*key, named));
            }
            from = (hash, key.1.saturating_add(1));
        }
    }
    /// The child under this name.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&Ref<Dentry>> {
        self.find(name).map(|(_, named)| &named.child)
    }
    /// The first entry at position `from` or behind it.
    pub(crate) fn next(&self, from: u64) -> Option<(u64, &Ref<Dentry>)> {
        self.order.ceiling(&from).map(|(at, child)| (*at, child))
    }
    /// Adds an entry, whose name is free; gives it back if the directory is closed.
    pub(crate) fn enter(&mut self, entry: NewEntry) -> Result<(), NewEntry> {
        if self.closed {
            return Err(entry);
        }
        let NewEntry { mut named, mut placed } = entry;
        self.last = self.last.saturating_add(1);
        placed.key = self.last;
        named.key.1 = self.last;
        // Positions only grow, so the keys are free.
        let _ = self.order.insert(placed);
        let _ = self.names.insert(named);
        Ok(())
    }
    /// Lets a name lead to another child; gives the old one.
    pub(crate) fn exchange(&mut self, name: &[u8], child: &Ref<Dentry>) -> Option<Ref<Dentry>> {
        let (key, _) = self.find(name)?;
        let old = core::mem::replace(&mut self.names.get_mut(&key)?.child, child.clone());
        // Not the last reference, as `old` is still there.
        if let Some(placed) = self.order.get_mut(&key.1) {
            *placed = child.clone();
        }
        Some(old)
    }
    /// Takes the entry with this name out, to be dropped outside locks.
    pub(crate) fn take(&mut self, name: &[u8]) -> Option<Removed> {
        let (key, _) = self.find(name)?;
        Some(Removed { placed: self.order.remove(&key.1), _named: self.names.remove(&key) })
    }
    /// Takes the oldest entry out, to be dropped outside locks.
    pub(crate) fn take_first(&mut self) -> Option<Removed> {
        let placed = self.order.pop_first()?;
        let hash = placed.value.with_name(hash);
        Some(Removed { _named: self.names.remove(&(hash, placed.key)), placed: Some(placed) })
    }
    /// Closes an empty directory for ever; false: it has entries.
    pub(crate) fn close_if_empty(&mut self) -> bool {
        self.closed |= self.is_empty();
        self.closed
    }
}
