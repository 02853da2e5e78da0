//! Pids: which number names which process, thread, group or session, and what each scope calls it.
//!
//! Inside the kernel everything goes by its number in the outermost scope ([`Process::pid`]). What a program says or reads
//! is a number of its own scope: [`process`], [`thread`] and [`root_of`] take what the caller says, [`seen`] and
//! [`seen_by_caller`] give what a scope calls something. Neighbours: `logic-pidscope`, `world::scope`.

use super::process::Process;
use super::thread::Thread;
use super::with_current;
use crate::world::PidScope;
use logic_pidscope::{Entered, Name, Numbers, ScopeId, Scopes, Table, Why};
use logic_tree::Node;
use mem::{NoMemory, Ref, Weak, try_box};
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

static SCOPES: SpinLock<Scopes<Names>, levels::PidTable> =
    SpinLock::new(Scopes::new(Numbers { end: PID_MAX, wrap_to: FIRST_AFTER_WRAP }));

/// Makes a scope inside another; EINVAL of the caller's if that is too deep.
pub(crate) fn open_scope(around: ScopeId) -> Result<Option<ScopeId>, NoMemory> {
    let node = try_box(Table::new())?;
    let made = SCOPES.lock().open(around, node);
    Ok(made.ok())
}

/// The scope's first process has ended: it takes no others any more.
pub(crate) fn close_scope(scope: ScopeId) {
    SCOPES.lock().close(scope);
}

/// Whether a scope takes processes.
pub(crate) fn is_open(scope: ScopeId) -> bool {
    scope == ScopeId::ROOT || SCOPES.lock().is_open(scope)
}

/// Nothing refers to the scope any more.
pub(crate) fn forget_scope(scope: ScopeId) {
    let gone = SCOPES.lock().forget(scope);
    drop(gone);
}

/// Whether `scope` is `outer` or inside it.
pub(crate) fn is_within(scope: ScopeId, outer: ScopeId) -> bool {
    scope == outer || outer == ScopeId::ROOT || SCOPES.lock().is_within(scope, outer)
}

/// Promises a fresh number in `scope` and in each around it to a thread that is being made; given back by [`release`] if
/// nothing comes of it. `None`: the scope takes no more.
pub(crate) fn reserve(scope: &PidScope) -> Result<Option<Entered>, NoMemory> {
    let mut name = Name::new(Names { reserved: true, ..Names::default() });
    for _ in 0..scope.depth() {
        name.add_level(try_box(Node::new(0, 0))?).map_err(|_| NoMemory)?;
    }
    let mut node = try_box(Node::new(0, name))?;
    let mut tries = 0;
    while tries < PID_MAX as usize {
        let entered = SCOPES.lock().enter(scope.id(), node, PER_HOLD);
        match entered {
            Ok(entered) => return Ok(Some(entered)),
            Err(refused) if refused.why == Why::Closed => return Ok(None),
            Err(refused) => node = refused.node,
        }
        tries += PER_HOLD;
    }
    Err(NoMemory)
}

/// Changes what a number names; forgets the number when nothing uses it any more. What `f` returns is dropped by the
/// caller, outside the lock.
pub(crate) fn update<R>(number: u32, f: impl FnOnce(&mut Names) -> R) -> Option<R> {
    let mut scopes = SCOPES.lock();
    let names = scopes.get_mut(number)?;
    let r = f(names);
    let gone = if names.unused() { scopes.remove(number) } else { None };
    drop(scopes);
    drop(gone);
    Some(r)
}

/// Gives a reserved number back.
pub(crate) fn release(number: u32) {
    update(number, |n| n.reserved = false);
}

/// The scope whose numbers the caller speaks in.
fn callers() -> ScopeId {
    with_current(|me| me.process_opt().map_or(ScopeId::ROOT, |p| p.scope().id()))
}

/// Whether every process exists for the caller.
pub(crate) fn caller_sees_all() -> bool {
    callers() == ScopeId::ROOT
}

/// The caller's scope.
pub(crate) fn callers_scope() -> ScopeId {
    callers()
}

/// The process that the caller calls `pid`.
pub(crate) fn process(pid: u32) -> Option<Ref<Process>> {
    process_in(callers(), pid)
}

/// The process that a scope calls `pid`.
pub(crate) fn process_in(scope: ScopeId, pid: u32) -> Option<Ref<Process>> {
    let scopes = SCOPES.lock();
    scopes.get(scopes.resolve(scope, pid)?)?.process.clone()
}

/// The thread that the caller calls `tid`.
pub(crate) fn thread(tid: u32) -> Option<Ref<Thread>> {
    thread_in(callers(), tid)
}

/// The thread that a scope calls `tid`.
pub(crate) fn thread_in(scope: ScopeId, tid: u32) -> Option<Ref<Thread>> {
    let scopes = SCOPES.lock();
    scopes.get(scopes.resolve(scope, tid)?)?.thread.as_ref()?.upgrade()
}

/// What the kernel calls what the caller calls `number`: a group or session.
pub(crate) fn root_of(number: u32) -> Option<u32> {
    match callers() {
        ScopeId::ROOT => Some(number),
        scope => SCOPES.lock().resolve(scope, number),
    }
}

/// What a scope calls what the kernel calls `number`; 0: it does not exist there.
pub(crate) fn seen(scope: ScopeId, number: u32) -> u32 {
    if scope == ScopeId::ROOT { number } else { SCOPES.lock().seen(scope, number).unwrap_or(0) }
}

/// What the caller calls what the kernel calls `number`; 0: it does not exist for it.
pub(crate) fn seen_by_caller(number: u32) -> u32 {
    seen(callers(), number)
}

/// The smallest number from `from` on that names a process: for walking over all, a bounded part of the table at a time.
pub(crate) fn next_process(from: u32) -> Option<(u32, Ref<Process>)> {
    next_process_in(ScopeId::ROOT, from)
}

/// [`next_process`] of those that exist for the caller, by the numbers that it calls them.
pub(crate) fn next_visible(from: u32) -> Option<(u32, Ref<Process>)> {
    next_process_in(callers(), from)
}

/// [`next_process`] of those that exist in a scope.
pub(crate) fn next_process_in(scope: ScopeId, from: u32) -> Option<(u32, Ref<Process>)> {
    let mut at = from;
    loop {
        let scopes = SCOPES.lock();
        for _ in 0..PER_HOLD {
            let (number, root) = scopes.next(scope, at)?;
            if let Some(p) = scopes.get(root).and_then(|n| n.process.as_ref()) {
                return Some((number, p.clone()));
            }
            at = number.saturating_add(1);
        }
    }
}

/// Whether any process is in the group.
pub(crate) fn group_exists(pgid: u32) -> bool {
    SCOPES.lock().get(pgid).is_some_and(|n| n.group_members != 0)
}

/// Calls `f` with each number of a process further in than the outermost scope, the outermost first.
pub(crate) fn each_number(number: u32, mut f: impl FnMut(ScopeId, u32)) {
    if let Some(name) = SCOPES.lock().name(number) {
        name.numbers().for_each(|(scope, n)| f(scope, n));
    }
}

/// Numbers handed out since boot: threads and processes made (`/proc/stat`).
pub(crate) fn handed_out() -> u64 {
    SCOPES.lock().handed_out()
}

/// The last number handed out in the caller's scope (`/proc/loadavg`).
pub(crate) fn last() -> u32 {
    let scope = callers();
    SCOPES.lock().last(scope)
}
