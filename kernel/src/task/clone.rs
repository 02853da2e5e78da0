//! New threads and processes (clone(2), fork(2), vfork(2)).

use super::policy::{OnFork, Parameters};
use super::process::{Process, TREE, ThreadNode};
use super::signal::ProcessSignals;
use super::thread::{Refs, Thread, ThreadSpec};
use super::wait::{self, Interrupt, Observers, Watch};
use super::{ids, oom, sched, users, with_current};
use crate::budget::{self, Budget, Standing};
use crate::events::pidfd::{self, PIDFD_THREAD};
use crate::fs::busy::Executable;
use crate::fs::context::cap;
use crate::fs::table::Slot;
use crate::mm::AddressSpace;
use crate::mm::shrink;
use crate::see::{On, Waits, events};
use crate::world::{Narrow, PidScope};
use abi::{Errno, Grant, Rights};
use arch::TrapFrame;
use core::sync::atomic::{AtomicU32, Ordering};
use logic_pidscope::Entered;
use logic_sched::Affinity;
use logic_trace::{Event, Group};
use logic_tree::Node;
use logic_waits::{Events, Mode};
use mem::{NoMemory, Ref, Threaded, user};
use sync::{SpinLock, levels};

/// Share the address space.
pub(crate) const CLONE_VM: u64 = 0x100;
/// Share root, current directory, umask.
pub(crate) const CLONE_FS: u64 = 0x200;
/// Share descriptors.
pub(crate) const CLONE_FILES: u64 = 0x400;
/// Share signal handlers.
pub(crate) const CLONE_SIGHAND: u64 = 0x800;
/// The parent sleeps until exec or exit.
pub(crate) const CLONE_VFORK: u64 = 0x4000;
/// The caller's parent becomes the parent.
pub(crate) const CLONE_PARENT: u64 = 0x8000;
/// A thread of the same process.
pub(crate) const CLONE_THREAD: u64 = 0x1_0000;
/// Share System V semaphore adjustments, which there are none of.
pub(crate) const CLONE_SYSVSEM: u64 = 0x4_0000;
/// Set the thread pointer.
pub(crate) const CLONE_SETTLS: u64 = 0x8_0000;
/// Store the tid in the parent's memory.
pub(crate) const CLONE_PARENT_SETTID: u64 = 0x10_0000;
/// Clear the tid in memory at exit, and wake a futex there.
pub(crate) const CLONE_CHILD_CLEARTID: u64 = 0x20_0000;
/// Store the tid in the child's memory.
pub(crate) const CLONE_CHILD_SETTID: u64 = 0x100_0000;
/// No signal handlers.
pub(crate) const CLONE_CLEAR_SIGHAND: u64 = 1 << 32;
/// Give a descriptor for the child.
pub(crate) const CLONE_PIDFD: u64 = 0x1000;
/// Nothing any more, and not allowed beside CLONE_PIDFD.
pub(crate) const CLONE_DETACHED: u64 = 0x40_0000;
/// Mounts of its own.
pub(crate) const CLONE_NEWNS: u64 = 0x2_0000;
/// Host and domain name of its own.
pub(crate) const CLONE_NEWUTS: u64 = 0x400_0000;
/// System V names of its own.
pub(crate) const CLONE_NEWIPC: u64 = 0x800_0000;
/// A pid scope of its own.
pub(crate) const CLONE_NEWPID: u64 = 0x2000_0000;
/// A network of its own, which leads nowhere.
pub(crate) const CLONE_NEWNET: u64 = 0x4000_0000;
/// The own cgroup as the root of all.
pub(crate) const CLONE_NEWCGROUP: u64 = 0x200_0000;
/// User ids of one's own; cannot be made.
pub(crate) const CLONE_NEWUSER: u64 = 0x1000_0000;
/// Namespaces that can be made.
pub(crate) const NAMESPACES: u64 = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
/// What is not supported: namespaces of users and time.
const UNSUPPORTED: u64 = CLONE_NEWUSER | 0x80;
/// Flags that there are. Among them are those without effect here: what they are for (tracing, System V undo lists,
/// contexts of block devices) has nothing to act on.
const KNOWN: u64 = 0xffff_ff80 | CLONE_CLEAR_SIGHAND;

/// What clone(2) and clone3(2) are asked for.
pub(crate) struct Request {
    /// CLONE_* flags.
    pub(crate) flags: u64,
    /// Signal for the parent at the end.
    pub(crate) exit_signal: u32,
    /// New stack pointer, 0 for the caller's.
    pub(crate) stack: usize,
    /// Where the parent's copy of the tid goes.
    pub(crate) parent_tid: usize,
    /// Where the number of the child's descriptor goes (CLONE_PIDFD).
    pub(crate) pidfd: usize,
    /// Where the child's copy goes.
    pub(crate) child_tid: usize,
    /// New thread pointer.
    pub(crate) tls: usize,
}

/// Tells a vfork parent that its child no longer uses its address space.
pub(crate) struct VforkDone {
    done: AtomicU32,
    observers: SpinLock<Observers, levels::Observers>,
}

impl Watch for VforkDone {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.observers.lock());
    }
    fn on(&self, events: Events) -> On {
        let _ = events;
        On::plain(Waits::Vfork)
    }
}

impl VforkDone {
    fn try_new() -> Result<Ref<Self>, NoMemory> {
        Ref::try_new(VforkDone { done: AtomicU32::new(0), observers: SpinLock::new(Observers::new()) })
    }
    /// The child has let go.
    pub(crate) fn finish(&self) {
        self.done.store(1, Ordering::Release);
        wait::notify(self, Events::IN);
    }
}

fn check(me: &Thread, r: &Request) -> Result<(), Errno> {
    let f = r.flags;
    if f & UNSUPPORTED != 0 || f & !KNOWN != 0 {
        return Err(Errno::EINVAL);
    }
    if f & CLONE_PIDFD != 0 && (f & CLONE_DETACHED != 0 || f & CLONE_PARENT_SETTID != 0 && r.pidfd == r.parent_tid) {
        return Err(Errno::EINVAL);
    }
    if f & CLONE_SIGHAND != 0 && f & CLONE_CLEAR_SIGHAND != 0 {
        return Err(Errno::EINVAL);
    }
    if f & CLONE_THREAD != 0 && f & CLONE_SIGHAND == 0 || f & CLONE_SIGHAND != 0 && f & CLONE_VM == 0 {
        return Err(Errno::EINVAL);
    }
    // The siblings of a scope's first process would have no parent there.
    if f & (CLONE_PARENT | CLONE_THREAD) == CLONE_PARENT && me.process().is_init() {
        return Err(Errno::EINVAL);
    }
    if f & (CLONE_NEWNS | CLONE_FS) == CLONE_NEWNS | CLONE_FS
        || f & (CLONE_NEWIPC | CLONE_SYSVSEM) == CLONE_NEWIPC | CLONE_SYSVSEM
    {
        return Err(Errno::EINVAL);
    }
    // All threads of a process are in one scope.
    if f & CLONE_THREAD != 0 && (f & CLONE_NEWPID != 0 || me.world().children.id() != me.process().scope().id()) {
        return Err(Errno::EINVAL);
    }
    if f & NAMESPACES != 0 && !me.cred().capable(cap::SYS_ADMIN) {
        return Err(Errno::EPERM);
    }
    Ok(())
}

/// Makes a thread or process that goes on where the caller's frame is, with 0 in `a0`. Gives its tid.
pub(crate) fn clone(me: &Thread, frame: &TrapFrame, r: &Request) -> Result<u32, Errno> {
    check(me, r)?;
    let counted = users::admit(me)?;
    // What process 1 starts is the session, which pays for itself.
    let leaves_init = me.process().pid() == 1 && r.flags & CLONE_THREAD == 0;
    let budget = if leaves_init { budget::session().clone() } else { me.process().budget() };
    if !oom::has_room_for_a_thread(&budget) {
        return Err(Errno::ENOMEM);
    }
    let refs = budget.pay(|| child_refs(me, r.flags, &budget))?;
    let scope = if r.flags & CLONE_THREAD != 0 { me.process().scope() } else { &refs.world.children }.clone();
    let numbers = ids::reserve(&scope).map_err(|NoMemory| Errno::EAGAIN)?.ok_or(Errno::ENOMEM)?;
    let mine = me.process().scope().id();
    let tid = if scope.id() == mine { numbers.own } else { ids::seen(mine, numbers.root) };
    let made = Made { scope, numbers, refs, counted };
    match budget.pay(|| build(me, frame, r, made, &budget)) {
        Ok(done) => {
            let (child, vfork) = done;
            if r.flags & CLONE_PARENT_SETTID != 0 {
                let _ = user::write(r.parent_tid, &tid);
            }
            if events::on(Group::Thread) {
                events::put(Event::Fork, u64::from(tid), 0);
                events::put_name(&child);
            }
            sched::start(&child);
            drop(child);
            if let Some(v) = vfork {
                // Only a kill ends this wait: the child may be using our stack.
                let _ = wait::wait_at(me, &*v, Events::IN, Mode::All, None, Interrupt::Kill, || {
                    (v.done.load(Ordering::Acquire) != 0).then_some(())
                });
            }
            Ok(tid)
        }
        Err(e) => {
            ids::release(numbers.root);
            Err(e)
        }
    }
}

type Built = (Ref<Thread>, Option<Ref<VforkDone>>);

/// What a new thread begins with.
struct Made {
    scope: Ref<PidScope>,
    numbers: Entered,
    refs: Refs,
    counted: users::Counted,
}

#[inline(never)]
fn build(me: &Thread, frame: &TrapFrame, r: &Request, made: Made, budget: &Ref<Budget>) -> Result<Built, Errno> {
    const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;
    let parent = me.process();
    let same_process = r.flags & CLONE_THREAD != 0;
    let space = me.space().ok_or(Errno::ESRCH)?;
    let epoch = shrink::epoch();
    let space = if r.flags & CLONE_VM != 0 { space } else { space.fork().map_err(NO_MEMORY)? };
    let Made { scope, numbers, refs, counted } = made;
    let process = if same_process { parent.clone() } else { child_process(me, r, scope, numbers, budget)? };
    let vfork = if r.flags & CLONE_VFORK != 0 { Some(VforkDone::try_new().map_err(NO_MEMORY)?) } else { None };
    let mut start = *frame;
    start.set_arg(0, 0);
    if r.stack != 0 {
        start.set_sp(r.stack);
    }
    if r.flags & CLONE_SETTLS != 0 {
        start.set_tp(r.tls);
    }
    let beginning = Beginning { numbers, refs, counted, space: space.clone(), start };
    let child = new_thread(me, &process, beginning, |task| task.inherit_fp(me.task())).map_err(NO_MEMORY)?;
    child.attrs.inherit(me, r.flags & CLONE_VM != 0);
    child.inherit_signal_mask(me);
    if r.flags & CLONE_CHILD_CLEARTID != 0 {
        child.clear_tid.store(r.child_tid, Ordering::Relaxed);
    }
    if r.flags & CLONE_CHILD_SETTID != 0 {
        child.set_tid_at.store(r.child_tid, Ordering::Relaxed);
    }
    let named = if r.flags & CLONE_PIDFD != 0 { Some(name_child(me, &process, &child, r)?) } else { None };
    let kinship = if same_process {
        Kinship::Thread
    } else {
        let parent = if r.flags & CLONE_PARENT != 0 { Parent::OfCaller } else { Parent::Caller(r.exit_signal) };
        Kinship::Process(Family { parent, vfork: vfork.clone(), exe: None, group: JobGroup::Callers })
    };
    if let Err(e) = enter(me, &process, &child, kinship) {
        drop(named.and_then(|fd| me.files().remove(fd).ok()));
        return Err(e);
    }
    if epoch != shrink::epoch() {
        // A file may have shrunk while the child could not be found.
        space.drop_stale();
    }
    Ok((child, vfork))
}

/// What a thread begins with, whoever it is made for.
pub(super) struct Beginning {
    pub(super) numbers: Entered,
    pub(super) refs: Refs,
    pub(super) counted: users::Counted,
    pub(super) space: Ref<AddressSpace>,
    pub(super) start: TrapFrame,
}

/// A thread that the caller makes, unknown to all others.
#[inline(never)]
pub(super) fn new_thread(
    me: &Thread,
    process: &Ref<Process>,
    b: Beginning,
    setup: impl FnOnce(&mut mem::Task),
) -> Result<Ref<Thread>, NoMemory> {
    let parameters = me.parameters();
    // A World without the grant has nobody in a real-time class.
    let on_fork = if b.refs.world.has(Grant::RealTime) { parameters.on_fork } else { OnFork::Reset };
    let parameters = Parameters { on_fork, ..parameters }.for_child();
    let affinity = me.attrs.affinity.load(Ordering::Relaxed);
    let spec = ThreadSpec {
        process: Some(process.clone()),
        tid: b.numbers,
        space: Some(b.space),
        refs: Some(b.refs),
        class: parameters.class(),
        affinity: Affinity(affinity),
    };
    let child = Thread::try_new(spec, begin, setup)?;
    *child.start_frame.lock() = Some(b.start);
    child.attrs.policy.store(parameters.pack(), Ordering::Relaxed);
    child.attrs.affinity.store(affinity, Ordering::Relaxed);
    *child.counted.lock() = Some(b.counted);
    Ok(child)
}

/// Puts a descriptor for a child that is being made into the caller's table (CLONE_PIDFD); the child's copy of the table
/// lacks it.
#[inline(never)]
fn name_child(me: &Thread, process: &Process, child: &Thread, r: &Request) -> Result<i32, Errno> {
    let thread = r.flags & CLONE_THREAD != 0;
    let (life, flags) =
        if thread { (pidfd::life_of_new_thread(child), PIDFD_THREAD) } else { (pidfd::life_of_process(process), 0) };
    let file = life.and_then(|life| pidfd::open(life, flags)).map_err(|NoMemory| Errno::ENOMEM)?;
    let slot = Slot { file, rights: Rights::all(), cloexec: true };
    let fd = me.files().insert(slot, 0, me.process().limit(super::limits::NOFILE))?;
    if user::write(r.pidfd, &fd).is_err() {
        drop(me.files().remove(fd));
        return Err(Errno::EFAULT);
    }
    Ok(fd)
}

/// First code of a new thread of a program.
fn begin(prev: Ref<Thread>) -> ! {
    sched::arrive(prev);
    enter_first()
}

/// Enters user mode for the first time, with the frame that the thread was made with.
pub(crate) fn enter_first() -> ! {
    let mut frame = with_current(|me| {
        let at = me.set_tid_at.load(Ordering::Relaxed);
        if at != 0 {
            let _ = user::write(at, &me.own_tid());
        }
        me.start_frame.lock().take()
    })
    .unwrap_or(TrapFrame::new_user(0, 0));
    crate::trap::to_user(&mut frame);
    arch::enter_user(&frame)
}

/// What the child points to; namespaces among `flags` are new.
pub(crate) fn child_refs(me: &Thread, flags: u64, budget: &Ref<Budget>) -> Result<Refs, Errno> {
    const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;
    let old = me.refs().ok_or(Errno::ESRCH)?;
    let fs = match flags & (CLONE_FS | CLONE_NEWNS) {
        CLONE_FS => old.fs.clone(),
        0 => old.fs.try_copy().map_err(NO_MEMORY)?,
        _ => old.fs.try_copy_mounts().map_err(NO_MEMORY)?,
    };
    let files = if flags & CLONE_FILES != 0 { old.files.clone() } else { old.files.try_copy(budget)? };
    let fresh = flags & NAMESPACES & !CLONE_NEWNS;
    let world = if fresh == 0 { old.world.clone() } else { old.world.narrowed(&Narrow::namespaces(fresh), budget)? };
    Ok(Refs { files, fs, cred: old.cred.clone(), world })
}

#[inline(never)]
fn child_process(
    me: &Thread,
    r: &Request,
    scope: Ref<PidScope>,
    numbers: Entered,
    budget: &Ref<Budget>,
) -> Result<Ref<Process>, Errno> {
    // clone(2): the pids controller refuses with EAGAIN.
    let standing = Standing::new(budget).map_err(|_| Errno::EAGAIN)?;
    let parent = me.process();
    let signals = ProcessSignals::inherit(&parent.signals, r.flags & CLONE_SIGHAND != 0).map_err(|NoMemory| Errno::ENOMEM)?;
    if r.flags & CLONE_CLEAR_SIGHAND != 0 {
        // Only handlers go; what is ignored stays ignored.
        signals.actions().lock().on_exec();
    }
    let name = *parent.name.lock();
    let process =
        Process::try_new(scope, numbers, signals, parent.limits.copy(), name, standing).map_err(|NoMemory| Errno::ENOMEM)?;
    process.attrs.inherit(&parent.attrs);
    process.mutations.inherit(&parent.mutations);
    process.tracer.inherit(&parent.tracer);
    process.oom_score_adj.store(parent.oom_score_adj.load(Ordering::Relaxed), Ordering::Relaxed);
    super::posix_timers::limit_changed(&process);
    Ok(process)
}

/// What a new thread is to the caller.
pub(super) enum Kinship {
    /// A thread of its process.
    Thread,
    /// The first of a process.
    Process(Family),
}

/// Where a new process belongs.
pub(super) struct Family {
    pub(super) parent: Parent,
    pub(super) vfork: Option<Ref<VforkDone>>,
    /// What it executes; `None`: what the caller does.
    pub(super) exe: Option<Ref<Executable>>,
    pub(super) group: JobGroup,
}

/// Who waits for a new process.
pub(super) enum Parent {
    /// The caller, which gets this signal at the end.
    Caller(u32),
    /// The caller's parent, as for the caller.
    OfCaller,
}

/// Process group and session of a new process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobGroup {
    /// The caller's.
    Callers,
    /// A group of its own in the caller's session.
    Own,
    /// This group of the caller's session.
    Other(u32),
    /// A session of its own.
    Session,
}

/// Makes the child known: to its process, its parent, and the pid scope.
pub(super) fn enter(me: &Thread, process: &Ref<Process>, child: &Ref<Thread>, kinship: Kinship) -> Result<(), Errno> {
    // Ids are never reused, so the keys of both nodes are free.
    let entry = mem::try_box(ThreadNode::new(child.id(), child.clone())).map_err(|NoMemory| Errno::ENOMEM)?;
    let first = matches!(kinship, Kinship::Process(_));
    let node = first.then(|| mem::try_box(Node::new(process.id(), process.clone())));
    let node = node.transpose().map_err(|NoMemory| Errno::ENOMEM)?;
    let tree = TREE.lock();
    // Who ends all in the scope would miss it.
    if !ids::is_open(process.scope().id()) {
        return Err(Errno::ENOMEM);
    }
    match kinship {
        Kinship::Thread => {
            let mut s = process.state.lock();
            // Who is to end makes no threads any more: who ends them all would miss them.
            if s.ending.is_some() || me.end.load(Ordering::Acquire) != 0 {
                return Err(Errno::EAGAIN);
            }
            process.standing.lock().add_thread().map_err(|_| Errno::EAGAIN)?;
            let _ = s.threads.insert(entry);
        }
        Kinship::Process(family) => {
            let parent = join_family(me, process, family)?;
            let _ = process.state.lock().threads.insert(entry);
            let _ = node.map(|node| parent.state.lock().children.insert(node));
        }
    }
    // Point of no return.
    super::signal::thread_begins(process, child);
    ids::update(child.tid(), |n| {
        n.thread = Some(Ref::downgrade(child));
        if first {
            n.process = Some(process.clone());
        }
        n.reserved = false;
    });
    if first {
        process.standing.lock().budget().note_entry();
    }
    drop(tree);
    super::posix_timers::thread_added(process, child);
    Ok(())
}

/// Gives a new process its parent, which is returned, group and session. The tree is locked.
fn join_family(me: &Thread, process: &Ref<Process>, family: Family) -> Result<Ref<Process>, Errno> {
    let caller = me.process();
    let (pgid, sid, grandparent, exe, terminal, caller_signal) = {
        let s = caller.state.lock();
        // Who is to end makes no children any more: who ends a whole budget would miss them.
        if s.ending.is_some() || me.end.load(Ordering::Acquire) != 0 {
            return Err(Errno::EAGAIN);
        }
        (s.pgid, s.sid, s.parent.clone(), s.exe.clone(), s.terminal.clone(), s.exit_signal)
    };
    let own = process.pid();
    let (pgid, sid, terminal) = match family.group {
        JobGroup::Callers => (pgid, sid, terminal),
        JobGroup::Own => (own, sid, terminal),
        JobGroup::Session => (own, own, None),
        JobGroup::Other(group) if !crate::linux::process::group_in_session(group, sid) => return Err(Errno::EPERM),
        JobGroup::Other(group) => (group, sid, terminal),
    };
    // A sibling of the caller sends what the caller sends.
    let (parent, exit_signal) = match family.parent {
        Parent::Caller(signal) => (caller.clone(), signal),
        Parent::OfCaller => (grandparent.unwrap_or_else(|| caller.clone()), caller_signal),
    };
    {
        let mut s = process.state.lock();
        (s.pgid, s.sid, s.exe, s.terminal) = (pgid, sid, family.exe.or(exe), terminal);
        s.exit_signal = exit_signal;
        s.parent = Some(parent.clone());
        s.vfork = family.vfork;
    }
    ids::update(pgid, |n| n.group_members = n.group_members.saturating_add(1));
    ids::update(sid, |n| n.session_members = n.session_members.saturating_add(1));
    Ok(parent)
}
