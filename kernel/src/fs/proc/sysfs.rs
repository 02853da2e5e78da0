//! sysfs (sysfs(5)): the harts, the console, and places that programs look into or mount at. Made of `tree`'s tables, as procfs is.

use super::status::put_hart_list;
use super::text::{Made, Text};
use super::tree::Entry;
use crate::fs::dentry::Dentry;
use crate::fs::inode::FileSystem;
use crate::task::sched;
use mem::{NoMemory, Ref};

/// SYSFS_MAGIC (statfs(2)).
const MAGIC: u64 = 0x6265_6572;

static ROOT: Entry = Entry::dir(b"", TOP);
static TOP: &[Entry] = &[
    Entry::dir(b"block", &[]),
    Entry::dir(b"class", &[Entry::dir(b"block", &[]), Entry::dir(b"net", &[]), Entry::dir(b"tty", TTY)]),
    Entry::dir(b"dev", &[Entry::dir(b"block", &[]), Entry::dir(b"char", &[])]),
    Entry::dir(b"devices", &[Entry::dir(b"system", &[Entry::dir(b"cpu", CPU)])]),
    Entry::dir(b"fs", &[Entry::dir(b"cgroup", &[])]),
    Entry::dir(b"kernel", &[]),
];
static TTY: &[Entry] = &[Entry::dir(b"console", &[Entry::text(b"active", |t| Ok(t.put(b"ttyS0\n")?))])];
static CPU: &[Entry] = &[Entry::text(b"online", harts), Entry::text(b"possible", harts), Entry::text(b"present", harts)];

/// The file system and its root.
pub(crate) fn new_sysfs() -> Result<(Ref<FileSystem>, Ref<Dentry>), NoMemory> {
    let fs = FileSystem::try_new("sysfs", MAGIC)?;
    let root = ROOT.inode(&fs).map_err(|_| NoMemory)?;
    Ok((fs, Dentry::try_new_root(root)?))
}

/// Harts neither come nor go once the system is up.
fn harts(t: &mut Text) -> Made {
    put_hart_list(t, sched::online())?;
    Ok(t.put(b"\n")?)
}
