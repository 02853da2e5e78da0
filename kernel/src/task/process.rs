//! A process: a thread group, and what its threads share.

use super::attrs::ProcessAttrs;
use super::limits::Limits;
use super::signal::ProcessSignals;
use super::thread::Thread;
use super::wait::{Observers, Watch};
use crate::budget::{Budget, Standing};
use crate::census::{Counted, Kind};
use crate::events::pidfd::LifeSlot;
use crate::see::{On, Waits};
use crate::world::PidScope;
use core::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use logic_pidscope::Entered;
use mem::{NoMemory, Ref, Weak};
use sync::{SpinLock, levels};

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Guards who is whose parent and who is in which group and session: taken before any process's lock when more than one
/// process is involved.
pub(crate) static TREE: SpinLock<(), levels::ProcessTree> = SpinLock::new(());

/// A thread group.
pub(crate) struct Process {
    _counted: Counted<{ Kind::Processes as usize }>,
    /// Never reused.
    id: u64,
    /// Its number in the outermost pid scope, which is the kernel's own name for it.
    pid: u32,
    /// Its number in its own scope.
    own_pid: u32,
    scope: Ref<PidScope>,
    me: Weak<Process>,
    /// Signal handlers, pending signals, stop state.
    pub(crate) signals: ProcessSignals,
    /// Everything else that changes, see [`State`].
    pub(crate) state: SpinLock<State, levels::Process>,
    /// Resource limits.
    pub(crate) limits: Limits,
    /// When it began, in nanoseconds of the monotonic clock.
    pub(crate) start_ns: u64,
    /// Processor time of threads that have ended: run and system nanoseconds.
    pub(crate) ended_ns: [AtomicU64; 2],
    /// Processor time of children that were waited for.
    pub(crate) children_ns: [AtomicU64; 2],
    /// Threads that have not ended.
    pub(crate) live_threads: AtomicU32,
    /// Threads of which something is left: those that live, and those that have not left their hart.
    pub(crate) remaining_threads: AtomicU32,
    /// Those who wait for its children.
    observers: SpinLock<Observers, levels::Observers>,
    /// What `/proc/PID/oom_score_adj` was set to.
    pub(crate) oom_score_adj: AtomicI32,
    /// Whether it ends because memory ran out.
    pub(crate) oom: super::oom::Fate,
    /// Calls that tests have disabled (checked builds).
    pub(crate) mutations: crate::native::Mutations,
    /// Name and arguments for `/proc`.
    pub(crate) name: SpinLock<[u8; 16], levels::ThreadRefs>,
    /// Where its calls are written to.
    pub(crate) tracer: crate::see::calls::Tracer,
    /// What it is set to, and what it used.
    pub(crate) attrs: ProcessAttrs,
    /// Its life and its first thread's, for descriptors (pidfd_open(2)).
    pub(crate) life: LifeSlot,
    /// See `life`.
    pub(crate) leader_life: LifeSlot,
    /// Its place among its user's threads once it has ended, until it is waited for.
    pub(crate) counted: SpinLock<Option<super::users::Counted>, levels::ThreadRefs>,
    /// Its place in a budget.
    pub(crate) standing: SpinLock<Standing, levels::ThreadRefs>,
}

/// Processes by [`Process::id`]. A child brings its node along when it is made, and it moves with it: adoption cannot fail.
pub(crate) type Children = logic_tree::Tree<u64, Ref<Process>>;
/// A child's place among them.
pub(crate) type ChildNode = logic_tree::Node<u64, Ref<Process>>;

/// Threads by [`Thread::id`]. A thread brings its node along when it is made: entering cannot fail.
pub(crate) type Threads = logic_tree::Tree<u64, Ref<Thread>>;
/// A thread's place among them.
pub(crate) type ThreadNode = logic_tree::Node<u64, Ref<Thread>>;

/// The part of a process that its lock guards.
pub(crate) struct State {
    /// Its threads that have not ended, in the order of their ids, which is that of their ages.
    pub(crate) threads: Threads,
    /// Wait status (wait4(2)) once it has ended.
    pub(crate) exit: Option<i32>,
    /// Nothing is left of it but this record: its parent may see its end.
    pub(crate) waitable: bool,
    /// It ended before it came to its parent, which has not been told.
    pub(crate) untold: bool,
    /// All threads are to end with this status.
    pub(crate) ending: Option<i32>,
    /// The thread that executes a program and waits for all others to end.
    pub(crate) execs: Option<Ref<Thread>>,
    /// Who waits for it. Changes under [`TREE`].
    pub(crate) parent: Option<Ref<Process>>,
    /// Whom it can wait for, zombies included, in the order in which they were made. Changes under [`TREE`].
    pub(crate) children: Children,
    /// Process group.
    pub(crate) pgid: u32,
    /// Session.
    pub(crate) sid: u32,
    /// Its controlling terminal.
    pub(crate) terminal: Option<Ref<crate::tty::Tty>>,
    /// Signal for the parent at its end.
    pub(crate) exit_signal: u32,
    /// Orphans of its descendants become its children (PR_SET_CHILD_SUBREAPER).
    pub(crate) subreaper: bool,
    /// It has executed a program since its fork.
    pub(crate) has_execed: bool,
    /// The vfork parent that sleeps until it has an address space of its own.
    pub(crate) vfork: Option<Ref<super::clone::VforkDone>>,
    /// What executed, for `/proc/PID/exe`.
    pub(crate) exe: Option<Ref<crate::fs::busy::Executable>>,
}

impl State {
    /// The oldest thread that has not ended.
    #[inline]
    pub(crate) fn first_thread(&self) -> Option<Ref<Thread>> {
        self.threads.first().map(|(_, thread)| thread.clone())
    }
}

impl Process {
    /// A process without threads.
    #[inline(never)]
    pub(crate) fn try_new(
        scope: Ref<PidScope>,
        numbers: Entered,
        signals: ProcessSignals,
        limits: Limits,
        name: [u8; 16],
        standing: Standing,
    ) -> Result<Ref<Process>, NoMemory> {
        let pid = numbers.root;
        Ref::try_new_cyclic(|me| Process {
            _counted: Counted::new(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            pid,
            own_pid: numbers.own,
            scope,
            me: me.clone(),
            signals,
            state: SpinLock::new(State {
                threads: Threads::new(),
                exit: None,
                waitable: false,
                untold: false,
                execs: None,
                ending: None,
                parent: None,
                children: Children::new(),
                pgid: pid,
                sid: pid,
                terminal: None,
                exit_signal: super::signal::SIGCHLD,
                subreaper: false,
                has_execed: false,
                vfork: None,
                exe: None,
            }),
            limits,
            start_ns: crate::clock::monotonic_ns(),
            ended_ns: [const { AtomicU64::new(0) }; 2],
            children_ns: [const { AtomicU64::new(0) }; 2],
            live_threads: AtomicU32::new(0),
            remaining_threads: AtomicU32::new(0),
            observers: SpinLock::new(Observers::new()),
            oom_score_adj: AtomicI32::new(0),
            oom: super::oom::Fate::new(),
            mutations: crate::native::Mutations::new(),
            name: SpinLock::new(name),
            tracer: crate::see::calls::Tracer::new(),
            attrs: ProcessAttrs::new(),
            life: LifeSlot::new(),
            leader_life: LifeSlot::new(),
            counted: SpinLock::new(None),
            standing: SpinLock::new(standing),
        })
    }
    /// Kernel-wide id, never reused.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
    /// Its number in the outermost pid scope.
    #[inline(always)]
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }
    /// The budget that pays for it.
    #[inline]
    pub(crate) fn budget(&self) -> Ref<Budget> {
        self.standing.lock().budget().clone()
    }
    /// Its number in its own scope.
    #[inline(always)]
    pub(crate) fn own_pid(&self) -> u32 {
        self.own_pid
    }
    /// The scope that it is in.
    #[inline(always)]
    pub(crate) fn scope(&self) -> &Ref<PidScope> {
        &self.scope
    }
    /// Whether it is the first of its scope: orphans there become its children, and it ends only if it wants to or if
    /// somebody outside does (pid_namespaces(7)).
    #[inline(always)]
    pub(crate) fn is_init(&self) -> bool {
        self.own_pid == 1
    }
    /// What a scope calls it; 0: it does not exist there.
    pub(crate) fn number_in(&self, scope: &PidScope) -> u32 {
        if scope.id() == self.scope.id() { self.own_pid } else { super::ids::seen(scope.id(), self.pid) }
    }
    /// The soft limit of a resource (numbers in `limits`).
    pub(crate) fn limit(&self, resource: usize) -> u64 {
        self.limits.soft(resource)
    }
    /// A counted reference to itself.
    pub(crate) fn to_ref(&self) -> Ref<Process> {
        match self.me.upgrade() {
            Some(r) => r,
            None => panic!("process used after its end"),
        }
    }
    /// The first of its children that was made after the process with this id (0 for the first of all).
    pub(crate) fn child_after(&self, id: u64) -> Option<Ref<Process>> {
        self.state.lock().children.ceiling(&id.saturating_add(1)).map(|(_, c)| c.clone())
    }
    /// What a scope calls its parent, 0 if it has none there.
    pub(crate) fn parent_in(&self, scope: logic_pidscope::ScopeId) -> u32 {
        let parent = self.state.lock().parent.as_ref().map_or(0, |p| p.pid);
        if parent == 0 { 0 } else { super::ids::seen(scope, parent) }
    }
    /// Calls `f` with each of its threads; a bounded number at a time, no lock held. Threads that come or go meanwhile
    /// make it miss no other.
    pub(crate) fn each_thread(&self, mut f: impl FnMut(&Ref<Thread>)) {
        let mut after = 0;
        loop {
            let thread = {
                let s = self.state.lock();
                s.threads.next_after(&after).map(|(_, thread)| thread.clone())
            };
            let Some(thread) = thread else { return };
            after = thread.id();
            f(&thread);
        }
    }
    /// Processor time of all its threads: run and system nanoseconds.
    pub(crate) fn times_ns(&self) -> (u64, u64) {
        super::accounting::process_times_ns(self)
    }
}

impl Watch for Process {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.observers.lock());
    }
    fn on(&self, events: logic_waits::Events) -> On {
        let _ = events;
        On { waits: Waits::Child, id: u64::from(self.pid) }
    }
}
