//! `/proc/PID/fd` and `/proc/PID/fdinfo`.

use super::process::inode;
use super::subject::{Owned, Subject};
use super::text::make;
use super::tree::Each;
use super::{number_of, with_digits};
use crate::fs::file::{O_CLOEXEC, OpenFile};
use crate::fs::inode::{FileSystem, Inode, LinkTarget, S_IFLNK, S_IFREG, Virtual};
use crate::fs::mount::Location;
use crate::fs::table::Slot;
use crate::fs::walk::{Reached, path_of};
use crate::task::{Thread, with_current};
use abi::{Errno, Rights};
use alloc::vec::Vec;
use core::fmt::Write;
use core::sync::atomic::Ordering;
use mem::{NoMemory, Ref};

/// What a directory of descriptors shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    /// Links to the files (`fd`).
    Links,
    /// Texts about the descriptors (`fdinfo`).
    Texts,
}

/// The directory.
pub(super) fn directory(fs: &Ref<FileSystem>, subject: Subject, show: Show) -> Result<Ref<dyn Virtual>, Errno> {
    let node = Ref::try_new(Fds { fs: fs.clone(), subject, show }).map_err(|NoMemory| Errno::ENOMEM)?;
    Ok(node.unsize(|p| p))
}

struct Fds {
    fs: Ref<FileSystem>,
    subject: Subject,
    show: Show,
}

/// Bit 63 keeps these apart from all other files.
fn ino(subject: &Subject, show: Show, fd: u32) -> u64 {
    let show = u64::from(show == Show::Texts);
    1 << 63 | show << 62 | u64::from(subject.number()) << 32 | u64::from(fd)
}

impl Virtual for Fds {
    fn lookup(&self, name: &[u8]) -> Result<Ref<Inode>, Errno> {
        let fd = number_of(name).and_then(|n| i32::try_from(n).ok()).ok_or(Errno::ENOENT)?;
        self.subject.check_access()?;
        let slot = slot(&self.subject, fd).map_err(|_| Errno::ENOENT)?;
        let mode = match self.show {
            Show::Texts => S_IFREG | 0o444,
            Show::Links => {
                let read = if slot.file.readable() { 0o500 } else { 0 };
                let write = if slot.file.writable() { 0o300 } else { 0 };
                S_IFLNK | read | write
            }
        };
        drop(slot);
        let node = Ref::try_new(Fd { subject: self.subject, fd }).map_err(|NoMemory| Errno::ENOMEM)?;
        inode(&self.fs, ino(&self.subject, self.show, fd as u32), mode, self.subject.owner(Owned::File), node.unsize(|p| p))
    }
    fn list(&self, cursor: u64, each: Each<'_>) -> Result<(), Errno> {
        self.subject.check_access()?;
        let kind = (if self.show == Show::Links { S_IFLNK } else { S_IFREG } >> 12) as u8;
        self.subject.process().map_err(|_| Errno::ENOENT)?;
        // A zombie has none.
        let Some(refs) = self.subject.refs() else { return Ok(()) };
        let mut from = usize::try_from(cursor).unwrap_or(usize::MAX);
        while let Some(fd) = refs.files.next_used(from) {
            let fd = fd as u32;
            from = fd as usize + 1;
            if !with_digits(fd, |name| each(from as u64, ino(&self.subject, self.show, fd), kind, name)) {
                break;
            }
        }
        Ok(())
    }
}

fn slot(subject: &Subject, fd: i32) -> Result<Slot, Errno> {
    subject.refs().ok_or(Errno::ENOENT)?.files.slot(fd, Rights::NONE).map_err(|_| Errno::ENOENT)
}

struct Fd {
    subject: Subject,
    fd: i32,
}

impl Virtual for Fd {
    fn link(&self) -> Result<LinkTarget, Errno> {
        self.subject.check_access()?;
        let slot = slot(&self.subject, self.fd)?;
        let (of, rights) = (slot.file.open_file().clone(), slot.rights);
        match of.location.clone() {
            Some(place) => {
                let name = name_of(&place)?;
                Ok(LinkTarget::Location(Reached { place, rights }, name))
            }
            None => {
                let name = make(|t| {
                    of.file.label(t);
                    Ok(())
                })?;
                Ok(LinkTarget::Open(of, name, rights))
            }
        }
    }
    fn read(&self) -> Result<Vec<u8>, Errno> {
        self.subject.check_access()?;
        let slot = slot(&self.subject, self.fd)?;
        let of = slot.file.open_file();
        make(|t| {
            // Linux shows O_LARGEFILE, which every open has on 64-bit machines, and what was not opened has not.
            let large = if of.location.is_some() { 0o100_000 } else { 0 };
            let flags = of.flags() & !O_CLOEXEC | if slot.cloexec { O_CLOEXEC } else { 0 } | large;
            writeln!(t, "pos:\t{}\nflags:\t0{flags:o}", of.position.load(Ordering::Acquire))?;
            writeln!(t, "mnt_id:\t{}\nino:\t{}", mount_id(of), of.identity().1)?;
            writeln!(t, "rights:	0x{:x}", slot.rights.bits())?;
            Ok(of.file.fdinfo(of, t)?)
        })
    }
}

fn mount_id(of: &OpenFile) -> u32 {
    of.location.as_ref().map_or(0, |l| l.mount.id)
}

/// The path of a place as the caller sees it, with a note if its name is gone (proc_pid_fd(5)).
pub(super) fn name_of(place: &Location) -> Result<Vec<u8>, Errno> {
    if let Some(ino) = crate::world::names::number_of(place) {
        return make(|t| Ok(write!(t, "{}:[{ino}]", crate::world::names::kind_of(place))?));
    }
    let fs = with_current(Thread::fs);
    let mut name = path_of(&fs, place)?;
    if place.dentry.is_removed() || place.inode().attrs.lock().nlink == 0 {
        let note = b" (deleted)";
        name.try_reserve(note.len()).map_err(|_| Errno::ENOMEM)?;
        name.extend_from_slice(note);
    }
    Ok(name)
}
