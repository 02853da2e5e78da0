//! Watching files: inotify_init1(2), inotify_add_watch(2), inotify_rm_watch(2).

use super::path::read_path;
use super::{Call, CallResult};
use crate::events::inotify;
use crate::fs::file::{O_CLOEXEC, O_NONBLOCK, OpenFile, Special};
use crate::fs::walk::Last;
use abi::Errno;
use logic_inotify::bits;
use mem::Ref;

/// inotify_init1(2).
pub(super) fn inotify_init1(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(0);
    if flags & !(O_CLOEXEC | O_NONBLOCK) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let file = inotify::create(c.me.cred().uid.real, flags)?;
    Ok(c.install(file, flags & O_CLOEXEC != 0, 0)?)
}

/// Calls `f` with the instance behind a descriptor.
fn with_instance<R>(of: &Ref<OpenFile>, f: impl FnOnce(&inotify::Inotify) -> Result<R, Errno>) -> Result<R, Errno> {
    match of.file.special() {
        Special::Inotify(i) => f(i),
        _ => Err(Errno::EINVAL),
    }
}

/// inotify_add_watch(2).
pub(super) fn inotify_add_watch(c: &mut Call<'_>) -> CallResult {
    let mask = c.uint(2);
    if mask & bits::KNOWN == 0 {
        return Err(Errno::EINVAL.into());
    }
    let of = c.file(0)?;
    if mask & bits::MASK_ADD != 0 && mask & bits::MASK_CREATE != 0 {
        return Err(Errno::EINVAL.into());
    }
    with_instance(&of, |_| Ok(()))?;
    let path = read_path(c.arg(1))?;
    let cx = c.context();
    let last = if mask & bits::DONT_FOLLOW != 0 { Last::NoFollow } else { Last::Follow };
    let place = cx.walker().locate(&cx.fs.cwd(), &path, last, abi::Rights::READ)?;
    let inode = place.inode();
    if mask & bits::ONLYDIR != 0 && !inode.is_dir() {
        return Err(Errno::ENOTDIR.into());
    }
    if !cx.cred.may(&inode.attrs.lock(), 4) {
        return Err(Errno::EACCES.into());
    }
    Ok(with_instance(&of, |i| i.add_watch(inode, mask))? as usize)
}

/// inotify_rm_watch(2).
pub(super) fn inotify_rm_watch(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    with_instance(&of, |i| i.remove_watch(c.int(1)))?;
    Ok(0)
}
