//! Making, linking, renaming and removing names.

use super::context::Cred;
use super::dentry::{Dentry, boxed_bytes};
use super::entries::{NewEntry, Removed};
use super::inode::{Attrs, Body, Inode, S_IFDIR, S_IFMT};
use super::mount::Location;
use super::notify;
use abi::Errno;
use core::sync::atomic::Ordering;
use mem::{NoMemory, Ref};
use sync::{Mutex, levels};

/// Held during a rename, so that the tree above both directories stands still.
static RENAME: Mutex<(), levels::RenameMutex> = Mutex::new(());

const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;

/// Whether names may be added to or taken from a directory.
fn check_change(dir: &Location, cred: &Cred) -> Result<(), Errno> {
    let inode = dir.inode();
    match &inode.body {
        Body::Directory if inode.fs.magic != crate::tty::devpts::MAGIC => {}
        Body::Directory | Body::Virtual(_) => return Err(Errno::EPERM),
        _ => return Err(Errno::ENOTDIR),
    }
    may_change(dir, cred)
}

/// Whether someone may change a directory, if it can be.
pub(crate) fn may_change(dir: &Location, cred: &Cred) -> Result<(), Errno> {
    if dir.is_read_only() {
        return Err(Errno::EROFS);
    }
    if !cred.may(&dir.inode().attrs.lock(), 3) {
        return Err(Errno::EACCES);
    }
    Ok(())
}

/// Sticky directories: only the owner of the file or of the directory may take a name away (unlink(2) EPERM).
fn check_sticky(dir: &Attrs, victim: &Attrs, cred: &Cred) -> Result<(), Errno> {
    let sticky = dir.mode & 0o1000 != 0;
    if sticky && !cred.capable(super::context::cap::FOWNER) && cred.uid.fs != dir.uid && cred.uid.fs != victim.uid {
        return Err(Errno::EPERM);
    }
    Ok(())
}

/// Owner and mode of a new file: set-group-id directories pass their group on (inode(7)).
pub(crate) fn inherit(dir: &Inode, cred: &Cred, mode: u32) -> (u32, (u32, u32)) {
    let a = dir.attrs.lock();
    let (mut mode, mut gid) = (mode, cred.gid.fs);
    if a.mode & 0o2000 != 0 {
        gid = a.gid;
        if mode & S_IFMT == S_IFDIR {
            mode |= 0o2000;
        }
    }
    (mode, (cred.uid.fs, gid))
}

/// Adds a new file under a name that must be free. `make` builds the inode.
pub(crate) fn create(
    dir: &Location,
    name: &[u8],
    cred: &Cred,
    make: impl FnOnce(&Inode) -> Result<Ref<Inode>, Errno>,
) -> Result<Ref<Dentry>, Errno> {
    let guard = dir.dentry.lock_entries();
    match Dentry::lookup(&dir.dentry, name) {
        Ok(_) => return Err(Errno::EEXIST),
        // Nothing can be made where files are made up.
        Err(e) if matches!(dir.inode().body, Body::Virtual(_)) => return Err(e),
        Err(_) => {}
    }
    check_change(dir, cred)?;
    if dir.dentry.is_removed() {
        return Err(Errno::ENOENT);
    }
    let inode = make(dir.inode())?;
    let is_dir = inode.is_dir();
    let dentry = Dentry::try_new(inode, name, &dir.dentry).map_err(NO_MEMORY)?;
    dir.dentry.add_child(&dentry)?;
    drop(guard);
    if is_dir {
        dir.inode().attrs.lock().nlink += 1;
    }
    dir.inode().touch_modified();
    notify::created(dir.inode(), &dentry);
    Ok(dentry)
}

/// Another name for a file (link(2)).
pub(crate) fn link(dir: &Location, name: &[u8], cred: &Cred, target: &Location) -> Result<(), Errno> {
    if !Ref::ptr_eq(&dir.mount, &target.mount) {
        return Err(Errno::EXDEV);
    }
    let inode = target.inode();
    if inode.is_dir() {
        return Err(Errno::EPERM);
    }
    // The count goes up before the name is there, so that it never names a file that is going; and down again if it
    // fails. A file without a name gets its first one at most once (open(2), O_TMPFILE).
    let (mut counted, mut first) = (false, false);
    let made = create(dir, name, cred, |_| {
        let mut a = inode.attrs.lock();
        first = inode.linkable.swap(false, Ordering::AcqRel);
        if a.nlink == 0 && !first {
            return Err(Errno::ENOENT);
        }
        a.nlink += 1;
        counted = true;
        drop(a);
        notify::inode(inode, notify::ATTRIB);
        Ok(inode.clone())
    });
    match made {
        Ok(_) => {
            inode.change(|_| {});
            Ok(())
        }
        Err(e) => {
            if counted {
                let mut a = inode.attrs.lock();
                a.nlink -= 1;
                inode.linkable.store(first, Ordering::Release);
            }
            Err(e)
        }
    }
}

/// What is being removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remove {
    /// Anything but a directory (unlink(2)).
    File,
    /// An empty directory (rmdir(2)).
    Directory,
}

/// Takes a name away.
pub(crate) fn remove(dir: &Location, name: &[u8], cred: &Cred, what: Remove, must_be_dir: bool) -> Result<(), Errno> {
    if let (Body::Virtual(node), Remove::Directory) = (&dir.inode().body, what) {
        may_change(dir, cred)?;
        return node.remove_dir(name);
    }
    let guard = dir.dentry.lock_entries();
    let victim = Dentry::lookup(&dir.dentry, name)?;
    check_change(dir, cred)?;
    let victim_attrs = *victim.inode().attrs.lock();
    check_sticky(&dir.inode().attrs.lock().clone(), &victim_attrs, cred)?;
    let is_dir = victim.inode().is_dir();
    match what {
        Remove::File if is_dir => return Err(Errno::EISDIR),
        Remove::File if must_be_dir => return Err(Errno::ENOTDIR),
        Remove::Directory if !is_dir => return Err(Errno::ENOTDIR),
        _ => {}
    }
    if victim.mounts.load(Ordering::Acquire) != 0 {
        return Err(Errno::EBUSY);
    }
    if is_dir && !victim.close_if_empty() {
        return Err(Errno::ENOTEMPTY);
    }
    // Point of no return.
    let removed = dir.dentry.take_child(name);
    drop(guard);
    forget(dir, &victim, is_dir);
    let inode = victim.inode().clone();
    if !is_dir {
        notify::inode(&inode, notify::ATTRIB);
    }
    // The file may be gone for those who watch it, who are told before those who watch the directory.
    drop(removed);
    drop(victim);
    notify::deleted(dir.inode(), name, &inode);
    Ok(())
}

/// Adjusts link counts and times after a name went.
fn forget(dir: &Location, victim: &Ref<Dentry>, is_dir: bool) {
    victim.mark_removed();
    victim.inode().change(|a| a.nlink = a.nlink.saturating_sub(if is_dir { 2 } else { 1 }));
    if is_dir {
        let mut a = dir.inode().attrs.lock();
        a.nlink = a.nlink.saturating_sub(1);
    }
    dir.inode().touch_modified();
}

/// What rename does when the new name exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It is replaced.
    Replace,
    /// EEXIST (RENAME_NOREPLACE).
    Keep,
    /// Both change names (RENAME_EXCHANGE).
    Exchange,
}

/// One side of a rename.
pub(crate) struct Side<'a> {
    /// The directory.
    pub(crate) dir: &'a Location,
    /// The name in it.
    pub(crate) name: &'a [u8],
    /// Whether slashes follow.
    pub(crate) must_be_dir: bool,
}

/// Moves a name (rename(2)).
pub(crate) fn rename(from: &Side<'_>, to: &Side<'_>, cred: &Cred, existing: Existing) -> Result<(), Errno> {
    if !Ref::ptr_eq(&from.dir.mount, &to.dir.mount) {
        return Err(Errno::EXDEV);
    }
    let whole = RENAME.lock();
    let same_dir = Ref::ptr_eq(&from.dir.dentry, &to.dir.dentry);
    let entries =
        if same_dir { (from.dir.dentry.lock_entries(), None) } else { Dentry::lock_two(&from.dir.dentry, &to.dir.dentry) };
    let moved = Dentry::lookup(&from.dir.dentry, from.name)?;
    check_change(from.dir, cred)?;
    check_change(to.dir, cred)?;
    let target = match Dentry::lookup(&to.dir.dentry, to.name) {
        Ok(d) => Some(d),
        Err(Errno::ENOENT) => None,
        Err(e) => return Err(e),
    };
    check_rename(from, to, cred, existing, &moved, target.as_ref())?;
    if target.as_ref().is_some_and(|t| Ref::ptr_eq(t.inode(), moved.inode())) && existing == Existing::Replace {
        return Ok(());
    }
    if to.dir.dentry.is_removed() {
        return Err(Errno::ENOENT);
    }
    let other = target.clone();
    let result = match (existing, target) {
        (Existing::Exchange, Some(other)) => exchange(from, to, &moved, &other),
        (Existing::Exchange, None) => Err(Errno::ENOENT),
        (_, target) => replace(from, to, &moved, target),
    };
    drop(entries);
    drop(whole);
    let left = result?;
    moved.inode().change(|_| {});
    from.dir.inode().touch_modified();
    to.dir.inode().touch_modified();
    let (a, b) = ((&**from.dir.inode(), from.name), (&**to.dir.inode(), to.name));
    match (&other, existing) {
        (Some(other), Existing::Exchange) => {
            notify::moved(a, b, moved.inode(), None);
            notify::moved(b, a, other.inode(), None);
        }
        (other, _) => notify::moved(a, b, moved.inode(), other.as_ref().map(|o| &**o.inode())),
    }
    drop(left);
    Ok(())
}

fn check_rename(
    from: &Side<'_>,
    to: &Side<'_>,
    cred: &Cred,
    existing: Existing,
    moved: &Ref<Dentry>,
    target: Option<&Ref<Dentry>>,
) -> Result<(), Errno> {
    let moved_is_dir = moved.inode().is_dir();
    let moved_attrs = *moved.inode().attrs.lock();
    let from_attrs = *from.dir.inode().attrs.lock();
    check_sticky(&from_attrs, &moved_attrs, cred)?;
    if (from.must_be_dir || to.must_be_dir) && !moved_is_dir {
        return Err(Errno::ENOTDIR);
    }
    if moved_is_dir && is_above(moved, &to.dir.dentry) {
        return Err(Errno::EINVAL);
    }
    let busy = |d: &Dentry| d.mounts.load(Ordering::Acquire) != 0;
    if target.is_some() && existing == Existing::Keep {
        return Err(Errno::EEXIST);
    }
    if busy(moved) {
        return Err(Errno::EBUSY);
    }
    let Some(target) = target else { return Ok(()) };
    let target_attrs = *target.inode().attrs.lock();
    check_sticky(&to.dir.inode().attrs.lock().clone(), &target_attrs, cred)?;
    if busy(target) {
        return Err(Errno::EBUSY);
    }
    let target_is_dir = target.inode().is_dir();
    if existing == Existing::Exchange {
        return if target_is_dir && is_above(target, &from.dir.dentry) { Err(Errno::EINVAL) } else { Ok(()) };
    }
    match (moved_is_dir, target_is_dir) {
        (true, false) => Err(Errno::ENOTDIR),
        (false, true) => Err(Errno::EISDIR),
        (true, true) if is_above(target, &from.dir.dentry) || !target.is_empty() => Err(Errno::ENOTEMPTY),
        _ => Ok(()),
    }
}

/// Whether `above` is `below` or one of its ancestors.
fn is_above(above: &Ref<Dentry>, below: &Ref<Dentry>) -> bool {
    let mut at = below.clone();
    loop {
        if Ref::ptr_eq(&at, above) {
            return true;
        }
        match at.parent() {
            Some(p) => at = p,
            None => return false,
        }
    }
}

/// What a rename took away, to be dropped outside locks.
type Leftover = (Option<Removed>, Option<Ref<Dentry>>);

fn replace(from: &Side<'_>, to: &Side<'_>, moved: &Ref<Dentry>, target: Option<Ref<Dentry>>) -> Result<Leftover, Errno> {
    let name = boxed_bytes(to.name).map_err(NO_MEMORY)?;
    match &target {
        Some(t) if t.inode().is_dir() && !t.close_if_empty() => return Err(Errno::ENOTEMPTY),
        Some(_) => {}
        None => to.dir.dentry.enter(NewEntry::try_new(to.name, moved).map_err(NO_MEMORY)?)?,
    }
    // Point of no return.
    if let Some(t) = &target {
        let _ = to.dir.dentry.exchange_child(to.name, moved);
        forget(to.dir, t, t.inode().is_dir());
    }
    let left = from.dir.dentry.take_child(from.name);
    let old_parent = moved.set_place(name, to.dir.dentry.clone());
    if moved.inode().is_dir() {
        move_link(from.dir, to.dir);
    }
    Ok((left, old_parent))
}

/// A directory moved: its `..` counts for the new parent now.
fn move_link(from: &Location, to: &Location) {
    let mut a = from.inode().attrs.lock();
    a.nlink = a.nlink.saturating_sub(1);
    drop(a);
    to.inode().attrs.lock().nlink += 1;
}

fn exchange(from: &Side<'_>, to: &Side<'_>, a: &Ref<Dentry>, b: &Ref<Dentry>) -> Result<Leftover, Errno> {
    let name_a = boxed_bytes(to.name).map_err(NO_MEMORY)?;
    let name_b = boxed_bytes(from.name).map_err(NO_MEMORY)?;
    // Point of no return.
    let _ = to.dir.dentry.exchange_child(to.name, a);
    let _ = from.dir.dentry.exchange_child(from.name, b);
    // Both directories are held by the paths of the caller, so these are not the last references.
    drop(a.set_place(name_a, to.dir.dentry.clone()));
    drop(b.set_place(name_b, from.dir.dentry.clone()));
    if a.inode().is_dir() != b.inode().is_dir() {
        let (gains, loses) = if a.inode().is_dir() { (to, from) } else { (from, to) };
        move_link(loses.dir, gains.dir);
    }
    Ok((None, None))
}
