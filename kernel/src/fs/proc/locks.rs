//! `/proc/locks` (proc_locks(5)).
//!
//! There is no table of all locks: they are found through the descriptors of those who hold them.

use super::mounts::split_dev;
use super::rvos::each_process;
use super::text::{Made, Text};
use crate::fs::file::OpenFile;
use crate::fs::locks::{Held, List, Owner};
use crate::fs::table::FdTable;
use abi::Errno;
use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt::Write;
use logic_filelock::{Kind, LAST};

/// A lock and the file that it is on: device, inode, whole-file or not, the lock.
struct Line {
    dev: u64,
    ino: u64,
    list: List,
    held: Held,
}

impl Line {
    /// What tells it from every other one.
    fn key(&self) -> (u64, u64, bool, u64, bool, u64) {
        let (table, owner) = match self.held.owner {
            Owner::Table(id) => (true, id),
            Owner::Description(id) => (false, id),
        };
        (self.dev, self.ino, self.list == List::Whole, self.held.span.first, table, owner)
    }
}

impl Ord for Line {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}
impl PartialOrd for Line {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Line {}

/// Adds the locks on a description's file that belong to it or to the table that it was found in.
fn add(lines: &mut Vec<Line>, files: &FdTable, of: &OpenFile) -> Result<(), Errno> {
    let Some(inode) = of.inode() else { return Ok(()) };
    let mut n = 0;
    while let Some((list, held)) = inode.locks.nth(n) {
        n += 1;
        if files.owns(held.owner) || of.owns(held.owner) {
            lines.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            lines.push(Line { dev: inode.fs.dev, ino: inode.ino, list, held });
        }
    }
    Ok(())
}

/// `number: kind ADVISORY type pid major:minor:inode first last`.
pub(super) fn locks(t: &mut Text) -> Made {
    let mut lines: Vec<Line> = Vec::new();
    let mut result = Ok(());
    each_process(|p| {
        let Some(refs) = p.state.lock().threads.first().cloned().and_then(|thread| thread.refs()) else { return };
        let mut from = 0;
        while let Some(fd) = refs.files.next_used(from) {
            from = fd as usize + 1;
            if let Ok(of) = refs.files.get(fd)
                && result.is_ok()
            {
                result = add(&mut lines, &refs.files, &of);
            }
        }
    });
    result?;
    // A description or a file may be found in several ways.
    let mut lines = BinaryHeap::from(lines).into_sorted_vec();
    lines.dedup_by_key(|line| line.key());
    for (n, line) in lines.iter().enumerate() {
        let held = &line.held;
        let (name, pid) = match (line.list, held.owner) {
            (List::Whole, _) => ("FLOCK ", held.note as i32),
            (List::Records, Owner::Table(_)) => ("POSIX ", held.note as i32),
            (List::Records, Owner::Description(_)) => ("OFDLCK", -1),
        };
        let kind = if held.kind == Kind::Exclusive { "WRITE" } else { "READ" };
        let (major, minor) = split_dev(line.dev);
        write!(t, "{}: {name} ADVISORY  {kind} {pid} {major:02x}:{minor:02x}:{} {} ", n + 1, line.ino, held.span.first)?;
        if held.span.last == LAST { writeln!(t, "EOF")? } else { writeln!(t, "{}", held.span.last)? }
    }
    Ok(())
}
