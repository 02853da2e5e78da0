//! `/proc/PID/ns` (namespaces(7)): links to the namespaces of a process, for comparing and for setns(2).

use super::process::inode;
use super::subject::{Owned, Subject};
use super::text::make;
use super::tree::Each;
use crate::fs::inode::{FileSystem, Inode, LinkTarget, S_IFLNK, Virtual};
use crate::world::names::{Entered, KINDS};
use abi::Errno;
use core::fmt::Write;
use mem::{NoMemory, Ref};

/// The directory.
pub(super) fn directory(fs: &Ref<FileSystem>, subject: Subject) -> Result<Ref<dyn Virtual>, Errno> {
    let node = Ref::try_new(Namespaces { fs: fs.clone(), subject }).map_err(|NoMemory| Errno::ENOMEM)?;
    Ok(node.unsize(|p| p))
}

struct Namespaces {
    fs: Ref<FileSystem>,
    subject: Subject,
}

/// Bits 62 and 61 keep these apart from all other files.
fn ino(subject: &Subject, kind: usize) -> u64 {
    3 << 61 | u64::from(subject.number()) << 8 | kind as u64
}

impl Virtual for Namespaces {
    fn lookup(&self, name: &[u8]) -> Result<Ref<Inode>, Errno> {
        let kind = KINDS.iter().position(|(n, _)| *n == name).ok_or(Errno::ENOENT)?;
        let node = Ref::try_new(Link { subject: self.subject, kind }).map_err(|NoMemory| Errno::ENOMEM)?;
        let owner = self.subject.owner(Owned::File);
        inode(&self.fs, ino(&self.subject, kind), S_IFLNK | 0o777, owner, node.unsize(|p| p))
    }
    fn list(&self, cursor: u64, each: Each<'_>) -> Result<(), Errno> {
        let from = usize::try_from(cursor).unwrap_or(usize::MAX);
        for (i, (name, _)) in KINDS.iter().enumerate().skip(from) {
            if !each((i as u64).saturating_add(1), ino(&self.subject, i), (S_IFLNK >> 12) as u8, name) {
                break;
            }
        }
        Ok(())
    }
}

struct Link {
    subject: Subject,
    kind: usize,
}

impl Virtual for Link {
    fn link(&self) -> Result<LinkTarget, Errno> {
        self.subject.check_access()?;
        let (_, flag) = KINDS.get(self.kind).ok_or(Errno::ENOENT)?;
        let process = self.subject.process()?;
        let of = Entered::of(&self.subject.refs().ok_or(Errno::ENOENT)?, process.scope(), *flag);
        let place = of.place().map_err(|NoMemory| Errno::ENOMEM)?;
        let name = make(|t| Ok(write!(t, "{}:[{}]", of.kind(), of.ino())?))?;
        Ok(LinkTarget::Location(crate::fs::walk::Reached::freely(place), name))
    }
}
