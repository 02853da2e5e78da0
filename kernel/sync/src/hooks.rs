//! What the locks need of the scheduler, registered once at boot.

use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// The scheduler's side of locks and preemption.
pub struct Hooks {
    /// Preemption came back on while interrupts or a reschedule were pending. Interrupts are on.
    pub preempt_point: fn(),
    /// Preemption was off for so many ticks of the timebase, and comes back on (checked builds).
    pub preempt_was_off: fn(u64),
    /// Sleeps until woken if the word still has the value; may return early.
    pub wait: fn(&AtomicU32, u32),
    /// Wakes one sleeper of the word.
    pub wake: fn(&AtomicU32),
}

static HOOKS: AtomicPtr<Hooks> = AtomicPtr::new(core::ptr::null_mut());

/// Registers the scheduler. Until then preemption points do nothing and no sleeping lock may be contended.
pub fn set_hooks(hooks: &'static Hooks) {
    HOOKS.store(core::ptr::from_ref(hooks).cast_mut(), Ordering::Release);
}

pub(crate) fn hooks() -> Option<&'static Hooks> {
    // SAFETY: null or the `&'static` that `set_hooks` stored.
    unsafe { HOOKS.load(Ordering::Acquire).as_ref() }
}
