//! Futexes with an owner that inherits its waiters' priority (futex(2), FUTEX_LOCK_PI).
//!
//! The word holds the owner's tid; what user mode can do alone never comes here. A waiter is queued in kernel memory; the
//! owner hands the word to the most urgent one when it unlocks. As long as somebody waits, the owner runs with the most
//! urgent waiter's parameters, and so does whoever that owner itself waits for.

use super::futex::{Key, Scope, key};
use super::ids;
use super::policy::Parameters;
use super::thread::Thread;
use super::wait::{self, Ended, Interrupt};
use crate::see::{On, Waits};
use abi::Errno;
use alloc::vec::Vec;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use logic_futex::{LockPi, UnlockPi, lock_pi, unlock_pi, unlocked_word};
use mem::{Ref, user};
use sync::{SpinGuard, SpinLock, levels};

const BUCKETS: usize = 32;
/// Owners that wait for owners, as far as priorities are handed on and deadlocks found.
const CHAIN: usize = 64;
const WAITERS: u32 = 0x8000_0000;
const OWNER_DIED: u32 = 0x4000_0000;
const TID_MASK: u32 = 0x3fff_ffff;

struct Waiter {
    key: Key,
    thread: Ref<Thread>,
    owner: u32,
}

/// How a lock came to a waiter; [`super::attrs::ThreadAttrs::pi_grant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Grant {
    /// It did not yet.
    None = 0,
    /// The word names the waiter.
    Done = 1,
    /// The owner died where it could not reach the word: the waiter writes it.
    Unwritten = 2,
}

type Table = Vec<Waiter>;
static TABLE: [SpinLock<Table, levels::FutexBucket>; BUCKETS] = [const { SpinLock::new(Vec::new()) }; BUCKETS];

fn bucket(key: Key) -> &'static SpinLock<Table, levels::FutexBucket> {
    let [first, ..] = &TABLE;
    TABLE.get((key.hash(0) >> 32) as usize % BUCKETS).unwrap_or(first)
}

/// Gives back the room of tables in which nobody waits.
pub(super) fn trim() {
    for table in &TABLE {
        let mut room = Vec::new();
        let mut b = table.lock();
        if b.is_empty() {
            core::mem::swap(&mut *b, &mut room);
        }
        drop(b);
        drop(room);
    }
}

/// Whether a lock waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// FUTEX_LOCK_PI, until a deadline of the monotonic clock.
    Until(Option<u64>),
    /// FUTEX_TRYLOCK_PI.
    None,
}

/// Why a lock was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockError {
    /// An error of the call.
    Errno(Errno),
    /// A signal came.
    Interrupted,
}

impl From<Errno> for LockError {
    fn from(e: Errno) -> Self {
        LockError::Errno(e)
    }
}

/// What a look at the word under the lock came to.
enum Look {
    Taken,
    Queued(u32),
    Failed(Errno),
    /// The word changed, or it is not present.
    Again,
}

/// Takes the lock at `addr`.
pub(crate) fn lock(me: &Thread, key: Key, addr: usize, patience: Patience) -> Result<(), LockError> {
    loop {
        let word = user::load_u32(addr).map_err(|user::Fault| Errno::EFAULT)?;
        let owner = word & TID_MASK;
        if owner != 0 && owner != me.own_tid() && !alive(owner) {
            return Err(Errno::ESRCH.into());
        }
        user::fault_in(addr, user::Intent::Write).map_err(|user::Fault| Errno::EFAULT)?;
        match look(me, key, addr, word, patience) {
            Look::Taken => return Ok(()),
            Look::Failed(e) => return Err(e.into()),
            Look::Queued(owner) => return wait_for(me, key, addr, owner, patience),
            Look::Again => {}
        }
    }
}

fn alive(tid: u32) -> bool {
    ids::thread(tid).is_some_and(|t| t.refs().is_some())
}

fn look(me: &Thread, key: Key, addr: usize, word: u32, patience: Patience) -> Look {
    let mut b = bucket(key).lock();
    let has_waiters = b.iter().any(|w| w.key == key);
    match lock_pi(word, me.own_tid(), has_waiters) {
        LockPi::Deadlock => Look::Failed(Errno::EDEADLK),
        LockPi::Take { word: new } => match user::compare_exchange_u32(addr, word, new) {
            Ok(found) if found == word => Look::Taken,
            _ => Look::Again,
        },
        LockPi::Wait { .. } if patience == Patience::None => Look::Failed(Errno::EAGAIN),
        // Waiters without an owner: somebody wrote nonsense there.
        LockPi::Wait { owner: 0, .. } => Look::Failed(Errno::EINVAL),
        LockPi::Wait { word: new, owner } => {
            if b.try_reserve(1).is_err() {
                return Look::Failed(Errno::ENOMEM);
            }
            match user::compare_exchange_u32(addr, word, new) {
                Ok(found) if found == word => {
                    me.attrs.pi_grant.store(Grant::None as u32, Relaxed);
                    me.attrs.waits_for.store(owner, Relaxed);
                    b.push(Waiter { key, thread: me.to_ref(), owner });
                    Look::Queued(owner)
                }
                _ => Look::Again,
            }
        }
    }
}

fn wait_for(me: &Thread, key: Key, addr: usize, owner: u32, patience: Patience) -> Result<(), LockError> {
    if would_deadlock(me, owner) && give_up(me, key) {
        return Err(Errno::EDEADLK.into());
    }
    lend_along(owner);
    let deadline = if let Patience::Until(d) = patience { d } else { None };
    let granted = || Ok((grant(me) != Grant::None).then_some(()));
    let on = On { waits: Waits::FutexOwner, id: u64::from(owner) };
    let result = wait::sleep_on(me, on, deadline, Interrupt::AnySignal, granted);
    if let Err(e) = result
        && give_up(me, key)
    {
        // The owner no longer runs for us.
        lend_along(owner);
        return Err(match e {
            Ended::Signal => LockError::Interrupted,
            Ended::Deadline => Errno::ETIMEDOUT.into(),
            Ended::NoMemory => Errno::ENOMEM.into(),
        });
    }
    if grant(me) == Grant::Unwritten {
        take_from_dead(me, addr)?;
    }
    Ok(())
}

fn grant(me: &Thread) -> Grant {
    match me.attrs.pi_grant.load(Acquire) {
        0 => Grant::None,
        1 => Grant::Done,
        _ => Grant::Unwritten,
    }
}

/// Leaves the queue; false: the lock came first.
fn give_up(me: &Thread, key: Key) -> bool {
    let mut b = bucket(key).lock();
    let at = b.iter().position(|w| core::ptr::eq(&*w.thread, me));
    let waiter = at.map(|i| b.remove(i));
    drop(b);
    if waiter.is_some() {
        me.attrs.waits_for.store(0, Relaxed);
    }
    waiter.is_some()
}

/// The owner died without writing the word: the new one does.
fn take_from_dead(me: &Thread, addr: usize) -> Result<(), Errno> {
    let mut word = user::load_u32(addr).map_err(|user::Fault| Errno::EFAULT)?;
    loop {
        let new = word & WAITERS | OWNER_DIED | me.own_tid();
        let found = user::compare_exchange_u32(addr, word, new).map_err(|user::Fault| Errno::EFAULT)?;
        if found == word {
            return Ok(());
        }
        word = found;
    }
}

/// Whether the owner waits, through others perhaps, for the thread itself.
fn would_deadlock(me: &Thread, owner: u32) -> bool {
    let mut at = owner;
    for _ in 0..CHAIN {
        let Some(t) = ids::thread(at) else { return false };
        at = t.attrs.waits_for.load(Relaxed);
        if at == me.own_tid() {
            return true;
        }
        if at == 0 {
            return false;
        }
    }
    false
}

/// Lends an owner the parameters of its most urgent waiter, and so on along the chain of those who wait.
fn lend_along(owner: u32) {
    let mut at = owner;
    for _ in 0..CHAIN {
        let Some(t) = ids::thread(at) else { return };
        t.lend(most_urgent_for(at));
        at = t.attrs.waits_for.load(Relaxed);
        if at == 0 {
            return;
        }
    }
}

fn most_urgent_for(owner: u32) -> Option<Parameters> {
    let mut best: Option<Parameters> = None;
    for b in &TABLE {
        for w in b.lock().iter().filter(|w| w.owner == owner) {
            let p = w.thread.effective_parameters();
            if best.is_none_or(|b| p.urgency() > b.urgency()) {
                best = Some(p);
            }
        }
    }
    best
}

/// The waiter that gets the lock next: the most urgent, of those the first.
fn heir(b: &SpinGuard<'_, Table, levels::FutexBucket>, key: Key) -> Option<usize> {
    let mut best: Option<(usize, i32)> = None;
    for (i, w) in b.iter().enumerate().filter(|(_, w)| w.key == key) {
        let urgency = w.thread.effective_parameters().urgency();
        if best.is_none_or(|(_, u)| urgency > u) {
            best = Some((i, urgency));
        }
    }
    best.map(|(i, _)| i)
}

/// Takes the heir out of the queue; the others wait for it now.
fn hand_over(b: &mut SpinGuard<'_, Table, levels::FutexBucket>, at: usize, how: Grant) -> Ref<Thread> {
    let w = b.remove(at);
    let tid = w.thread.own_tid();
    for other in b.iter_mut().filter(|o| o.key == w.key) {
        other.owner = tid;
        other.thread.attrs.waits_for.store(tid, Relaxed);
    }
    w.thread.attrs.waits_for.store(0, Relaxed);
    w.thread.attrs.pi_grant.store(how as u32, Release);
    w.thread
}

/// Gives the lock at `addr` up.
pub(crate) fn unlock(me: &Thread, key: Key, addr: usize) -> Result<(), Errno> {
    loop {
        user::fault_in(addr, user::Intent::Write).map_err(|user::Fault| Errno::EFAULT)?;
        let mut b = bucket(key).lock();
        // It may have gone again: then once more from the start.
        let Ok(word) = user::load_u32(addr) else { continue };
        let heir = heir(&b, key);
        let new = match unlock_pi(word, me.own_tid(), heir.is_some()) {
            UnlockPi::NotOwner => return Err(Errno::EPERM),
            UnlockPi::Free { word } => word,
            UnlockPi::HandOver => {
                let tid = heir.and_then(|i| b.get(i)).map_or(0, |w| w.thread.own_tid());
                unlocked_word(tid)
            }
        };
        if user::compare_exchange_u32(addr, word, new) != Ok(word) {
            continue;
        }
        let thread = heir.map(|i| hand_over(&mut b, i, Grant::Done));
        drop(b);
        if let Some(t) = thread {
            lend_along(me.own_tid());
            lend_along(t.own_tid());
            t.wake();
        }
        return Ok(());
    }
}

/// A dying owner's robust lock goes to its most urgent waiter; false if nobody waits.
pub(crate) fn owner_died(me: &Thread, addr: usize) -> Result<bool, user::Fault> {
    for scope in [Scope::Private, Scope::Shared] {
        let Ok(key) = key(me, addr, scope) else { continue };
        loop {
            user::fault_in(addr, user::Intent::Write)?;
            let mut b = bucket(key).lock();
            let Some(heir) = heir(&b, key) else { break };
            let tid = b.get(heir).map_or(0, |w| w.thread.own_tid());
            let Ok(word) = user::load_u32(addr) else { continue };
            if word & TID_MASK != me.own_tid() {
                break;
            }
            if user::compare_exchange_u32(addr, word, tid | WAITERS | OWNER_DIED) != Ok(word) {
                continue;
            }
            let t = hand_over(&mut b, heir, Grant::Done);
            drop(b);
            lend_along(t.own_tid());
            t.wake();
            return Ok(true);
        }
    }
    Ok(false)
}

/// The running thread ends: locks that it still owns go to their waiters, who write the words themselves.
pub(crate) fn thread_ends(me: &Thread) {
    let tid = me.own_tid();
    for table in &TABLE {
        loop {
            let mut b = table.lock();
            let Some(key) = b.iter().find(|w| w.owner == tid).map(|w| w.key) else { break };
            let Some(at) = heir(&b, key) else { break };
            let t = hand_over(&mut b, at, Grant::Unwritten);
            drop(b);
            lend_along(t.own_tid());
            t.wake();
        }
    }
}
