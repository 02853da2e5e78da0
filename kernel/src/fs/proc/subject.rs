//! Whom a process or thread directory is about, and who may look.

use crate::fs::context::{Cred, Ids, cap};
use crate::mm::AddressSpace;
use crate::task::thread::Refs;
use crate::task::{Process, Thread, ids, with_current};
use abi::Errno;
use core::sync::atomic::Ordering;
use logic_pidscope::ScopeId;
use mem::Ref;

/// A process, or one thread of it, by identities that are never reused: holding one keeps nothing alive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    /// Whose numbers are shown: the scope of the procfs.
    pub(super) scope: ScopeId,
    /// The process's number there.
    pub(super) pid: u32,
    root: u32,
    process_id: u64,
    thread: Option<ThreadId>,
}

/// What of a process an owner is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owned {
    /// Its directory.
    Directory,
    /// A file in it.
    File,
}

#[derive(Clone, Copy, Debug)]
struct ThreadId {
    /// Its number in the scope.
    tid: u32,
    root: u32,
    id: u64,
}

/// No thread has this id.
const ENDED: u64 = 0;

impl Subject {
    /// A process as a whole.
    pub(super) fn of_process(scope: ScopeId, process: &Process) -> Subject {
        let (root, process_id) = (process.pid(), process.id());
        Subject { scope, pid: ids::seen(scope, root), root, process_id, thread: None }
    }
    /// One thread of it.
    pub(super) fn of_thread(scope: ScopeId, process: &Process, thread: &Thread) -> Subject {
        let root = thread.tid();
        let id = ThreadId { tid: ids::seen(scope, root), root, id: thread.id() };
        Subject { thread: Some(id), ..Subject::of_process(scope, process) }
    }
    /// The first thread of a process, which has ended while the process is still there.
    pub(super) fn of_ended_leader(scope: ScopeId, process: &Process) -> Subject {
        let subject = Subject::of_process(scope, process);
        Subject { thread: Some(ThreadId { tid: subject.pid, root: subject.root, id: ENDED }), ..subject }
    }
    /// The number that files show as the pid: the thread's, or the process's.
    pub(super) fn number(&self) -> u32 {
        self.thread.map_or(self.pid, |t| t.tid)
    }
    /// Whether it is about one thread.
    pub(super) fn is_thread(&self) -> bool {
        self.thread.is_some()
    }
    /// The process; ESRCH when it has gone.
    pub(super) fn process(&self) -> Result<Ref<Process>, Errno> {
        let process = ids::process_in(ScopeId::ROOT, self.root).filter(|p| p.id() == self.process_id).ok_or(Errno::ESRCH)?;
        if self.thread.is_some_and(|t| t.id != ENDED) && self.own_thread().is_none() {
            return Err(Errno::ESRCH);
        }
        Ok(process)
    }
    fn own_thread(&self) -> Option<Ref<Thread>> {
        let want = self.thread?;
        ids::thread_in(ScopeId::ROOT, want.root).filter(|t| t.id() == want.id)
    }
    /// The thread that stands for it: its own, or the oldest of the process. `None`: a zombie.
    pub(super) fn thread(&self) -> Option<Ref<Thread>> {
        match self.thread {
            Some(_) => self.own_thread(),
            None => self.process().ok()?.state.lock().first_thread(),
        }
    }
    /// Its address space, unless it is ending.
    pub(super) fn space(&self) -> Option<Ref<AddressSpace>> {
        self.thread()?.space()
    }
    /// Its descriptors, paths and identity, unless it is ending.
    pub(super) fn refs(&self) -> Option<Refs> {
        self.thread()?.refs()
    }
    /// Effective user and group id: owner of its directory, and of its other files unless it is not dumpable (proc(5)).
    pub(super) fn owner(&self, of: Owned) -> (u32, u32) {
        let dumpable = self.process().is_ok_and(|p| p.attrs.dumpable.load(Ordering::Relaxed) == 1);
        match self.refs() {
            Some(r) if dumpable || of == Owned::Directory => (r.cred.uid.effective, r.cred.gid.effective),
            _ => (0, 0),
        }
    }
    /// Whether the caller may look into it (ptrace(2), PTRACE_MODE_READ_FSCREDS).
    pub(super) fn may_access(&self) -> bool {
        with_current(|me| {
            let mine = me.cred();
            if me.process().id() == self.process_id {
                return true;
            }
            if self.refs().is_some_and(|r| !me.world().covers(&r.world)) {
                return false;
            }
            if mine.capable(cap::SYS_PTRACE) {
                return true;
            }
            // A process that gained rights by exec is closed to those who have only its ids.
            let dumpable = self.process().is_ok_and(|p| p.attrs.dumpable.load(Ordering::Relaxed) == 1);
            dumpable && self.refs().is_some_and(|r| same_ids(&mine, &r.cred))
        })
    }
    /// EACCES unless [`Subject::may_access`].
    pub(super) fn check_access(&self) -> Result<(), Errno> {
        if self.may_access() { Ok(()) } else { Err(Errno::EACCES) }
    }
}

fn same_ids(mine: &Cred, theirs: &Cred) -> bool {
    let all = |ids: &Ids, fs: u32| ids.real == fs && ids.effective == fs && ids.saved == fs;
    all(&theirs.uid, mine.uid.fs) && all(&theirs.gid, mine.gid.fs)
}
