//! The sleeping lock.
//!
//! States of the word: 0 free, 1 held, 2 held and somebody may sleep on it (U. Drepper, "Futexes are tricky",
//! mutex2). The scheduler supplies the sleeping through [`crate::Hooks`].

use crate::checker::{self, Nesting};
use crate::levels::Level;
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU32, Ordering};

const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;

/// Mutual exclusion whose waiters sleep. User accesses do not fault pages in while one is held: they end with a short
/// count, and the caller lets go, faults in and tries again.
pub struct Mutex<T: ?Sized, L: Level> {
    word: AtomicU32,
    level: PhantomData<fn() -> L>,
    value: UnsafeCell<T>,
}

// SAFETY: the lock gives out one reference at a time, so sharing it moves `T` between threads, which `Send` allows.
unsafe impl<T: ?Sized + Send, L: Level> Sync for Mutex<T, L> {}
// SAFETY: owning the lock is owning the value.
unsafe impl<T: ?Sized + Send, L: Level> Send for Mutex<T, L> {}

impl<T, L: Level> Mutex<T, L> {
    /// An unlocked lock.
    pub const fn new(value: T) -> Self {
        Mutex { word: AtomicU32::new(FREE), level: PhantomData, value: UnsafeCell::new(value) }
    }
    /// The value, when nobody else can have the lock.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized, L: Level> Mutex<T, L> {
    /// Waits for the lock; may sleep, not interruptible (holders never wait for user mode).
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T, L> {
        self.acquire(Nesting::First)
    }

    #[inline]
    #[track_caller]
    fn acquire(&self, nesting: Nesting) -> MutexGuard<'_, T, L> {
        checker::before_lock::<L>(nesting);
        if self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait();
        }
        self.acquired(nesting)
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T, L>> {
        self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).ok()?;
        Some(self.acquired(Nesting::First))
    }

    #[inline(always)]
    fn acquired(&self, nesting: Nesting) -> MutexGuard<'_, T, L> {
        checker::locked::<L>();
        arch::core(|c| c.mutexes.store(c.mutexes.load(Ordering::Relaxed) + 1, Ordering::Relaxed));
        MutexGuard { lock: self, nesting, not_send: PhantomData }
    }

    #[cold]
    #[inline(never)]
    fn wait(&self) {
        while self.word.swap(CONTENDED, Ordering::Acquire) != FREE {
            match crate::hooks::hooks() {
                Some(h) => (h.wait)(&self.word, CONTENDED),
                None => core::hint::spin_loop(),
            }
        }
    }

    /// The value, through exclusive access to the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

/// The right to use a locked value.
#[must_use]
pub struct MutexGuard<'a, T: ?Sized, L: Level> {
    lock: &'a Mutex<T, L>,
    nesting: Nesting,
    not_send: PhantomData<*mut ()>,
}

impl<T: ?Sized, L: Level> Deref for MutexGuard<'_, T, L> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held, so no other reference exists.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized, L: Level> DerefMut for MutexGuard<'_, T, L> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; `&mut self` makes this reference exclusive.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized, L: Level> Drop for MutexGuard<'_, T, L> {
    #[inline]
    fn drop(&mut self) {
        checker::unlocked::<L>(self.nesting);
        arch::core(|c| c.mutexes.store(c.mutexes.load(Ordering::Relaxed) - 1, Ordering::Relaxed));
        if self.lock.word.swap(FREE, Ordering::Release) == CONTENDED
            && let Some(h) = crate::hooks::hooks()
        {
            (h.wake)(&self.lock.word);
        }
    }
}

/// Locks two mutexes of one level, in order of their addresses. They must be different.
pub fn lock_mutex_pair<'a, T, L: Level>(a: &'a Mutex<T, L>, b: &'a Mutex<T, L>) -> (MutexGuard<'a, T, L>, MutexGuard<'a, T, L>) {
    assert!(!core::ptr::eq(a, b), "a pair of locks is two locks");
    if core::ptr::from_ref(a) < core::ptr::from_ref(b) {
        let first = a.acquire(Nesting::First);
        (first, b.acquire(Nesting::Second))
    } else {
        let first = b.acquire(Nesting::First);
        (a.acquire(Nesting::Second), first)
    }
}
