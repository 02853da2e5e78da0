//! The clocks that programs name (clock_getres(2)): real and monotonic time, and processor time of processes and threads.

use super::process::Process;
use super::thread::Thread;
use super::{accounting, ids};
use crate::clock;
use mem::Ref;

/// How fine the coarse clocks are: a tick of 250 Hz, as on Debian's kernels.
pub(crate) const COARSE_NS: u64 = 4_000_000;

/// A clock.
#[derive(Clone)]
pub(crate) enum Clock {
    /// CLOCK_REALTIME, CLOCK_TAI (whose offset is 0) and CLOCK_REALTIME_ALARM.
    Real(Fineness, Waking),
    /// CLOCK_MONOTONIC, _RAW, _BOOTTIME and _BOOTTIME_ALARM: this machine never sleeps.
    Monotonic(Fineness, Waking),
    /// CLOCK_MONOTONIC_RAW: nothing can wait for it.
    Raw,
    /// Processor time.
    Cpu(CpuClock),
}

/// Whether a clock is read exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fineness {
    /// To the nanosecond.
    Fine,
    /// To the tick; nothing can wait for it.
    Coarse,
}

/// Whether a timer on the clock wakes the machine (needs CAP_WAKE_ALARM).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waking {
    /// No.
    No,
    /// Yes.
    Yes,
}

/// A clock of processor time.
#[derive(Clone)]
pub(crate) struct CpuClock {
    /// Whose.
    pub(crate) of: CpuTarget,
    /// Which part.
    pub(crate) kind: CpuKind,
}

/// Whose processor time.
#[derive(Clone)]
pub(crate) enum CpuTarget {
    /// A process's.
    Process(Ref<Process>),
    /// A thread's.
    Thread(Ref<Thread>),
}

/// Which part of processor time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CpuKind {
    /// User mode and kernel.
    All,
    /// User mode.
    User,
}

impl Clock {
    /// The clock of a number, for the calling thread. `None`: there is no such clock, or its process is gone (EINVAL).
    pub(crate) fn decode(me: &Thread, id: i32) -> Option<Clock> {
        use Fineness::{Coarse, Fine};
        Some(match id {
            0 | 11 => Clock::Real(Fine, Waking::No),
            1 | 7 => Clock::Monotonic(Fine, Waking::No),
            2 => Clock::Cpu(CpuClock { of: CpuTarget::Process(me.process().clone()), kind: CpuKind::All }),
            3 => Clock::Cpu(CpuClock { of: CpuTarget::Thread(me.to_ref()), kind: CpuKind::All }),
            4 => Clock::Raw,
            5 => Clock::Real(Coarse, Waking::No),
            6 => Clock::Monotonic(Coarse, Waking::No),
            8 => Clock::Real(Fine, Waking::Yes),
            9 => Clock::Monotonic(Fine, Waking::Yes),
            n if n < 0 => Clock::Cpu(CpuClock::decode(me, n)?),
            _ => return None,
        })
    }

    /// Its time in nanoseconds.
    pub(crate) fn now_ns(&self) -> u64 {
        let round = |ns: u64, f: Fineness| if f == Fineness::Coarse { ns / COARSE_NS * COARSE_NS } else { ns };
        match self {
            Clock::Real(f, _) => round(clock::real_ns(), *f),
            Clock::Monotonic(f, _) => round(clock::monotonic_ns(), *f),
            Clock::Raw => clock::monotonic_ns(),
            Clock::Cpu(c) => c.now_ns(),
        }
    }

    /// Its resolution in nanoseconds.
    pub(crate) fn resolution_ns(&self) -> u64 {
        match self {
            Clock::Real(Fineness::Coarse, _) | Clock::Monotonic(Fineness::Coarse, _) => COARSE_NS,
            _ => 1,
        }
    }
}

impl CpuClock {
    /// A number that encodes a process or thread (include/linux/posix-timers.h, CPUCLOCK_*): `!pid << 3`, bit 2 for a
    /// thread, bits 0 and 1 the part (3: a descriptor, which no clock here is).
    fn decode(me: &Thread, id: i32) -> Option<CpuClock> {
        let kind = match id & 3 {
            0 | 2 => CpuKind::All,
            1 => CpuKind::User,
            _ => return None,
        };
        let pid = u32::try_from(!(id >> 3)).ok()?;
        let of = match (id & 4 != 0, pid) {
            (true, 0) => CpuTarget::Thread(me.to_ref()),
            (false, 0) => CpuTarget::Process(me.process().clone()),
            (true, tid) => {
                let t = ids::thread(tid)?;
                if !t.process_opt().is_some_and(|p| Ref::ptr_eq(p, me.process())) {
                    return None;
                }
                CpuTarget::Thread(t)
            }
            (false, pid) => CpuTarget::Process(ids::process(pid)?),
        };
        Some(CpuClock { of, kind })
    }

    /// Its time in nanoseconds.
    pub(crate) fn now_ns(&self) -> u64 {
        let times = match &self.of {
            CpuTarget::Process(p) => accounting::process_times_ns(p),
            CpuTarget::Thread(t) => accounting::times_ns(t),
        };
        self.kind.of(times)
    }
    /// The process in which it is watched.
    pub(crate) fn process(&self) -> &Ref<Process> {
        match &self.of {
            CpuTarget::Process(p) => p,
            CpuTarget::Thread(t) => t.process(),
        }
    }
    /// The thread it is about, by kernel-wide id; 0 for the whole process.
    pub(crate) fn thread_id(&self) -> u64 {
        match &self.of {
            CpuTarget::Process(_) => 0,
            CpuTarget::Thread(t) => t.id(),
        }
    }
}

impl CpuKind {
    /// The part of run and system time that it means.
    pub(crate) fn of(self, (run, system): (u64, u64)) -> u64 {
        match self {
            CpuKind::All => run,
            CpuKind::User => run.saturating_sub(system),
        }
    }
}
