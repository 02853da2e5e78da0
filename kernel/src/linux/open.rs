//! Opening, closing and duplicating descriptors: openat(2), close(2), dup3(2), fcntl(2), pipe2(2), memfd_create(2).

use super::lock::{F_GETLK, F_OFD_GETLK, F_OFD_SETLKW, F_SETLKW, record_lock};
use super::path::read_path;
use super::{Call, CallResult};
use crate::fs::file::{
    Descriptor, O_APPEND, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_NOATIME, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDWR, O_TMPFILE,
    OpenFile, Special,
};
use crate::fs::inode::{Inode, S_IFREG};
use crate::fs::open::{Opened, Request, check_rights, open};
use crate::fs::regular::RegularFile;
use crate::fs::seals::F_SEAL_EXEC;
use crate::fs::table::Slot;
use crate::fs::walk::Resolve;
use crate::task::{ids, limits};
use crate::tty::devpts::open_peer as open_slave;
use abi::{Errno, Rights};
use core::sync::atomic::Ordering;
use logic_pidscope::ScopeId;
use mem::user;

impl Call<'_> {
    /// Puts a descriptor into the caller's table.
    pub(crate) fn install(&self, file: Descriptor, cloexec: bool, min: usize) -> Result<usize, Errno> {
        self.install_with((file, Rights::all()), cloexec, min)
    }
    /// The same for what was obtained through something that limits its rights.
    #[inline]
    pub(crate) fn install_with(&self, (file, rights): Opened, cloexec: bool, min: usize) -> Result<usize, Errno> {
        let limit = self.me.process().limit(limits::NOFILE);
        Ok(self.me.files().insert(Slot { file, rights, cloexec }, min, limit)? as usize)
    }
    /// Puts two descriptors into the table and their numbers to `addr`, or neither.
    pub(crate) fn install_pair(&self, a: Descriptor, b: Descriptor, cloexec: bool, addr: usize) -> CallResult {
        let limit = self.me.process().limit(limits::NOFILE);
        let inserted = self.me.with_refs_and_preempt(|r, preempt| r.files.insert_pair(preempt, [a, b], cloexec, limit));
        let pair = match inserted {
            Ok(pair) => pair,
            Err((Some(e), _not_put)) => return Err(e.into()),
            Err((None, _not_put)) => return Err(self.me.files().has_no_more_slots().into()),
        };
        if user::write(addr, &pair).is_err() {
            pair.into_iter().for_each(|fd| drop(self.me.files().remove(fd)));
            return Err(Errno::EFAULT.into());
        }
        Ok(0)
    }
}

fn open_with(c: &mut Call<'_>, flags: u32, mode: u32, resolve: Resolve) -> CallResult {
    let path = read_path(c.arg(1))?;
    let cx = c.context();
    // Under RESOLVE_IN_ROOT a leading slash means the descriptor.
    let start = c.start(0, &cx, if resolve.in_root { b"." } else { &path })?;
    let request = Request { path: &path, flags, mode, resolve };
    let opened = open(c.me, &cx.fs, &cx.cred, &start, &request)?;
    Ok(c.install_with(opened, flags & O_CLOEXEC != 0, 0)?)
}

/// openat(2).
pub(super) fn openat(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(2) & 0x7f_ffff;
    open_with(c, flags, c.uint(3), Resolve::default())
}

/// openat2(2).
pub(super) fn openat2(c: &mut Call<'_>) -> CallResult {
    let size = c.arg(3);
    if size < 24 {
        return Err(Errno::EINVAL.into());
    }
    if size > mem::PAGE {
        return Err(Errno::E2BIG.into());
    }
    let [flags, mode, resolve] = user::read::<[u64; 3]>(c.arg(2))?;
    for at in 24..size {
        if user::read::<u8>(c.arg(2).wrapping_add(at))? != 0 {
            return Err(Errno::E2BIG.into());
        }
    }
    const KNOWN: u64 = 0x7f_ffff;
    let creates = flags & u64::from(O_CREAT) != 0 || flags & u64::from(O_TMPFILE) == u64::from(O_TMPFILE);
    if flags & !KNOWN != 0 || mode & !0o7777 != 0 || (mode != 0 && !creates) || resolve & !0x3f != 0 || resolve & 0x18 == 0x18 {
        return Err(Errno::EINVAL.into());
    }
    // Next to O_PATH most flags mean nothing, which openat(2) overlooks.
    const WITH_PATH: u64 = (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) as u64;
    if flags & u64::from(O_PATH) != 0 && flags & !WITH_PATH != 0 {
        return Err(Errno::EINVAL.into());
    }
    if resolve & 0x20 != 0 {
        return Err(Errno::EAGAIN.into());
    }
    let r = Resolve {
        no_xdev: resolve & 1 != 0,
        no_magiclinks: resolve & 2 != 0,
        no_symlinks: resolve & 4 != 0,
        beneath: resolve & 8 != 0,
        in_root: resolve & 16 != 0,
    };
    open_with(c, flags as u32, mode as u32, r)
}

/// close(2).
pub(super) fn close(c: &mut Call<'_>) -> CallResult {
    drop(c.me.take_file(c.int(0))?);
    Ok(0)
}

/// close_range(2).
pub(super) fn close_range(c: &mut Call<'_>) -> CallResult {
    const CLOSE_RANGE_UNSHARE: u32 = 2;
    const CLOSE_RANGE_CLOEXEC: u32 = 4;
    let (first, last, flags) = (c.uint(0), c.uint(1), c.uint(2));
    if first > last || flags & !(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    if flags & CLOSE_RANGE_UNSHARE != 0
        && let Some(mut refs) = c.me.refs()
    {
        refs.files = refs.files.try_copy(&c.me.process().budget())?;
        drop(c.me.replace_refs(Some(refs)));
    }
    let files = c.me.files();
    let mut from = first as usize;
    while let Some(fd) = files.next_used(from) {
        if fd as u32 > last {
            break;
        }
        if flags & CLOSE_RANGE_CLOEXEC != 0 {
            let _ = files.set_cloexec(fd, true);
        } else {
            drop(files.remove(fd));
        }
        from = (fd as usize).saturating_add(1);
    }
    Ok(0)
}

/// dup(2).
pub(super) fn dup(c: &mut Call<'_>) -> CallResult {
    let slot = c.me.files().slot(c.int(0), c.need(0))?;
    let limit = c.me.process().limit(limits::NOFILE);
    Ok(c.me.files().insert(Slot { cloexec: false, ..slot }, 0, limit)? as usize)
}

/// dup3(2).
pub(super) fn dup3(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(2);
    if flags & !O_CLOEXEC != 0 || c.int(0) == c.int(1) {
        return Err(Errno::EINVAL.into());
    }
    let slot = c.me.files().slot(c.int(0), c.need(0))?;
    let limit = c.me.process().limit(limits::NOFILE);
    let old = c.me.files().replace(c.int(1), Slot { cloexec: flags & O_CLOEXEC != 0, ..slot }, limit)?;
    drop(old);
    Ok(c.int(1) as usize)
}

/// pipe2(2).
pub(super) fn pipe2(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(1);
    if flags & !(O_CLOEXEC | O_NONBLOCK) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (read, write) = crate::fs::pipe::pair(flags)?;
    c.install_pair(read, write, flags & O_CLOEXEC != 0, c.arg(0))
}

/// memfd_create(2).
pub(super) fn memfd_create(c: &mut Call<'_>) -> CallResult {
    const MFD_CLOEXEC: u32 = 1;
    const MFD_ALLOW_SEALING: u32 = 2;
    const MFD_NOEXEC_SEAL: u32 = 8;
    const MFD_EXEC: u32 = 16;
    let mut name = [0u8; 250];
    match user::read_string(&mut name, c.arg(0)) {
        Ok(_) => {}
        Err(user::StringError::Fault) => return Err(Errno::EFAULT.into()),
        Err(user::StringError::TooLong) => return Err(Errno::EINVAL.into()),
    }
    let flags = c.uint(1);
    if flags & !(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let cred = c.me.cred();
    let root = c.context().fs.root();
    let inode = Inode::try_new_regular(&root.mount.fs, S_IFREG | 0o777, (cred.uid.fs, cred.gid.fs))?;
    inode.attrs.lock().nlink = 0;
    if let Some(d) = inode.data() {
        if flags & MFD_NOEXEC_SEAL != 0 {
            inode.attrs.lock().mode = S_IFREG | 0o666;
            d.seals.begin_with(F_SEAL_EXEC);
        } else if flags & MFD_ALLOW_SEALING != 0 {
            d.seals.begin_with(0);
        }
    }
    let len = name.iter().position(|b| *b == 0).unwrap_or(0);
    let mut label = [0u8; 256];
    for (to, from) in label.iter_mut().zip(b"memfd:".iter().chain(name.get(..len).unwrap_or_default())) {
        *to = *from;
    }
    let dentry =
        crate::fs::dentry::Dentry::try_new_unnamed(inode, label.get(..len.saturating_add(6)).unwrap_or_default(), &root.dentry)?;
    let place = crate::fs::mount::Location { mount: root.mount, dentry };
    let file = RegularFile::try_new(place.inode(), None)?;
    let file = OpenFile::open(file, Some(place), O_RDWR)?;
    Ok(c.install(file, flags & MFD_CLOEXEC != 0, 0)?)
}

/// fcntl(2).
pub(super) fn fcntl(c: &mut Call<'_>) -> CallResult {
    const F_DUPFD_CLOEXEC: u32 = 1030;
    const F_SETPIPE_SZ: u32 = 1031;
    const F_GETPIPE_SZ: u32 = 1032;
    const F_ADD_SEALS: u32 = 1033;
    const F_GET_SEALS: u32 = 1034;
    const F_SETFL: u32 = 4;
    const F_SETOWN: u32 = 8;
    const F_GETOWN: u32 = 9;
    const F_SETOWN_EX: u32 = 15;
    const F_GETOWN_EX: u32 = 16;
    let files = c.me.files();
    let need = match c.uint(1) {
        0 | F_DUPFD_CLOEXEC => Rights::DUP,
        F_SETFL | F_SETOWN | F_SETOWN_EX | F_SETPIPE_SZ => Rights::CHANGE,
        F_ADD_SEALS => Rights::CHANGE | Rights::WRITE,
        _ => Rights::NONE,
    };
    let of = files.get(c.int(0), need)?;
    let arg = c.arg(2);
    let path_only = of.flags() & O_PATH != 0;
    match c.uint(1) {
        cmd @ (0 | F_DUPFD_CLOEXEC) => {
            let slot = files.slot(c.int(0), need)?;
            let limit = c.me.process().limit(limits::NOFILE);
            if arg as u64 >= limit {
                return Err(Errno::EINVAL.into());
            }
            Ok(files.insert(Slot { cloexec: cmd == F_DUPFD_CLOEXEC, ..slot }, arg, limit)? as usize)
        }
        1 => Ok(usize::from(files.slot(c.int(0), need)?.cloexec)),
        2 => {
            files.set_cloexec(c.int(0), arg & 1 != 0)?;
            Ok(0)
        }
        3 => Ok((of.flags() & !(O_CLOEXEC | O_CREAT | 0o200 | 0o400 | 0o1000)) as usize),
        _ if path_only => Err(Errno::EBADF.into()),
        F_SETFL => {
            of.set_flags(arg as u32, O_APPEND | O_NONBLOCK | O_NOATIME | 0o20_000 | 0o40_000);
            Ok(0)
        }
        cmd @ (F_GETLK..=F_SETLKW | F_OFD_GETLK..=F_OFD_SETLKW) => record_lock(c, cmd),
        F_SETOWN | F_SETOWN_EX => set_owner(&of, c.uint(1) == F_SETOWN_EX, arg),
        F_GETOWN => match owner(&of) {
            (F_OWNER_PGRP, pid) => Ok((pid as usize).wrapping_neg()),
            (_, pid) => Ok(pid as usize),
        },
        F_GETOWN_EX => {
            let (kind, pid) = owner(&of);
            user::write(arg, &[kind, pid])?;
            Ok(0)
        }
        F_SETPIPE_SZ => Ok(of.file.as_pipe().ok_or(Errno::EBADF)?.resize(arg as u64)? as usize),
        F_GETPIPE_SZ => Ok(of.file.as_pipe().ok_or(Errno::EBADF)?.figures().1 as usize),
        F_ADD_SEALS => add_seals(&of, arg as u32),
        F_GET_SEALS => {
            let data = of.inode().and_then(|i| i.data()).ok_or(Errno::EINVAL)?;
            Ok(data.seals.bits() as usize)
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Whom F_SETOWN_EX names: a process, a process group; otherwise a thread.
const F_OWNER_PID: u32 = 1;
const F_OWNER_PGRP: u32 = 2;

/// Whom SIGIO is for. Who does not exist cannot be named; one by one's own numbers (pid_namespaces(7)).
fn set_owner(of: &OpenFile, extended: bool, arg: usize) -> CallResult {
    let (kind, pid) = match (extended, arg as i32) {
        (true, _) => user::read::<[u32; 2]>(arg).map(|[kind, pid]| (kind, pid))?,
        (false, i32::MIN) => return Err(Errno::EINVAL.into()),
        (false, group @ ..0) => (F_OWNER_PGRP, group.unsigned_abs()),
        (false, pid) => (F_OWNER_PID, pid as u32),
    };
    if kind > F_OWNER_PGRP {
        return Err(Errno::EINVAL.into());
    }
    let number = match pid {
        0 => 0,
        n => {
            ids::root_of(n).filter(|n| exists(kind, *n) || kind == F_OWNER_PGRP && exists(F_OWNER_PID, *n)).ok_or(Errno::ESRCH)?
        }
    };
    of.owner.store(u64::from(kind) << 32 | u64::from(number), Ordering::Relaxed);
    Ok(0)
}

fn exists(kind: u32, number: u32) -> bool {
    match kind {
        F_OWNER_PGRP => ids::group_exists(number),
        F_OWNER_PID => ids::process_in(ScopeId::ROOT, number).is_some(),
        _ => ids::thread_in(ScopeId::ROOT, number).is_some(),
    }
}

/// Whom it is for, as the caller calls them; 0: nobody who is there.
fn owner(of: &OpenFile) -> (u32, u32) {
    let word = of.owner.load(Ordering::Relaxed);
    let (kind, number) = ((word >> 32) as u32, word as u32);
    (kind, if exists(kind, number) { ids::seen_by_caller(number) } else { 0 })
}

fn add_seals(of: &OpenFile, seals: u32) -> CallResult {
    const F_ALL_SEALS: u32 = 0x3f;
    let data = of.inode().and_then(|i| i.data()).ok_or(Errno::EINVAL)?;
    if !of.writable() {
        return Err(Errno::EPERM.into());
    }
    if seals & !F_ALL_SEALS != 0 {
        return Err(Errno::EINVAL.into());
    }
    // Held, so that no change of the size is under way.
    let guard = data.resize.lock();
    data.seals.add(seals)?;
    drop(guard);
    Ok(0)
}

/// ioctl(2).
pub(super) fn ioctl(c: &mut Call<'_>) -> CallResult {
    const FIONBIO: u32 = 0x5421;
    const FIOCLEX: u32 = 0x5451;
    const FIONCLEX: u32 = 0x5450;
    const TIOCGPTPEER: u32 = 0x5441;
    let of = c.file(0)?;
    if of.flags() & O_PATH != 0 {
        return Err(Errno::EBADF.into());
    }
    match c.uint(1) {
        FIOCLEX => c.me.files().set_cloexec(c.int(0), true)?,
        FIONCLEX => c.me.files().set_cloexec(c.int(0), false)?,
        FIONBIO => {
            let on: i32 = user::read(c.arg(2))?;
            of.set_flags(if on != 0 { O_NONBLOCK } else { 0 }, O_NONBLOCK);
        }
        TIOCGPTPEER => return open_peer(c, &of),
        request => {
            return of.file.ioctl(&of.io(c.me, None), request, c.arg(2));
        }
    }
    Ok(0)
}

/// The other end of a pseudo-terminal, of which its master's descriptor is all that need be known.
fn open_peer(c: &Call<'_>, of: &OpenFile) -> CallResult {
    let (Special::Terminal(master), Some(place)) = (of.file.special(), &of.location) else { return Err(Errno::ENOTTY.into()) };
    let rights = c.me.files().slot(c.int(0), Rights::empty())?.rights;
    let flags = c.uint(2);
    check_rights(rights, flags)?;
    let slave = open_slave(c.me, master, place, flags)?;
    Ok(c.install_with((slave, rights), flags & O_CLOEXEC != 0, 0)?)
}
