//! Preemption guards: while one lives, the thread stays on its hart.

use arch::flag;
use core::marker::PhantomData;
use core::sync::atomic::Ordering::Relaxed;

/// Keeps the running thread on its hart until dropped.
#[must_use]
pub struct PreemptGuard(PhantomData<*mut ()>);

/// Turns preemption off.
#[inline(always)]
pub fn preempt_off() -> PreemptGuard {
    arch::core(|c| {
        let depth = c.preempt.load(Relaxed);
        c.preempt.store(depth + 1, Relaxed);
        if cfg!(debug_assertions) && depth == 0 {
            c.hart_block().preempt_since.store(arch::time_now(), Relaxed);
        }
    });
    core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
    PreemptGuard(PhantomData)
}

impl Drop for PreemptGuard {
    #[inline(always)]
    fn drop(&mut self) {
        Self::release();
    }
}

/// In checked builds, tells how long preemption was off if it comes back on. As it is off still, the hart is the same.
#[inline(always)]
fn note_stretch(c: &arch::ThreadCore, depth: u32) {
    if cfg!(debug_assertions) && depth == 0 {
        let since = c.hart_block().preempt_since.swap(0, Relaxed);
        if let (Some(h), true) = (crate::hooks::hooks(), since != 0) {
            (h.preempt_was_off)(arch::time_now() - since);
        }
    }
}

#[cold]
#[inline(never)]
fn preempt_point() {
    if arch::interrupts_on()
        && let Some(h) = crate::hooks::hooks()
    {
        (h.preempt_point)();
    }
}

/// Whether preemption is off.
pub fn preemption_is_off() -> bool {
    arch::core(|c| c.preempt.load(Relaxed) != 0)
}

/// States that the caller may sleep; checked builds panic if it holds a spin lock or a per-hart guard.
#[track_caller]
#[inline(always)]
pub fn may_sleep() {
    debug_assert!(!preemption_is_off(), "sleeping with preemption off");
}

/// The guard that a new thread's first code inherits: threads begin with preemption off.
pub fn adopt_initial_guard() -> PreemptGuard {
    PreemptGuard(PhantomData)
}

impl PreemptGuard {
    /// What dropping it does; for who forgets it.
    #[inline(always)]
    pub(crate) fn release() {
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
        let due = arch::core(|c| {
            let depth = c.preempt.load(Relaxed) - 1;
            note_stretch(c, depth);
            c.preempt.store(depth, Relaxed);
            // An interrupt from here on sees depth 0 and does its work itself; one before has left its mark.
            depth == 0 && c.flags.load(Relaxed) & (flag::RESCHED | flag::MARK) != 0
        });
        if due {
            preempt_point();
        }
    }
    /// Ends the guard without looking at what is pending, which is seen to when the next one goes, or on the way to user mode.
    #[inline(always)]
    pub fn release_quietly(self) {
        core::mem::forget(self);
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
        arch::core(|c| {
            let depth = c.preempt.load(Relaxed) - 1;
            note_stretch(c, depth);
            c.preempt.store(depth, Relaxed);
        });
    }
}
