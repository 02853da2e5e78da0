//! mount(2) and umount2(2).

use super::path::read_path;
use super::{Call, CallResult};
use crate::fs::context::cap;
use crate::fs::mount::{Location, Mount};
use crate::fs::walk::Last;
use crate::fs::{devices, tmpfs};
use abi::Errno;
use core::sync::atomic::Ordering;
use mem::{Ref, user};

const MS_REMOUNT: u32 = 32;
const MS_BIND: u32 = 4096;
const MS_MOVE: u32 = 8192;
/// Propagation types: accepted, there is one namespace.
const MS_PROPAGATION: u32 = 0x001e_0000;
/// Flags kept with a mount: ro, nosuid, nodev, noexec, sync, noatime, nodiratime, relatime.
const KEPT: u32 = 0x0020_041f;

/// mount(2).
pub(super) fn mount(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(3);
    let target = read_path(c.arg(1))?;
    let cx = c.context();
    let at = cx.walker().locate(&cx.fs.cwd(), &target, Last::Follow)?;
    if !cx.cred.capable(cap::SYS_ADMIN) {
        return Err(Errno::EPERM.into());
    }
    if flags & MS_PROPAGATION != 0 {
        return Ok(0);
    }
    if flags & MS_REMOUNT != 0 {
        at.mount.flags.store(flags & KEPT, Ordering::Relaxed);
        return Ok(0);
    }
    if flags & MS_MOVE != 0 {
        return Err(Errno::EINVAL.into());
    }
    let source = if c.arg(0) != 0 { read_path(c.arg(0))? } else { crate::fs::dentry::copy_bytes(b"none")? };
    let (fs, root) = if flags & MS_BIND != 0 {
        let from = cx.walker().locate(&cx.fs.cwd(), &source, Last::Follow)?;
        (from.mount.fs.clone(), from.dentry)
    } else {
        let mut name = [0u8; 32];
        let n = match user::read_string(&mut name, c.arg(2)) {
            Ok(n) => n,
            Err(user::StringError::Fault) => return Err(Errno::EFAULT.into()),
            Err(user::StringError::TooLong) => return Err(Errno::ENODEV.into()),
        };
        new_fs(name.get(..n).unwrap_or_default(), c.arg(4))?
    };
    if root.inode().is_dir() != at.inode().is_dir() {
        return Err(Errno::ENOTDIR.into());
    }
    let mount = Mount::try_new(fs, root, Some(at), flags & KEPT, &source)?;
    cx.fs.namespace.add(mount)?;
    Ok(0)
}

type New = (Ref<crate::fs::inode::FileSystem>, Ref<crate::fs::dentry::Dentry>);

fn new_fs(kind: &[u8], data: usize) -> Result<New, Errno> {
    let made = match kind {
        b"tmpfs" => {
            let (mode, _) = tmpfs_options(data)?;
            tmpfs::new_tmpfs("tmpfs", mode)
        }
        b"ramfs" => tmpfs::new_tmpfs("ramfs", 0o755),
        b"devtmpfs" => devices::new_devfs(),
        b"proc" => crate::fs::proc::new_procfs(),
        _ => return other_fs(kind),
    };
    made.map_err(|_| Errno::ENOMEM)
}

fn other_fs(_kind: &[u8]) -> Result<New, Errno> {
    Err(Errno::ENODEV)
}

/// `mode=` and `size=` of tmpfs(5).
fn tmpfs_options(data: usize) -> Result<(u32, u64), Errno> {
    let mut mode = 0o1777;
    let mut text = [0u8; 256];
    if data == 0 {
        return Ok((mode, 0));
    }
    let n = user::read_string(&mut text, data).map_err(|_| Errno::EINVAL)?;
    for option in text.get(..n).unwrap_or_default().split(|b| *b == b',') {
        if let Some(m) = option.strip_prefix(b"mode=") {
            let digits = core::str::from_utf8(m).map_err(|_| Errno::EINVAL)?;
            mode = u32::from_str_radix(digits, 8).map_err(|_| Errno::EINVAL)?;
        }
    }
    Ok((mode & 0o7777, 0))
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
    let at: Location = cx.walker().locate(&cx.fs.cwd(), &path, last)?;
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
    match cx.fs.namespace.remove(&at.mount) {
        Some(gone) => {
            drop(gone);
            Ok(0)
        }
        None => Err(Errno::EBUSY.into()),
    }
}
