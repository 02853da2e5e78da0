//! `/proc/PID/mounts` (fstab(5)) and `/proc/PID/mountinfo` (proc_pid_mountinfo(5)).

use super::subject::Subject;
use super::text::{Failed, Made, Text};
use crate::fs::context::FsContext;
use crate::fs::dentry::Dentry;
use crate::fs::inode::{FileSystem, Given};
use crate::fs::mount::{Location, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, Mount};
use crate::fs::tmpfs;
use crate::fs::walk::path_of;
use crate::tty::devpts::MOST;
use abi::Errno;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::sync::atomic::Ordering;
use mem::{PAGE, Ref};

/// Characters that separate fields.
const SEPARATORS: &[u8] = b" \t\n#";

fn each(subject: &Subject, mut f: impl FnMut(&FsContext, &Mount, Option<&Location>) -> Made) -> Made {
    let fs = subject.refs().ok_or(Errno::EINVAL)?.fs;
    let mut n = 0;
    while let Some((mount, at)) = fs.namespace.nth(n) {
        f(&fs, &mount, at.as_ref())?;
        n += 1;
    }
    Ok(())
}

/// `source place type options 0 0`.
pub(super) fn mounts(subject: &Subject, t: &mut Text) -> Made {
    each(subject, |fs, m, at| {
        t.put_escaped(&m.source, SEPARATORS)?;
        t.put(b" ")?;
        put_place(fs, at, t)?;
        write!(t, " {} ", m.fs.kind)?;
        put_options(m, t)?;
        put_given(&m.fs, t)?;
        Ok(t.put(b" 0 0\n")?)
    })
}

/// `id parent major:minor root place options - type source options`.
pub(super) fn mountinfo(subject: &Subject, t: &mut Text) -> Made {
    each(subject, |fs, m, at| {
        let parent = at.map_or(m.id, |at| at.mount.id);
        let (major, minor) = split_dev(m.fs.dev);
        write!(t, "{} {parent} {major}:{minor} ", m.id)?;
        t.put_escaped(&path_in_fs(&m.root)?, SEPARATORS)?;
        t.put(b" ")?;
        put_place(fs, at, t)?;
        t.put(b" ")?;
        put_options(m, t)?;
        t.put(if m.is_bindable() { b"" } else { b" unbindable" })?;
        write!(t, " - {} ", m.fs.kind)?;
        t.put_escaped(&m.source, SEPARATORS)?;
        t.put(b" rw")?;
        put_given(&m.fs, t)?;
        Ok(t.put(b"\n")?)
    })
}

/// Major and minor number of stat(2)'s encoding.
pub(super) fn split_dev(dev: u64) -> (u64, u64) {
    (dev >> 8 & 0xfff, dev & 0xff | dev >> 12 & 0xf_ff00)
}

fn put_place(fs: &FsContext, at: Option<&Location>, t: &mut Text) -> Result<(), Failed> {
    match at {
        Some(at) => Ok(t.put_escaped(&path_of(fs, at)?, SEPARATORS)?),
        None => Ok(t.put(b"/")?),
    }
}

fn put_options(m: &Mount, t: &mut Text) -> fmt::Result {
    const NAMES: [(u32, &str); 3] = [(MS_NOSUID, ",nosuid"), (MS_NODEV, ",nodev"), (MS_NOEXEC, ",noexec")];
    let flags = m.flags.load(Ordering::Relaxed);
    t.write_str(if flags & MS_RDONLY != 0 { "ro" } else { "rw" })?;
    for (bit, name) in NAMES {
        if flags & bit != 0 {
            t.write_str(name)?;
        }
    }
    t.write_str(",relatime")
}

/// The options of the file system itself, as far as they are not what one has without any.
fn put_given(fs: &FileSystem, t: &mut Text) -> fmt::Result {
    let other = |value: u64, usual: u64| (value != usual).then_some(value);
    match &fs.given {
        Given::Tmpfs(mode, owner) if fs.kind == "tmpfs" => {
            let limit = |n: u64| other(if n == u64::MAX { 0 } else { n }, tmpfs::default_limit());
            if let Some(pages) = limit(fs.pages.figures().0) {
                write!(t, ",size={}k", pages.saturating_mul(PAGE as u64 / 1024))?;
            }
            put_number(t, "nr_inodes", limit(fs.inodes.figures().0))?;
            put_mode(t, "mode", *mode, 0o1777)?;
            put_number(t, "uid", other(owner.0.into(), 0))?;
            put_number(t, "gid", other(owner.1.into(), 0))?;
            t.write_str(",inode64")
        }
        Given::Tmpfs(mode, _) if fs.kind == "ramfs" => put_mode(t, "mode", *mode, 0o755),
        Given::Devpts(o) => {
            put_number(t, "uid", o.uid.map(u64::from))?;
            put_number(t, "gid", o.gid.map(u64::from))?;
            put_mode(t, "mode", o.mode, u32::MAX)?;
            put_mode(t, "ptmxmode", o.ptmx_mode, u32::MAX)?;
            put_number(t, "max", other(o.most.into(), MOST.into()))
        }
        Given::Tmpfs(..) | Given::Nothing => Ok(()),
    }
}

fn put_number(t: &mut Text, name: &str, value: Option<u64>) -> fmt::Result {
    value.map_or(Ok(()), |v| write!(t, ",{name}={v}"))
}

fn put_mode(t: &mut Text, name: &str, mode: u32, usual: u32) -> fmt::Result {
    if mode == usual { Ok(()) } else { write!(t, ",{name}={mode:03o}") }
}

/// Path of a dentry from the root of its file system.
fn path_in_fs(of: &Ref<Dentry>) -> Result<Vec<u8>, Errno> {
    let mut reversed: Vec<u8> = Vec::new();
    let mut at = of.clone();
    while let Some(parent) = at.parent() {
        at.with_name(|name| {
            reversed.try_reserve(name.len().saturating_add(1)).map_err(|_| Errno::ENOMEM)?;
            reversed.extend(name.iter().rev());
            reversed.push(b'/');
            Ok::<(), Errno>(())
        })?;
        at = parent;
    }
    if reversed.is_empty() {
        reversed.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        reversed.push(b'/');
    }
    reversed.reverse();
    Ok(reversed)
}
