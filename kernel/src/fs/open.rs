//! Opening files by path (open(2), openat2(2)).

use super::busy::OpenForWriting;
use super::context::{Cred, FsContext};
use super::devices;
use super::file::{
    Descriptor, File, O_ACCMODE, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDWR, O_TMPFILE, O_TRUNC,
    O_WRONLY, OpenFile,
};
use super::inode::{Body, Inode, S_IFDIR, S_IFLNK, S_IFREG};
use super::mount::{Location, MS_NODEV};
use super::node;
use super::regular::{DirectoryFile, PathOnly, RegularFile, truncate};
use super::service;
use super::virtual_file::VirtualFile;
use super::walk::{Entry, Found, Last, Parent, ParentError, Reached, Resolve, Walker};
use crate::linux::Stop;
use crate::task::Thread;
use abi::{Errno, Rights};
use core::sync::atomic::Ordering;
use mem::{NoMemory, Ref};

/// What open(2) is asked for.
pub(crate) struct Request<'a> {
    /// The path.
    pub(crate) path: &'a [u8],
    /// O_* flags.
    pub(crate) flags: u32,
    /// Permission bits of a new file.
    pub(crate) mode: u32,
    /// Limits on the walk.
    pub(crate) resolve: Resolve,
}

/// An open file, and what may be done through the descriptor: no more than through what it was reached by.
pub(crate) type Opened = (Descriptor, Rights);

/// Opens a file; `start` is where a relative path begins.
pub(crate) fn open(me: &Thread, fs: &FsContext, cred: &Cred, start: &Reached, r: &Request<'_>) -> Result<Opened, Stop> {
    let walker = Walker { fs, cred, resolve: r.resolve };
    // Nor together with O_TMPFILE (open(2)).
    if r.flags & (O_CREAT | O_DIRECTORY | O_PATH) == O_CREAT | O_DIRECTORY {
        return Err(Errno::EINVAL.into());
    }
    if r.flags & O_TMPFILE == O_TMPFILE {
        return open_unnamed(me, &walker, start, r);
    }
    let last = if r.flags & O_NOFOLLOW != 0 { Last::NoFollow } else { Last::Follow };
    if r.flags & O_CREAT == 0 || r.flags & O_PATH != 0 {
        return match walker.find(start, r.path, last)? {
            Found::At(reached) => open_reached(me, cred, reached, r.flags),
            Found::Open(of, rights) => reopen(&of, rights, r.flags),
        };
    }
    create_or_open(me, &walker, start, r)
}

/// The file behind `/proc/PID/fd/N` of a pipe or the like, opened anew.
#[inline(never)]
fn reopen(of: &Ref<OpenFile>, rights: Rights, flags: u32) -> Result<Opened, Stop> {
    if let Some(pipe) = of.file.as_pipe() {
        check_rights(rights, flags)?;
        return Ok((super::pipe::reopen(pipe, flags)?, rights));
    }
    Err(Errno::ENXIO.into())
}

/// Whether what an open asks for is within the rights of the way there.
pub(crate) fn check_rights(rights: Rights, flags: u32) -> Result<(), Errno> {
    if flags & O_PATH != 0 {
        return Ok(());
    }
    let mut need = match flags & O_ACCMODE {
        0 => Rights::READ,
        O_WRONLY => Rights::WRITE,
        _ => Rights::READ | Rights::WRITE,
    };
    need.set(Rights::WRITE, need.contains(Rights::WRITE) || flags & O_TRUNC != 0);
    if rights.contains(need) { Ok(()) } else { Err(Errno::EACCES) }
}

#[inline(always)]
fn open_reached(me: &Thread, cred: &Cred, reached: Reached, flags: u32) -> Result<Opened, Stop> {
    check_rights(reached.rights, flags)?;
    Ok((open_place(me, cred, reached.place, flags)?, reached.rights))
}

#[inline(never)]
fn create_or_open(me: &Thread, walker: &Walker<'_>, start: &Reached, r: &Request<'_>) -> Result<Opened, Stop> {
    let exclusive = r.flags & O_EXCL != 0;
    let last = if exclusive || r.flags & O_NOFOLLOW != 0 { Last::NoFollow } else { Last::Follow };
    loop {
        let entry = walker.entry(start, r.path, last).map_err(|e| match e {
            ParentError::Errno(e) => e,
            ParentError::NoName => Errno::EISDIR,
        })?;
        match entry {
            Entry::Taken { .. } if exclusive => return Err(Errno::EEXIST.into()),
            Entry::Taken { found: Found::Open(of, rights), .. } => return reopen(&of, rights, r.flags),
            Entry::Taken { found: Found::At(reached), must_be_dir } => {
                return match reached.place.inode().kind() {
                    S_IFLNK => Err(Errno::ELOOP.into()),
                    S_IFDIR => Err(Errno::EISDIR.into()),
                    _ if must_be_dir => Err(Errno::ENOTDIR.into()),
                    _ => open_reached(me, walker.cred, reached, r.flags),
                };
            }
            Entry::Free(parent) if parent.must_be_dir => return Err(Errno::EISDIR.into()),
            Entry::Free(parent) => match create(walker, &parent, r) {
                // Somebody was faster: then it exists now.
                Err(Stop::Errno(Errno::EEXIST)) if !exclusive => {}
                made => return made,
            },
        }
    }
}

fn create(walker: &Walker<'_>, parent: &Parent, r: &Request<'_>) -> Result<Opened, Stop> {
    if !parent.rights.contains(Rights::CHANGE) {
        return Err(Errno::EACCES.into());
    }
    check_rights(parent.rights, r.flags)?;
    let dentry = node::create(&parent.dir, &parent.name, walker.cred, |dir| {
        let mode = S_IFREG | (r.mode & 0o7777 & !walker.fs.umask());
        let (mode, owner) = node::inherit(dir, walker.cred, mode);
        Inode::try_new_regular(&dir.fs, mode, owner).map_err(|NoMemory| Errno::ENOSPC)
    })?;
    let place = Location { mount: parent.dir.mount.clone(), dentry };
    let file = RegularFile::try_new(place.inode(), writing(place.inode(), r.flags)?)?;
    Ok((OpenFile::open(file, Some(place), r.flags)?, parent.rights))
}

/// A file without a name in the file system of a directory (O_TMPFILE).
#[inline(never)]
fn open_unnamed(me: &Thread, walker: &Walker<'_>, start: &Reached, r: &Request<'_>) -> Result<Opened, Stop> {
    let _ = me;
    if !matches!(r.flags & O_ACCMODE, O_WRONLY | O_RDWR) {
        return Err(Errno::EINVAL.into());
    }
    let Reached { place: dir, rights } = walker.reach(start, r.path, Last::Follow)?;
    if !rights.contains(Rights::CHANGE) {
        return Err(Errno::EACCES.into());
    }
    check_rights(rights, r.flags)?;
    if !dir.inode().is_dir() {
        return Err(Errno::ENOTDIR.into());
    }
    if !matches!(dir.inode().body, Body::Directory) || dir.inode().fs.magic == crate::tty::devpts::MAGIC {
        return Err(Errno::EOPNOTSUPP.into());
    }
    if dir.is_read_only() {
        return Err(Errno::EROFS.into());
    }
    if !walker.cred.may(&dir.inode().attrs.lock(), 3) {
        return Err(Errno::EACCES.into());
    }
    let (mode, owner) = node::inherit(dir.inode(), walker.cred, S_IFREG | (r.mode & 0o7777 & !walker.fs.umask()));
    let inode = Inode::try_new_regular(&dir.inode().fs, mode, owner).map_err(|NoMemory| Errno::ENOSPC)?;
    inode.attrs.lock().nlink = 0;
    inode.linkable.store(r.flags & O_EXCL == 0, Ordering::Relaxed);
    let mut name = [0u8; 24];
    let dentry = super::dentry::Dentry::try_new_unnamed(inode.clone(), numbered_name(&mut name, inode.ino), &dir.dentry)?;
    let place = Location { mount: dir.mount, dentry };
    let file = RegularFile::try_new(place.inode(), OpenForWriting::begin(place.inode())?)?;
    Ok((OpenFile::open(file, Some(place), r.flags & !O_TMPFILE)?, rights))
}

/// `#NUMBER`: what `/proc` shows of a file without a name.
pub(crate) fn numbered_name(name: &mut [u8; 24], number: u64) -> &[u8] {
    let mut at = name.len();
    let mut rest = number;
    for place in name.iter_mut().rev() {
        at -= 1;
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    // Twenty digits are the most, so there is room.
    at = at.saturating_sub(1);
    if let Some(place) = name.get_mut(at) {
        *place = b'#';
    }
    name.get(at..).unwrap_or_default()
}

/// Opens what is at a place.
pub(crate) fn open_place(me: &Thread, cred: &Cred, place: Location, flags: u32) -> Result<Descriptor, Stop> {
    let inode = place.inode().clone();
    let kind = inode.kind();
    if flags & O_PATH != 0 {
        if flags & O_DIRECTORY != 0 && kind != S_IFDIR {
            return Err(Errno::ENOTDIR.into());
        }
        let file: Ref<dyn File> = Ref::try_new(PathOnly)?.unsize(|p| p);
        return Ok(OpenFile::open(file, Some(place), flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW))?);
    }
    if kind == S_IFLNK {
        return Err(if flags & O_DIRECTORY != 0 { Errno::ENOTDIR } else { Errno::ELOOP }.into());
    }
    check_access(cred, &inode, flags, kind)?;
    if writes(flags) && place.is_read_only() && matches!(kind, S_IFREG | S_IFDIR) {
        return Err(Errno::EROFS.into());
    }
    let file: Ref<dyn File> = match &inode.body {
        Body::Service(at) => return open_service(me, at, flags),
        Body::Regular(_) => {
            let writing = writing(&inode, flags)?;
            if flags & O_TRUNC != 0 {
                truncate(&inode, 0)?;
                super::notify::file(&place.dentry, super::notify::MODIFY);
            }
            RegularFile::try_new(&inode, writing)?
        }
        Body::Directory => Ref::try_new(DirectoryFile)?.unsize(|p| p),
        Body::Virtual(_) if kind == S_IFDIR => Ref::try_new(DirectoryFile)?.unsize(|p| p),
        Body::Virtual(v) => VirtualFile::open(&inode, v)?,
        Body::Device(..) | Body::Terminal(_) => {
            if place.mount.flags.load(Ordering::Relaxed) & MS_NODEV != 0 {
                return Err(Errno::EACCES.into());
            }
            devices::open(me, &place, flags)?
        }
        Body::Fifo(slot) => super::pipe::open_fifo(me, slot, flags)?,
        Body::Socket(_) => return Err(Errno::ENXIO.into()),
        Body::Symlink(_) => return Err(Errno::ELOOP.into()),
    };
    Ok(OpenFile::open(file, Some(place), flags)?)
}

/// Opening a service's name connects to it: a channel goes both ways, so only O_RDWR will do.
fn open_service(me: &Thread, at: &service::Place, flags: u32) -> Result<Descriptor, Stop> {
    if flags & O_ACCMODE != O_RDWR {
        return Err(Errno::EACCES.into());
    }
    let nonblock = flags & O_NONBLOCK != 0;
    let client = service::connect(me, at, &service::Patience { nonblock, deadline_ns: None })?;
    client.set_flags(flags, O_NONBLOCK);
    Ok(client)
}

/// What an open file that may write holds; emptying the file counts as well.
fn writing(inode: &Inode, flags: u32) -> Result<Option<OpenForWriting>, Errno> {
    if writes(flags) { OpenForWriting::begin(inode) } else { Ok(None) }
}

fn writes(flags: u32) -> bool {
    matches!(flags & O_ACCMODE, O_WRONLY | O_RDWR) || flags & O_TRUNC != 0
}

fn check_access(cred: &Cred, inode: &Inode, flags: u32, kind: u32) -> Result<(), Errno> {
    if flags & O_DIRECTORY != 0 && kind != S_IFDIR {
        return Err(Errno::ENOTDIR);
    }
    if kind == S_IFDIR && writes(flags) {
        return Err(Errno::EISDIR);
    }
    let want = match flags & O_ACCMODE {
        0 => 4,
        O_WRONLY => 2,
        _ => 6,
    } | if flags & O_TRUNC != 0 { 2 } else { 0 };
    if !cred.may(&inode.attrs.lock(), want) {
        return Err(Errno::EACCES);
    }
    Ok(())
}
