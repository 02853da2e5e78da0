//! Futexes (futex(2)): wait and wake by the address of a word.

use super::thread::Thread;
use super::wait::{self, Interrupt};
use alloc::vec::Vec;
use mem::{NoMemory, Ref};
use sync::{SpinLock, levels};

const BUCKETS: usize = 256;

/// What a word is known by: private words by address space and address, shared ones by object and offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    object: u64,
    inode: u64,
    offset: u64,
}

struct Waiter {
    key: Key,
    bitset: u32,
    thread: Ref<Thread>,
}

static TABLE: [SpinLock<Vec<Waiter>, levels::FutexBucket>; BUCKETS] = [const { SpinLock::new(Vec::new()) }; BUCKETS];

impl Key {
    fn bucket(&self) -> usize {
        let h = (self.object ^ self.inode.rotate_left(17) ^ self.offset.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (h >> 56) as usize % BUCKETS
    }
    /// A word of the thread's own address space, or of the shared object mapped there.
    pub(crate) fn of(me: &Thread, addr: usize, shared: bool) -> Option<Key> {
        let space = me.space()?;
        if shared {
            let inner = space.lock();
            if let Some((range, region)) = inner.region_at(addr as u64)
                && region.is_shared()
                && let crate::mm::region::Source::Object { object, offset, .. } = &region.source
            {
                let (object, inode) = object.identity();
                return Some(Key {
                    object,
                    inode,
                    offset: offset.saturating_add((addr as u64).saturating_sub(range.start)) | 1 << 63,
                });
            }
        }
        Some(Key { object: space.id(), inode: 0, offset: addr as u64 })
    }
}

fn bucket(i: usize) -> &'static SpinLock<Vec<Waiter>, levels::FutexBucket> {
    TABLE.get(i).unwrap_or(&TABLE[0])
}

/// Threads that wait.
pub(crate) fn waiters() -> usize {
    TABLE.iter().map(|b| b.lock().len()).sum()
}

/// Gives back the room of buckets in which nobody waits.
pub(crate) fn trim() {
    for b in &TABLE {
        let mut b = b.lock();
        let room = if b.is_empty() { core::mem::take(&mut *b) } else { Vec::new() };
        drop(b);
        drop(room);
    }
}

/// Why a wait ended without a wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitError {
    /// The word does not have the expected value.
    Changed,
    /// The word cannot be read.
    Fault,
    /// Deadline, signal or memory.
    Ended(wait::Ended),
}

/// Waits until woken, if the word at `addr` still has the value.
pub(crate) fn wait(
    me: &Thread,
    key: Key,
    addr: usize,
    value: u32,
    bitset: u32,
    deadline_ns: Option<u64>,
) -> Result<(), WaitError> {
    // Registered before the word is looked at: a waker that changes the word afterwards finds us.
    enqueue(me, key, bitset).map_err(|NoMemory| WaitError::Ended(wait::Ended::NoMemory))?;
    let now = mem::user::load_u32(addr);
    let early = match now {
        Err(_) => Some(WaitError::Fault),
        Ok(v) if v != value => Some(WaitError::Changed),
        Ok(_) => None,
    };
    if let Some(e) = early {
        return if dequeue(me) { Err(e) } else { Ok(()) };
    }
    let woken = wait::sleep_until(me, deadline_ns, Interrupt::AnySignal, || Ok((!is_queued(me)).then_some(())));
    match woken {
        Ok(()) => Ok(()),
        // A wake that came at the last moment counts.
        Err(_) if !dequeue(me) => Ok(()),
        Err(e) => Err(WaitError::Ended(e)),
    }
}

fn enqueue(me: &Thread, key: Key, bitset: u32) -> Result<(), NoMemory> {
    let index = key.bucket();
    me.futex_bucket.store(index as u32 + 1, core::sync::atomic::Ordering::Release);
    loop {
        let mut b = bucket(index).lock();
        if b.len() < b.capacity() {
            b.push(Waiter { key, bitset, thread: me.to_ref() });
            return Ok(());
        }
        let want = b.capacity().max(4).saturating_mul(2);
        drop(b);
        let mut bigger: Vec<Waiter> = Vec::new();
        bigger.try_reserve_exact(want).map_err(|_| NoMemory)?;
        let mut b = bucket(index).lock();
        if b.capacity() < want {
            bigger.append(&mut b);
            core::mem::swap(&mut *b, &mut bigger);
        }
        drop(b);
        drop(bigger);
    }
}

/// Whether the thread is still queued; it may have been moved to another bucket meanwhile.
fn is_queued(me: &Thread) -> bool {
    with_own_bucket(me, |b, i| b.get(i).is_some()).unwrap_or(false)
}

/// Takes the thread out; false when a waker did.
fn dequeue(me: &Thread) -> bool {
    let waiter = with_own_bucket(me, |b, i| b.remove(i));
    waiter.is_some()
}

fn with_own_bucket<R>(me: &Thread, f: impl FnOnce(&mut Vec<Waiter>, usize) -> R) -> Option<R> {
    loop {
        let index = me.futex_bucket.load(core::sync::atomic::Ordering::Acquire);
        let mut b = bucket((index.checked_sub(1)?) as usize).lock();
        if me.futex_bucket.load(core::sync::atomic::Ordering::Acquire) != index {
            continue;
        }
        let at = b.iter().position(|w| core::ptr::eq(&*w.thread, me))?;
        return Some(f(&mut b, at));
    }
}

/// Wakes up to `count` waiters whose bitset meets `bitset`; gives how many.
pub(crate) fn wake(key: Key, count: u32, bitset: u32) -> u32 {
    let mut woken = 0;
    while woken < count {
        let waiter = {
            let mut b = bucket(key.bucket()).lock();
            let at = b.iter().position(|w| w.key == key && w.bitset & bitset != 0);
            at.map(|i| b.remove(i))
        };
        match waiter {
            Some(w) => w.thread.wake(),
            None => break,
        }
        woken += 1;
    }
    woken
}

/// Wakes waiters of a word of the thread's memory, private or shared (thread exit).
pub(crate) fn wake_at(me: &Thread, addr: usize, count: u32) {
    for shared in [false, true] {
        if let Some(key) = Key::of(me, addr, shared) {
            wake(key, count, u32::MAX);
        }
    }
}

/// Wakes `wake_count` waiters of `from` and moves up to `move_count` others to `to`; gives both together.
pub(crate) fn requeue(from: Key, to: Key, wake_count: u32, move_count: u32) -> Result<u32, NoMemory> {
    let mut done = wake(from, wake_count, u32::MAX);
    let mut moved = 0;
    while moved < move_count {
        if from.bucket() == to.bucket() {
            let mut b = bucket(from.bucket()).lock();
            let Some(w) = b.iter_mut().find(|w| w.key == from) else { break };
            w.key = to;
        } else {
            let (mut a, mut b) = sync::lock_pair(bucket(from.bucket()), bucket(to.bucket()));
            let Some(at) = a.iter().position(|w| w.key == from) else { break };
            b.try_reserve(1).map_err(|_| NoMemory)?;
            let mut w = a.remove(at);
            w.key = to;
            w.thread.futex_bucket.store(to.bucket() as u32 + 1, core::sync::atomic::Ordering::Release);
            b.push(w);
        }
        moved += 1;
    }
    done = done.saturating_add(moved);
    Ok(done)
}
