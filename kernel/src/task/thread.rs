//! A thread: its task (stack and context), wait state, scheduling node, and what it points to.

use super::attrs::ThreadAttrs;
use super::futex;
use super::process::Process;
use super::sched::{self, QueueNode};
use super::signal::ThreadSignals;
use super::timers::TimerNode;
use super::users;
use crate::budget::Budget;
use crate::census::{Counted, Kind};
use crate::events::pidfd::LifeSlot;
use crate::fs::context::{Cred, FsContext};
use crate::fs::file::{Descriptor, OpenFile};
use crate::fs::release::Releases;
use crate::fs::table::FdTable;
use crate::mm::AddressSpace;
use crate::object::call::Calling;
use crate::object::message::Doomed;
use crate::world::World;
use abi::{Errno, Rights};
use alloc::boxed::Box;
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use logic_pidscope::Entered;
use logic_sched::{Affinity, Class, Entity, GroupId, Weight};
use logic_waits::WaitCell;
use mem::{KernelStack, NoMemory, Ref, Task, Threaded, Weak};
use sync::{PreemptGuard, SpinLock, levels};

/// A thread of the kernel or of a program.
pub(crate) struct Thread {
    _counted: Counted<{ Kind::Threads as usize }>,
    task: Task,
    /// Never reused.
    id: u64,
    /// Its numbers in the outermost pid scope and in its own; 0 for kernel threads.
    tid: AtomicU32,
    own_tid: AtomicU32,
    me: Weak<Thread>,
    process: Option<Ref<Process>>,
    /// Its address space; `None` for kernel threads and after its end.
    space: SpinLock<Option<Ref<AddressSpace>>, levels::ThreadRefs>,
    /// Descriptors, paths and identity; gone once the thread has ended.
    refs: SpinLock<Option<Refs>, levels::ThreadRefs>,
    /// Page faults.
    faults: AtomicU64,
    /// Where the thread begins in user mode.
    pub(crate) start_frame: SpinLock<Option<arch::TrapFrame>, levels::ThreadRefs>,
    /// Word to clear at its end, 0 for none (set_tid_address(2)).
    pub(crate) clear_tid: AtomicUsize,
    /// Word that gets its tid when it begins, 0 for none.
    pub(crate) set_tid_at: AtomicUsize,
    /// Head of its robust futex list (set_robust_list(2)).
    pub(crate) robust_list: AtomicUsize,
    /// 1: another thread of its process executes a program, this one is to end.
    pub(crate) end: AtomicU32,
    /// Signals.
    pub(crate) signals: SpinLock<ThreadSignals, levels::SignalThread>,
    /// Who decides whether it sleeps.
    pub(crate) wait: WaitCell,
    /// Its scheduling node while it neither runs nor waits in a run queue.
    pub(crate) node: SpinLock<Option<QueueNode>, levels::ThreadNode>,
    /// Its deadline's node while no deadline is armed.
    pub(crate) timer: SpinLock<Option<Box<TimerNode>>, levels::WaitState>,
    /// Where it waits on a futex.
    pub(crate) futex: futex::Stand,
    /// Nanoseconds run, up to the last switch.
    pub(crate) run_ns: AtomicU64,
    /// Ticks run inside the kernel, up to the last switch or way out (`accounting`).
    pub(crate) system_ticks: AtomicU64,
    /// Ticks when the kernel was last entered or the thread last came to the hart inside it.
    pub(crate) entered_ticks: AtomicU64,
    /// Times it gave up the hart by itself, and times it was made to.
    pub(crate) switches: [AtomicU64; 2],
    /// What it is set to.
    pub(crate) attrs: ThreadAttrs,
    /// What is shown of its waiting.
    pub(crate) seen: crate::see::Seen,
    /// Its life, for descriptors, unless it is the first thread of its process.
    pub(crate) life: LifeSlot,
    /// The call on a channel that it waits for.
    pub(crate) calling: Calling,
    /// Messages that it is destroying: whether it is at it, and those that are left.
    pub(crate) doomed: SpinLock<(bool, Doomed), levels::ReleaseList>,
    /// Open descriptions whose end waits its turn.
    pub(crate) releases: Releases,
    /// Its place among its user's threads, until it ends.
    pub(crate) counted: SpinLock<Option<users::Counted>, levels::ThreadRefs>,
    /// What it allocates from: kept as long as it may. A thread of the kernel has the kernel's own.
    pub(crate) budget: SpinLock<Option<Ref<Budget>>, levels::ThreadRefs>,
    /// That budget's id, 0 for none.
    pub(crate) budget_id: AtomicU64,
}

/// What a thread of a program points to.
#[derive(Clone)]
pub(crate) struct Refs {
    /// Its descriptors.
    pub(crate) files: Ref<FdTable>,
    /// Where its paths begin.
    pub(crate) fs: Ref<FsContext>,
    /// Who it is.
    pub(crate) cred: Ref<Cred>,
    /// What it reaches without a descriptor.
    pub(crate) world: Ref<World>,
}

impl Threaded for Thread {
    #[inline(always)]
    fn task(&self) -> &Task {
        &self.task
    }
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// What a new thread is made from.
pub(crate) struct ThreadSpec {
    /// The process it belongs to; `None` for a thread of the kernel.
    pub(crate) process: Option<Ref<Process>>,
    /// Its numbers, 0 for a kernel thread.
    pub(crate) tid: Entered,
    /// Its address space.
    pub(crate) space: Option<Ref<AddressSpace>>,
    /// Descriptors, paths and identity.
    pub(crate) refs: Option<Refs>,
    /// Scheduling class and weight.
    pub(crate) class: Class,
    /// Harts it may run on.
    pub(crate) affinity: Affinity,
}

impl ThreadSpec {
    /// A thread of the kernel with the usual share, anywhere.
    pub(crate) fn of_kernel() -> Self {
        let class = Class::Fair { weight: Weight::from_nice(0) };
        ThreadSpec { process: None, tid: Entered { root: 0, own: 0 }, space: None, refs: None, class, affinity: Affinity::ALL }
    }
}

/// What a thread owns from the beginning; an idle thread owns nothing.
#[derive(Default)]
struct Parts {
    tid: (u32, u32),
    process: Option<Ref<Process>>,
    space: Option<Ref<AddressSpace>>,
    refs: Option<Refs>,
    node: Option<QueueNode>,
    timer: Option<Box<TimerNode>>,
    futex: futex::Stand,
    budget: Option<Ref<Budget>>,
}

impl Thread {
    /// A thread that will begin in `start`; it does not run before [`sched::start`].
    pub(crate) fn try_new(
        spec: ThreadSpec,
        start: fn(Ref<Thread>) -> !,
        setup: impl FnOnce(&mut Task),
    ) -> Result<Ref<Thread>, NoMemory> {
        let mut task = Task::new::<Thread>(KernelStack::try_new()?, start);
        setup(&mut task);
        let budget = spec.process.as_ref().map(|p| p.budget());
        let capped = budget.as_ref().is_some_and(|b| b.is_capped());
        let group = budget.as_ref().map_or(GroupId::ROOT, |b| b.group());
        let entity = Entity::new(spec.class, group, spec.affinity);
        let node = mem::try_box(logic_sched::node(None, entity))?;
        let timer = mem::try_box(super::timers::thread_node())?;
        let futex = if spec.process.is_some() { futex::Stand::try_new()? } else { futex::Stand::default() };
        if let Some(s) = &spec.space {
            task.inherit_space(s.handle().clone());
        }
        let ThreadSpec { process, tid, space, refs, .. } = spec;
        let made = Self::enter(
            task,
            Parts { tid: (tid.root, tid.own), process, space, refs, node: Some(node), timer: Some(timer), futex, budget },
        )?;
        if capped {
            crate::budget::watch_cap_from_the_start(&made);
        }
        Ok(made)
    }

    /// The thread that the boot code of a hart becomes: it idles. `stack` is `None` on the boot hart, which has one.
    pub(crate) fn try_new_idle(stack: Option<KernelStack>, start: fn(Ref<Thread>) -> !) -> Result<Ref<Thread>, NoMemory> {
        let task = match stack {
            Some(s) => Task::new::<Thread>(s, start),
            None => Task::for_boot::<Thread>(),
        };
        Self::enter(task, Parts::default())
    }

    /// Puts a thread on the heap. On its way there it lies on the stack, so that this is a function of its own.
    #[inline(never)]
    fn enter(task: Task, parts: Parts) -> Result<Ref<Thread>, NoMemory> {
        Ref::try_new_cyclic(|me| Thread::build(task, me.clone(), parts))
    }

    fn build(task: Task, me: Weak<Thread>, parts: Parts) -> Thread {
        let Parts { tid, process, space, refs, node, timer, futex, budget } = parts;
        Thread {
            _counted: Counted::new(),
            task,
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            tid: AtomicU32::new(tid.0),
            own_tid: AtomicU32::new(tid.1),
            me,
            process,
            space: SpinLock::new(space),
            refs: SpinLock::new(refs),
            faults: AtomicU64::new(0),
            start_frame: SpinLock::new(None),
            clear_tid: AtomicUsize::new(0),
            set_tid_at: AtomicUsize::new(0),
            robust_list: AtomicUsize::new(0),
            end: AtomicU32::new(0),
            signals: SpinLock::new(ThreadSignals::new()),
            wait: WaitCell::new(),
            node: SpinLock::new(node),
            timer: SpinLock::new(timer),
            futex,
            run_ns: AtomicU64::new(0),
            system_ticks: AtomicU64::new(0),
            entered_ticks: AtomicU64::new(0),
            switches: [const { AtomicU64::new(0) }; 2],
            attrs: ThreadAttrs::new(),
            seen: crate::see::Seen::new(),
            life: LifeSlot::new(),
            calling: Calling::new(),
            doomed: SpinLock::new((false, Doomed::new())),
            releases: Releases::new(),
            counted: SpinLock::new(None),
            budget_id: AtomicU64::new(budget.as_ref().map_or(0, |b| b.id())),
            budget: SpinLock::new(budget),
        }
    }

    /// Kernel-wide id, never reused.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
    /// Its number in its own pid scope.
    #[inline]
    pub(crate) fn own_tid(&self) -> u32 {
        self.own_tid.load(Ordering::Relaxed)
    }
    /// Its number in the outermost pid scope.
    pub(crate) fn tid(&self) -> u32 {
        self.tid.load(Ordering::Relaxed)
    }
    /// Takes over another number (exec from a thread that is not the leader).
    pub(crate) fn set_tid(&self, tid: u32, own: u32) {
        self.tid.store(tid, Ordering::Relaxed);
        self.own_tid.store(own, Ordering::Relaxed);
    }
    /// The process it belongs to. Kernel threads have none and never come where this is asked.
    #[inline(always)]
    pub(crate) fn process(&self) -> &Ref<Process> {
        match &self.process {
            Some(p) => p,
            None => panic!("a kernel thread has no process"),
        }
    }
    /// The process it belongs to, if it is not a kernel thread.
    pub(crate) fn process_opt(&self) -> Option<&Ref<Process>> {
        self.process.as_ref()
    }
    /// Its address space.
    #[inline]
    pub(crate) fn space(&self) -> Option<Ref<AddressSpace>> {
        self.space.lock().clone()
    }
    /// Makes the running thread use another address space, or none; gives back the old one, for dropping.
    pub(crate) fn set_space(&self, space: Option<Ref<AddressSpace>>) -> Option<Ref<AddressSpace>> {
        let handle = space.as_ref().map(|s| s.handle().clone());
        let old = core::mem::replace(&mut *self.space.lock(), space);
        drop(self.task.set_space(handle));
        old
    }
    /// Its descriptors. Only a thread of a program that has not ended has them.
    #[inline(never)]
    pub(crate) fn files(&self) -> Ref<FdTable> {
        self.with_refs(|r| r.files.clone())
    }
    /// Calls `f` with them, without a reference of its own. What it points to does not change meanwhile.
    #[inline(always)]
    pub(crate) fn with_files<R>(&self, f: impl FnOnce(&FdTable) -> R) -> R {
        self.with_refs(|r| f(&r.files))
    }
    /// Where its paths begin.
    #[inline(never)]
    pub(crate) fn fs(&self) -> Ref<FsContext> {
        self.with_refs(|r| r.fs.clone())
    }
    /// Who it is.
    #[inline(never)]
    pub(crate) fn cred(&self) -> Ref<Cred> {
        self.with_refs(|r| r.cred.clone())
    }
    /// What it reaches without a descriptor.
    #[inline(never)]
    pub(crate) fn world(&self) -> Ref<World> {
        self.with_refs(|r| r.world.clone())
    }
    /// The description behind a descriptor, which must have the rights `need`; it may be only a name.
    #[inline(always)]
    pub(crate) fn any_file(&self, fd: i32, need: Rights) -> Result<Ref<OpenFile>, Errno> {
        match self.file_behind(fd, need) {
            Some(of) => Ok(of),
            None => self.look_again(fd, need),
        }
    }
    /// The same inside the caller, for the few that are on a short path.
    #[inline(always)]
    pub(crate) fn any_file_here(&self, fd: i32, need: Rights) -> Result<Ref<OpenFile>, Errno> {
        match self.with_refs_and_preempt(|r, preempt| r.files.find(preempt, fd, need)) {
            Some(of) => Ok(of),
            None => self.look_again(fd, need),
        }
    }
    /// The same for reading or writing, which the description must have been opened for.
    #[inline(always)]
    pub(crate) fn file_for_transfer(&self, fd: i32, need: Rights) -> Result<Ref<OpenFile>, Errno> {
        match self.file_behind_for_transfer(fd, need) {
            Some(of) => Ok(of),
            None => self.files().get_for_transfer(fd, need),
        }
    }
    // What is not found is looked for again, by what says why.
    #[cold]
    #[inline(never)]
    fn look_again(&self, fd: i32, need: Rights) -> Result<Ref<OpenFile>, Errno> {
        self.files().get(fd, need)
    }
    #[inline(never)]
    fn file_behind(&self, fd: i32, need: Rights) -> Option<Ref<OpenFile>> {
        self.with_refs_and_preempt(|r, preempt| r.files.find(preempt, fd, need))
    }
    #[inline(never)]
    fn file_behind_for_transfer(&self, fd: i32, need: Rights) -> Option<Ref<OpenFile>> {
        self.with_refs_and_preempt(|r, preempt| r.files.find_for_transfer(preempt, fd, need))
    }
    /// Takes a descriptor out of the table.
    #[inline]
    pub(crate) fn take_file(&self, fd: i32) -> Result<Descriptor, Errno> {
        match self.with_refs_and_preempt(|r, preempt| r.files.take(preempt, fd)) {
            Some(file) => file,
            None => self.files().remove(fd),
        }
    }
    #[inline(always)]
    fn with_refs<R>(&self, f: impl FnOnce(&Refs) -> R) -> R {
        self.with_refs_and_preempt(|r, _| f(r))
    }
    #[inline(always)]
    pub(crate) fn with_refs_and_preempt<R>(&self, f: impl FnOnce(&Refs, &PreemptGuard) -> R) -> R {
        let refs = self.refs.lock();
        match &*refs {
            Some(r) => f(r, refs.preempt()),
            None => panic!("the references of an ended thread were used"),
        }
    }
    /// All of them, if it has not ended: for others to look at (`/proc`) and for its children.
    pub(crate) fn refs(&self) -> Option<Refs> {
        self.refs.lock().clone()
    }
    /// Replaces them (exec, unshare, set*id) or takes them away; the old ones are to be dropped outside locks.
    pub(crate) fn replace_refs(&self, refs: Option<Refs>) -> Option<Refs> {
        core::mem::replace(&mut *self.refs.lock(), refs)
    }
    /// Becomes someone else.
    pub(crate) fn set_cred(&self, cred: Ref<Cred>) {
        users::changed_user(self, cred.uid.real);
        let old = self.refs.lock().as_mut().map(|r| core::mem::replace(&mut r.cred, cred));
        drop(old);
    }
    /// Counts a page fault.
    pub(crate) fn count_fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }
    /// Page faults so far.
    pub(crate) fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }
    /// A counted reference to itself.
    #[inline(never)]
    pub(crate) fn to_ref(&self) -> Ref<Thread> {
        self.to_ref_here()
    }
    /// The same inside the caller, for the few that are on a short path.
    #[inline(always)]
    pub(crate) fn to_ref_here(&self) -> Ref<Thread> {
        // Whoever has a `&Thread` got it from a living reference.
        self.me.of_living()
    }
    /// Asks it to look at `flags` (of `arch::flag`) before it goes on in user mode.
    pub(crate) fn raise(&self, flags: u32) {
        self.task.core().raise(flags);
    }
    /// Wakes it if it waits.
    pub(crate) fn wake(&self) {
        sched::wake(self);
    }
}

/// Calls `f` with the running thread.
#[inline(always)]
pub(crate) fn with_current<R>(f: impl FnOnce(&Thread) -> R) -> R {
    mem::with_current::<Thread, R>(f)
}
