//! Descriptors for processes and threads (pidfd_open(2)).
//!
//! A descriptor holds a [`Life`], not the process: a small record of what became of it, which the process tells of its end.
//! A process has none until somebody asks. What the descriptor names is found by number and kernel-wide id, so that a
//! number that was given anew is never mistaken for the old one.

use crate::fs::file::{Descriptor, File, O_EXCL, O_NONBLOCK, O_RDWR, OpenFile, Special};
use crate::task::process::Process;
use crate::task::wait::{self, Observers, Watch};
use crate::task::{Thread, ids};
use logic_pidscope::ScopeId;
use logic_waits::Events;
use mem::{NoMemory, Ref};
use sync::{SpinLock, levels};

/// PIDFD_THREAD: the descriptor is about one thread.
pub(crate) const PIDFD_THREAD: u32 = O_EXCL;

/// What a life is the life of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// A process, by [`Process::id`].
    Process(u64),
    /// Whichever thread is the first of a process, by [`Process::id`]: one that executes a program takes the first's place.
    First(u64),
    /// Another thread, by [`Thread::id`].
    Thread(u64),
}

/// How far a life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It goes on.
    Lives,
    /// It has ended, and can be waited for.
    Ended,
    /// Nothing has its number any more.
    Gone,
}

/// What became of a process or thread.
pub(crate) struct Life {
    of: Of,
    /// Its number in the outermost pid scope.
    number: u32,
    state: SpinLock<State, levels::ObjectState>,
}

struct State {
    stage: Stage,
    observers: Observers,
}

impl Life {
    fn events(stage: Stage) -> Events {
        match stage {
            Stage::Lives => Events::empty(),
            Stage::Ended => Events::IN | Events::RDNORM,
            Stage::Gone => Events::IN | Events::RDNORM | Events::HUP,
        }
    }
    /// Its number, as long as something has it.
    pub(crate) fn number(&self) -> Option<u32> {
        (self.state.lock().stage != Stage::Gone).then_some(self.number)
    }
    /// What it is the life of.
    pub(crate) fn of(&self) -> Of {
        self.of
    }
    /// The process, or the process of the thread, unless it is gone.
    pub(crate) fn process(&self) -> Option<Ref<Process>> {
        match self.of {
            Of::Process(id) | Of::First(id) => ids::process_in(ScopeId::ROOT, self.number).filter(|p| p.id() == id),
            Of::Thread(_) => self.thread()?.process_opt().cloned(),
        }
    }
    /// The thread, or the oldest of the process, unless it has ended.
    pub(crate) fn thread(&self) -> Option<Ref<Thread>> {
        let named = || ids::thread_in(ScopeId::ROOT, self.number);
        match self.of {
            Of::Process(_) => self.process()?.state.lock().first_thread(),
            Of::First(id) => named().filter(|t| t.process_opt().is_some_and(|p| p.id() == id)),
            Of::Thread(id) => named().filter(|t| t.id() == id),
        }
    }
}

impl Watch for Life {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().observers);
    }
}

/// Where a process or thread keeps its life, once somebody has asked for it.
pub(crate) struct LifeSlot(SpinLock<Option<Ref<Life>>, levels::ThreadRefs>);

/// Observers of a life are told when this is dropped, which is to be done without locks.
#[must_use]
pub(crate) struct News(Option<(Ref<Life>, Events)>);

impl Drop for News {
    fn drop(&mut self) {
        if let Some((life, events)) = self.0.take() {
            wait::notify(&*life, events);
        }
    }
}

impl LifeSlot {
    /// Nobody has asked.
    pub(crate) const fn new() -> Self {
        LifeSlot(SpinLock::new(None))
    }
    /// The life; `stage` says what has become of it already, asked when the end can no longer be missed.
    fn get(&self, of: Of, number: u32, stage: impl FnOnce() -> Stage) -> Result<Ref<Life>, NoMemory> {
        if let Some(life) = &*self.0.lock() {
            return Ok(life.clone());
        }
        let state = SpinLock::new(State { stage: Stage::Lives, observers: Observers::new() });
        let fresh = Ref::try_new(Life { of, number, state })?;
        let life = self.0.lock().get_or_insert_with(|| fresh.clone()).clone();
        drop(self.reached(stage()));
        Ok(life)
    }
    /// The life has come this far: whoever asks sees it from now on, observers are told when the news are dropped.
    pub(crate) fn reached(&self, stage: Stage) -> News {
        let life = self.0.lock().clone();
        let Some(life) = life else { return News(None) };
        let events = Life::events(stage);
        {
            let mut s = life.state.lock();
            if s.stage >= stage {
                return News(None);
            }
            s.stage = stage;
        }
        News(Some((life, events)))
    }
}

/// The life of a process.
pub(crate) fn life_of_process(process: &Process) -> Result<Ref<Life>, NoMemory> {
    process.life.get(Of::Process(process.id()), process.pid(), || match ids::process_in(ScopeId::ROOT, process.pid()) {
        Some(p) if p.id() == process.id() => end_of(process),
        _ if process.state.lock().waitable => Stage::Gone,
        // It is being made.
        _ => Stage::Lives,
    })
}

/// The life of a thread that was found by its number. The first thread's lasts as long as the process can be waited for.
pub(crate) fn life_of_thread(thread: &Thread) -> Result<Ref<Life>, NoMemory> {
    let (tid, id) = (thread.tid(), thread.id());
    if tid == thread.process().pid() {
        return life_of_first(thread.process());
    }
    thread.life.get(Of::Thread(id), tid, || match ids::thread_in(ScopeId::ROOT, tid) {
        Some(t) if t.id() == id => Stage::Lives,
        _ => Stage::Gone,
    })
}

/// The life of the first thread of a process, which may have ended.
pub(crate) fn life_of_first(process: &Process) -> Result<Ref<Life>, NoMemory> {
    process.leader_life.get(Of::First(process.id()), process.pid(), || match ids::process_in(ScopeId::ROOT, process.pid()) {
        Some(p) if p.id() == process.id() => end_of(process),
        _ => Stage::Gone,
    })
}

/// The life of a thread that is being made for a process that exists.
pub(crate) fn life_of_new_thread(thread: &Thread) -> Result<Ref<Life>, NoMemory> {
    thread.life.get(Of::Thread(thread.id()), thread.tid(), || Stage::Lives)
}

/// Nothing has the number any more that a thread had until it became the first of its process (execve(2)).
pub(crate) fn number_gone(thread: &Thread) -> News {
    thread.life.reached(Stage::Gone)
}

/// A thread has ended. That the first one has shows with the end of its process.
pub(crate) fn thread_ended(thread: &Thread, process: &Process) -> News {
    if thread.tid() == process.pid() { News(None) } else { thread.life.reached(Stage::Gone) }
}

/// All threads of a process have ended.
pub(crate) fn process_ended(process: &Process) -> [News; 2] {
    [process.life.reached(Stage::Ended), process.leader_life.reached(Stage::Ended)]
}

fn end_of(process: &Process) -> Stage {
    if process.state.lock().waitable { Stage::Ended } else { Stage::Lives }
}

/// A process was waited for.
pub(crate) fn process_forgotten(process: &Process) -> [News; 2] {
    [process.life.reached(Stage::Gone), process.leader_life.reached(Stage::Gone)]
}

/// A descriptor's view of a life.
pub(crate) struct PidFd {
    life: Ref<Life>,
}

/// A descriptor for a life.
pub(crate) fn open(life: Ref<Life>, flags: u32) -> Result<Descriptor, NoMemory> {
    let file = Ref::try_new(PidFd { life })?;
    OpenFile::open(file.unsize(|p| p), None, O_RDWR | flags & (O_NONBLOCK | PIDFD_THREAD))
}

impl File for PidFd {
    fn poll(&self, _of: &OpenFile) -> Events {
        Life::events(self.life.state.lock().stage)
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&*self.life)
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = out.write_str("anon_inode:[pidfd]");
    }
    fn fdinfo(&self, _of: &OpenFile, out: &mut dyn core::fmt::Write) -> core::fmt::Result {
        let number = self.life.number().map_or(-1, |n| i64::from(ids::seen_by_caller(n)));
        writeln!(out, "Pid:\t{number}\nNSpid:\t{number}")
    }
    fn special(&self) -> Special<'_> {
        Special::Process(&self.life)
    }
}
