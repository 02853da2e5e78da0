//! What is counted for each user: threads, which threads-max and RLIMIT_NPROC bound (getrlimit(2)), descriptors on their way in
//! messages (unix(7)), and what inotify(7) has limits for.

use super::thread::Thread;
use super::{limits, process::Process};
use crate::fs::context::cap;
use abi::Errno;
use core::sync::atomic::{AtomicU32, Ordering};
use hashbrown::HashMap;
use sync::{SpinLock, levels};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Threads, and processes that nobody has waited for.
    Thread,
    /// Descriptors for watching files (inotify_init(2)).
    InotifyInstance,
    /// Watched files.
    InotifyWatch,
    /// Descriptors that were sent and not received yet.
    Passed,
    /// Budgets that no limit bounds but the session's.
    Budget,
}

const KINDS: usize = 5;

/// Threads and zombies that exist.
static ALL: AtomicU32 = AtomicU32::new(0);
/// Most of them (kernel.threads-max).
static MOST: AtomicU32 = AtomicU32::new(u32::MAX);
/// What the superuser has, who has most.
static ROOT: [AtomicU32; KINDS] = [const { AtomicU32::new(0) }; KINDS];
/// What everybody else has.
static OTHERS: SpinLock<HashMap<u32, [u32; KINDS], Mix>, levels::Users> = SpinLock::new(HashMap::with_hasher(Mix(0)));

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

/// One or more of something, counted for their user until dropped.
pub(crate) struct Counted {
    uid: u32,
    what: What,
    amount: u32,
}

impl Counted {
    /// Counts one more of a user, if that does not make more than `most`.
    fn try_new(uid: u32, what: What, most: u64) -> Result<Counted, Errno> {
        Self::more(uid, what, 1, most)
    }

    /// Counts more of a user, unless there are `most` already.
    fn more(uid: u32, what: What, amount: u32, most: u64) -> Result<Counted, Errno> {
        if uid == 0 {
            let cell = ROOT.get(what as usize).ok_or(Errno::EAGAIN)?;
            if u64::from(cell.fetch_add(amount, Ordering::Relaxed)) >= most {
                cell.fetch_sub(amount, Ordering::Relaxed);
                return Err(Errno::EAGAIN);
            }
        } else {
            let mut others = OTHERS.lock();
            others.try_reserve(1).map_err(|_| Errno::EAGAIN)?;
            // reserved: just above.
            let cell = others.entry(uid).or_insert([0; KINDS]).get_mut(what as usize).ok_or(Errno::EAGAIN)?;
            if u64::from(*cell) >= most {
                drop(others);
                trim(uid);
                return Err(Errno::EAGAIN);
            }
            *cell = cell.saturating_add(amount);
        }
        if what == What::Thread {
            ALL.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Counted { uid, what, amount })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.what == What::Thread {
            ALL.fetch_sub(1, Ordering::Relaxed);
        }
        if self.uid == 0 {
            if let Some(cell) = ROOT.get(self.what as usize) {
                cell.fetch_sub(self.amount, Ordering::Relaxed);
            }
            return;
        }
        if let Some(cell) = OTHERS.lock().get_mut(&self.uid).and_then(|c| c.get_mut(self.what as usize)) {
            *cell = cell.saturating_sub(self.amount);
        }
        trim(self.uid);
    }
}

/// Forgets a user who has nothing.
fn trim(uid: u32) {
    let mut empty = HashMap::with_hasher(Mix(0));
    let mut others = OTHERS.lock();
    if others.get(&uid).is_some_and(|cells| cells.iter().all(|n| *n == 0)) {
        others.remove(&uid);
    }
    if others.is_empty() {
        // Its memory goes too, outside of the lock.
        core::mem::swap(&mut *others, &mut empty);
    }
    drop(others);
}

/// Threads of a user.
fn of_user(uid: u32) -> u64 {
    const THREAD: usize = What::Thread as usize;
    match uid {
        0 => ROOT.get(THREAD).map_or(0, |n| u64::from(n.load(Ordering::Relaxed))),
        _ => OTHERS.lock().get(&uid).and_then(|c| c.get(THREAD)).map_or(0, |n| u64::from(*n)),
    }
}

/// Counts something of a user, of which there may be `most`; `None`: there are as many.
pub(crate) fn count(uid: u32, what: What, most: u32) -> Option<Counted> {
    Counted::try_new(uid, what, u64::from(most)).ok()
}

/// Counts descriptors that the caller sends; ETOOMANYREFS while more than RLIMIT_NOFILE of its user are on their way (unix(7)).
pub(crate) fn pass(me: &Thread, amount: usize) -> Result<Counted, Errno> {
    let cred = me.cred();
    let privileged = cred.capable(cap::SYS_RESOURCE) || cred.capable(cap::SYS_ADMIN);
    let most = if privileged { u64::MAX } else { me.process().limit(limits::NOFILE).saturating_add(1) };
    Counted::more(cred.uid.real, What::Passed, amount as u32, most).map_err(|_| Errno::ETOOMANYREFS)
}

/// Counts the first thread of the system.
pub(crate) fn first() -> Result<Counted, Errno> {
    Counted::try_new(0, What::Thread, u64::MAX)
}

/// Counts a thread that the caller is about to make; EAGAIN if there are too many (clone(2)).
pub(crate) fn admit(me: &Thread) -> Result<Counted, Errno> {
    admit_user(me, me.cred().uid.real)
}

/// The same for a thread that is another user's.
pub(crate) fn admit_user(me: &Thread, uid: u32) -> Result<Counted, Errno> {
    let cred = me.cred();
    let privileged = cred.uid.real == 0 || cred.capable(cap::SYS_RESOURCE) || cred.capable(cap::SYS_ADMIN);
    let counted = Counted::try_new(uid, What::Thread, u64::MAX)?;
    if !privileged && of_user(uid) > me.process().limit(limits::NPROC) {
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
    if !same && let Ok(new) = Counted::try_new(uid, What::Thread, u64::MAX) {
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
