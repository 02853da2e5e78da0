//! A process: a thread group, and what its threads share.

use super::signal::ProcessSignals;
use super::thread::Thread;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use mem::{NoMemory, Ref, Weak};
use sync::{SpinLock, levels};

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// A thread group.
pub(crate) struct Process {
    /// Never reused.
    id: u64,
    /// Its number in the pid scope.
    pid: u32,
    me: Weak<Process>,
    /// Signal handlers, pending signals, stop state.
    pub(crate) signals: ProcessSignals,
    /// Everything else that changes, see [`State`].
    pub(crate) state: SpinLock<State, levels::Process>,
    /// When it began, in nanoseconds of the monotonic clock.
    pub(crate) start_ns: u64,
    /// Processor time of threads that have ended: run and system nanoseconds.
    pub(crate) ended_ns: [AtomicU64; 2],
    /// Threads that have not ended.
    pub(crate) live_threads: AtomicU32,
}

/// The part of a process that its lock guards.
pub(crate) struct State {
    /// Its threads that have not ended, the oldest first.
    pub(crate) threads: Vec<Ref<Thread>>,
    /// Exit status for the parent once it is a zombie (wait status as wait4(2) gives it).
    pub(crate) exit: Option<i32>,
}

impl Process {
    /// A process without threads.
    pub(crate) fn try_new(pid: u32, signals: ProcessSignals) -> Result<Ref<Process>, NoMemory> {
        Ref::try_new_cyclic(|me| Process {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            pid,
            me: me.clone(),
            signals,
            state: SpinLock::new(State { threads: Vec::new(), exit: None }),
            start_ns: crate::clock::monotonic_ns(),
            ended_ns: [const { AtomicU64::new(0) }; 2],
            live_threads: AtomicU32::new(0),
        })
    }
    /// Kernel-wide id, never reused.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
    /// Its number in the pid scope.
    #[inline(always)]
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }
    /// A counted reference to itself.
    pub(crate) fn to_ref(&self) -> Ref<Process> {
        match self.me.upgrade() {
            Some(r) => r,
            None => panic!("process used after its end"),
        }
    }
}
