//! The root of procfs: fixed names, then one directory for each process.

use super::process;
use super::subject::Subject;
use super::text::make;
use super::tree::{self, Each, Entry};
use super::{facts, locks, number_of, rvos, sysctl, system, with_digits};
use crate::fs::inode::{FileSystem, Inode, LinkTarget, S_IFLNK, Virtual};
use crate::task::{ids, with_current};
use crate::world::PidScope;
use abi::Errno;
use core::fmt::Write;
use logic_pidscope::ScopeId;
use mem::{NoMemory, Ref};

static FIXED: &[Entry] = &[
    Entry::link(b"self", || Err(Errno::ENOENT)),
    Entry::link(b"thread-self", || Err(Errno::ENOENT)),
    Entry::text(b"cmdline", facts::command_line),
    Entry::text(b"cpuinfo", facts::cpuinfo),
    Entry::text(b"devices", facts::devices),
    Entry::text(b"filesystems", facts::filesystems),
    Entry::text(b"interrupts", system::interrupts),
    Entry::text(b"loadavg", system::loadavg),
    Entry::text(b"locks", locks::locks),
    Entry::text(b"meminfo", system::meminfo),
    Entry::link(b"mounts", || path(b"self/mounts")),
    Entry::text(b"partitions", facts::partitions),
    Entry::dir(b"rvos", rvos::ENTRIES),
    Entry::text(b"stat", system::stat),
    Entry::text(b"swaps", facts::swaps),
    Entry::dir(b"sys", sysctl::ENTRIES),
    Entry::text(b"uptime", system::uptime),
    Entry::text(b"version", facts::version),
    Entry::text(b"vmstat", system::vmstat),
];

/// The root directory. Cursors below the count of fixed names are their indexes, those above are pids.
pub(super) struct Root {
    fs: Ref<FileSystem>,
    scope: Ref<PidScope>,
}

impl Root {
    /// The root of `fs`, with the processes of a scope.
    pub(super) fn new(fs: &Ref<FileSystem>, scope: &Ref<PidScope>) -> Root {
        Root { fs: fs.clone(), scope: scope.clone() }
    }
}

impl Virtual for Root {
    fn lookup(&self, name: &[u8]) -> Result<Ref<Inode>, Errno> {
        let scope = self.scope.id();
        let Some(number) = number_of(name) else {
            return match SELVES.iter().position(|s| *s == name) {
                Some(which) => self_link(&self.fs, scope, which),
                None => tree::lookup(&self.fs, FIXED, name),
            };
        };
        // A thread's number leads to its process, although it is not listed (proc(5)).
        let process =
            ids::process_in(scope, number).or_else(|| ids::thread_in(scope, number).and_then(|t| t.process_opt().cloned()));
        process::directory(&self.fs, Subject::of_process(scope, &*process.ok_or(Errno::ENOENT)?))
    }
    fn list(&self, cursor: u64, each: Each<'_>) -> Result<(), Errno> {
        let fixed = FIXED.len() as u64;
        if cursor < fixed && !tree::list(FIXED, cursor, each) {
            return Ok(());
        }
        let mut from = u32::try_from(cursor.saturating_sub(fixed)).unwrap_or(u32::MAX);
        while let Some((pid, _)) = ids::next_process_in(self.scope.id(), from) {
            from = pid.saturating_add(1);
            let next = fixed.saturating_add(u64::from(from));
            if !with_digits(pid, |name| each(next, process::ino(pid, 0), DT_DIR, name)) {
                break;
            }
        }
        Ok(())
    }
}

const DT_DIR: u8 = 4;

fn path(text: &[u8]) -> Result<LinkTarget, Errno> {
    Ok(LinkTarget::Path(crate::fs::dentry::copy_bytes(text).map_err(|mem::NoMemory| Errno::ENOMEM)?))
}

/// The first names of [`FIXED`]: links to the reader's own process and thread, which has a number of its own in each scope.
const SELVES: [&[u8]; 2] = [b"self", b"thread-self"];

fn self_link(fs: &Ref<FileSystem>, scope: ScopeId, which: usize) -> Result<Ref<Inode>, Errno> {
    let ino = FIXED.get(which).map_or(0, Entry::ino);
    let node = Ref::try_new(SelfLink { scope, thread: which != 0 }).map_err(|NoMemory| Errno::ENOMEM)?;
    process::inode(fs, ino, S_IFLNK | 0o777, (0, 0), node.unsize(|p| p))
}

struct SelfLink {
    scope: ScopeId,
    thread: bool,
}

impl Virtual for SelfLink {
    fn link(&self) -> Result<LinkTarget, Errno> {
        let (pid, tid) = with_current(|me| (me.process().pid(), me.tid()));
        let (pid, tid) = (ids::seen(self.scope, pid), ids::seen(self.scope, tid));
        // The reader does not exist there.
        if pid == 0 {
            return Err(Errno::ENOENT);
        }
        let text = make(|t| if self.thread { Ok(write!(t, "{pid}/task/{tid}")?) } else { Ok(write!(t, "{pid}")?) })?;
        Ok(LinkTarget::Path(text))
    }
}
