//! Extended attributes: setxattr(2), getxattr(2), listxattr(2), removexattr(2), each of a path, of a link itself and of a descriptor.

use super::path::read_path;
use super::{Call, CallResult};
use crate::fs::mount::Location;
use crate::fs::notify;
use crate::fs::walk::Last;
use crate::fs::xattr::{self, Access, Attribute, Change};
use abi::{Errno, Rights};
use arrayvec::ArrayVec;
use logic_xattr::{Existing, NAME_MOST, VALUE_MOST};
use mem::user;

type Name = ArrayVec<u8, { NAME_MOST + 1 }>;

/// The file that a path leads to, for who needs these rights there.
fn of_path(c: &Call<'_>, last: Last, needs: Rights) -> Result<Location, Errno> {
    let path = read_path(c.arg(0))?;
    let cx = c.context();
    cx.walker().locate(&cx.fs.cwd(), &path, last, needs)
}

/// The file of a descriptor. One without a place has no attributes, whatever their names.
fn of_fd(c: &Call<'_>) -> Result<Location, Errno> {
    c.file(0)?.location.clone().ok_or(Errno::EOPNOTSUPP)
}

/// The second argument, with its NUL: ERANGE if it is empty or too long.
#[inline(never)]
fn name(c: &Call<'_>) -> Result<Name, Errno> {
    let mut name = Name::from([0; NAME_MOST + 1]);
    let len = match user::read_string(&mut name, c.arg(1)) {
        Ok(0) | Err(user::StringError::TooLong) => return Err(Errno::ERANGE),
        Ok(len) => len,
        Err(user::StringError::Fault) => return Err(Errno::EFAULT),
    };
    name.truncate(len.saturating_add(1));
    Ok(name)
}

fn writable(place: &Location) -> Result<(), Errno> {
    if place.is_read_only() { Err(Errno::EROFS) } else { Ok(()) }
}

fn set(c: &Call<'_>, place: Result<Location, Errno>) -> CallResult {
    const XATTR_CREATE: u32 = 1;
    const XATTR_REPLACE: u32 = 2;
    let place = place?;
    writable(&place)?;
    let (flags, len) = (c.uint(4), c.arg(3));
    let existing = match flags {
        0 => Existing::Any,
        XATTR_CREATE => Existing::Refused,
        XATTR_REPLACE => Existing::Needed,
        // What is there must not be, and what is not there must.
        3 => Existing::Refused,
        _ => return Err(Errno::EINVAL.into()),
    };
    let name = name(c)?;
    if len > VALUE_MOST {
        return Err(Errno::E2BIG.into());
    }
    let value = Attribute::read(&name, c.arg(2), len)?;
    let name = bare(&name);
    xattr::check(place.inode(), &c.me.cred(), name, Access::Write)?;
    if flags == XATTR_CREATE | XATTR_REPLACE {
        place.inode().xattrs.find(name)?;
    }
    change(&place, name, &Change::Set(value, existing))
}

/// Changes an attribute, which is news of the file.
#[inline(never)]
fn change(place: &Location, name: &[u8], change: &Change) -> CallResult {
    xattr::change(place.inode(), name, change)?;
    notify::file(&place.dentry, notify::ATTRIB);
    Ok(0)
}

fn bare(name: &[u8]) -> &[u8] {
    name.split_last().map_or(&[], |(_nul, name)| name)
}

fn get(c: &Call<'_>, place: Result<Location, Errno>) -> CallResult {
    let place = place?;
    let (name, room) = (name(c)?, c.arg(3));
    let name = bare(&name);
    xattr::check(place.inode(), &c.me.cred(), name, Access::Read)?;
    let found = place.inode().xattrs.find(name)?;
    match room {
        0 => {}
        _ if room < found.len() => return Err(Errno::ERANGE.into()),
        _ => found.write(c.arg(2))?,
    }
    Ok(found.len())
}

fn list(c: &Call<'_>, place: Result<Location, Errno>) -> CallResult {
    Ok(xattr::list(place?.inode(), &c.me.cred(), c.arg(1), c.arg(2))?)
}

fn remove(c: &Call<'_>, place: Result<Location, Errno>) -> CallResult {
    let place = place?;
    writable(&place)?;
    let name = name(c)?;
    let name = bare(&name);
    xattr::check(place.inode(), &c.me.cred(), name, Access::Write)?;
    change(&place, name, &Change::Remove)
}

/// setxattr(2).
pub(super) fn setxattr(c: &mut Call<'_>) -> CallResult {
    set(c, of_path(c, Last::Follow, Rights::CHANGE))
}

/// lsetxattr(2).
pub(super) fn lsetxattr(c: &mut Call<'_>) -> CallResult {
    set(c, of_path(c, Last::NoFollow, Rights::CHANGE))
}

/// fsetxattr(2).
pub(super) fn fsetxattr(c: &mut Call<'_>) -> CallResult {
    set(c, of_fd(c))
}

/// getxattr(2).
pub(super) fn getxattr(c: &mut Call<'_>) -> CallResult {
    get(c, of_path(c, Last::Follow, Rights::STAT))
}

/// lgetxattr(2).
pub(super) fn lgetxattr(c: &mut Call<'_>) -> CallResult {
    get(c, of_path(c, Last::NoFollow, Rights::STAT))
}

/// fgetxattr(2).
pub(super) fn fgetxattr(c: &mut Call<'_>) -> CallResult {
    get(c, of_fd(c))
}

/// listxattr(2).
pub(super) fn listxattr(c: &mut Call<'_>) -> CallResult {
    list(c, of_path(c, Last::Follow, Rights::STAT))
}

/// llistxattr(2).
pub(super) fn llistxattr(c: &mut Call<'_>) -> CallResult {
    list(c, of_path(c, Last::NoFollow, Rights::STAT))
}

/// flistxattr(2).
pub(super) fn flistxattr(c: &mut Call<'_>) -> CallResult {
    match of_fd(c) {
        Err(Errno::EOPNOTSUPP) => Ok(0),
        place => list(c, place),
    }
}

/// removexattr(2).
pub(super) fn removexattr(c: &mut Call<'_>) -> CallResult {
    remove(c, of_path(c, Last::Follow, Rights::CHANGE))
}

/// lremovexattr(2).
pub(super) fn lremovexattr(c: &mut Call<'_>) -> CallResult {
    remove(c, of_path(c, Last::NoFollow, Rights::CHANGE))
}

/// fremovexattr(2).
pub(super) fn fremovexattr(c: &mut Call<'_>) -> CallResult {
    remove(c, of_fd(c))
}
