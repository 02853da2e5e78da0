//! Where threads sleep that wait for a kernel mutex: buckets of sleepers, found by the lock word's address.

use super::sched::{self, Leave};
use super::thread::{Thread, with_current};
use crate::see::{On, Waits};
use core::sync::atomic::{AtomicU32, Ordering};
use mem::Ref;
use sync::{SpinLock, levels};

const BUCKETS: usize = 64;
/// Sleepers that a bucket holds; more of them poll.
const ROOM: usize = 24;

struct Bucket {
    sleepers: [Option<(usize, Ref<Thread>)>; ROOM],
    count: usize,
}

static TABLE: [SpinLock<Bucket, levels::Parking>; BUCKETS] =
    [const { SpinLock::new(Bucket { sleepers: [const { None }; ROOM], count: 0 }) }; BUCKETS];

fn bucket(word: usize) -> &'static SpinLock<Bucket, levels::Parking> {
    // Fibonacci hashing; the shift leaves six bits.
    let i = (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) % BUCKETS;
    TABLE.get(i).unwrap_or(&TABLE[0])
}

/// Sleeps while the word has the value; may return early.
pub(crate) fn wait(word: &AtomicU32, value: u32) {
    let address = core::ptr::from_ref(word) as usize;
    with_current(|me| {
        me.wait.arm();
        let mut b = bucket(address).lock();
        // A waker changes the word before it looks at the bucket: either we see the change or it sees us.
        let sleep = word.load(Ordering::SeqCst) == value && b.push(address, me);
        drop(b);
        if sleep {
            me.seen.sleeps_on(On::plain(Waits::Lock));
            sched::leave(Leave::Sleep);
        } else if word.load(Ordering::Relaxed) == value {
            sched::leave(Leave::Yielded);
        }
        me.wait.disarm();
        bucket(address).lock().remove(me);
    });
}

/// Wakes one sleeper of the word.
pub(crate) fn wake(word: &AtomicU32) {
    let address = core::ptr::from_ref(word) as usize;
    let sleeper = bucket(address).lock().pop(address);
    if let Some(t) = sleeper {
        t.wake();
    }
}

impl Bucket {
    fn push(&mut self, address: usize, me: &Thread) -> bool {
        match self.sleepers.get_mut(self.count) {
            Some(slot) => {
                *slot = Some((address, me.to_ref()));
                self.count += 1;
                true
            }
            None => false,
        }
    }
    /// The longest sleeper of an address.
    fn pop(&mut self, address: usize) -> Option<Ref<Thread>> {
        let i = self.sleepers.iter().take(self.count).position(|s| s.as_ref().is_some_and(|s| s.0 == address))?;
        self.take(i)
    }
    fn remove(&mut self, me: &Thread) {
        let at = self.sleepers.iter().take(self.count).position(|s| s.as_ref().is_some_and(|s| core::ptr::eq(&*s.1, me)));
        if let Some(i) = at {
            self.take(i);
        }
    }
    fn take(&mut self, i: usize) -> Option<Ref<Thread>> {
        let taken = self.sleepers.get_mut(i)?.take();
        self.count = self.count.saturating_sub(1);
        // Keeps the order: the sleepers behind move up.
        if let Some(rest) = self.sleepers.get_mut(i..=self.count) {
            rest.rotate_left(1);
        }
        taken.map(|s| s.1)
    }
}
