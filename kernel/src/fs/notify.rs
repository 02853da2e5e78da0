//! What happened to files, for those who watch them (inotify(7)). Each function costs one load and one branch while nothing
//! is watched.

use super::dentry::Dentry;
use super::file::OpenFile;
use super::inode::Inode;
use crate::events::inotify::{Happened, watched};
use core::sync::atomic::{AtomicU32, Ordering};
use logic_inotify::bits;

pub(crate) use logic_inotify::bits::{ACCESS, ATTRIB, CLOSE_NOWRITE, CLOSE_WRITE, MODIFY, OPEN};

static COOKIE: AtomicU32 = AtomicU32::new(0);

fn dir_bit(inode: &Inode) -> u32 {
    if inode.is_dir() { bits::ISDIR } else { 0 }
}

/// Something happened to a file: those hear of it who watch its directory, and who watch it.
#[inline(always)]
pub(crate) fn file(dentry: &Dentry, mask: u32) {
    if watched() {
        tell_file(dentry, mask);
    }
}

/// The same for an open file, if it has a place.
#[inline(always)]
pub(crate) fn open_file(of: &OpenFile, mask: u32) {
    if watched()
        && let Some(place) = &of.location
    {
        tell_file(&place.dentry, mask);
    }
}

/// Something happened to a file, whatever its names are.
#[inline(always)]
pub(crate) fn inode(inode: &Inode, mask: u32) {
    if watched() {
        tell_inode(inode, mask);
    }
}

/// An entry of a directory was made.
#[inline(always)]
pub(crate) fn created(dir: &Inode, dentry: &Dentry) {
    if watched() {
        tell_entry(dir, dentry.inode(), bits::CREATE, 0, |f| dentry.with_name(f));
    }
}

/// An entry of a directory was removed, or replaced.
#[inline(always)]
pub(crate) fn deleted(dir: &Inode, name: &[u8], what: &Inode) {
    if watched() {
        tell_entry(dir, what, bits::DELETE, 0, |f| f(name));
    }
}

/// An entry was renamed.
#[inline(always)]
pub(crate) fn moved(from: (&Inode, &[u8]), to: (&Inode, &[u8]), what: &Inode, replaced: Option<&Inode>) {
    if watched() {
        let cookie = COOKIE.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        tell_entry(from.0, what, bits::MOVED_FROM, cookie, |f| f(from.1));
        tell_entry(to.0, what, bits::MOVED_TO, cookie, |f| f(to.1));
        if let Some(gone) = replaced {
            tell_inode(gone, bits::ATTRIB);
        }
        tell_inode(what, bits::MOVE_SELF);
    }
}

/// A name goes out of use for good: if it was the file's last one, the file is gone for those who watch it.
#[inline(always)]
pub(crate) fn dropped(dentry: &Dentry) {
    if watched() {
        tell_dropped(dentry);
    }
}

/// The file system of a file goes out of use.
#[inline(always)]
pub(crate) fn unmounted(inode: &Inode) {
    if watched() {
        inode.marks.end(bits::UNMOUNT);
    }
}

#[cold]
#[inline(never)]
fn tell_file(dentry: &Dentry, mask: u32) {
    let inode = dentry.inode();
    if let Some(parent) = dentry.parent()
        && parent.inode().marks.want(mask)
    {
        let unlinked = dentry.is_removed();
        copy_name(
            |f| dentry.with_name(f),
            |name| parent.inode().marks.tell(Happened { mask: mask | dir_bit(inode), name, cookie: 0, unlinked }),
        );
    }
    tell_inode(inode, mask);
}

#[cold]
#[inline(never)]
fn tell_inode(inode: &Inode, mask: u32) {
    if inode.marks.want(mask) {
        // For historical reasons the directory bit is not shown with these two.
        let dir = if mask & (bits::DELETE_SELF | bits::MOVE_SELF) != 0 { 0 } else { dir_bit(inode) };
        inode.marks.tell(Happened { mask: mask | dir, name: &[], cookie: 0, unlinked: false });
    }
}

#[cold]
#[inline(never)]
fn tell_entry(dir: &Inode, what: &Inode, mask: u32, cookie: u32, name: impl FnOnce(&mut dyn FnMut(&[u8]))) {
    if dir.marks.want(mask) {
        let mask = mask | dir_bit(what);
        copy_name(name, |name| dir.marks.tell(Happened { mask, name, cookie, unlinked: false }));
    }
}

#[cold]
#[inline(never)]
fn tell_dropped(dentry: &Dentry) {
    let inode = dentry.inode();
    if inode.attrs.lock().nlink == 0 {
        inode.marks.end(bits::DELETE_SELF);
    }
}

/// Calls `use_it` with a copy of the name that `name` shows, because that is shown under a lock.
fn copy_name(name: impl FnOnce(&mut dyn FnMut(&[u8])), use_it: impl FnOnce(&[u8])) {
    let mut copy = [0u8; super::dentry::NAME_MAX];
    let mut len = 0;
    name(&mut |shown| {
        for (to, from) in copy.iter_mut().zip(shown) {
            *to = *from;
            len += 1;
        }
    });
    use_it(copy.get(..len).unwrap_or_default());
}
