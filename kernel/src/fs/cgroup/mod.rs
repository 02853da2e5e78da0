//! cgroup v2 (cgroup-v2.rst): budgets as directories.
//!
//! The root is the budget at which the mounter's cgroups begin: the session's, unless it has a namespace of its own. A directory is a budget that has a name; making
//! one makes a budget without limits, whose files set them. `knobs` has the table of files, `core` those of cgroups
//! themselves, `limits` those of the controllers. What is not there is not implemented.

mod core;
mod knobs;
mod limits;
mod watched;

use super::context::Cred;
use super::dentry::{Dentry, copy_bytes};
use super::file::File;
use super::inode::{Attrs, Body, Each, FileSystem, Inode, S_IFDIR, S_IFREG, Virtual};
use super::virtual_file::VirtualFile;
use crate::budget::{self, Budget, CreateError, KINDS, Limit};
use crate::task::with_current;
use abi::Errno;
use alloc::vec::Vec;
use knobs::{KNOBS, Knob};
use mem::{NoMemory, Ref};

/// CGROUP2_SUPER_MAGIC (statfs(2)).
const MAGIC: u64 = 0x6367_7270;
/// Inode numbers of a budget's directory and files.
const INODES_EACH: u64 = 64;
/// Where the listing goes on with children: after all files.
const CHILDREN_FROM: u64 = 1 << 16;

const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;

/// The file system and its root.
pub(crate) fn new_cgroup2(root: &Ref<Budget>) -> Result<(Ref<FileSystem>, Ref<Dentry>), NoMemory> {
    let fs = FileSystem::try_new("cgroup2", MAGIC)?;
    let inode = directory(&fs, root).map_err(|_| NoMemory)?;
    Ok((fs, Dentry::try_new_root(inode)?))
}

fn is_root(budget: &Budget) -> bool {
    ::core::ptr::eq(budget, &**budget::session())
}

/// ENODEV (cgroup-v2.rst): the cgroup was removed while its file was open.
fn check_there(budget: &Budget) -> Result<(), Errno> {
    if is_root(budget) || budget.is_kept() { Ok(()) } else { Err(Errno::ENODEV) }
}

/// A cgroup's directory.
struct Directory {
    fs: Ref<FileSystem>,
    budget: Ref<Budget>,
}

fn directory(fs: &Ref<FileSystem>, budget: &Ref<Budget>) -> Result<Ref<Inode>, Errno> {
    let node = Ref::try_new(Directory { fs: fs.clone(), budget: budget.clone() }).map_err(NO_MEMORY)?;
    let ino = budget.id().saturating_mul(INODES_EACH);
    let body = Body::Virtual(node.unsize(|p| p));
    let (mode, owner) = budget.file_attrs(0, 0o755);
    let inode = Inode::try_new_numbered(fs, ino, S_IFDIR | mode, owner, body).map_err(NO_MEMORY)?;
    let mut children = 0u32;
    each_child(budget, 0, |_| {
        children = children.saturating_add(1);
        true
    });
    inode.attrs.lock().nlink = children.saturating_add(2);
    Ok(inode)
}

/// Calls `f` with the children that have names, made after the one with this id.
fn each_child(budget: &Budget, after: u64, mut f: impl FnMut(&Ref<Budget>) -> bool) {
    let mut after = after;
    while let Some(child) = budget.child_after(after) {
        after = child.id();
        if !child.name().is_empty() && child.is_kept() && !f(&child) {
            return;
        }
    }
}

impl Virtual for Directory {
    fn lookup(&self, name: &[u8]) -> Result<Ref<Inode>, Errno> {
        if let Some((index, knob)) = KNOBS.iter().enumerate().find(|(_, k)| k.name == name && k.place.holds(&self.budget)) {
            let number = index as u16 + 1;
            let node = Ref::try_new(Control { budget: self.budget.clone(), knob, number, opener: None }).map_err(NO_MEMORY)?;
            let ino = self.budget.id().saturating_mul(INODES_EACH).saturating_add(u64::from(number));
            let body = Body::Virtual(node.unsize(|p| p));
            let (mode, owner) = self.budget.file_attrs(number, knob.mode);
            return Inode::try_new_numbered(&self.fs, ino, S_IFREG | mode, owner, body).map_err(NO_MEMORY);
        }
        directory(&self.fs, &self.budget.child(name).ok_or(Errno::ENOENT)?)
    }
    fn list(&self, cursor: u64, each: Each<'_>) -> Result<(), Errno> {
        let id = self.budget.id().saturating_mul(INODES_EACH);
        for (index, knob) in KNOBS.iter().enumerate().skip(usize::try_from(cursor).unwrap_or(usize::MAX)) {
            let next = index as u64 + 1;
            if knob.place.holds(&self.budget) && !each(next, id.saturating_add(next), (S_IFREG >> 12) as u8, knob.name) {
                return Ok(());
            }
        }
        each_child(&self.budget, cursor.saturating_sub(CHILDREN_FROM), |child| {
            let ino = child.id().saturating_mul(INODES_EACH);
            each(CHILDREN_FROM.saturating_add(child.id()), ino, (S_IFDIR >> 12) as u8, child.name())
        });
        Ok(())
    }
    fn budget(&self) -> Option<&Ref<Budget>> {
        Some(&self.budget)
    }
    fn keep(&self, attrs: &Attrs) -> Result<(), Errno> {
        self.budget.keep_file_attrs(0, attrs.mode, (attrs.uid, attrs.gid)).map_err(NO_MEMORY)
    }
    fn make_dir(&self, name: &[u8]) -> Result<(), Errno> {
        if self.lookup(name).is_ok() {
            return Err(Errno::EEXIST);
        }
        if name.contains(&b'\n') {
            return Err(Errno::EINVAL);
        }
        check_there(&self.budget).map_err(|_| Errno::ENOENT)?;
        let name: Vec<u8> = self.budget.pay(|| copy_bytes(name)).map_err(NO_MEMORY)?;
        match Budget::create(&self.budget, name, &[Limit::OPEN; KINDS]) {
            Ok(made) => {
                let cred = with_current(|me| me.cred());
                made.set_maker((cred.uid.fs, cred.gid.fs));
                Ok(())
            }
            Err(CreateError::Exists) => Err(Errno::EEXIST),
            Err(CreateError::Depth) => Err(Errno::EAGAIN),
            Err(CreateError::NoMemory | CreateError::Limits) => Err(Errno::ENOMEM),
        }
    }
    fn remove_dir(&self, name: &[u8]) -> Result<(), Errno> {
        let Some(child) = self.budget.child(name) else {
            return Err(if self.lookup(name).is_ok() { Errno::ENOTDIR } else { Errno::ENOENT });
        };
        let mut has_children = false;
        each_child(&child, 0, |_| {
            has_children = true;
            false
        });
        if has_children || child.is_populated() {
            return Err(Errno::EBUSY);
        }
        if child.remove() { Ok(()) } else { Err(Errno::ENOENT) }
    }
}

/// A file of a cgroup.
struct Control {
    budget: Ref<Budget>,
    knob: &'static Knob,
    /// Among the files.
    number: u16,
    /// Who opened it: what that one may do counts, not who writes, as a descriptor is an authority that may be passed on.
    opener: Option<Opener>,
}

struct Opener {
    cred: Ref<Cred>,
    /// Where its cgroups begin.
    root: Ref<Budget>,
}

impl Virtual for Control {
    fn read(&self) -> Result<Vec<u8>, Errno> {
        check_there(&self.budget)?;
        let read = self.knob.read.ok_or(Errno::EINVAL)?;
        super::proc::make_text(|t| read(t, &self.budget))
    }
    fn write(&self, data: &[u8]) -> Result<usize, Errno> {
        check_there(&self.budget)?;
        let (Some(write), Some(opener)) = (self.knob.write, &self.opener) else { return Err(Errno::EINVAL) };
        if !self.knob.delegated && !is_root(&self.budget) && Ref::ptr_eq(&opener.root, &self.budget) {
            return Err(Errno::EPERM);
        }
        write(&self.budget, data.trim_ascii(), opener)?;
        Ok(data.len())
    }
    fn keep(&self, attrs: &Attrs) -> Result<(), Errno> {
        self.budget.keep_file_attrs(self.number, attrs.mode, (attrs.uid, attrs.gid)).map_err(NO_MEMORY)
    }
    fn open(&self) -> Option<Result<Ref<dyn File>, Errno>> {
        if self.knob.watched {
            return Some(watched::open(self.budget.clone(), self.knob));
        }
        self.knob.write?;
        let opener = with_current(|me| Opener { cred: me.cred(), root: me.world().cgroup().budget.clone() });
        let opened = Control { budget: self.budget.clone(), knob: self.knob, number: self.number, opener: Some(opener) };
        let open = || -> Result<Ref<dyn File>, NoMemory> {
            let node = Ref::try_new(opened)?;
            Ok(Ref::try_new(VirtualFile::of(node.unsize(|p| p)))?.unsize(|p| p))
        };
        Some(open().map_err(NO_MEMORY))
    }
}
