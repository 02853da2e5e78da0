//! Paths as calls take them, and the calls that make, remove and rename names.

use super::{Call, CallResult};
use crate::fs::context::Cred;
use crate::fs::context::FsContext;
use crate::fs::dentry::boxed_bytes;
use crate::fs::inode::{Body, Inode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK};
use crate::fs::mount::Location;
use crate::fs::node::{self, Existing, Remove, Side};
use crate::fs::walk::{Last, LinkText, PATH_MAX, Parent, ParentError, Resolve, Walker, path_of};
use abi::Errno;
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
    /// Where a path relative to descriptor argument `n` begins.
    pub(crate) fn start(&self, n: usize, cx: &Context, path: &[u8]) -> Result<Location, Errno> {
        if path.first() == Some(&b'/') {
            return Ok(cx.fs.root());
        }
        if self.int(n) == AT_FDCWD {
            return Ok(cx.fs.cwd());
        }
        let of = self.any_file(n)?;
        let location = of.location.clone().ok_or(Errno::ENOTDIR)?;
        if !location.inode().is_dir() && !path.is_empty() {
            return Err(Errno::ENOTDIR);
        }
        Ok(location)
    }
    /// The location of a path: descriptor argument `fd`, path argument `p`.
    pub(crate) fn locate(&self, fd: usize, p: usize, last: Last) -> Result<Location, Errno> {
        let path = read_path(self.arg(p))?;
        let cx = self.context();
        let start = self.start(fd, &cx, &path)?;
        cx.walker().locate(&start, &path, last)
    }
    /// The same, where AT_EMPTY_PATH may stand for the descriptor.
    pub(crate) fn locate_or_fd(&self, fd: usize, p: usize, flags: u32) -> Result<Location, Errno> {
        let path = read_path(self.arg(p))?;
        let cx = self.context();
        if path.is_empty() && flags & AT_EMPTY_PATH != 0 {
            return if self.int(fd) == AT_FDCWD {
                Ok(cx.fs.cwd())
            } else {
                self.any_file(fd)?.location.clone().ok_or(Errno::EBADF)
            };
        }
        let last = if flags & AT_SYMLINK_NOFOLLOW != 0 { Last::NoFollow } else { Last::Follow };
        let start = self.start(fd, &cx, &path)?;
        cx.walker().locate(&start, &path, last)
    }
    fn parent(&self, cx: &Context, fd: usize, p: usize, no_name: Errno) -> Result<Parent, Errno> {
        let path = read_path(self.arg(p))?;
        let start = self.start(fd, cx, &path)?;
        cx.walker().parent(&start, &path).map_err(|e| match e {
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
        S_IFSOCK => Some(Body::Socket),
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

/// linkat(2).
pub(super) fn linkat(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(4);
    if flags & !(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let cx = c.context();
    let follow = if flags & AT_SYMLINK_FOLLOW != 0 { 0 } else { AT_SYMLINK_NOFOLLOW };
    let target = c.locate_or_fd(0, 1, flags & AT_EMPTY_PATH | follow)?;
    let p = c.parent(&cx, 2, 3, Errno::EEXIST)?;
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
        return Err(Errno::EINVAL.into());
    }
    let text = LinkText::of(&link)?;
    let n = text.0.len().min(c.arg(3));
    user::copy_out(c.arg(2), text.0.get(..n).unwrap_or_default())?;
    Ok(n)
}

/// getcwd(2): length with the NUL.
pub(super) fn getcwd(c: &mut Call<'_>) -> CallResult {
    let cx = c.context();
    let cwd = cx.fs.cwd();
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

fn change_dir(c: &Call<'_>, to: Location) -> CallResult {
    let cx = c.context();
    if !to.inode().is_dir() {
        return Err(Errno::ENOTDIR.into());
    }
    if !cx.cred.may(&to.inode().attrs.lock(), 1) {
        return Err(Errno::EACCES.into());
    }
    drop(cx.fs.set_cwd(to));
    Ok(0)
}

/// chdir(2).
pub(super) fn chdir(c: &mut Call<'_>) -> CallResult {
    let path = read_path(c.arg(0))?;
    let cx = c.context();
    let to = cx.walker().locate(&cx.fs.cwd(), &path, Last::Follow)?;
    change_dir(c, to)
}

/// fchdir(2).
pub(super) fn fchdir(c: &mut Call<'_>) -> CallResult {
    let to = c.any_file(0)?.location.clone().ok_or(Errno::ENOTDIR)?;
    change_dir(c, to)
}

/// chroot(2).
pub(super) fn chroot(c: &mut Call<'_>) -> CallResult {
    let path = read_path(c.arg(0))?;
    let cx = c.context();
    let to = cx.walker().locate(&cx.fs.cwd(), &path, Last::Follow)?;
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
