//! The spin lock.

use crate::checker::{self, Nesting};
use crate::levels::Level;
use crate::preempt::{PreemptGuard, preempt_off};
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU32, Ordering};

/// Mutual exclusion for short sections; `L` is its place in the lock order. Preemption is off while it is held.
pub struct SpinLock<T: ?Sized, L: Level> {
    held: AtomicU32,
    level: PhantomData<fn() -> L>,
    value: UnsafeCell<T>,
}

// SAFETY: the lock gives out one reference at a time, so sharing it moves `T` between threads, which `Send` allows.
unsafe impl<T: ?Sized + Send, L: Level> Sync for SpinLock<T, L> {}
// SAFETY: owning the lock is owning the value.
unsafe impl<T: ?Sized + Send, L: Level> Send for SpinLock<T, L> {}

impl<T, L: Level> SpinLock<T, L> {
    /// An unlocked lock.
    pub const fn new(value: T) -> Self {
        SpinLock { held: AtomicU32::new(0), level: PhantomData, value: UnsafeCell::new(value) }
    }
    /// The value, when nobody else can have the lock.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized, L: Level> SpinLock<T, L> {
    /// Waits for the lock.
    #[inline(always)]
    #[track_caller]
    pub fn lock(&self) -> SpinGuard<'_, T, L> {
        self.acquire(Nesting::First)
    }

    /// Waits for the lock where preemption is off already, as `preempt` shows.
    #[inline(always)]
    #[track_caller]
    pub fn lock_under<'a>(&'a self, _preempt: &'a PreemptGuard) -> SpinGuard<'a, T, L, Under<'a>> {
        self.take(Nesting::First, Under(PhantomData))
    }

    #[inline(always)]
    #[track_caller]
    fn acquire(&self, nesting: Nesting) -> SpinGuard<'_, T, L> {
        self.take(nesting, preempt_off())
    }

    #[inline(always)]
    #[track_caller]
    fn take<P>(&self, nesting: Nesting, preempt: P) -> SpinGuard<'_, T, L, P> {
        checker::before_lock::<L>(nesting);
        if self.held.swap(1, Ordering::Acquire) != 0 {
            self.wait();
        }
        checker::locked::<L>();
        SpinGuard { lock: self, nesting, _preempt: preempt }
    }

    /// Takes the lock if it is free; does not count as waiting in the lock order.
    #[inline]
    pub fn try_lock(&self) -> Option<SpinGuard<'_, T, L>> {
        let preempt = preempt_off();
        if self.held.swap(1, Ordering::Acquire) != 0 {
            return None;
        }
        checker::locked::<L>();
        Some(SpinGuard { lock: self, nesting: Nesting::First, _preempt: preempt })
    }

    /// Runs `f` with the value if the lock is free. What came to be due meanwhile is seen to when the next guard goes, or on the
    /// way to user mode.
    #[inline(always)]
    #[track_caller]
    pub fn try_briefly<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        let preempt = preempt_off();
        checker::before_lock::<L>(Nesting::First);
        let result = if self.held.swap(1, Ordering::Acquire) == 0 {
            checker::locked::<L>();
            let mut guard = SpinGuard { lock: self, nesting: Nesting::First, _preempt: Under(PhantomData) };
            Some(f(&mut guard))
        } else {
            None
        };
        preempt.release_quietly();
        result
    }

    #[cold]
    #[inline(never)]
    fn wait(&self) {
        loop {
            while self.held.load(Ordering::Relaxed) != 0 {
                core::hint::spin_loop();
            }
            if self.held.swap(1, Ordering::Acquire) == 0 {
                return;
            }
        }
    }

    /// The value, through exclusive access to the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

/// The right to use a locked value; `P` is what keeps preemption off.
#[must_use]
pub struct SpinGuard<'a, T: ?Sized, L: Level, P = PreemptGuard> {
    lock: &'a SpinLock<T, L>,
    nesting: Nesting,
    _preempt: P,
}

/// A preemption guard of someone else, who holds it as long.
pub struct Under<'a>(PhantomData<&'a PreemptGuard>);

impl<T: ?Sized, L: Level> SpinGuard<'_, T, L> {
    /// Gives the lock back, as dropping does, inside the caller.
    #[inline(always)]
    pub fn unlock(self) {
        self.give_back();
        core::mem::forget(self);
        PreemptGuard::release();
    }
    /// The guard that keeps the thread on its hart as long as the lock is held.
    pub fn preempt(&self) -> &PreemptGuard {
        &self._preempt
    }
}

impl<T: ?Sized, L: Level, P> SpinGuard<'_, T, L, P> {
    #[inline(always)]
    fn give_back(&self) {
        checker::unlocked::<L>(self.nesting);
        self.lock.held.store(0, Ordering::Release);
    }
}

impl<T: ?Sized, L: Level, P> Deref for SpinGuard<'_, T, L, P> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held, so no other reference exists.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized, L: Level, P> DerefMut for SpinGuard<'_, T, L, P> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; `&mut self` makes this reference exclusive.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized, L: Level, P> Drop for SpinGuard<'_, T, L, P> {
    #[inline(always)]
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Locks two locks of one level, in order of their addresses. They must be different locks.
pub fn lock_pair<'a, T, L: Level>(a: &'a SpinLock<T, L>, b: &'a SpinLock<T, L>) -> (SpinGuard<'a, T, L>, SpinGuard<'a, T, L>) {
    assert!(!core::ptr::eq(a, b), "a pair of locks is two locks");
    if core::ptr::from_ref(a) < core::ptr::from_ref(b) {
        let first = a.acquire(Nesting::First);
        let second = b.acquire(Nesting::Second);
        (first, second)
    } else {
        let first = b.acquire(Nesting::First);
        let second = a.acquire(Nesting::Second);
        (second, first)
    }
}
