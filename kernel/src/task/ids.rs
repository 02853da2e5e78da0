//! The pid scope: which number names which process, thread, group or session.

use super::process::Process;
use super::thread::Thread;
use hashbrown::HashMap;
use mem::{NoMemory, Ref, Weak};
use sync::{SpinLock, levels};

/// Largest pid plus one (Linux's default on 64-bit machines).
pub(crate) const PID_MAX: u32 = 4_194_304;
/// After the numbers wrapped around, they start here (kernel/pid.c RESERVED_PIDS).
const FIRST_AFTER_WRAP: u32 = 300;

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

struct Scope {
    names: HashMap<u32, Names, Hasher>,
    last: u32,
    /// Numbers handed out since boot.
    handed_out: u64,
}

/// Pids are handed out one after the other, so their low bits spread well by themselves.
#[derive(Clone, Default)]
struct Hasher(u64);

impl core::hash::BuildHasher for Hasher {
    type Hasher = Hasher;
    fn build_hasher(&self) -> Hasher {
        Hasher(0)
    }
}

impl core::hash::Hasher for Hasher {
    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*b);
        }
    }
    fn write_u32(&mut self, n: u32) {
        self.0 ^= u64::from(n);
    }
}

static SCOPE: SpinLock<Scope, levels::PidTable> =
    SpinLock::new(Scope { names: HashMap::with_hasher(Hasher(0)), last: 0, handed_out: 0 });

/// Promises a fresh number to a thread that is being made; given back by [`release`] if nothing comes of it.
pub(crate) fn reserve() -> Result<u32, NoMemory> {
    let mut scope = SCOPE.lock();
    let scope = &mut *scope;
    scope.names.try_reserve(1).map_err(|_| NoMemory)?;
    for _ in 0..PID_MAX {
        scope.last = if scope.last.saturating_add(1) >= PID_MAX { FIRST_AFTER_WRAP } else { scope.last.saturating_add(1) };
        if !scope.names.contains_key(&scope.last) {
            scope.names.insert(scope.last, Names { reserved: true, ..Names::default() });
            scope.handed_out = scope.handed_out.saturating_add(1);
            return Ok(scope.last);
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

/// The smallest number from `from` on that names a process: for walking over all, one lock hold each.
pub(crate) fn next_process(from: u32) -> Option<(u32, Ref<Process>)> {
    /// Numbers tried one by one before the whole table is searched: they are handed out in order, so the next is near.
    const NEAR: u32 = 16;
    let scope = SCOPE.lock();
    for number in from..from.saturating_add(NEAR) {
        if let Some(p) = scope.names.get(&number).and_then(|n| n.process.as_ref()) {
            return Some((number, p.clone()));
        }
    }
    let found = scope.names.iter().filter(|(n, names)| **n >= from && names.process.is_some()).min_by_key(|(n, _)| **n)?;
    Some((*found.0, found.1.process.clone()?))
}

/// Whether any process is in the group.
pub(crate) fn group_exists(pgid: u32) -> bool {
    SCOPE.lock().names.get(&pgid).is_some_and(|n| n.group_members != 0)
}

/// Gives back room that the table does not need, if there is memory for a smaller one.
pub(crate) fn trim() {
    let mut scope = SCOPE.lock();
    let mut exact = HashMap::with_hasher(Hasher(0));
    if exact.try_reserve(scope.names.len()).is_ok() && exact.capacity() < scope.names.capacity() {
        for (number, names) in scope.names.drain() {
            exact.insert(number, names);
        }
        core::mem::swap(&mut scope.names, &mut exact);
    }
    drop(scope);
    drop(exact);
}

/// Numbers handed out since boot: threads and processes made (`/proc/stat`).
pub(crate) fn handed_out() -> u64 {
    SCOPE.lock().handed_out
}

/// The last number handed out (`/proc/loadavg`).
pub(crate) fn last() -> u32 {
    SCOPE.lock().last
}
