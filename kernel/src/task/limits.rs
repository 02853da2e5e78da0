//! Resource limits: getrlimit(2).

use abi::Errno;
use core::sync::atomic::{AtomicU64, Ordering};

/// Resources, by number.
pub(crate) const RESOURCES: usize = 16;
/// Processor seconds.
pub(crate) const CPU: usize = 0;
/// Largest file, in bytes.
pub(crate) const FSIZE: usize = 1;
/// Bytes of the heap.
pub(crate) const DATA: usize = 2;
/// Bytes of the main stack.
pub(crate) const STACK: usize = 3;
/// Core file size.
pub(crate) const CORE: usize = 4;
/// Resident memory; without effect, as on Linux.
pub(crate) const RSS: usize = 5;
/// Processes of a user.
pub(crate) const NPROC: usize = 6;
/// Descriptors.
pub(crate) const NOFILE: usize = 7;
/// Locked memory.
pub(crate) const MEMLOCK: usize = 8;
/// Bytes of the address space.
pub(crate) const AS: usize = 9;
/// Queued signals.
pub(crate) const SIGPENDING: usize = 11;
/// Bytes in POSIX message queues.
pub(crate) const MSGQUEUE: usize = 12;
/// Ceiling for nice.
pub(crate) const NICE: usize = 13;
/// Ceiling for real-time priority.
pub(crate) const RTPRIO: usize = 14;

/// No limit.
pub(crate) const INFINITY: u64 = u64::MAX;

/// A process's limits.
pub(crate) struct Limits([(AtomicU64, AtomicU64); RESOURCES]);

impl Limits {
    /// What process 1 begins with (Linux's INIT_RLIMITS; the thread and signal limits depend on memory).
    pub(crate) fn initial(memory_bytes: u64) -> Self {
        let limits = Limits([const { (AtomicU64::new(INFINITY), AtomicU64::new(INFINITY)) }; RESOURCES]);
        // kernel/fork.c: as many threads as fit an eighth of memory with their stacks.
        let threads = (memory_bytes / 8 / arch::KERNEL_STACK_BYTES as u64 / 2).clamp(20, 126_000);
        let set = |r: usize, soft: u64, hard: u64| {
            if let Some((s, h)) = limits.0.get(r) {
                s.store(soft, Ordering::Relaxed);
                h.store(hard, Ordering::Relaxed);
            }
        };
        set(STACK, 8 << 20, INFINITY);
        set(CORE, 0, INFINITY);
        set(NPROC, threads, threads);
        set(NOFILE, 1024, 4096);
        set(MEMLOCK, 8 << 20, 8 << 20);
        set(SIGPENDING, threads, threads);
        set(MSGQUEUE, 819_200, 819_200);
        set(NICE, 0, 0);
        set(RTPRIO, 0, 0);
        limits
    }
    /// A child's copy.
    pub(crate) fn copy(&self) -> Self {
        let copy = Limits([const { (AtomicU64::new(0), AtomicU64::new(0)) }; RESOURCES]);
        for ((s, h), (from_s, from_h)) in copy.0.iter().zip(self.0.iter()) {
            s.store(from_s.load(Ordering::Relaxed), Ordering::Relaxed);
            h.store(from_h.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        copy
    }
    /// The soft limit.
    pub(crate) fn soft(&self, resource: usize) -> u64 {
        self.0.get(resource).map_or(INFINITY, |l| l.0.load(Ordering::Relaxed))
    }
    /// Soft and hard limit; `None` for a number that is no resource.
    pub(crate) fn get(&self, resource: usize) -> Option<(u64, u64)> {
        self.0.get(resource).map(|l| (l.0.load(Ordering::Relaxed), l.1.load(Ordering::Relaxed)))
    }
    /// Sets both; raising the hard limit needs `may_raise`.
    pub(crate) fn set(&self, resource: usize, soft: u64, hard: u64, may_raise: MayRaise) -> Result<(), Errno> {
        let l = self.0.get(resource).ok_or(Errno::EINVAL)?;
        if soft > hard {
            return Err(Errno::EINVAL);
        }
        if hard > l.1.load(Ordering::Relaxed) && may_raise == MayRaise::No {
            return Err(Errno::EPERM);
        }
        l.0.store(soft, Ordering::Relaxed);
        l.1.store(hard, Ordering::Relaxed);
        Ok(())
    }
}

/// Whether a hard limit may be raised (CAP_SYS_RESOURCE).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayRaise {
    /// Yes.
    Yes,
    /// No.
    No,
}
