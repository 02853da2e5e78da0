//! What a thread and a process are set to, beside what they do: names, prctl(2) settings, scheduling parameters, usage.
//!
//! [`ThreadAttrs`] and [`ProcessAttrs`] are fields of `Thread` and `Process`. Neighbours: `accounting` (processor time),
//! `rseq`, `posix_timers`, `linux/cred` (prctl).

use super::posix_timers::ProcessTimers;
use super::thread::Thread;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use sync::{SpinLock, levels};

/// Bytes of a thread's name with its NUL (TASK_COMM_LEN).
pub(crate) const NAME_BYTES: usize = 16;
/// Linux's default slack of timers (PR_GET_TIMERSLACK).
pub(crate) const TIMER_SLACK_NS: u64 = 50_000;

/// Bits of [`ThreadAttrs::watch`]: why a thread has work to do whenever it comes to a hart.
pub(crate) mod watch {
    /// It has an rseq area.
    pub(crate) const RSEQ: u32 = 1;
    /// Someone waits for its or its process's processor time.
    pub(crate) const CPU_TIME: u32 = 2;
    /// Its process has another budget than it pays from.
    pub(crate) const BUDGET: u32 = 4;
    /// Its budget, or one above that, has a cap on processor time.
    pub(crate) const CAP: u32 = 8;
}

/// How a call goes on that a signal without handler interrupted (restart_syscall(2)).
#[derive(Clone, Copy, Debug)]
pub(crate) enum RestartRecord {
    /// nanosleep(2), and clock_nanosleep(2) with a relative time.
    Sleep {
        /// When it ends, monotonic clock.
        deadline_ns: u64,
        /// Where the remaining time goes, 0 for nowhere.
        rem: usize,
    },
    /// FUTEX_WAIT with a time-out.
    Futex {
        /// The word.
        addr: usize,
        /// Its expected value.
        value: u32,
        /// Which wakes count.
        bitset: u32,
        /// Whether it is a private futex.
        scope: logic_futex::Scope,
        /// When it ends, monotonic clock.
        deadline_ns: u64,
    },
}

/// A thread's settings.
pub(crate) struct ThreadAttrs {
    /// Its name (PR_SET_NAME).
    pub(crate) name: SpinLock<[u8; NAME_BYTES], levels::ThreadRefs>,
    /// How its interrupted call goes on.
    pub(crate) restart: SpinLock<Option<RestartRecord>, levels::WaitState>,
    /// Bits of [`watch`].
    pub(crate) watch: AtomicU32,
    /// Restartable sequences.
    pub(crate) rseq: super::rseq::Area,
    /// It and its descendants gain nothing by exec (PR_SET_NO_NEW_PRIVS).
    pub(crate) no_new_privs: AtomicU32,
    /// PR_SET_TIMERSLACK, in nanoseconds: the present value and the default.
    pub(crate) timer_slack_ns: [AtomicU64; 2],
    /// personality(2).
    pub(crate) personality: AtomicU32,
    /// ioprio_set(2); 0: what the nice value says.
    pub(crate) io_priority: AtomicU32,
    /// Scheduling parameters, packed by `policy`.
    pub(crate) policy: AtomicU64,
    /// The parameters that a waiter for a PI futex lends, packed likewise; 0 for none.
    pub(crate) lent: AtomicU64,
    /// Harts it may run on.
    pub(crate) affinity: AtomicU64,
    /// The thread that owns the PI futex it waits for, 0 for none.
    pub(crate) waits_for: AtomicU32,
    /// How a PI futex came to it (`pi`).
    pub(crate) pi_grant: AtomicU32,
    /// Where it is queued, in words (`sched`).
    pub(crate) place: [AtomicU64; 4],
    /// When the stretch of running began that is not in `run_ns` yet; see `accounting`.
    pub(crate) since_ns: AtomicU64,
}

impl ThreadAttrs {
    /// Those of process 1 and of kernel threads.
    pub(crate) const fn new() -> Self {
        ThreadAttrs {
            name: SpinLock::new([0; NAME_BYTES]),
            restart: SpinLock::new(None),
            watch: AtomicU32::new(0),
            rseq: super::rseq::Area::new(),
            no_new_privs: AtomicU32::new(0),
            timer_slack_ns: [const { AtomicU64::new(TIMER_SLACK_NS) }; 2],
            personality: AtomicU32::new(0),
            io_priority: AtomicU32::new(0),
            policy: AtomicU64::new(super::policy::Parameters::DEFAULT.pack()),
            lent: AtomicU64::new(0),
            affinity: AtomicU64::new(u64::MAX),
            waits_for: AtomicU32::new(0),
            pi_grant: AtomicU32::new(0),
            place: [const { AtomicU64::new(u64::MAX) }; 4],
            since_ns: AtomicU64::new(0),
        }
    }

    /// What a new thread has from its creator. `same_space`: it shares the creator's memory (CLONE_VM).
    pub(crate) fn inherit(&self, from: &Thread, same_space: bool) {
        let a = &from.attrs;
        let name = *a.name.lock();
        *self.name.lock() = name;
        let copy = |to: &AtomicU32, from: &AtomicU32| to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        copy(&self.no_new_privs, &a.no_new_privs);
        copy(&self.personality, &a.personality);
        copy(&self.io_priority, &a.io_priority);
        let [slack, _] = &a.timer_slack_ns;
        for to in &self.timer_slack_ns {
            to.store(slack.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        // rseq(2): a forked child keeps the registration, a thread has none.
        if !same_space {
            self.rseq.copy_from(&a.rseq);
            if self.rseq.is_registered() {
                self.watch.fetch_or(watch::RSEQ, Ordering::Relaxed);
            }
        }
    }
}

/// A process's settings, and what was used by those it outlives.
pub(crate) struct ProcessAttrs {
    /// PR_SET_DUMPABLE.
    pub(crate) dumpable: AtomicU32,
    /// Signal when the parent ends (PR_SET_PDEATHSIG), 0 for none.
    pub(crate) death_signal: AtomicU32,
    /// Commands registered with membarrier(2).
    pub(crate) membarrier: AtomicU32,
    /// Timers on processor time that are armed, and 1 for a finite RLIMIT_CPU.
    pub(crate) cpu_watchers: AtomicU32,
    /// Bumped when a thread's figures move to `ended` below: who adds them up looks again.
    pub(crate) endings: AtomicU32,
    /// Not 0 once it has received a request: its end answers those that are open.
    pub(crate) serves: AtomicU32,
    /// What its first thread's scheduling was set to when that ended; 0 before.
    pub(crate) first_policy: AtomicU64,
    /// Figures of its threads that have ended.
    pub(crate) ended: Usage,
    /// Figures of children that were waited for, theirs included.
    pub(crate) children: Usage,
    /// Interval and POSIX timers.
    pub(crate) timers: ProcessTimers,
}

/// Figures of getrusage(2) that are not times.
pub(crate) struct Usage {
    /// Page faults.
    pub(crate) faults: AtomicU64,
    /// Switches that the thread wanted, and that it was made to.
    pub(crate) switches: [AtomicU64; 2],
    /// Most pages resident at a time (a maximum, not a sum).
    pub(crate) peak_pages: AtomicU64,
}

impl Usage {
    const fn new() -> Self {
        Usage { faults: AtomicU64::new(0), switches: [const { AtomicU64::new(0) }; 2], peak_pages: AtomicU64::new(0) }
    }
    /// Adds another's.
    pub(crate) fn add(&self, other: &Usage) {
        self.faults.fetch_add(other.faults.load(Ordering::Relaxed), Ordering::Relaxed);
        for (to, from) in self.switches.iter().zip(&other.switches) {
            to.fetch_add(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        self.peak_pages.fetch_max(other.peak_pages.load(Ordering::Relaxed), Ordering::Relaxed);
    }
    /// Adds a thread's.
    pub(crate) fn add_thread(&self, t: &Thread) {
        self.faults.fetch_add(t.faults(), Ordering::Relaxed);
        for (to, from) in self.switches.iter().zip(&t.switches) {
            to.fetch_add(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}

impl ProcessAttrs {
    /// Those of a new process.
    pub(crate) const fn new() -> Self {
        ProcessAttrs {
            dumpable: AtomicU32::new(1),
            death_signal: AtomicU32::new(0),
            membarrier: AtomicU32::new(0),
            cpu_watchers: AtomicU32::new(0),
            endings: AtomicU32::new(0),
            serves: AtomicU32::new(0),
            first_policy: AtomicU64::new(0),
            ended: Usage::new(),
            children: Usage::new(),
            timers: ProcessTimers::new(),
        }
    }

    /// What a forked process has from its parent.
    pub(crate) fn inherit(&self, from: &ProcessAttrs) {
        self.dumpable.store(from.dumpable.load(Ordering::Relaxed), Ordering::Relaxed);
        self.membarrier.store(from.membarrier.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}
