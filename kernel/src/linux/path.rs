//! Paths as calls take them, and the calls that make, remove and rename names.

use super::{Call, CallResult};
use crate::fs::context::Cred;
use crate::fs::context::FsContext;
use crate::fs::dentry::boxed_bytes;
use crate::fs::inode::{Body, Inode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK};
use crate::fs::mount::Location;
use crate::fs::node::{self, Existing, Remove, Side};
use crate::fs::walk::{Found, Last, LinkText, PATH_MAX, Parent, ParentError, Reached, Resolve, Walker, path_of};
use abi::{Errno, Rights};
use alloc::vec::Vec;
use mem::{NoMemory, Ref, user};
use sync::SpinLock;

/// The current directory as a descriptor.
pub(crate) const AT_FDCWD: i32 = -100;
/// The last component is not followed.
pub(crate) const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
/// unlinkat(2) removes a directory.
pub(crate) const AT_REMOVEDIR: u32 = 0x200;
/// linkat(2) follows.
pub(crate) const AT_SYMLINK_FOLLOW: u32 = 0x400;
/// An empty path means the descriptor itself.
pub(crate) const AT_EMPTY_PATH: u32 = 0x1000;

const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;

/// Reads a path argument.
pub(crate) fn read_path(addr: usize) -> Result<Vec<u8>, Errno> {
    let mut path: Vec<u8> = Vec::new();
    let mut chunk = [0u8; 128];
    loop {
        match user::read_string(&mut chunk, addr.wrapping_add(path.len())) {
            Ok(n) => {
                path.try_reserve(n).map_err(|_| Errno::ENOMEM)?;
                path.extend_from_slice(chunk.get(..n).unwrap_or_default());
                return if path.len() < PATH_MAX { Ok(path) } else { Err(Errno::ENAMETOOLONG) };
            }
            Err(user::StringError::Fault) => return Err(Errno::EFAULT),
            Err(user::StringError::TooLong) => {
                path.try_reserve(chunk.len()).map_err(|_| Errno::ENOMEM)?;
                path.extend_from_slice(&chunk);
                if path.len() >= PATH_MAX {
                    return Err(Errno::ENAMETOOLONG);
                }
            }
        }
    }
}

/// What path calls need of the caller.
pub(crate) struct Context {
    /// Root, current directory, mounts.
    pub(crate) fs: Ref<FsContext>,
    /// Who asks.
    pub(crate) cred: Ref<Cred>,
}

impl Context {
    /// A walker without limits.
    pub(crate) fn walker(&self) -> Walker<'_> {
        Walker { fs: &self.fs, cred: &self.cred, resolve: Resolve::default() }
    }
}

impl Call<'_> {
    /// The caller's surroundings.
    pub(crate) fn context(&self) -> Context {
        Context { fs: self.me.fs(), cred: self.me.cred() }
    }
    /// What the call's row asks of descriptor argument `n` besides being the start of a path.
    fn need_at_end(&self, n: usize) -> Rights {
        self.need(n).difference(Rights::WALK)
    }
    /// Where a path relative to descriptor argument `n` begins.
    #[inline(always)]
    pub(crate) fn start(&self, n: usize, cx: &Context, path: &[u8]) -> Result<Reached, Errno> {
        if path.first() == Some(&b'/') {
            return Ok(Reached::freely(cx.fs.root()));
        }
        if self.int(n) == AT_FDCWD { Ok(cx.fs.cwd()) } else { self.start_at(n, path) }
    }
    #[inline(never)]
    fn start_at(&self, n: usize, path: &[u8]) -> Result<Reached, Errno> {
        let slot = self.me.files().slot(self.int(n), self.need(n))?;
        let place = slot.file.location.clone().ok_or(Errno::ENOTDIR)?;
        if !place.inode().is_dir() && !path.is_empty() {
            return Err(Errno::ENOTDIR);
        }
        Ok(Reached { place, rights: slot.rights })
    }
    /// What an empty path with AT_EMPTY_PATH stands for: the descriptor argument `n` itself. `no_place`: it has none.
    #[inline(never)]
    pub(crate) fn descriptor_itself(&self, n: usize, cx: &Context, no_place: Errno) -> Result<Reached, Errno> {
        if self.int(n) == AT_FDCWD {
            return Ok(cx.fs.cwd());
        }
        let slot = self.me.files().slot(self.int(n), self.need_at_end(n))?;
        let place = slot.file.location.clone().ok_or(no_place)?;
        Ok(Reached { place, rights: slot.rights })
    }
    /// The location of a path: descriptor argument `fd`, path argument `p`.
    pub(crate) fn locate(&self, fd: usize, p: usize, last: Last) -> Result<Location, Errno> {
        let path = read_path(self.arg(p))?;
        let cx = self.context();
        let start = self.start(fd, &cx, &path)?;
        cx.walker().locate(&start, &path, last, self.need_at_end(fd))
    }
    /// The same, where AT_EMPTY_PATH may stand for the descriptor.
    pub(crate) fn locate_or_fd(&self, fd: usize, p: usize, flags: u32) -> Result<Location, Errno> {
        self.reach_or_fd(fd, p, flags)?.with(self.need_at_end(fd))
    }
    /// The same, with what may be done there; nothing has been checked against it.
    #[inline(always)]
    pub(crate) fn reach_or_fd(&self, fd: usize, p: usize, flags: u32) -> Result<Reached, Errno> {
        let path = read_path(self.arg(p))?;
        let cx = self.context();
        if path.is_empty() && flags & AT_EMPTY_PATH != 0 {
            return self.descriptor_itself(fd, &cx, Errno::EBADF);
        }
        let last = if flags & AT_SYMLINK_NOFOLLOW != 0 { Last::NoFollow } else { Last::Follow };
        let start = self.start(fd, &cx, &path)?;
        cx.walker().reach(&start, &path, last)
    }
    /// What a path names or the descriptor stands for, also if that is an open file without a place (`/proc/PID/fd`).
    pub(crate) fn found_or_fd(&self, fd: usize, p: usize, flags: u32) -> Result<Found, Errno> {
        let path = read_path(self.arg(p))?;
        let cx = self.context();
        let found = if path.is_empty() && flags & AT_EMPTY_PATH != 0 {
            Found::At(self.descriptor_itself(fd, &cx, Errno::EBADF)?)
        } else {
            let last = if flags & AT_SYMLINK_NOFOLLOW != 0 { Last::NoFollow } else { Last::Follow };
            cx.walker().find_any(&self.start(fd, &cx, &path)?, &path, last)?
        };
        let (Found::At(Reached { rights, .. }) | Found::Open(_, rights)) = &found;
        if rights.contains(self.need_at_end(fd)) { Ok(found) } else { Err(Errno::EACCES) }
    }
    fn parent(&self, cx: &Context, fd: usize, p: usize, no_name: Errno) -> Result<Parent, Errno> {
        let path = read_path(self.arg(p))?;
        let start = self.start(fd, cx, &path)?;
        cx.walker().parent(&start, &path, self.need_at_end(fd)).map_err(|e| match e {
            ParentError::Errno(e) => e,
            ParentError::NoName => no_name,
        })
    }
}

/// mkdirat(2).
pub(super) fn mkdirat(c: &mut Call<'_>) -> CallResult {
    let cx = c.context();
    let p = c.parent(&cx, 0, 1, Errno::EEXIST)?;
    if let Body::Virtual(node) = &p.dir.inode().body {
        node::may_change(&p.dir, &cx.cred)?;
        node.make_dir(&p.name)?;
        return Ok(0);
    }
    let mode = S_IFDIR | (c.uint(2) & 0o1777 & !cx.fs.umask());
    node::create(&p.dir, &p.name, &cx.cred, |dir| {
        let (mode, owner) = node::inherit(dir, &cx.cred, mode);
        Inode::try_new(&dir.fs, mode, owner, Body::Directory).map_err(|NoMemory| Errno::ENOSPC)
    })?;
    Ok(0)
}

/// mknodat(2).
pub(super) fn mknodat(c: &mut Call<'_>) -> CallResult {
    let (mode, dev) = (c.uint(2), c.arg(3) as u64);
    let cx = c.context();
    let kind = if mode & S_IFMT == 0 { S_IFREG } else { mode & S_IFMT };
    let body = match kind {
        S_IFREG => None,
        S_IFIFO => Some(Body::Fifo(SpinLock::new(None))),
        S_IFSOCK => Some(Body::Socket(SpinLock::new(None))),
        S_IFCHR | S_IFBLK if !cx.cred.capable(crate::fs::context::cap::MKNOD) => return Err(Errno::EPERM.into()),
        // A device node reaches the machine as a mount does.
        S_IFCHR | S_IFBLK => {
            crate::world::need(c.me, abi::Authority::World(abi::Grant::Mount))?;
            Some(Body::Device((dev >> 8 & 0xfff) as u32, (dev & 0xff | dev >> 12 & 0xfff00) as u32))
        }
        S_IFDIR => return Err(Errno::EPERM.into()),
        _ => return Err(Errno::EINVAL.into()),
    };
    let p = c.parent(&cx, 0, 1, Errno::EEXIST)?;
    if p.must_be_dir {
        return Err(Errno::ENOENT.into());
    }
    let mode = kind | (mode & 0o7777 & !cx.fs.umask());
    node::create(&p.dir, &p.name, &cx.cred, |dir| {
        let (mode, owner) = node::inherit(dir, &cx.cred, mode);
        match body {
            None => Inode::try_new_regular(&dir.fs, mode, owner),
            Some(b) => Inode::try_new(&dir.fs, mode, owner, b),
        }
        .map_err(|NoMemory| Errno::ENOSPC)
    })?;
    Ok(0)
}

/// unlinkat(2).
pub(super) fn unlinkat(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(2);
    if flags & !AT_REMOVEDIR != 0 {
        return Err(Errno::EINVAL.into());
    }
    let cx = c.context();
    let what = if flags & AT_REMOVEDIR != 0 { Remove::Directory } else { Remove::File };
    let path = read_path(c.arg(1))?;
    let no_name = match (what, path.ends_with(b".."), path.ends_with(b".")) {
        (Remove::Directory, true, _) => Errno::ENOTEMPTY,
        (Remove::Directory, _, true) => Errno::EINVAL,
        (Remove::Directory, ..) => Errno::EBUSY,
        (Remove::File, ..) => Errno::EISDIR,
    };
    let p = c.parent(&cx, 0, 1, no_name)?;
    node::remove(&p.dir, &p.name, &cx.cred, what, p.must_be_dir)?;
    Ok(0)
}

/// symlinkat(2).
pub(super) fn symlinkat(c: &mut Call<'_>) -> CallResult {
    let target = read_path(c.arg(0))?;
    if target.is_empty() {
        return Err(Errno::ENOENT.into());
    }
    let cx = c.context();
    let p = c.parent(&cx, 1, 2, Errno::EEXIST)?;
    if p.must_be_dir {
        return Err(Errno::ENOENT.into());
    }
    node::create(&p.dir, &p.name, &cx.cred, |dir| {
        let (_, owner) = node::inherit(dir, &cx.cred, S_IFLNK);
        let text = boxed_bytes(&target).map_err(NO_MEMORY)?;
        Inode::try_new(&dir.fs, S_IFLNK | 0o777, owner, Body::Symlink(text)).map_err(|NoMemory| Errno::ENOSPC)
    })?;
    Ok(0)
}

/// A file that was reached with fewer rights than all must not get a name elsewhere, through which it could be reached
/// with more: EXDEV, as between two file systems. Within what one descriptor leads to, files may move.
fn check_move(c: &Call<'_>, rights: Rights) -> Result<(), Errno> {
    let free = rights.union(Rights::WALK_UP).is_all();
    if free || c.int(0) == c.int(2) && c.int(0) != AT_FDCWD { Ok(()) } else { Err(Errno::EXDEV) }
}

/// linkat(2).
pub(super) fn linkat(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(4);
    if flags & !(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let cx = c.context();
    let follow = if flags & AT_SYMLINK_FOLLOW != 0 { 0 } else { AT_SYMLINK_NOFOLLOW };
    let target = c.reach_or_fd(0, 1, flags & AT_EMPTY_PATH | follow)?;
    let p = c.parent(&cx, 2, 3, Errno::EEXIST)?;
    check_move(c, target.rights)?;
    let target = target.place;
    if p.must_be_dir {
        return Err(Errno::ENOENT.into());
    }
    node::link(&p.dir, &p.name, &cx.cred, &target)?;
    Ok(0)
}

/// renameat2(2).
pub(super) fn renameat2(c: &mut Call<'_>) -> CallResult {
    let existing = match c.uint(4) {
        0 => Existing::Replace,
        1 => Existing::Keep,
        2 => Existing::Exchange,
        _ => return Err(Errno::EINVAL.into()),
    };
    let cx = c.context();
    let from = c.parent(&cx, 0, 1, Errno::EBUSY)?;
    let to = c.parent(&cx, 2, 3, Errno::EBUSY)?;
    check_move(c, from.rights)?;
    if existing == Existing::Exchange {
        check_move(c, to.rights)?;
    }
    let a = Side { dir: &from.dir, name: &from.name, must_be_dir: from.must_be_dir };
    let b = Side { dir: &to.dir, name: &to.name, must_be_dir: to.must_be_dir };
    node::rename(&a, &b, &cx.cred, existing)?;
    Ok(0)
}

/// readlinkat(2).
pub(super) fn readlinkat(c: &mut Call<'_>) -> CallResult {
    if c.int(3) <= 0 {
        return Err(Errno::EINVAL.into());
    }
    let link = c.locate_or_fd(0, 1, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)?;
    if link.inode().kind() != S_IFLNK {
        // An empty path names nothing else than a link (readlink(2)).
        return Err(if read_path(c.arg(1))?.is_empty() { Errno::ENOENT } else { Errno::EINVAL }.into());
    }
    let text = LinkText::of(&link)?;
    let n = text.0.len().min(c.arg(3));
    user::copy_out(c.arg(2), text.0.get(..n).unwrap_or_default())?;
    Ok(n)
}

/// getcwd(2): length with the NUL.
pub(super) fn getcwd(c: &mut Call<'_>) -> CallResult {
    let cx = c.context();
    let cwd = cx.fs.cwd().place;
    if cwd.dentry.is_removed() {
        return Err(Errno::ENOENT.into());
    }
    let mut path = path_of(&cx.fs, &cwd)?;
    if path.len() >= PATH_MAX {
        return Err(Errno::ENAMETOOLONG.into());
    }
    path.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
    path.push(0);
    if path.len() > c.arg(1) {
        return Err(Errno::ERANGE.into());
    }
    user::copy_out(c.arg(0), &path)?;
    Ok(path.len())
}

fn change_dir(c: &Call<'_>, to: Reached) -> CallResult {
    let cx = c.context();
    let inode = to.place.inode();
    if !inode.is_dir() {
        return Err(Errno::ENOTDIR.into());
    }
    if !to.rights.contains(Rights::WALK) || !cx.cred.may(&inode.attrs.lock(), 1) {
        return Err(Errno::EACCES.into());
    }
    drop(cx.fs.set_cwd(to));
    Ok(0)
}

/// chdir(2).
pub(super) fn chdir(c: &mut Call<'_>) -> CallResult {
    let path = read_path(c.arg(0))?;
    let cx = c.context();
    let to = cx.walker().reach(&cx.fs.cwd(), &path, Last::Follow)?;
    change_dir(c, to)
}

/// fchdir(2).
pub(super) fn fchdir(c: &mut Call<'_>) -> CallResult {
    let slot = c.me.files().slot(c.int(0), c.need(0))?;
    let place = slot.file.location.clone().ok_or(Errno::ENOTDIR)?;
    change_dir(c, Reached { place, rights: slot.rights })
}

/// chroot(2).
pub(super) fn chroot(c: &mut Call<'_>) -> CallResult {
    let path = read_path(c.arg(0))?;
    let cx = c.context();
    let to = cx.walker().locate(&cx.fs.cwd(), &path, Last::Follow, Rights::all())?;
    if !to.inode().is_dir() {
        return Err(Errno::ENOTDIR.into());
    }
    if !cx.cred.capable(crate::fs::context::cap::SYS_CHROOT) {
        return Err(Errno::EPERM.into());
    }
    drop(cx.fs.set_root(to));
    Ok(0)
}

/// umask(2).
pub(super) fn umask(c: &mut Call<'_>) -> CallResult {
    Ok(c.me.fs().set_umask(c.uint(0)) as usize)
}
