//! The pid scope: which number names which process, thread, group or session.

use super::process::Process;
use super::thread::Thread;
use logic_tree::{Node, Tree};
use mem::{NoMemory, Ref, Weak};
use sync::{SpinLock, levels};

/// Largest pid plus one (Linux's default on 64-bit machines).
pub(crate) const PID_MAX: u32 = 4_194_304;
/// After the numbers wrapped around, they start here (kernel/pid.c RESERVED_PIDS).
const FIRST_AFTER_WRAP: u32 = 300;
/// Numbers looked at while the table is locked.
const PER_HOLD: usize = 64;

/// What a number names. A number stays taken as long as any of these uses it.
#[derive(Default)]
pub(crate) struct Names {
    /// The thread with this tid.
    pub(crate) thread: Option<Weak<Thread>>,
    /// The process with this pid (also while it is a zombie).
    pub(crate) process: Option<Ref<Process>>,
    /// Processes whose group this is.
    pub(crate) group_members: u32,
    /// Processes whose session this is.
    pub(crate) session_members: u32,
    /// Terminals whose session or foreground group this is.
    pub(crate) terminals: u32,
    /// The number is promised to a thread that is being made.
    pub(crate) reserved: bool,
}

impl Names {
    fn unused(&self) -> bool {
        let members = self.group_members | self.session_members | self.terminals;
        self.thread.is_none() && self.process.is_none() && members == 0 && !self.reserved
    }
}

/// The names, in order. Each is a node of its own: handing out a number never moves the others.
type Table = Tree<u32, Names>;

struct Scope {
    names: Table,
    last: u32,
    /// Numbers handed out since boot.
    handed_out: u64,
}

static SCOPE: SpinLock<Scope, levels::PidTable> = SpinLock::new(Scope { names: Tree::new(), last: 0, handed_out: 0 });

/// Promises a fresh number to a thread that is being made; given back by [`release`] if nothing comes of it.
pub(crate) fn reserve() -> Result<u32, NoMemory> {
    let mut node = mem::try_box(Node::new(0, Names { reserved: true, ..Names::default() }))?;
    let mut tries = 0;
    while tries < PID_MAX {
        let mut scope = SCOPE.lock();
        let scope = &mut *scope;
        for _ in 0..PER_HOLD {
            tries += 1;
            scope.last = if scope.last.saturating_add(1) >= PID_MAX { FIRST_AFTER_WRAP } else { scope.last.saturating_add(1) };
            let number = scope.last;
            node.key = number;
            match scope.names.insert(node) {
                Ok(()) => {
                    scope.handed_out = scope.handed_out.saturating_add(1);
                    return Ok(number);
                }
                // It is taken.
                Err(back) => node = back,
            }
        }
    }
    Err(NoMemory)
}

/// Changes what a number names; forgets the number when nothing uses it any more. What `f` returns is dropped by the
/// caller, outside the lock.
pub(crate) fn update<R>(number: u32, f: impl FnOnce(&mut Names) -> R) -> Option<R> {
    let mut scope = SCOPE.lock();
    let names = scope.names.get_mut(&number)?;
    let r = f(names);
    let gone = if names.unused() { scope.names.remove(&number) } else { None };
    drop(scope);
    drop(gone);
    Some(r)
}

/// Gives a reserved number back.
pub(crate) fn release(number: u32) {
    update(number, |n| n.reserved = false);
}

/// The process with this pid.
pub(crate) fn process(pid: u32) -> Option<Ref<Process>> {
    SCOPE.lock().names.get(&pid)?.process.clone()
}

/// The thread with this tid.
pub(crate) fn thread(tid: u32) -> Option<Ref<Thread>> {
    SCOPE.lock().names.get(&tid)?.thread.as_ref()?.upgrade()
}

/// The smallest number from `from` on that names a process: for walking over all, a bounded part of the table at a time.
pub(crate) fn next_process(from: u32) -> Option<(u32, Ref<Process>)> {
    let mut at = from;
    loop {
        let scope = SCOPE.lock();
        for _ in 0..PER_HOLD {
            let (number, names) = scope.names.ceiling(&at)?;
            if let Some(p) = &names.process {
                return Some((*number, p.clone()));
            }
            at = number.saturating_add(1);
        }
    }
}

/// Whether any process is in the group.
pub(crate) fn group_exists(pgid: u32) -> bool {
    SCOPE.lock().names.get(&pgid).is_some_and(|n| n.group_members != 0)
}

/// Numbers handed out since boot: threads and processes made (`/proc/stat`).
pub(crate) fn handed_out() -> u64 {
    SCOPE.lock().handed_out
}

/// The last number handed out (`/proc/loadavg`).
pub(crate) fn last() -> u32 {
    SCOPE.lock().last
}
