//! How many threads there are, in all and of each user: what threads-max and RLIMIT_NPROC bound (getrlimit(2)).

use super::thread::Thread;
use super::{limits, process::Process};
use crate::fs::context::cap;
use abi::Errno;
use core::sync::atomic::{AtomicU32, Ordering};
use hashbrown::HashMap;
use sync::{SpinLock, levels};

/// Threads and zombies that exist.
static ALL: AtomicU32 = AtomicU32::new(0);
/// Most of them (kernel.threads-max).
static MOST: AtomicU32 = AtomicU32::new(u32::MAX);
/// Those of the superuser, who has most of them.
static ROOT: AtomicU32 = AtomicU32::new(0);
/// Those of everybody else.
static OTHERS: SpinLock<HashMap<u32, u32, Mix>, levels::Users> = SpinLock::new(HashMap::with_hasher(Mix(0)));

#[derive(Clone, Default)]
struct Mix(u64);

impl core::hash::BuildHasher for Mix {
    type Hasher = Mix;
    fn build_hasher(&self) -> Mix {
        Mix(0)
    }
}

impl core::hash::Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*b);
        }
    }
}

/// Sets the most threads that may exist.
pub(crate) fn set_threads_max(most: u32) {
    MOST.store(most, Ordering::Relaxed);
}

/// The most threads that may exist.
pub(crate) fn threads_max() -> u32 {
    MOST.load(Ordering::Relaxed)
}

/// One thread, or a process that has ended and not been waited for, counted for its user until dropped.
pub(crate) struct Counted {
    uid: u32,
}

impl Counted {
    /// Counts one more of a user.
    fn try_new(uid: u32) -> Result<Counted, Errno> {
        if uid == 0 {
            ROOT.fetch_add(1, Ordering::Relaxed);
        } else {
            let mut others = OTHERS.lock();
            others.try_reserve(1).map_err(|_| Errno::EAGAIN)?;
            // reserved: just above.
            let n = others.entry(uid).or_insert(0);
            *n = n.saturating_add(1);
        }
        ALL.fetch_add(1, Ordering::Relaxed);
        Ok(Counted { uid })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALL.fetch_sub(1, Ordering::Relaxed);
        if self.uid == 0 {
            ROOT.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let mut empty = HashMap::with_hasher(Mix(0));
        let mut others = OTHERS.lock();
        if let Some(n) = others.get_mut(&self.uid) {
            *n = n.saturating_sub(1);
            if *n == 0 {
                others.remove(&self.uid);
            }
        }
        if others.is_empty() {
            // Its memory goes too, outside of the lock.
            core::mem::swap(&mut *others, &mut empty);
        }
        drop(others);
    }
}

/// Threads of a user.
fn of_user(uid: u32) -> u64 {
    match uid {
        0 => u64::from(ROOT.load(Ordering::Relaxed)),
        _ => u64::from(OTHERS.lock().get(&uid).copied().unwrap_or(0)),
    }
}

/// Counts the first thread of the system.
pub(crate) fn first() -> Result<Counted, Errno> {
    Counted::try_new(0)
}

/// Counts a thread that the caller is about to make; EAGAIN if there are too many (clone(2)).
pub(crate) fn admit(me: &Thread) -> Result<Counted, Errno> {
    let cred = me.cred();
    let privileged = cred.uid.real == 0 || cred.capable(cap::SYS_RESOURCE) || cred.capable(cap::SYS_ADMIN);
    let counted = Counted::try_new(cred.uid.real)?;
    if !privileged && of_user(cred.uid.real) > me.process().limit(limits::NPROC) {
        return Err(Errno::EAGAIN);
    }
    if ALL.load(Ordering::Relaxed) > threads_max() {
        return Err(Errno::EAGAIN);
    }
    Ok(counted)
}

/// The thread is another user's from here on.
pub(crate) fn changed_user(me: &Thread, uid: u32) {
    let same = me.counted.lock().as_ref().is_none_or(|c| c.uid == uid);
    // Without memory to count for the new user it stays counted for the old one.
    if !same && let Ok(new) = Counted::try_new(uid) {
        let old = me.counted.lock().replace(new);
        drop(old);
    }
}

/// The last thread of a process ends: it stays counted until the process is waited for.
pub(crate) fn keep_for_zombie(me: &Thread, process: &Process) {
    let counted = me.counted.lock().take();
    let old = core::mem::replace(&mut *process.counted.lock(), counted);
    drop(old);
}
