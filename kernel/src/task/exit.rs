//! The end of threads and processes, and waiting for children (exit(2), wait4(2)).

use super::process::{Process, TREE};
use super::signal;
use super::thread::Thread;
use super::wait::{self, Ended, Interrupt, Observers, Watch};
use super::{ids, with_current};
use super::{oom, sched};
use crate::events::pidfd;
use crate::see::{On, Waits, events};
use abi::Errno;
use alloc::boxed::Box;
use arch::flag;
use core::sync::atomic::{AtomicU32, Ordering};
use logic_pidscope::ScopeId;
use logic_trace::{Event, Group};
use logic_waits::{Events, Mode};
use mem::{Ref, user};
use sync::{SpinGuard, SpinLock, levels};

/// Threads on their way out, from where others can see that they end to where nothing of them is left.
struct Leaving {
    count: AtomicU32,
    observers: SpinLock<Observers, levels::Observers>,
}

static LEAVING: Leaving = Leaving { count: AtomicU32::new(0), observers: SpinLock::new(Observers::new()) };

impl Watch for Leaving {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.observers.lock());
    }
    fn on(&self, events: Events) -> On {
        let _ = events;
        On::plain(Waits::OtherThreads)
    }
}

/// Waits until no thread is on its way out: who joined a thread (pthread_join(3)) may know of its end before its stack is
/// given back.
pub(crate) fn settle(me: &Thread) {
    let nobody = || (LEAVING.count.load(Ordering::Acquire) == 0).then_some(());
    let _ = wait::wait_at(me, &LEAVING, Events::IN, Mode::All, None, Interrupt::AnySignal, nobody);
    let room = LEAVING.observers.lock().shrink();
    drop(room);
}

/// The running thread is the kernel's own and ends with [`sched::leave_for_ever`].
pub(crate) fn kernel_thread_ends() {
    LEAVING.count.fetch_add(1, Ordering::AcqRel);
}

/// Ends the running thread. `status` is the wait status if it is the last one of its process.
pub(crate) fn exit_thread(status: i32) -> ! {
    with_current(|me| {
        let process = me.process().clone();
        if events::on(Group::Thread) {
            events::put(Event::Exit, status as u64, 0);
        }
        if process.tracer.is_there() {
            crate::see::calls::gone(me, status);
        }
        crate::budget::charge_the_rest(me);
        LEAVING.count.fetch_add(1, Ordering::AcqRel);
        release_user_side(me);
        leave_process(me, &process, status);
    });
    sched::leave_for_ever()
}

/// A thread has left its hart for ever. Its stack goes, and then, if nothing of its process is left, the parent learns of
/// the end: it finds all that the process held given back. Runs on the thread that comes next, with preemption off.
pub(crate) fn left(thread: Ref<Thread>) {
    let process = thread.process_opt().cloned();
    mem::Threaded::task(&*thread).free_stack();
    // Who has woken it may hold it for a moment yet, and would keep the budget.
    let budget = thread.budget.lock().take();
    drop((thread, budget));
    if LEAVING.count.fetch_sub(1, Ordering::AcqRel) == 1 {
        wait::notify(&LEAVING, Events::IN);
    }
    let Some(process) = process else { return };
    if process.remaining_threads.fetch_sub(1, Ordering::AcqRel) == 1 {
        // The signal's memory is nothing that the thread which happens to come next asked for.
        mem::charged_to(mem::heap_by_index(0), || announce(&process));
    }
}

/// A process and all of its threads are gone: its parent may see it.
fn announce(process: &Ref<Process>) {
    let tree = TREE.lock();
    process.state.lock().waitable = true;
    // Who hears of the end in any way finds that descriptors say so too.
    let news = pidfd::process_ended(process);
    // The parent of this moment: whoever becomes it later finds that the child can be waited for (`become_zombie`).
    tell(tree, process);
    drop(news);
    let mut scope = Some(process.scope()).filter(|s| s.around().is_some());
    while let Some(s) = scope {
        // It may wait for the end of all in its scope (`end_scope`).
        if let Some(init) = s.init() {
            signal::notify_child(&init);
        }
        scope = s.around().filter(|s| s.around().is_some());
    }
}

/// Ends the running process with all its threads.
pub(crate) fn exit_group(status: i32) -> ! {
    with_current(|me| begin_group_exit(me.process(), status));
    let status = with_current(|me| me.process().state.lock().ending).unwrap_or(status);
    exit_thread(status)
}

/// Makes all threads of a process end with `status`, unless they are to end already.
pub(crate) fn begin_group_exit(process: &Process, status: i32) {
    {
        let mut s = process.state.lock();
        if s.ending.is_some() {
            return;
        }
        s.ending = Some(status);
    }
    process.each_thread(|t| {
        t.raise(flag::SIGNAL);
        t.wake();
        sched::interrupt(t);
    });
}

/// Gives back what the thread holds: memory words, descriptors, address space.
fn release_user_side(me: &Thread) {
    leave_memory(me);
    me.calling.end_interrupted();
    crate::object::call::server_ends(me);
    drop(me.replace_refs(None));
    me.releases.drain();
    super::accounting::note_peak(me);
    let leaving = oom::Leaving::of(me.space().as_deref());
    drop(me.set_space(None));
    drop(leaving);
    finish_vfork(me.process());
}

/// Tells those who share the memory that the thread leaves it: its locks, and the word that says whether it lives.
pub(super) fn leave_memory(me: &Thread) {
    super::robust::release(me);
    super::pi::thread_ends(me);
    let clear = me.clear_tid.swap(0, Ordering::Relaxed);
    // Only others would read the word (set_tid_address(2)); this reference and the thread's own are not others'.
    let shared = me.space().is_some_and(|s| Ref::strong_count(&s) > 2);
    if clear != 0 && shared && oom::write_surely(me, || user::write(clear, &0u32).is_ok()) {
        super::futex::wake_at(me, clear, 1);
    }
}

/// A vfork child no longer uses its parent's memory.
pub(crate) fn finish_vfork(process: &Process) {
    let vfork = process.state.lock().vfork.take();
    if let Some(v) = vfork {
        v.finish();
    }
}

fn leave_process(me: &Thread, process: &Ref<Process>, status: i32) {
    let tree = TREE.lock();
    let gone = {
        let mut s = process.state.lock();
        super::accounting::thread_ended(process, me);
        s.threads.remove(&me.id())
    };
    ids::update(me.tid(), |n| n.thread = None);
    let news = pidfd::thread_ended(me, process);
    let last = signal::thread_ends(me, process);
    let tree = if last && process.is_init() && process.pid() != 1 {
        drop(tree);
        end_scope(me, process);
        TREE.lock()
    } else {
        tree
    };
    if last {
        super::users::keep_for_zombie(me, process);
    }
    let member = {
        let mut standing = process.standing.lock();
        if last {
            standing.end()
        } else {
            standing.remove_thread();
            None
        }
    };
    let remains = last.then(|| become_zombie(process, status));
    drop(tree);
    drop(member);
    let counted = me.counted.lock().take();
    drop((gone, counted, news));
    if let Some((exe, heir)) = remains {
        drop(exe);
        super::oom::process_ended(process);
        super::posix_timers::drop_all(process);
        process.signals.forget_listeners();
        process.tracer.forget();
        crate::tty::process_ended(process);
        if let Some(heir) = heir {
            tell_adopted(&heir);
        }
        return;
    }
    signal::hand_on(process);
    if process.live_threads.load(Ordering::Acquire) == 1 {
        super::exec::now_alone(process);
    }
}

/// The first process of a pid scope ends, and with it all others that are in it: nobody would wait for them
/// (pid_namespaces(7)). Comes back when nothing is left of them.
#[inline(never)]
fn end_scope(me: &Thread, process: &Ref<Process>) {
    let scope = process.scope().id();
    // First: who is being made now is either found below or not made.
    ids::close_scope(scope);
    drop(TREE.lock());
    let mut from = 0;
    while let Some((number, p)) = ids::next_process_in(scope, from) {
        from = number.saturating_add(1);
        if !Ref::ptr_eq(&p, process) {
            let info = logic_signal::SigInfo::plain(logic_signal::Signal::KILL, logic_signal::code::SI_KERNEL);
            let _ = signal::send_to_process(&p, info, signal::Sender::Kernel);
        }
    }
    let wanted = Wanted { exited: true, stopped: false, continued: false, keep: false, nohang: true, kin: Kin::All };
    let alone = || {
        while let Ok(Some(found)) = look(process, Which::Any, wanted) {
            drop(found);
        }
        all_ended(scope).then_some(())
    };
    // Without memory to wait with, the rest is left to process 1.
    let _ = mem::charged_to(mem::heap_by_index(0), || {
        wait::wait_at(me, &**process, Events::IN, Mode::All, None, Interrupt::Nothing, alone)
    });
}

/// Whether nothing but zombies is left in a scope besides its first process; their parents are outside.
fn all_ended(scope: ScopeId) -> bool {
    let mut from = 2;
    while let Some((number, p)) = ids::next_process_in(scope, from) {
        if !p.state.lock().waitable {
            return false;
        }
        from = number.saturating_add(1);
    }
    true
}

/// What is left to be done for a zombie when the tree is free again: what it executed is forgotten, and the new parent of
/// its children, if some of them had ended, is told of these.
type Remains = (Option<Ref<crate::fs::busy::Executable>>, Option<Ref<Process>>);

/// Tells a process of children that had ended before they came to it.
fn tell_adopted(heir: &Process) {
    let mut seen = 0;
    while let Some(child) = heir.child_after(seen) {
        seen = child.id();
        let untold = core::mem::take(&mut child.state.lock().untold);
        if untold {
            tell(TREE.lock(), &child);
        }
    }
}

/// The last thread has gone. Children go to the nearest subreaper, or to process 1.
fn become_zombie(process: &Ref<Process>, status: i32) -> Remains {
    if process.pid() == 1 {
        panic!("process 1 ended with wait status {status:#x}");
    }
    let heir = heir(process);
    let (mut children, exe) = {
        let mut s = process.state.lock();
        s.exit = Some(s.ending.unwrap_or(status));
        (core::mem::take(&mut s.children), s.exe.take())
    };
    for (_, child) in children.iter() {
        send_death_signal(child);
        child.state.lock().parent.clone_from(&heir);
    }
    signal::orphan_groups(process, &children);
    let mut untold = None;
    for node in children.take_nodes() {
        let child = node.value.clone();
        if let Some(h) = &heir {
            // Ids are never reused, so the key is free.
            let _ = h.state.lock().children.insert(node);
        }
        let mut c = child.state.lock();
        c.exit_signal = signal::SIGCHLD;
        if c.waitable {
            c.untold = true;
            untold.clone_from(&heir);
        }
    }
    (exe, untold)
}

/// The child's parent ends: the signal that the child asked for (PR_SET_PDEATHSIG).
fn send_death_signal(child: &Process) {
    let number = child.attrs.death_signal.load(Ordering::Relaxed);
    if let Some(s) = logic_signal::Signal::new(number) {
        let info = logic_signal::SigInfo::plain(s, logic_signal::code::SI_USER);
        let _ = signal::send_to_process(child, info, signal::Sender::Kernel);
    }
}

fn heir(process: &Process) -> Option<Ref<Process>> {
    let mut at = process.state.lock().parent.clone();
    while let Some(p) = at {
        let next = {
            let s = p.state.lock();
            // Not beyond the scope that the process is in.
            if p.scope().id() != process.scope().id() {
                break;
            }
            if p.is_init() || s.subreaper && s.exit.is_none() {
                drop(s);
                return Some(p);
            }
            s.parent.clone()
        };
        at = next;
    }
    process.scope().init().filter(|p| p.id() != process.id()).or_else(|| ids::process_in(ScopeId::ROOT, 1))
}

/// SIGCHLD, and whoever waits. While the tree is locked nobody finds the zombie: the signal comes before the process can
/// have been waited for, and one that its parent does not want to know of is never found.
fn tell(tree: SpinGuard<'_, (), levels::ProcessTree>, process: &Ref<Process>) {
    let (parent, signal) = {
        let s = process.state.lock();
        (s.parent.clone(), s.exit_signal)
    };
    let Some(parent) = parent else { return };
    let forgotten = if signal::child_ended(&parent, process, signal) { forget(&parent, process) } else { None };
    drop(tree);
    drop(forgotten);
    signal::notify_child(&parent);
}

/// Which children a wait is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Any.
    Any,
    /// This one.
    Pid(u32),
    /// Those of a group.
    Group(u32),
    /// The one with this number and id.
    Exactly(u32, u64),
}

/// What a wait found.
pub(crate) struct Found {
    /// The child.
    pub(crate) process: Ref<Process>,
    /// What its parent calls it, or called it before it was forgotten.
    pub(crate) number: u32,
    /// Its wait status.
    pub(crate) status: i32,
}

/// What a wait is for: WEXITED and its friends of waitid(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Children that ended.
    pub(crate) exited: bool,
    /// Children that stopped.
    pub(crate) stopped: bool,
    /// Children that go on.
    pub(crate) continued: bool,
    /// Leave the child as it is (WNOWAIT).
    pub(crate) keep: bool,
    /// Do not wait (WNOHANG).
    pub(crate) nohang: bool,
    /// Which children by the signal that they send at their end.
    pub(crate) kin: Kin,
}

/// Children that a wait is about, by the signal that they send at their end (waitpid(2), "Linux notes").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kin {
    /// Those that send SIGCHLD.
    Usual,
    /// Those that send another signal or none (__WCLONE).
    Clones,
    /// Both (__WALL).
    All,
}

impl Kin {
    fn contains(self, exit_signal: u32) -> bool {
        match self {
            Kin::Usual => exit_signal == signal::SIGCHLD,
            Kin::Clones => exit_signal != signal::SIGCHLD,
            Kin::All => true,
        }
    }
}

/// Waits for a child; `Ok(None)` when none is ready and `nohang` is set.
pub(crate) fn wait_child(me: &Thread, which: Which, wanted: Wanted) -> Result<Option<Found>, crate::linux::Stop> {
    let parent = me.process().clone();
    let attempt = || match look(&parent, which, wanted) {
        Ok(Some(f)) => Some(Ok(Some(f))),
        Ok(None) if wanted.nohang => Some(Ok(None)),
        Ok(None) => None,
        Err(e) => Some(Err(e)),
    };
    if let Some(r) = attempt() {
        return Ok(r?);
    }
    match wait::wait_at(me, &*parent, Events::IN, Mode::All, None, Interrupt::AnySignal, attempt) {
        Ok(r) => Ok(r?),
        Err(Ended::Signal) => Err(crate::linux::Stop::Restart(crate::linux::Restart::Sys)),
        Err(_) => Err(Errno::ENOMEM.into()),
    }
}

fn look(parent: &Ref<Process>, which: Which, wanted: Wanted) -> Result<Option<Found>, Errno> {
    let tree = TREE.lock();
    let mut any = false;
    let mut found = None;
    let mut seen = 0;
    while let Some(child) = candidate(parent, which, seen) {
        seen = child.id();
        let exit = {
            let s = child.state.lock();
            let matches = match which {
                Which::Any => true,
                Which::Pid(p) => child.pid() == p,
                Which::Exactly(_, id) => child.id() == id,
                Which::Group(g) => s.pgid == g,
            };
            if !matches || !wanted.kin.contains(s.exit_signal) {
                continue;
            }
            s.exit.filter(|_| s.waitable)
        };
        any = true;
        if let Some(status) = exit.filter(|_| wanted.exited) {
            found = Some(Found { number: child.number_in(parent.scope()), process: child, status });
            break;
        }
        if let Some(status) = signal::job_status(&child, wanted) {
            found = Some(Found { number: child.number_in(parent.scope()), process: child, status });
            drop(tree);
            return Ok(found);
        }
    }
    // Found and forgotten under one lock: of several that wait, one gets it.
    let forgotten = found.as_ref().filter(|_| !wanted.keep).and_then(|f| forget(parent, &f.process));
    drop(tree);
    drop(forgotten);
    if !any {
        return Err(Errno::ECHILD);
    }
    Ok(found)
}

/// The next child that `which` can mean, after the one with id `seen` (0: the first). The tree is locked.
fn candidate(parent: &Ref<Process>, which: Which, seen: u64) -> Option<Ref<Process>> {
    let (Which::Pid(pid) | Which::Exactly(pid, _)) = which else { return parent.child_after(seen) };
    let named = if seen == 0 { ids::process_in(ScopeId::ROOT, pid) } else { None };
    named.filter(|c| c.state.lock().parent.as_ref().is_some_and(|p| core::ptr::eq(&**p, &**parent)))
}

/// What is left of a process that was forgotten, to be dropped without locks.
struct Forgotten {
    _node: Box<super::process::ChildNode>,
    _named: Option<Ref<Process>>,
    _parent: Option<Ref<Process>>,
    _counted: Option<super::users::Counted>,
    _news: [pidfd::News; 2],
    _budget: Ref<crate::budget::Budget>,
}

/// Forgets a zombie. The tree is locked.
fn forget(parent: &Ref<Process>, child: &Ref<Process>) -> Option<Forgotten> {
    let node = parent.state.lock().children.remove(&child.id())?;
    let (old_parent, pgid, sid) = {
        let mut s = child.state.lock();
        (s.parent.take(), s.pgid, s.sid)
    };
    for (mine, of_child) in parent.children_ns.iter().zip(child.ended_ns.iter().zip(child.children_ns.iter())) {
        let sum = of_child.0.load(Ordering::Relaxed).saturating_add(of_child.1.load(Ordering::Relaxed));
        mine.fetch_add(sum, Ordering::Relaxed);
    }
    parent.attrs.children.add(&child.attrs.ended);
    parent.attrs.children.add(&child.attrs.children);
    let named = ids::update(child.pid(), |n| n.process.take()).flatten();
    let news = pidfd::process_forgotten(child);
    ids::update(pgid, |n| n.group_members = n.group_members.saturating_sub(1));
    ids::update(sid, |n| n.session_members = n.session_members.saturating_sub(1));
    let counted = child.counted.lock().take();
    // Others may look at it for a while yet.
    let ran_ns = child.ended_ns.each_ref().map(|ns| ns.load(Ordering::Relaxed));
    let budget = child.standing.lock().forget(ran_ns);
    Some(Forgotten { _node: node, _named: named, _parent: old_parent, _counted: counted, _news: news, _budget: budget })
}
