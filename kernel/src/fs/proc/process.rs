//! The directory of a process or thread: its entries.

use super::subject::{Owned, Subject};
use super::text::{Made, Text, make, number};
use super::tree::Each;
use super::{fds, maps, memory, mounts, ns, number_of, see, smaps, stat, status, with_digits};
use crate::fs::context::cap;
use crate::fs::file::File;
use crate::fs::inode::{Body, FileSystem, Inode, LinkTarget, S_IFDIR, S_IFLNK, S_IFREG, Virtual};
use crate::fs::walk::Reached;
use crate::task::{Process, Thread, ids, with_current};
use abi::Errno;
use alloc::vec::Vec;
use core::fmt::Write;
use core::sync::atomic::Ordering;
use mem::{NoMemory, Ref};

/// A name in the directory of a process.
struct Entry {
    name: &'static [u8],
    mode: u32,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    /// A text.
    Text(fn(&Subject, &mut Text) -> Made, Access),
    /// A text that can be written.
    Setting(fn(&Subject, &mut Text) -> Made, fn(&Subject, &[u8]) -> Result<usize, Errno>),
    /// A file with reads of its own.
    File(fn(&Subject) -> Result<Ref<dyn File>, Errno>),
    /// A magic link.
    Link(fn(&Subject) -> Result<Reached, Errno>),
    /// The descriptors, as links or as texts about them.
    Fds(fds::Show),
    /// The namespaces.
    Namespaces,
    /// The threads.
    Tasks,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Anyone,
    /// Anyone, as long as the process has mounts.
    Mounts,
    /// Whoever may look into the process, as long as it has memory.
    Memory,
}

const fn text(name: &'static [u8], mode: u32, f: fn(&Subject, &mut Text) -> Made) -> Entry {
    Entry { name, mode, what: What::Text(f, Access::Anyone) }
}
const fn link(name: &'static [u8], f: fn(&Subject) -> Result<Reached, Errno>) -> Entry {
    Entry { name, mode: 0o777, what: What::Link(f) }
}

static ENTRIES: &[Entry] = &[
    Entry { name: b"auxv", mode: 0o400, what: What::Text(memory::auxv, Access::Memory) },
    Entry { name: b"calls", mode: 0o600, what: What::Setting(see::calls, see::set_calls) },
    text(b"cgroup", 0o444, ns::cgroup),
    text(b"cmdline", 0o444, memory::command_line),
    Entry { name: b"comm", mode: 0o644, what: What::Setting(comm, set_comm) },
    link(b"cwd", |s| Ok(s.refs().ok_or(Errno::ENOENT)?.fs.cwd())),
    Entry { name: b"environ", mode: 0o400, what: What::Text(memory::environment, Access::Memory) },
    link(b"exe", |s| s.process()?.state.lock().exe.as_ref().map(|e| e.file.clone()).ok_or(Errno::ENOENT)),
    Entry { name: b"fd", mode: 0o500, what: What::Fds(fds::Show::Links) },
    Entry { name: b"fdinfo", mode: 0o555, what: What::Fds(fds::Show::Texts) },
    Entry { name: b"gid_map", mode: 0o644, what: What::Setting(status::id_map, status::set_ids) },
    text(b"limits", 0o444, status::limits),
    Entry { name: b"maps", mode: 0o444, what: What::File(maps::open) },
    Entry { name: b"mountinfo", mode: 0o444, what: What::Text(mounts::mountinfo, Access::Mounts) },
    Entry { name: b"mounts", mode: 0o444, what: What::Text(mounts::mounts, Access::Mounts) },
    Entry { name: b"ns", mode: 0o511, what: What::Namespaces },
    text(b"oom_score", 0o444, status::oom_score),
    Entry { name: b"oom_score_adj", mode: 0o644, what: What::Setting(oom_score_adj, set_oom_score_adj) },
    link(b"root", |s| Ok(Reached::freely(s.refs().ok_or(Errno::ENOENT)?.fs.root()))),
    Entry { name: b"setgroups", mode: 0o644, what: What::Setting(|_, t| Ok(t.put(b"allow\n")?), status::set_ids) },
    Entry { name: b"smaps", mode: 0o444, what: What::File(maps::open_long) },
    Entry { name: b"smaps_rollup", mode: 0o444, what: What::Text(smaps::rollup, Access::Memory) },
    text(b"stat", 0o444, stat::stat),
    text(b"statm", 0o444, stat::statm),
    text(b"status", 0o444, status::status),
    Entry { name: b"uid_map", mode: 0o644, what: What::Setting(status::id_map, status::set_ids) },
    text(b"wchan", 0o444, see::wchan),
    // Last, because the directory of a thread ends before it.
    Entry { name: b"task", mode: 0o555, what: What::Tasks },
];

/// Number of the `entry`th file of a process; 0 is the directory itself. Bit 40 keeps them apart from fixed files.
pub(super) fn ino(number: u32, entry: u32) -> u64 {
    1 << 40 | u64::from(number) << 6 | u64::from(entry)
}

fn entries(subject: &Subject) -> &'static [Entry] {
    let n = if subject.is_thread() { ENTRIES.len().saturating_sub(1) } else { ENTRIES.len() };
    ENTRIES.get(..n).unwrap_or_default()
}

fn kind(what: What) -> u32 {
    match what {
        What::Text(..) | What::Setting(..) | What::File(_) => S_IFREG,
        What::Link(_) => S_IFLNK,
        What::Fds(_) | What::Namespaces | What::Tasks => S_IFDIR,
    }
}

/// The inode of a virtual file of `subject`.
pub(super) fn inode(
    fs: &Ref<FileSystem>,
    ino: u64,
    mode: u32,
    owner: (u32, u32),
    node: Ref<dyn Virtual>,
) -> Result<Ref<Inode>, Errno> {
    Inode::try_new_numbered(fs, ino, mode, owner, Body::Virtual(node)).map_err(|NoMemory| Errno::ENOMEM)
}

/// The directory of a process or thread.
pub(super) fn directory(fs: &Ref<FileSystem>, subject: Subject) -> Result<Ref<Inode>, Errno> {
    let node = Ref::try_new(Directory { fs: fs.clone(), subject }).map_err(|NoMemory| Errno::ENOMEM)?;
    let made = inode(fs, ino(subject.number(), 0), S_IFDIR | 0o555, subject.owner(Owned::Directory), node.unsize(|p| p))?;
    let dirs = entries(&subject).iter().filter(|e| kind(e.what) == S_IFDIR).count();
    made.attrs.lock().nlink = (dirs as u32).saturating_add(2);
    Ok(made)
}

struct Directory {
    fs: Ref<FileSystem>,
    subject: Subject,
}

impl Virtual for Directory {
    fn process(&self) -> Option<Result<Ref<Process>, Errno>> {
        (!self.subject.is_thread()).then(|| self.subject.process())
    }
    fn lookup(&self, name: &[u8]) -> Result<Ref<Inode>, Errno> {
        self.subject.process()?;
        let (i, entry) = entries(&self.subject).iter().enumerate().find(|(_, e)| e.name == name).ok_or(Errno::ENOENT)?;
        let number = ino(self.subject.number(), i as u32 + 1);
        let mode = kind(entry.what) | entry.mode;
        let no_memory = |NoMemory| Errno::ENOMEM;
        let node: Ref<dyn Virtual> = match entry.what {
            What::Fds(show) => fds::directory(&self.fs, self.subject, show)?,
            What::Namespaces => ns::directory(&self.fs, self.subject)?,
            What::Tasks => Ref::try_new(Tasks { fs: self.fs.clone(), subject: self.subject }).map_err(no_memory)?.unsize(|p| p),
            what => Ref::try_new(Leaf { subject: self.subject, what }).map_err(no_memory)?.unsize(|p| p),
        };
        inode(&self.fs, number, mode, self.subject.owner(Owned::File), node)
    }
    fn list(&self, cursor: u64, each: Each<'_>) -> Result<(), Errno> {
        self.subject.process().map_err(|_| Errno::ENOENT)?;
        let from = usize::try_from(cursor).unwrap_or(usize::MAX);
        for (i, e) in entries(&self.subject).iter().enumerate().skip(from) {
            let next = i as u32 + 1;
            if !each(u64::from(next), ino(self.subject.number(), next), (kind(e.what) >> 12) as u8, e.name) {
                break;
            }
        }
        Ok(())
    }
}

struct Leaf {
    subject: Subject,
    what: What,
}

impl Virtual for Leaf {
    fn read(&self) -> Result<Vec<u8>, Errno> {
        match self.what {
            What::Text(f, _) | What::Setting(f, _) => make(|t| f(&self.subject, t)),
            _ => Err(Errno::EINVAL),
        }
    }
    fn write(&self, data: &[u8]) -> Result<usize, Errno> {
        match self.what {
            What::Setting(_, set) => set(&self.subject, data),
            _ => Err(Errno::EINVAL),
        }
    }
    fn link(&self) -> Result<LinkTarget, Errno> {
        let What::Link(f) = self.what else { return Err(Errno::EINVAL) };
        self.subject.check_access()?;
        let reached = f(&self.subject)?;
        let name = fds::name_of(&reached.place)?;
        Ok(LinkTarget::Location(reached, name))
    }
    fn open(&self) -> Option<Result<Ref<dyn File>, Errno>> {
        match self.what {
            What::Text(_, Access::Memory) if self.subject.space().is_none() => Some(Err(Errno::ESRCH)),
            What::Text(_, Access::Memory) => self.subject.check_access().err().map(Err),
            What::Text(_, Access::Mounts) if self.subject.refs().is_none() => Some(Err(Errno::EINVAL)),
            What::File(f) => Some(self.subject.check_access().and_then(|()| f(&self.subject))),
            _ => None,
        }
    }
}

/// `/proc/PID/task`.
struct Tasks {
    fs: Ref<FileSystem>,
    subject: Subject,
}

impl Virtual for Tasks {
    fn lookup(&self, name: &[u8]) -> Result<Ref<Inode>, Errno> {
        let tid = number_of(name).ok_or(Errno::ENOENT)?;
        let process = self.subject.process().map_err(|_| Errno::ENOENT)?;
        let own = |t: &Ref<Thread>| t.process_opt().is_some_and(|p| Ref::ptr_eq(p, &process));
        let subject = match ids::thread_in(self.subject.scope, tid).filter(own) {
            Some(thread) => Subject::of_thread(self.subject.scope, &process, &thread),
            None if tid == self.subject.pid => Subject::of_ended_leader(self.subject.scope, &process),
            None => return Err(Errno::ENOENT),
        };
        directory(&self.fs, subject)
    }
    fn list(&self, cursor: u64, each: Each<'_>) -> Result<(), Errno> {
        let process = self.subject.process().map_err(|_| Errno::ENOENT)?;
        // The first one is there to the end, also when it has ended. The others by age: a cursor is an id.
        let (scope, leader) = (self.subject.scope, self.subject.pid);
        if cursor == 0 && !with_digits(leader, |name| each(1, ino(leader, 0), DT_DIR, name)) {
            return Ok(());
        }
        let mut at = cursor.max(1);
        loop {
            let next = process.state.lock().threads.ceiling(&at).map(|(id, thread)| (*id, thread.clone()));
            let Some((id, thread)) = next else { return Ok(()) };
            let tid = ids::seen(scope, thread.tid());
            at = id.saturating_add(1);
            if tid != leader && !with_digits(tid, |name| each(at, ino(tid, 0), DT_DIR, name)) {
                return Ok(());
            }
        }
    }
}

const DT_DIR: u8 = 4;

/// Adds the name of a thread, or of a process's oldest one.
pub(super) fn put_name(subject: &Subject, t: &mut Text) -> Made {
    let process = subject.process()?;
    let name = match subject.thread() {
        Some(thread) => *thread.attrs.name.lock(),
        None => *process.name.lock(),
    };
    let len = name.iter().position(|b| *b == 0).unwrap_or(name.len());
    Ok(t.put(name.get(..len).unwrap_or_default())?)
}

fn comm(subject: &Subject, t: &mut Text) -> Made {
    put_name(subject, t)?;
    Ok(t.put(b"\n")?)
}

/// Only threads of the process itself may change a name (proc_pid_comm(5)).
fn set_comm(subject: &Subject, data: &[u8]) -> Result<usize, Errno> {
    let process = subject.process()?;
    if !with_current(|me| Ref::ptr_eq(me.process(), &process)) {
        return Err(Errno::EINVAL);
    }
    let text = data.strip_suffix(b"\n").unwrap_or(data);
    let mut name = [0u8; 16];
    for (to, from) in name.iter_mut().take(15).zip(text.iter().take_while(|b| **b != 0)) {
        *to = *from;
    }
    let thread = subject.thread().ok_or(Errno::ESRCH)?;
    if thread.tid() == process.pid() {
        *process.name.lock() = name;
    }
    *thread.attrs.name.lock() = name;
    Ok(data.len())
}

fn oom_score_adj(subject: &Subject, t: &mut Text) -> Made {
    let adj = subject.process()?.oom_score_adj.load(Ordering::Relaxed);
    Ok(writeln!(t, "{adj}")?)
}

/// -1000 to 1000; lowering it needs CAP_SYS_RESOURCE.
fn set_oom_score_adj(subject: &Subject, data: &[u8]) -> Result<usize, Errno> {
    let adj: i32 = number(data)?;
    if !(-1000..=1000).contains(&adj) {
        return Err(Errno::EINVAL);
    }
    let process = subject.process()?;
    let may_lower = with_current(|me| me.cred().capable(cap::SYS_RESOURCE));
    if adj < process.oom_score_adj.load(Ordering::Relaxed) && !may_lower {
        return Err(Errno::EACCES);
    }
    process.oom_score_adj.store(adj, Ordering::Relaxed);
    Ok(data.len())
}
