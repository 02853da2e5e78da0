//! /proc (proc(5)): what the kernel knows, as files.
//!
//! * [`new_procfs`] – the file system for mount(2). `root` – its root: fixed names, and a directory for each process.
//! * `tree` – fixed files from tables; `system`, `facts`, `sysctl`, `rvos` – what they show. `text` – how texts are made.
//! * `subject` – whom a process directory is about; `process` – its entries; `stat`, `status`, `memory`, `maps`, `smaps`,
//!   `fds`, `mounts`, `ns` – what they show.
//! * `sysfs` – another file system of such tables.
//!
//! Inodes and dentries are made at each look-up. A process directory remembers the process by its id, which is never
//! reused: when the process has gone, reading a file of it is ESRCH and looking a name up ENOENT.

mod channels;
mod control;
mod facts;
mod fds;
mod locks;
mod maps;
mod memory;
mod mounts;
mod ns;
mod process;
mod root;
mod rvos;
mod see;
mod smaps;
mod stat;
mod status;
mod subject;
mod sysctl;
mod sysfs;
mod system;
mod text;
mod tree;

pub(crate) use sysfs::new_sysfs;
pub(crate) use text::{Made, Text, make as make_text, number};

use super::dentry::Dentry;
use super::inode::{Body, FileSystem, Inode, S_IFDIR};
use crate::world::PidScope;
use mem::{NoMemory, Ref};

/// PROC_SUPER_MAGIC (statfs(2)).
const MAGIC: u64 = 0x9fa0;
/// Linux's number of its root.
const ROOT_INO: u64 = 1;

/// A procfs, which shows the processes of a scope: its file system and root.
pub(crate) fn new_procfs(scope: &Ref<PidScope>) -> Result<(Ref<FileSystem>, Ref<Dentry>), NoMemory> {
    let fs = FileSystem::try_new("proc", MAGIC)?;
    let node = Ref::try_new(root::Root::new(&fs, scope))?;
    let inode = Inode::try_new_numbered(&fs, ROOT_INO, S_IFDIR | 0o555, (0, 0), Body::Virtual(node.unsize(|p| p)))?;
    Ok((fs, Dentry::try_new_root(inode)?))
}

/// A file name that is a number in Linux's way: decimal, no sign, no leading zero.
fn number_of(name: &[u8]) -> Option<u32> {
    if name.first() == Some(&b'0') && name.len() > 1 || !name.iter().all(u8::is_ascii_digit) {
        return None;
    }
    core::str::from_utf8(name).ok()?.parse().ok()
}

/// Calls `f` with a number's digits.
fn with_digits<R>(number: u32, f: impl FnOnce(&[u8]) -> R) -> R {
    let mut digits = [0u8; 10];
    let mut rest = number;
    let mut at = digits.len();
    while let Some(slot) = at.checked_sub(1).and_then(|i| digits.get_mut(i)) {
        *slot = b'0'.wrapping_add((rest % 10) as u8);
        at = at.saturating_sub(1);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    f(digits.get(at..).unwrap_or_default())
}
