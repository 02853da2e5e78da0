//! Extended attributes of files in memory (xattr(7)). A file's set is never changed: who changes it puts a new one in its place,
//! and who reads it keeps what it found. What programs pass is in `linux/xattr`, the order of names in `logic_xattr`.

use super::dentry::boxed_bytes;
use super::inode::{Inode, S_IFDIR, S_IFREG};
use crate::fs::context::{Cred, cap};
use abi::Errno;
use alloc::boxed::Box;
use alloc::vec::Vec;
use logic_xattr::{Attributes, COUNT_MOST, Entry, Existing, LIST_MOST, NoName, Refused, Space, prefix_of, space_of};
use mem::{NoMemory, PAGE, Ref, user};
use sync::{SpinLock, levels};

/// A name, with a NUL behind it, and its value, in pieces of a page each.
pub(crate) struct Attribute {
    name: Box<[u8]>,
    pieces: Vec<Box<[u8]>>,
    len: usize,
}

impl Attribute {
    /// With a value from user memory; `name` has a NUL behind it.
    pub(crate) fn read(name: &[u8], at: usize, len: usize) -> Result<Ref<Attribute>, Errno> {
        const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;
        let mut pieces = Vec::new();
        pieces.try_reserve_exact(len.div_ceil(PAGE)).map_err(|_| Errno::ENOMEM)?;
        let mut done = 0;
        while done < len {
            let part = len.saturating_sub(done).min(PAGE);
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(part).map_err(|_| Errno::ENOMEM)?;
            bytes.resize(part, 0);
            user::copy_in(&mut bytes, at.wrapping_add(done)).map_err(|_| Errno::EFAULT)?;
            // reserved: exactly, so that nothing is moved.
            pieces.push(bytes.into_boxed_slice());
            done = done.saturating_add(part);
        }
        Ref::try_new(Attribute { name: boxed_bytes(name).map_err(NO_MEMORY)?, pieces, len }).map_err(NO_MEMORY)
    }
    /// Bytes of the value.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
    /// Writes the value to user memory.
    pub(crate) fn write(&self, at: usize) -> Result<(), Errno> {
        let mut done = 0usize;
        for piece in &self.pieces {
            user::copy_out(at.wrapping_add(done), piece).map_err(|_| Errno::EFAULT)?;
            done = done.saturating_add(piece.len());
        }
        Ok(())
    }
}

/// An attribute in a set.
#[derive(Clone)]
pub(crate) struct Held(Ref<Attribute>);

impl Entry for Held {
    fn name(&self) -> &[u8] {
        self.0.name.split_last().map_or(&[], |(_nul, name)| name)
    }
    fn value_len(&self) -> usize {
        self.0.len
    }
}

type Set = Attributes<Held>;

/// The attributes of an inode; most have none.
pub(crate) struct Xattrs(SpinLock<Option<Ref<Set>>, levels::InodeAttrs>);

/// What is done with an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It is read.
    Read,
    /// It is set or removed.
    Write,
}

impl Xattrs {
    /// None.
    pub(crate) const fn new() -> Self {
        Xattrs(SpinLock::new(None))
    }
    /// Those there are now.
    pub(crate) fn now(&self) -> Option<Ref<Set>> {
        self.0.lock().clone()
    }
    /// The attribute with this name.
    pub(crate) fn find(&self, name: &[u8]) -> Result<Ref<Attribute>, Errno> {
        let set = self.now().ok_or(Errno::ENODATA)?;
        set.find(name).map(|held| held.0.clone()).ok_or(Errno::ENODATA)
    }
    /// Units of the file system's limit on inodes that they take.
    #[inline(never)]
    fn units(set: Option<&Ref<Set>>) -> u64 {
        /// Bytes of attributes that count like an inode (BOGO_INODE_SIZE).
        const UNIT: u64 = 1024;
        set.map_or(0, |set| set.space().div_ceil(UNIT))
    }
    /// At the end of an inode: what its attributes took of the limit.
    pub(super) fn taken(&self) -> u64 {
        Self::units(self.now().as_ref())
    }
}

/// What to do with the attribute of a name.
pub(crate) enum Change {
    /// It gets a value.
    Set(Ref<Attribute>, Existing),
    /// It goes.
    Remove,
}

/// Changes an attribute of a file.
pub(crate) fn change(inode: &Inode, name: &[u8], change: &Change) -> Result<(), Errno> {
    loop {
        let old = inode.xattrs.now();
        let none = Set::new();
        let from = old.as_deref().unwrap_or(&none);
        let made = match change {
            Change::Set(attribute, existing) => from.with(Held(attribute.clone()), *existing),
            Change::Remove => from.without(name),
        };
        let made = made.map_err(|e| match e {
            Refused::Exists => Errno::EEXIST,
            Refused::Missing => Errno::ENODATA,
            Refused::Full => Errno::ENOSPC,
            Refused::NoMemory => Errno::ENOMEM,
        })?;
        let new = if made.is_empty() { None } else { Some(Ref::try_new(made).map_err(|NoMemory| Errno::ENOMEM)?) };
        let (had, needs) = (Xattrs::units(old.as_ref()), Xattrs::units(new.as_ref()));
        if needs > had && !inode.fs.inodes.take(needs.saturating_sub(had)) {
            return Err(Errno::ENOSPC);
        }
        // Point of no return.
        let mut set = inode.xattrs.0.lock();
        let unchanged = match (&*set, &old) {
            (Some(now), Some(old)) => Ref::ptr_eq(now, old),
            (now, old) => now.is_none() && old.is_none(),
        };
        if unchanged {
            let gone = core::mem::replace(&mut *set, new);
            drop(set);
            drop((gone, old));
            inode.fs.inodes.give_back(had.saturating_sub(needs));
            inode.change(|_| {});
            return Ok(());
        }
        // Somebody else's change came first: it counts, and this one begins from there.
        drop(set);
        inode.fs.inodes.give_back(needs.saturating_sub(had));
    }
}

/// Whether somebody may do this with the attribute of this name (xattr(7)).
pub(crate) fn check(inode: &Inode, cred: &Cred, name: &[u8], access: Access) -> Result<(), Errno> {
    let (write, attrs) = (access == Access::Write, *inode.attrs.lock());
    let denied = if write { Errno::EPERM } else { Errno::ENODATA };
    let (space, admin) = (prefix_of(name).map(|(space, _)| space), cred.capable(cap::SYS_ADMIN));
    match space {
        Some(Space::Trusted) if !admin => return Err(denied),
        Some(Space::User) => {
            let (kind, sticky) = (inode.kind(), attrs.mode & 0o1000 != 0);
            if !matches!(kind, S_IFREG | S_IFDIR) {
                return Err(denied);
            }
            if write && kind == S_IFDIR && sticky && attrs.uid != cred.uid.fs && !cred.capable(cap::FOWNER) {
                return Err(Errno::EPERM);
            }
        }
        _ => {}
    }
    let by_prefix = matches!(space, Some(Space::Trusted | Space::Security)) || name.starts_with(b"system.");
    if !by_prefix && !cred.may(&attrs, if write { 2 } else { 4 }) {
        return Err(Errno::EACCES);
    }
    if write && space == Some(Space::Security) && !admin {
        return Err(Errno::EPERM);
    }
    exists(inode, name)
}

/// Whether there are attributes of such names there at all.
fn exists(inode: &Inode, name: &[u8]) -> Result<(), Errno> {
    // Capabilities of files mean nothing to execve(2), so that none can be given.
    if !is_kept(inode) || name == b"security.capability" {
        return Err(Errno::EOPNOTSUPP);
    }
    space_of(name).map(|_| ()).map_err(|e| if e == NoName::Bare { Errno::EINVAL } else { Errno::EOPNOTSUPP })
}

/// Whether a file is of a kind that has attributes.
fn is_kept(inode: &Inode) -> bool {
    let made_up = matches!(inode.body, super::inode::Body::Virtual(_));
    !made_up && inode.fs.kind != "ramfs"
}

/// Writes the names that somebody sees, each with a NUL, to where there is room for `room` bytes; gives how many they have. No room
/// is to be told that alone.
pub(crate) fn list(inode: &Inode, cred: &Cred, at: usize, room: usize) -> Result<usize, Errno> {
    let Some(set) = inode.xattrs.now() else { return Ok(0) };
    let (admin, mut len) = (cred.capable(cap::SYS_ADMIN), 0usize);
    for held in set.iter().filter(|held| admin || !held.name().starts_with(b"trusted.")) {
        let (name, from) = (&held.0.name, len);
        len = len.saturating_add(name.len());
        match room {
            _ if len > LIST_MOST => return Err(Errno::E2BIG),
            0 => {}
            _ if len > room => return Err(Errno::ERANGE),
            _ => user::copy_out(at.wrapping_add(from), name).map_err(|_| Errno::EFAULT)?,
        }
    }
    Ok(len)
}

// The handles to a file's attributes fit into a page.
const _: () = assert!(COUNT_MOST * size_of::<Held>() <= PAGE);
