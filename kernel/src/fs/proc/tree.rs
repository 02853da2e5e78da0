//! Files that are always there: trees of tables.

use super::text::{Made, Text, make};
use crate::fs::file::File;
use crate::fs::inode::{Body, FileSystem, Inode, LinkTarget, S_IFDIR, S_IFLNK, S_IFREG, Virtual};
use crate::task::with_current;
use crate::world::need;
use abi::{Authority, Errno, Grant};
use alloc::vec::Vec;
use mem::{NoMemory, Ref};

/// A file that is always there.
pub(super) struct Entry {
    /// Its name.
    pub(super) name: &'static [u8],
    /// Permission bits.
    pub(super) mode: u32,
    /// What it is.
    pub(super) what: What,
    /// What using it takes besides permission.
    pub(super) authority: Authority,
}

/// What takes a write: gives how many bytes it used.
pub(super) type Setter = fn(&[u8]) -> Result<usize, Errno>;

/// What a fixed file is.
pub(super) enum What {
    /// A directory.
    Dir(&'static [Entry]),
    /// A text.
    Text(fn(&mut Text) -> Made),
    /// A text that can be written.
    Setting(fn(&mut Text) -> Made, Setter),
    /// Something that can only be written.
    Command(Setter),
    /// A file with reads of its own.
    File(fn() -> Result<Ref<dyn File>, Errno>),
    /// A symbolic link.
    Link(fn() -> Result<LinkTarget, Errno>),
}

impl Entry {
    /// One that asks for nothing.
    pub(super) const fn new(name: &'static [u8], what: What) -> Entry {
        Entry { name, mode: 0, what, authority: Authority::Own }
    }
    /// It is about the whole machine.
    pub(super) const fn of_machine(self) -> Entry {
        Entry { authority: Authority::World(Grant::Debug), ..self }
    }
    /// EPERM: the caller's World has not got what it takes.
    fn check(&self) -> Result<(), Errno> {
        with_current(|me| need(me, self.authority))
    }
    /// A text that everyone may read.
    pub(super) const fn text(name: &'static [u8], make: fn(&mut Text) -> Made) -> Entry {
        Entry { mode: 0o444, ..Entry::new(name, What::Text(make)) }
    }
    /// A text that root may set.
    pub(super) const fn setting(name: &'static [u8], make: fn(&mut Text) -> Made, set: Setter) -> Entry {
        Entry { mode: 0o644, ..Entry::new(name, What::Setting(make, set)) }
    }
    /// A directory.
    pub(super) const fn dir(name: &'static [u8], entries: &'static [Entry]) -> Entry {
        Entry { mode: 0o555, ..Entry::new(name, What::Dir(entries)) }
    }
    /// A symbolic link.
    pub(super) const fn link(name: &'static [u8], target: fn() -> Result<LinkTarget, Errno>) -> Entry {
        Entry { mode: 0o777, ..Entry::new(name, What::Link(target)) }
    }
    fn kind(&self) -> u32 {
        match self.what {
            What::Dir(_) => S_IFDIR,
            What::Link(_) => S_IFLNK,
            What::Text(_) | What::Setting(..) | What::Command(_) | What::File(_) => S_IFREG,
        }
    }
    /// Entries live in the image for ever, so their places number them.
    pub(super) fn ino(&'static self) -> u64 {
        (core::ptr::from_ref(self) as u64 & 0x7fff_ffff) | 0x8000_0000
    }
    pub(super) fn inode(&'static self, fs: &Ref<FileSystem>) -> Result<Ref<Inode>, Errno> {
        const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;
        let node = Ref::try_new(Fixed { fs: fs.clone(), entry: self }).map_err(NO_MEMORY)?;
        let body = Body::Virtual(node.unsize(|p| p));
        let inode = Inode::try_new_numbered(fs, self.ino(), self.kind() | self.mode, (0, 0), body).map_err(NO_MEMORY)?;
        if let What::Dir(entries) = self.what {
            inode.attrs.lock().nlink = links(entries);
        }
        Ok(inode)
    }
}

/// Link count of a directory: its own names, and `..` of each directory in it.
pub(super) fn links(entries: &[Entry]) -> u32 {
    let dirs = entries.iter().filter(|e| e.kind() == S_IFDIR).count();
    (dirs as u32).saturating_add(2)
}

/// The inode of an entry.
pub(super) fn lookup(fs: &Ref<FileSystem>, entries: &'static [Entry], name: &[u8]) -> Result<Ref<Inode>, Errno> {
    entries.iter().find(|e| e.name == name).ok_or(Errno::ENOENT)?.inode(fs)
}

/// What a directory's listing calls: `(next cursor, inode number, type, name)`; false ends it.
pub(super) type Each<'a> = &'a mut dyn FnMut(u64, u64, u8, &[u8]) -> bool;

/// Lists entries from `cursor` on, their indexes being the cursors. False: the listing ended early.
pub(super) fn list(entries: &'static [Entry], cursor: u64, each: Each<'_>) -> bool {
    let from = usize::try_from(cursor).unwrap_or(usize::MAX);
    entries
        .iter()
        .enumerate()
        .skip(from)
        .all(|(i, e)| each((i as u64).saturating_add(1), e.ino(), (e.kind() >> 12) as u8, e.name))
}

/// A file of the tree.
struct Fixed {
    fs: Ref<FileSystem>,
    entry: &'static Entry,
}

impl Virtual for Fixed {
    fn stays(&self) -> bool {
        true
    }
    fn lookup(&self, name: &[u8]) -> Result<Ref<Inode>, Errno> {
        match self.entry.what {
            What::Dir(entries) => lookup(&self.fs, entries, name),
            _ => Err(Errno::ENOTDIR),
        }
    }
    fn list(&self, cursor: u64, each: Each<'_>) -> Result<(), Errno> {
        match self.entry.what {
            What::Dir(entries) => {
                list(entries, cursor, each);
                Ok(())
            }
            _ => Err(Errno::ENOTDIR),
        }
    }
    fn read(&self) -> Result<Vec<u8>, Errno> {
        self.entry.check()?;
        match self.entry.what {
            What::Text(f) | What::Setting(f, _) => make(f),
            _ => Err(Errno::EINVAL),
        }
    }
    fn write(&self, data: &[u8]) -> Result<usize, Errno> {
        self.entry.check()?;
        match self.entry.what {
            What::Setting(_, set) | What::Command(set) => set(data),
            _ => Err(Errno::EIO),
        }
    }
    fn open(&self) -> Option<Result<Ref<dyn File>, Errno>> {
        match self.entry.what {
            What::File(f) => Some(self.entry.check().and_then(|()| f())),
            _ => None,
        }
    }
    fn link(&self) -> Result<LinkTarget, Errno> {
        match self.entry.what {
            What::Link(f) => f(),
            _ => Err(Errno::EINVAL),
        }
    }
}
