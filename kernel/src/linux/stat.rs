//! What a file is, and changing that: stat(2), statx(2), getdents64(2), chmod(2), chown(2), utimensat(2), access(2).

use super::path::{AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, read_path};
use super::{Call, CallResult};
use crate::clock::SECOND_NS;
use crate::fs::context::{Cred, cap};
use crate::fs::file::OpenFile;
use crate::fs::inode::{Attrs, Body, Inode, PIPE_DEV, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, SOCKET_DEV};
use crate::fs::mount::{Location, MS_UNBINDABLE};
use crate::fs::notify;
use crate::fs::walk::{Found, Last};
use abi::{Errno, Rights, Stat, Statfs, Statx, StatxTimestamp, nr};
use core::sync::atomic::Ordering;
use mem::{PAGE, user};

/// No automounting (nothing is automounted).
const AT_NO_AUTOMOUNT: u32 = 0x800;
/// How fresh the answer shall be: always fresh here.
const AT_STATX_SYNC_TYPE: u32 = 0x6000;
/// STATX__RESERVED.
const STATX_RESERVED: u32 = 0x8000_0000;

fn stat_of(inode: &Inode) -> Stat {
    let a = *inode.attrs.lock();
    let (blocks, size) = (blocks(inode), inode.size());
    let mut s: Stat = user::zeroed();
    s.st_dev = inode.fs.dev;
    s.st_ino = inode.ino;
    s.st_mode = inode.kind() | a.mode & 0o7777;
    s.st_nlink = a.nlink;
    s.st_uid = a.uid;
    s.st_gid = a.gid;
    s.st_rdev = inode.rdev();
    s.st_size = size as i64;
    s.st_blksize = PAGE as i32;
    s.st_blocks = blocks as i64;
    (s.st_atime, s.st_atime_nsec) = ((a.atime_ns / SECOND_NS) as i64, a.atime_ns % SECOND_NS);
    (s.st_mtime, s.st_mtime_nsec) = ((a.mtime_ns / SECOND_NS) as i64, a.mtime_ns % SECOND_NS);
    (s.st_ctime, s.st_ctime_nsec) = ((a.ctime_ns / SECOND_NS) as i64, a.ctime_ns % SECOND_NS);
    s
}

fn blocks(inode: &Inode) -> u64 {
    inode.data().map_or(0, |d| d.object.page_count().saturating_mul(PAGE as u64 / 512))
}

/// A description without a place: pipes and sockets, and what is of no kind (`anon_inode` of Linux), which has only permission
/// bits.
fn stat_of_open(of: &OpenFile) -> Stat {
    match of.inode() {
        Some(inode) => stat_of(inode),
        None => stat_without_place(of),
    }
}

#[inline(never)]
fn stat_without_place(of: &OpenFile) -> Stat {
    let mut s: Stat = user::zeroed();
    (s.st_dev, s.st_ino) = of.identity();
    s.st_mode = match s.st_dev {
        PIPE_DEV => S_IFIFO | 0o600,
        SOCKET_DEV => S_IFSOCK | 0o777,
        _ => 0o600,
    };
    s.st_nlink = 1;
    s.st_blksize = PAGE as i32;
    s
}

/// fstat(2).
pub(super) fn fstat(c: &mut Call<'_>) -> CallResult {
    let of = c.file_of::<{ nr::fstat }>()?;
    user::write(c.arg(1), &stat_of_open(&of))?;
    Ok(0)
}

/// newfstatat(2).
pub(super) fn newfstatat(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(3);
    if flags & !(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let path = if c.arg(1) == 0 && flags & AT_EMPTY_PATH != 0 {
        true
    } else {
        flags & AT_EMPTY_PATH != 0 && read_path(c.arg(1))?.is_empty()
    };
    if path && c.int(0) >= 0 {
        let of = c.file_itself(0)?;
        user::write(c.arg(2), &stat_of_open(&of))?;
        return Ok(0);
    }
    let s = match c.found_or_fd(0, 1, flags)? {
        Found::At(at) => stat_of(at.place.inode()),
        Found::Open(of, _) => stat_of_open(&of),
    };
    user::write(c.arg(2), &s)?;
    Ok(0)
}

/// statx(2).
pub(super) fn statx(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(2);
    let known = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;
    if c.uint(3) & STATX_RESERVED != 0 || flags & AT_STATX_SYNC_TYPE == AT_STATX_SYNC_TYPE || flags & !known != 0 {
        return Err(Errno::EINVAL.into());
    }
    let by_fd = flags & AT_EMPTY_PATH != 0 && (c.arg(1) == 0 || read_path(c.arg(1))?.is_empty());
    let (s, btime) = if by_fd && c.int(0) >= 0 {
        let of = c.file_itself(0)?;
        (stat_of_open(&of), of.inode().map_or(0, |i| i.attrs.lock().btime_ns))
    } else {
        match c.found_or_fd(0, 1, flags)? {
            Found::At(at) => (stat_of(at.place.inode()), at.place.inode().attrs.lock().btime_ns),
            Found::Open(of, _) => (stat_of_open(&of), 0),
        }
    };
    let stamp = |sec: i64, nsec: u64| {
        let mut t: StatxTimestamp = user::zeroed();
        t.tv_sec = sec;
        t.tv_nsec = nsec as u32;
        t
    };
    let mut x: Statx = user::zeroed();
    x.stx_mask = 0xfff;
    x.stx_blksize = s.st_blksize as u32;
    x.stx_nlink = s.st_nlink;
    (x.stx_uid, x.stx_gid) = (s.st_uid, s.st_gid);
    x.stx_mode = s.st_mode as u16;
    x.stx_ino = s.st_ino;
    x.stx_size = s.st_size as u64;
    x.stx_blocks = s.st_blocks as u64;
    x.stx_atime = stamp(s.st_atime, s.st_atime_nsec);
    x.stx_mtime = stamp(s.st_mtime, s.st_mtime_nsec);
    x.stx_ctime = stamp(s.st_ctime, s.st_ctime_nsec);
    x.stx_btime = stamp((btime / SECOND_NS) as i64, btime % SECOND_NS);
    let split = |d: u64| ((d >> 8 & 0xfff) as u32, (d & 0xff | d >> 12 & 0xfff00) as u32);
    (x.stx_rdev_major, x.stx_rdev_minor) = split(s.st_rdev);
    (x.stx_dev_major, x.stx_dev_minor) = split(s.st_dev);
    user::write(c.arg(4), &x)?;
    Ok(0)
}

/// What pipes, sockets and what is of no kind lie in (statfs(2)).
fn magic_of(of: &OpenFile) -> i64 {
    match of.identity().0 {
        PIPE_DEV => 0x5049_5045,
        SOCKET_DEV => 0x534f_434b,
        _ => 0x0904_1934,
    }
}

fn statfs_of(place: Option<&Location>) -> Statfs {
    const ST_VALID: i64 = 0x20;
    let mut s: Statfs = user::zeroed();
    s.f_bsize = PAGE as i64;
    s.f_namelen = 255;
    s.f_frsize = PAGE as i64;
    if let Some(l) = place {
        let fs = &l.mount.fs;
        s.f_type = fs.magic as i64;
        let (blocks, used) = fs.pages.figures();
        // A file system without a limit shows none (tmpfs(5)).
        if blocks != u64::MAX {
            s.f_blocks = blocks;
            s.f_bfree = blocks.saturating_sub(used).min(mem::frame_counts().free);
            s.f_bavail = s.f_bfree;
        }
        let (files, used) = fs.inodes.figures();
        if files != u64::MAX {
            s.f_files = files;
            s.f_ffree = files.saturating_sub(used);
        }
        s.f_flags = i64::from(l.mount.flags.load(Ordering::Relaxed) & !MS_UNBINDABLE) | ST_VALID;
    }
    s
}

/// statfs(2).
pub(super) fn statfs(c: &mut Call<'_>) -> CallResult {
    let path = read_path(c.arg(0))?;
    let cx = c.context();
    let place = cx.walker().locate(&cx.fs.cwd(), &path, Last::Follow, Rights::STAT)?;
    user::write(c.arg(1), &statfs_of(Some(&place)))?;
    Ok(0)
}

/// fstatfs(2).
pub(super) fn fstatfs(c: &mut Call<'_>) -> CallResult {
    let of = c.any_file(0)?;
    let mut s = statfs_of(of.location.as_ref());
    if of.location.is_none() {
        s.f_type = magic_of(&of);
    }
    user::write(c.arg(1), &s)?;
    Ok(0)
}

/// getdents64(2).
pub(super) fn getdents64(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let place = of.location.clone().ok_or(Errno::ENOTDIR)?;
    if !place.inode().is_dir() || !of.readable() {
        return Err(Errno::ENOTDIR.into());
    }
    if place.dentry.is_removed() {
        return Err(Errno::ENOENT.into());
    }
    let last = of.position.load(Ordering::Acquire);
    let mut out = Entries { at: c.arg(1), left: c.arg(2), done: 0, error: None, last, record: [0; RECORD_MAX] };
    list(&place, &mut out)?;
    of.position.store(out.last, Ordering::Release);
    notify::open_file(&of, notify::ACCESS);
    match out.error {
        Some(e) if out.done == 0 => Err(e.into()),
        _ => Ok(out.done),
    }
}

/// Where the name stands in a `struct linux_dirent64`.
const NAME_OFFSET: usize = 19;
/// Room for the longest record: a name of 255 bytes and its NUL, padded.
const RECORD_MAX: usize = (NAME_OFFSET + 256).next_multiple_of(8);

/// Entries on their way to user memory. Positions: 0 before `.`, 1 before `..`, then a child's position plus 1.
struct Entries {
    at: usize,
    left: usize,
    done: usize,
    error: Option<Errno>,
    last: u64,
    /// The entry that comes next.
    record: [u8; RECORD_MAX],
}

impl Entries {
    /// Adds one; false when there is no room.
    fn put(&mut self, next: u64, ino: u64, kind: u8, name: &[u8]) -> bool {
        let len = self.prepare(next, ino, kind, name);
        self.copy_out(next, len)
    }

    /// Puts a record together; gives its length.
    fn prepare(&mut self, next: u64, ino: u64, kind: u8, name: &[u8]) -> usize {
        let len = NAME_OFFSET.saturating_add(name.len()).saturating_add(1).next_multiple_of(8).min(RECORD_MAX);
        let mut put = |at: usize, bytes: &[u8]| {
            if let Some(to) = self.record.get_mut(at..).and_then(|r| r.get_mut(..bytes.len())) {
                to.copy_from_slice(bytes);
            }
        };
        // The last word first: its end is padding.
        put(len.saturating_sub(8), &[0; 8]);
        put(0, &ino.to_le_bytes());
        put(8, &next.to_le_bytes());
        let [low, high] = (len as u16).to_le_bytes();
        put(16, &[low, high, kind]);
        put(NAME_OFFSET, name);
        len
    }

    /// Copies the record out; false when there is no room.
    #[inline]
    fn copy_out(&mut self, next: u64, len: usize) -> bool {
        if len > self.left {
            self.error = Some(Errno::EINVAL);
            return false;
        }
        if user::copy_out(self.at, self.record.get(..len).unwrap_or_default()).is_err() {
            self.error = Some(Errno::EFAULT);
            return false;
        }
        self.at = self.at.wrapping_add(len);
        self.left = self.left.saturating_sub(len);
        self.done = self.done.saturating_add(len);
        self.last = next;
        true
    }
}

fn list(place: &Location, out: &mut Entries) -> Result<(), Errno> {
    const DT_DIR: u8 = 4;
    let up = place.dentry.parent().map_or(place.inode().ino, |p| p.inode().ino);
    if out.last == 0 && !out.put(1, place.inode().ino, DT_DIR, b".") {
        return Ok(());
    }
    if out.last == 1 && !out.put(2, up, DT_DIR, b"..") {
        return Ok(());
    }
    if let Body::Virtual(v) = &place.inode().body {
        let from = out.last.saturating_sub(2);
        return v.list(from, &mut |next, ino, kind, name| out.put(next.saturating_add(2), ino, kind, name));
    }
    while let Some((at, d)) = place.dentry.next_child(out.last.saturating_sub(1)) {
        let kind = (d.inode().kind() >> 12) as u8;
        let len = d.with_name(|name| out.prepare(at.saturating_add(2), d.inode().ino, kind, name));
        if !out.copy_out(at.saturating_add(2), len) {
            break;
        }
    }
    Ok(())
}

fn owner_or_root(cred: &Cred, inode: &Inode) -> Result<(), Errno> {
    if cred.capable(cap::FOWNER) || cred.uid.fs == inode.attrs.lock().uid { Ok(()) } else { Err(Errno::EPERM) }
}

/// Changes mode or owner. What is made up at each look-up keeps them elsewhere, and must have room for that.
#[inline(never)]
fn change(inode: &Inode, f: &dyn Fn(&mut Attrs)) -> Result<(), Errno> {
    if let Body::Virtual(v) = &inode.body {
        let mut attrs = *inode.attrs.lock();
        f(&mut attrs);
        v.keep(&attrs)?;
    }
    inode.change(f);
    Ok(())
}

#[inline(never)]
fn chmod(c: &Call<'_>, place: &Location, mode: u32) -> CallResult {
    let cred = c.me.cred();
    let inode = place.inode();
    if place.is_read_only() {
        return Err(Errno::EROFS.into());
    }
    owner_or_root(&cred, inode)?;
    let mut mode = mode & 0o7777;
    if !cred.capable(cap::FSETID) && !cred.in_group(inode.attrs.lock().gid) {
        mode &= !0o2000;
    }
    change(inode, &|a| a.mode = a.mode & S_IFMT | mode)?;
    notify::file(&place.dentry, notify::ATTRIB);
    Ok(0)
}

/// fchmod(2).
pub(super) fn fchmod(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let place = of.location.clone().ok_or(Errno::EINVAL)?;
    chmod(c, &place, c.uint(1))
}

/// fchmodat2(2).
pub(super) fn fchmodat2(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(3);
    if flags & !(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let place = c.locate_or_fd(0, 1, flags)?;
    if place.inode().kind() == S_IFLNK {
        return Err(Errno::EOPNOTSUPP.into());
    }
    chmod(c, &place, c.uint(2))
}

/// fchmodat(2).
pub(super) fn fchmodat(c: &mut Call<'_>) -> CallResult {
    let place = c.locate(0, 1, Last::Follow)?;
    chmod(c, &place, c.uint(2))
}

#[inline(never)]
fn chown(c: &Call<'_>, place: &Location, uid: u32, gid: u32) -> CallResult {
    let cred = c.me.cred();
    let inode = place.inode();
    let a = *inode.attrs.lock();
    if !cred.capable(cap::CHOWN) {
        let own = cred.uid.fs == a.uid;
        let gid_ok = gid == u32::MAX || (own && cred.in_group(gid)) || gid == a.gid && own;
        if !own || (uid != u32::MAX && uid != a.uid) || !gid_ok {
            return Err(Errno::EPERM.into());
        }
    }
    change(inode, &|a| {
        if uid != u32::MAX {
            a.uid = uid;
        }
        if gid != u32::MAX {
            a.gid = gid;
        }
        if a.mode & S_IFMT != S_IFDIR {
            // Set-id bits go, set-group-id only where it means more than mandatory locking (chown(2)).
            a.mode &= !0o4000;
            if a.mode & 0o010 != 0 {
                a.mode &= !0o2000;
            }
        }
    })?;
    if (uid, gid) != (u32::MAX, u32::MAX) {
        notify::file(&place.dentry, notify::ATTRIB);
    }
    Ok(0)
}

/// fchown(2).
pub(super) fn fchown(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let place = of.location.clone().ok_or(Errno::EINVAL)?;
    chown(c, &place, c.uint(1), c.uint(2))
}

/// fchownat(2).
pub(super) fn fchownat(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(4);
    if flags & !(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let place = c.locate_or_fd(0, 1, flags)?;
    chown(c, &place, c.uint(2), c.uint(3))
}

/// utimensat(2).
pub(super) fn utimensat(c: &mut Call<'_>) -> CallResult {
    const UTIME_NOW: i64 = 0x3fff_ffff;
    const UTIME_OMIT: i64 = 0x3fff_fffe;
    let flags = c.uint(3);
    if flags & !(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let times = if c.arg(2) == 0 { [0, UTIME_NOW, 0, UTIME_NOW] } else { user::read::<[i64; 4]>(c.arg(2))? };
    let [asec, ansec, msec, mnsec] = times;
    for n in [ansec, mnsec] {
        if n != UTIME_NOW && n != UTIME_OMIT && !(0..SECOND_NS as i64).contains(&n) {
            return Err(Errno::EINVAL.into());
        }
    }
    let place =
        if c.arg(1) == 0 { c.file_itself(0)?.location.clone().ok_or(Errno::EINVAL)? } else { c.locate_or_fd(0, 1, flags)? };
    if ansec == UTIME_OMIT && mnsec == UTIME_OMIT {
        return Ok(0);
    }
    let cred = c.me.cred();
    let inode = place.inode();
    let now_only = ansec == UTIME_NOW && mnsec == UTIME_NOW;
    if owner_or_root(&cred, inode).is_err() && !(now_only && cred.may(&inode.attrs.lock(), 2)) {
        return Err(if now_only { Errno::EACCES } else { Errno::EPERM }.into());
    }
    if place.is_read_only() {
        return Err(Errno::EROFS.into());
    }
    let now = crate::clock::real_ns();
    let value = |sec: i64, nsec: i64, old: u64| match nsec {
        UTIME_NOW => now,
        UTIME_OMIT => old,
        n => (sec.max(0) as u64).saturating_mul(SECOND_NS).saturating_add(n as u64),
    };
    inode.change(|a| {
        a.atime_ns = value(asec, ansec, a.atime_ns);
        a.mtime_ns = value(msec, mnsec, a.mtime_ns);
    });
    // One time alone looks as if the file had been read, or written.
    let event = match (ansec, mnsec) {
        (_, UTIME_OMIT) => notify::ACCESS,
        (UTIME_OMIT, _) => notify::MODIFY,
        _ => notify::ATTRIB,
    };
    notify::file(&place.dentry, event);
    Ok(0)
}

fn access(c: &Call<'_>, flags: u32) -> CallResult {
    const AT_EACCESS: u32 = 0x200;
    let mode = c.uint(2);
    if mode & !7 != 0 || flags & !(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let place = match c.found_or_fd(0, 1, flags)? {
        Found::At(at) => at.place,
        // Who can name it may use it.
        Found::Open(..) => return if mode & 1 == 0 { Ok(0) } else { Err(Errno::EACCES.into()) },
    };
    let mut cred = c.me.cred().try_copy()?;
    if flags & AT_EACCESS == 0 {
        (cred.uid.fs, cred.gid.fs) = (cred.uid.real, cred.gid.real);
        cred.caps.for_real_id(cred.uid.real);
    }
    if !cred.may(&place.inode().attrs.lock(), mode) {
        return Err(Errno::EACCES.into());
    }
    if mode & 2 != 0 && place.is_read_only() && matches!(place.inode().kind(), S_IFREG | S_IFDIR) {
        return Err(Errno::EROFS.into());
    }
    Ok(0)
}

/// faccessat(2).
pub(super) fn faccessat(c: &mut Call<'_>) -> CallResult {
    access(c, 0)
}

/// faccessat2(2).
pub(super) fn faccessat2(c: &mut Call<'_>) -> CallResult {
    access(c, c.uint(3))
}

/// fsync(2), fdatasync(2), syncfs(2): memory is as durable as it gets.
pub(super) fn fsync(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    if of.inode().is_none_or(|i| i.data().is_none() && !i.is_dir()) {
        return Err(Errno::EINVAL.into());
    }
    Ok(0)
}

/// sync(2).
pub(super) fn sync(_c: &mut Call<'_>) -> CallResult {
    Ok(0)
}
