//! Making, linking, renaming and removing names.

use super::context::Cred;
use super::dentry::{Dentry, boxed_bytes};
use super::inode::{Attrs, Body, Inode, S_IFDIR, S_IFMT};
use super::mount::Location;
use abi::Errno;
use mem::{NoMemory, Ref};
use sync::{Mutex, levels};

/// Held during a rename, so that the tree above both directories stands still.
static RENAME: Mutex<(), levels::RenameMutex> = Mutex::new(());

const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;

/// Whether names may be added to or taken from a directory.
fn check_change(dir: &Location, cred: &Cred) -> Result<(), Errno> {
    let inode = dir.inode();
    match &inode.body {
        Body::Directory => {}
        Body::Virtual(_) => return Err(Errno::EPERM),
        _ => return Err(Errno::ENOTDIR),
    }
    if dir.is_read_only() {
        return Err(Errno::EROFS);
    }
    if !cred.may(&inode.attrs.lock(), 3) {
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
    dir.dentry.add_child(&dentry).map_err(|NoMemory| Errno::ENOSPC)?;
    drop(guard);
    if is_dir {
        dir.inode().attrs.lock().nlink += 1;
    }
    dir.inode().touch_modified();
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
    create(dir, name, cred, |_| {
        let mut a = inode.attrs.lock();
        if a.nlink == 0 {
            return Err(Errno::ENOENT);
        }
        a.nlink += 1;
        a.ctime_ns = crate::clock::real_ns();
        drop(a);
        Ok(inode.clone())
    })
    .map(drop)
}

/// Gives an unnamed file (O_TMPFILE) its first name.
pub(crate) fn link_unnamed(dir: &Location, name: &[u8], cred: &Cred, inode: &Ref<Inode>) -> Result<(), Errno> {
    create(dir, name, cred, |_| {
        inode.attrs.lock().nlink += 1;
        Ok(inode.clone())
    })
    .map(drop)
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
    if victim.mounts.load(core::sync::atomic::Ordering::Acquire) != 0 {
        return Err(Errno::EBUSY);
    }
    if is_dir && !victim.is_empty() {
        return Err(Errno::ENOTEMPTY);
    }
    // Point of no return.
    let removed = dir.dentry.remove_child(name);
    drop(guard);
    forget(dir, &victim, is_dir);
    drop(removed);
    Ok(())
}

/// Adjusts link counts and times after a name went.
fn forget(dir: &Location, victim: &Ref<Dentry>, is_dir: bool) {
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
    let result = match (existing, target) {
        (Existing::Exchange, Some(other)) => exchange(from, to, &moved, &other),
        (Existing::Exchange, None) => Err(Errno::ENOENT),
        (_, target) => replace(from, to, &moved, target),
    };
    drop(whole);
    result?;
    moved.inode().change(|_| {});
    from.dir.inode().touch_modified();
    to.dir.inode().touch_modified();
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
    let Some(target) = target else { return Ok(()) };
    if existing == Existing::Keep {
        return Err(Errno::EEXIST);
    }
    let target_attrs = *target.inode().attrs.lock();
    check_sticky(&to.dir.inode().attrs.lock().clone(), &target_attrs, cred)?;
    let busy = |d: &Dentry| d.mounts.load(core::sync::atomic::Ordering::Acquire) != 0;
    if busy(target) || busy(moved) {
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

fn replace(from: &Side<'_>, to: &Side<'_>, moved: &Ref<Dentry>, target: Option<Ref<Dentry>>) -> Result<(), Errno> {
    let new_name = boxed_bytes(to.name).map_err(NO_MEMORY)?;
    let old_parent = moved.parent();
    let old_name = moved.with_name(boxed_bytes).map_err(NO_MEMORY)?;
    let gone = target.as_ref().and_then(|_| to.dir.dentry.remove_child(to.name));
    let left = from.dir.dentry.remove_child(from.name);
    drop(moved.set_place(new_name, to.dir.dentry.clone()));
    if let Err(NoMemory) = to.dir.dentry.add_child(moved) {
        // Undone: there was room for these entries a moment ago, and their memory is still held by `left` and `gone`.
        drop(old_parent.and_then(|p| moved.set_place(old_name, p)));
        drop((left, gone));
        let _ = from.dir.dentry.add_child(moved);
        if let Some(t) = target {
            let _ = to.dir.dentry.add_child(&t);
        }
        return Err(Errno::ENOSPC);
    }
    if let Some(t) = target {
        forget(to.dir, &t, t.inode().is_dir());
    }
    if moved.inode().is_dir() {
        move_link(from.dir, to.dir);
    }
    drop((left, gone));
    Ok(())
}

/// A directory moved: its `..` counts for the new parent now.
fn move_link(from: &Location, to: &Location) {
    let mut a = from.inode().attrs.lock();
    a.nlink = a.nlink.saturating_sub(1);
    drop(a);
    to.inode().attrs.lock().nlink += 1;
}

fn exchange(from: &Side<'_>, to: &Side<'_>, a: &Ref<Dentry>, b: &Ref<Dentry>) -> Result<(), Errno> {
    let name_a = boxed_bytes(to.name).map_err(NO_MEMORY)?;
    let name_b = boxed_bytes(from.name).map_err(NO_MEMORY)?;
    let left_a = from.dir.dentry.remove_child(from.name);
    let left_b = to.dir.dentry.remove_child(to.name);
    drop(a.set_place(name_a, to.dir.dentry.clone()));
    drop(b.set_place(name_b, from.dir.dentry.clone()));
    // The entries' memory was there a moment ago.
    drop((left_a, left_b));
    to.dir.dentry.add_child(a).map_err(|NoMemory| Errno::ENOSPC)?;
    from.dir.dentry.add_child(b).map_err(|NoMemory| Errno::ENOSPC)?;
    if a.inode().is_dir() != b.inode().is_dir() {
        let (gains, loses) = if a.inode().is_dir() { (to, from) } else { (from, to) };
        move_link(loses.dir, gains.dir);
    }
    Ok(())
}
