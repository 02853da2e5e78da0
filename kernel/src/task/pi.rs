//! Futexes with priority inheritance (futex(2), FUTEX_LOCK_PI).

use super::thread::Thread;
use mem::user;

/// A dying owner's lock goes to its most urgent waiter; false if nobody waits.
pub(crate) fn owner_died(_me: &Thread, _addr: usize) -> Result<bool, user::Fault> {
    Ok(false)
}

/// The running thread ends.
pub(crate) fn thread_ends(_me: &Thread) {}
