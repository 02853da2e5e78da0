//! `/proc/locks` (proc_locks(5)).
//!
//! There is no table of all locks: they are found through the descriptors of those who hold them.

use super::mounts::split_dev;
use super::rvos::each_process;
use super::text::{Made, Text};
use crate::fs::file::OpenFile;
use crate::fs::inode::Inode;
use crate::fs::locks::{Held, List, Owner};
use crate::fs::table::FdTable;
use crate::task::{Process, ids};
use abi::Errno;
use core::fmt::Write;
use logic_filelock::{Kind, LAST};
use logic_tree::{Node, Tree};
use mem::{NoMemory, try_box};

/// What tells a lock from every other one: device and inode of the file, whole-file or not, first byte, and its owner.
type Key = (u64, u64, bool, u64, bool, u64);

fn key(inode: &Inode, list: List, held: &Held) -> Key {
    let (table, owner) = match held.owner {
        Owner::Table(id) => (true, id),
        Owner::Description(id) => (false, id),
    };
    (inode.fs.dev, inode.ino, list == List::Whole, held.span.first, table, owner)
}

/// Adds the locks on a description's file that belong to it or to the table that it was found in. A description or a file
/// may be found in several ways.
fn add(locks: &mut Tree<Key, Held>, files: &FdTable, of: &OpenFile) -> Result<(), Errno> {
    let Some(inode) = of.inode() else { return Ok(()) };
    let mut n = 0;
    while let Some((list, held)) = inode.locks.nth(n) {
        n += 1;
        let key = key(inode, list, &held);
        if (files.owns(held.owner) || of.owns(held.owner)) && locks.get(&key).is_none() {
            let node = try_box(Node::new(key, held)).map_err(|NoMemory| Errno::ENOMEM)?;
            let _ = locks.insert(node);
        }
    }
    Ok(())
}

/// The locks of all processes.
#[inline(never)]
fn gather() -> Result<Tree<Key, Held>, Errno> {
    let mut found = Tree::new();
    let mut result = Ok(());
    each_process(|p| {
        if result.is_ok() {
            result = of_process(&mut found, p);
        }
    });
    result.map(|()| found)
}

#[inline(never)]
fn of_process(found: &mut Tree<Key, Held>, p: &Process) -> Result<(), Errno> {
    let Some(refs) = p.state.lock().first_thread().and_then(|thread| thread.refs()) else { return Ok(()) };
    let mut from = 0;
    while let Some(fd) = refs.files.next_used(from) {
        from = fd as usize + 1;
        if let Ok(of) = refs.files.get(fd, abi::Rights::NONE) {
            add(found, &refs.files, &of)?;
        }
    }
    Ok(())
}

/// `number: kind ADVISORY type pid major:minor:inode first last`.
pub(super) fn locks(t: &mut Text) -> Made {
    // Those of processes that do not exist for the reader are not there either.
    let visible = |held: &Held| matches!(held.owner, Owner::Description(_)) || ids::seen_by_caller(held.note) != 0;
    for (n, (key, held)) in gather()?.iter().filter(|(_, held)| visible(held)).enumerate() {
        line(t, n.saturating_add(1), key, held)?;
    }
    Ok(())
}

#[inline(never)]
fn line(t: &mut Text, number: usize, (dev, ino, whole, ..): &Key, held: &Held) -> Made {
    let (name, pid) = match (*whole, held.owner) {
        (true, _) => ("FLOCK ", ids::seen_by_caller(held.note) as i32),
        (false, Owner::Table(_)) => ("POSIX ", ids::seen_by_caller(held.note) as i32),
        (false, Owner::Description(_)) => ("OFDLCK", -1),
    };
    let kind = if held.kind == Kind::Exclusive { "WRITE" } else { "READ" };
    let (major, minor) = split_dev(*dev);
    write!(t, "{number}: {name} ADVISORY  {kind} {pid} {major:02x}:{minor:02x}:{ino} {} ", held.span.first)?;
    if held.span.last == LAST {
        writeln!(t, "EOF")?
    } else {
        writeln!(t, "{}", held.span.last)?
    }
    Ok(())
}
