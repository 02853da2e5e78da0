//! `/proc/PID/ns` (namespaces(7)): links to the namespaces of a process, for comparing and for setns(2).

use super::process::inode;
use super::subject::{Owned, Subject};
use super::text::{Made, Text, make};
use super::tree::Each;
use crate::budget::{self, Budget};
use crate::fs::inode::{FileSystem, Inode, LinkTarget, S_IFLNK, Virtual};
use crate::task::with_current;
use crate::world::names::{Entered, KINDS};
use abi::Errno;
use core::fmt::Write;
use mem::{NoMemory, Ref};

/// `/proc/PID/cgroup` (cgroups(7)): where its cgroup is, seen from the reader's root.
pub(super) fn cgroup(subject: &Subject, t: &mut Text) -> Made {
    let budget = subject.process()?.budget();
    let root = with_current(|me| me.world().cgroup().budget.clone());
    let session = budget::session();
    let budget = if budget.is_within(session) { &budget } else { session };
    // Up to what both are in, then down.
    let mut top: &Budget = &root;
    t.put(b"0::")?;
    let mut empty = true;
    while !budget.is_within(top) {
        top = top.above(1);
        empty = false;
        t.put(b"/..")?;
    }
    // What has no name has no directory either: its processes show in the next one above.
    for levels in (0..budget.depth().saturating_sub(top.depth())).rev() {
        let at = budget.above(levels);
        if !at.name().is_empty() {
            empty = false;
            t.put(b"/")?;
            t.put_escaped_newlines(at.name())?;
        }
    }
    t.put(if empty { b"/" } else { b"" })?;
    let gone = !::core::ptr::eq(&**budget, &**session) && !budget.name().is_empty() && !budget.is_kept();
    Ok(t.put(if gone { b" (deleted)\n" } else { b"\n" })?)
}

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
