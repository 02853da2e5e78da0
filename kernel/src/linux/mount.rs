//! mount(2) and umount2(2).

use super::path::read_path;
use super::{Call, CallResult};
use crate::fs::context::cap;
use crate::fs::dentry::Dentry;
use crate::fs::mount::{Location, MS_UNBINDABLE, Mount};
use crate::fs::namespace::Namespace;
use crate::fs::service::SVC_FS;
use crate::fs::tmpfs::Options;
use crate::fs::walk::Last;
use crate::fs::{devices, tmpfs};
use crate::task::ids;
use crate::tty::devpts;
use crate::world::{PidScope, names};
use abi::{Errno, Rights};
use mem::{PAGE, Ref, user};

const MS_REMOUNT: u32 = 32;
const MS_BIND: u32 = 4096;
const MS_MOVE: u32 = 8192;
const MS_REC: u32 = 16384;
const MS_SILENT: u32 = 32768;
/// Propagation types. No mount follows another's changes, so that none is shared, and a slave without a master is private.
const MS_PRIVATE: u32 = 1 << 18;
const MS_SLAVE: u32 = 1 << 19;
const MS_SHARED: u32 = 1 << 20;
/// Flags kept with a mount: ro, nosuid, nodev, noexec, sync, noatime, nodiratime, relatime.
const KEPT: u32 = 0x0020_041f;

/// mount(2).
pub(super) fn mount(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(3);
    let target = read_path(c.arg(1))?;
    let cx = c.context();
    let mut at = cx.walker().locate(&cx.fs.cwd(), &target, Last::Follow, Rights::all())?;
    if !cx.cred.capable(cap::SYS_ADMIN) {
        return Err(Errno::EPERM.into());
    }
    let propagation = flags & (MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE);
    if propagation != 0 && flags & (MS_REMOUNT | MS_BIND | MS_MOVE) == 0 {
        propagate(&cx.fs.namespace, &at, propagation, flags)?;
        return Ok(0);
    }
    if flags & MS_REMOUNT != 0 {
        remount(c, &at, flags)?;
        return Ok(0);
    }
    at.dentry = Dentry::lasting(&at.dentry)?;
    let source = if c.arg(0) != 0 { read_path(c.arg(0))? } else { crate::fs::dentry::copy_bytes(b"none")? };
    let namespace = &cx.fs.namespace;
    if flags & (MS_BIND | MS_MOVE) != 0 {
        let from = cx.walker().locate(&cx.fs.cwd(), &source, Last::Follow, Rights::all())?;
        if flags & MS_BIND == 0 {
            namespace.move_to(&from, &at)?;
            return Ok(0);
        }
        if !from.mount.is_bindable() || names::keeps(&from, namespace.ino) {
            return Err(Errno::EINVAL.into());
        }
        is_same_kind(&from, &at)?;
        match flags & MS_REC {
            0 => namespace.add(from.mount.try_copy(&from.dentry)?, at)?,
            _ => namespace.bind_all(&from, &at)?,
        }
        return Ok(0);
    }
    let mut name = [0u8; 32];
    let n = match user::read_string(&mut name, c.arg(2)) {
        Ok(n) => n,
        Err(user::StringError::Fault) => return Err(Errno::EFAULT.into()),
        Err(user::StringError::TooLong) => return Err(Errno::ENODEV.into()),
    };
    let (fs, root) = new_fs(c, name.get(..n).unwrap_or_default(), c.arg(4))?;
    let mount = Mount::try_new(fs, root, flags & KEPT, &source)?;
    is_same_kind(&Mount::root_location(&mount), &at)?;
    namespace.add(mount, at)?;
    Ok(0)
}

/// Sets how mounts follow each other's changes. EINVAL: there is no mount of its own, it would be shared, or something else is
/// to be changed by the same call.
fn propagate(namespace: &Namespace, at: &Location, kind: u32, flags: u32) -> Result<(), Errno> {
    let own = Ref::ptr_eq(&at.dentry, &at.mount.root);
    let alone = flags & !(kind | MS_REC | MS_SILENT) == 0;
    if !own || !alone || !matches!(kind, MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE) {
        return Err(Errno::EINVAL);
    }
    if kind != MS_SLAVE {
        namespace.each(&at.mount, flags & MS_REC != 0, |m| m.set_bindable(kind == MS_PRIVATE));
    }
    Ok(())
}

/// ENOTDIR unless both are directories or neither is.
fn is_same_kind(a: &Location, b: &Location) -> Result<(), Errno> {
    if a.inode().is_dir() == b.inode().is_dir() { Ok(()) } else { Err(Errno::ENOTDIR) }
}

/// pivot_root(2). Whoever has the old root as root or current directory gets the new one.
pub(super) fn pivot_root(c: &mut Call<'_>) -> CallResult {
    let (new, old) = (read_path(c.arg(0))?, read_path(c.arg(1))?);
    let cx = c.context();
    if !cx.cred.capable(cap::SYS_ADMIN) {
        return Err(Errno::EPERM.into());
    }
    let directory = |path: &[u8]| {
        let place = cx.walker().locate(&cx.fs.cwd(), path, Last::Follow, Rights::all())?;
        if place.inode().is_dir() { Ok(place) } else { Err(Errno::ENOTDIR) }
    };
    let (new, old) = (directory(&new)?, directory(&old)?);
    let root = cx.fs.root();
    let root_now = cx.fs.namespace.pivot(&root, &new, &old)?;
    let mut from = 0;
    while let Some((pid, p)) = ids::next_process(from) {
        from = pid.saturating_add(1);
        p.each_thread(|t| {
            if let Some(refs) = t.refs() {
                refs.fs.exchange_root(&root, &root_now);
            }
        });
    }
    Ok(0)
}

type New = (Ref<crate::fs::inode::FileSystem>, Ref<crate::fs::dentry::Dentry>);

fn new_fs(c: &Call<'_>, kind: &[u8], data: usize) -> Result<New, Errno> {
    let made = match kind {
        b"tmpfs" => {
            let mut o = tmpfs_defaults(c);
            tmpfs_options(data, &mut o)?;
            tmpfs::new_tmpfs("tmpfs", &o)
        }
        b"ramfs" => {
            let mut o = Options { mode: 0o755, pages: u64::MAX, inodes: u64::MAX, ..tmpfs_defaults(c) };
            // Others are passed over (Linux's `ramfs/inode.c`).
            each_option(data, &mut |name, value| {
                if name == b"mode" {
                    o.mode = bits(value)?;
                }
                Ok(())
            })?;
            tmpfs::new_tmpfs("ramfs", &o)
        }
        b"svc" => tmpfs::new_tmpfs(SVC_FS, &Options { mode: 0o755, ..tmpfs_defaults(c) }),
        b"devpts" => devpts::new_devpts(devpts_options(data)?),
        b"devtmpfs" => devices::new_devfs(),
        b"cgroup2" => crate::fs::cgroup::new_cgroup2(&c.me.world().cgroup().budget),
        b"sysfs" => crate::fs::proc::new_sysfs(),
        b"proc" => crate::fs::proc::new_procfs(&scope_of_proc(c, data)?),
        _ => return Err(Errno::ENODEV),
    };
    made.map_err(|_| Errno::ENOMEM)
}

/// Whose processes a procfs shows: those of the caller's scope, or, with the option `scope=children` of this kernel, those of
/// the scope that the caller's children are made in.
fn scope_of_proc(c: &Call<'_>, data: usize) -> Result<Ref<PidScope>, Errno> {
    let mut text = [0u8; 64];
    let n = if data == 0 { 0 } else { user::read_string(&mut text, data).map_err(|_| Errno::EINVAL)? };
    let mut options = text.get(..n).unwrap_or_default().split(|b| *b == b',');
    if options.any(|o| o == b"scope=children") { Ok(c.me.world().children.clone()) } else { Ok(c.me.process().scope().clone()) }
}

/// Half of the memory, and as many inodes as that has pages (tmpfs(5)).
fn tmpfs_defaults(c: &Call<'_>) -> Options {
    let cred = c.me.cred();
    let half = tmpfs::default_limit();
    Options { mode: 0o1777, owner: (cred.uid.fs, cred.gid.fs), pages: half, inodes: half }
}

/// A number with `k`, `m`, `g` behind it, or with `%` of the memory.
fn amount(text: &[u8]) -> Result<u64, Errno> {
    let split = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(split);
    let number: u64 = core::str::from_utf8(digits).ok().and_then(|d| d.parse().ok()).ok_or(Errno::EINVAL)?;
    let factor = match suffix {
        b"" => 1,
        b"k" | b"K" => 1 << 10,
        b"m" | b"M" => 1 << 20,
        b"g" | b"G" => 1 << 30,
        b"%" => mem::frame_counts().total.saturating_mul(PAGE as u64) / 100,
        _ => return Err(Errno::EINVAL),
    };
    number.checked_mul(factor).ok_or(Errno::EINVAL)
}

/// Takes an option's name and value.
type TakesOption<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), Errno>;

/// Reads options of the form `name=value`.
fn each_option(data: usize, f: TakesOption<'_>) -> Result<(), Errno> {
    let mut text = [0u8; 256];
    if data == 0 {
        return Ok(());
    }
    let n = user::read_string(&mut text, data).map_err(|_| Errno::EINVAL)?;
    for option in text.get(..n).unwrap_or_default().split(|b| *b == b',').filter(|o| !o.is_empty()) {
        let mut parts = option.splitn(2, |b| *b == b'=');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        f(name, value)?;
    }
    Ok(())
}

/// Permission bits.
fn bits(value: &[u8]) -> Result<u32, Errno> {
    let digits = core::str::from_utf8(value).map_err(|_| Errno::EINVAL)?;
    Ok(u32::from_str_radix(digits, 8).map_err(|_| Errno::EINVAL)? & 0o7777)
}

/// A user, a group, a small number.
fn id(value: &[u8]) -> Result<u32, Errno> {
    u32::try_from(amount(value)?).map_err(|_| Errno::EINVAL)
}

/// devpts's options (Linux's `filesystems/devpts.rst`).
fn devpts_options(data: usize) -> Result<devpts::Options, Errno> {
    let mut o = devpts::Options::default();
    each_option(data, &mut |name, value| {
        match name {
            b"mode" => o.mode = bits(value)?,
            b"ptmxmode" => o.ptmx_mode = bits(value)?,
            b"uid" => o.uid = Some(id(value)?),
            b"gid" => o.gid = Some(id(value)?),
            b"max" => o.most = id(value)?,
            // Each mount is one.
            b"newinstance" => {}
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    })?;
    Ok(o)
}

/// Reads tmpfs's options (tmpfs(5)); what none of them names stays. One that is not known is EINVAL.
fn tmpfs_options(data: usize, o: &mut Options) -> Result<(), Errno> {
    // No limit is written as 0.
    let limit = |n: u64| if n == 0 { u64::MAX } else { n };
    each_option(data, &mut |name, value| {
        match name {
            b"mode" => o.mode = bits(value)?,
            b"size" => o.pages = limit(amount(value)?.div_ceil(PAGE as u64)),
            b"nr_blocks" => o.pages = limit(amount(value)?),
            b"nr_inodes" => o.inodes = limit(amount(value)?),
            b"uid" => o.owner.0 = id(value)?,
            b"gid" => o.owner.1 = id(value)?,
            // Nothing is swapped, there are no huge pages, and inode numbers have 64 bits.
            b"noswap" | b"huge" | b"inode64" | b"mpol" => {}
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    })
}

/// Changes a mount's flags and, of a tmpfs, its limits: EINVAL below what is in use.
fn remount(c: &Call<'_>, at: &Location, flags: u32) -> Result<(), Errno> {
    let fs = &at.mount.fs;
    if flags & MS_BIND == 0 && fs.kind == "tmpfs" {
        let mut o = Options { pages: fs.pages.figures().0, inodes: fs.inodes.figures().0, ..tmpfs_defaults(c) };
        tmpfs_options(c.arg(4), &mut o)?;
        if !fs.pages.set_limit(o.pages) || !fs.inodes.set_limit(o.inodes) {
            return Err(Errno::EINVAL);
        }
    }
    at.mount.set_flags(flags & KEPT);
    Ok(())
}

/// umount2(2).
pub(super) fn umount2(c: &mut Call<'_>) -> CallResult {
    const MNT_FORCE: u32 = 1;
    const MNT_DETACH: u32 = 2;
    const UMOUNT_NOFOLLOW: u32 = 8;
    let flags = c.uint(1);
    if flags & !(MNT_FORCE | MNT_DETACH | 4 | UMOUNT_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let path = read_path(c.arg(0))?;
    let cx = c.context();
    let last = if flags & UMOUNT_NOFOLLOW != 0 { Last::NoFollow } else { Last::Follow };
    let at: Location = cx.walker().locate(&cx.fs.cwd(), &path, last, Rights::all())?;
    if !cx.cred.capable(cap::SYS_ADMIN) {
        return Err(Errno::EPERM.into());
    }
    if !Ref::ptr_eq(&at.dentry, &at.mount.root) {
        return Err(Errno::EINVAL.into());
    }
    // References beyond the namespace's and this one: open files, directories of processes, mounts on top.
    if flags & MNT_DETACH == 0 && Ref::strong_count(&at.mount) > 2 {
        return Err(Errno::EBUSY.into());
    }
    let namespace = &cx.fs.namespace;
    let gone = if flags & MNT_DETACH != 0 { namespace.detach(&at.mount) } else { namespace.remove(&at.mount).is_some() };
    if gone { Ok(0) } else { Err(Errno::EBUSY.into()) }
}
