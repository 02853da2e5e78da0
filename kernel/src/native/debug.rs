//! Calls for tests of the tests, in checked builds alone: disabling calls of a program, and making an allocation fail.

use crate::linux::{Call, CallResult};
use abi::Errno;
use core::sync::atomic::{AtomicU32, Ordering};

/// Calls that can be disabled at a time.
const ROOM: usize = 4;

/// A disabled call: `number << 2 | mode`; 0 for none.
type Slots = [AtomicU32; ROOM];

/// Which calls of a process do nothing. What [`debug_mutate`] asks for holds from the next exec on.
pub(crate) struct Mutations {
    wanted: Slots,
    active: Slots,
}

/// What a disabled call answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// ENOSYS.
    Missing = 1,
    /// 0, as if it had acted.
    Nothing = 2,
}

fn slot(number: usize, mode: Mode) -> u32 {
    (number as u32) << 2 | mode as u32
}

fn copy(to: &Slots, from: &Slots) {
    for (to, from) in to.iter().zip(from) {
        to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Mutations {
    /// None.
    pub(crate) const fn new() -> Self {
        Mutations { wanted: [const { AtomicU32::new(0) }; ROOM], active: [const { AtomicU32::new(0) }; ROOM] }
    }
    /// fork: a child begins as its parent is.
    pub(crate) fn inherit(&self, from: &Mutations) {
        copy(&self.wanted, &from.wanted);
        copy(&self.active, &from.active);
    }
    /// exec: what was asked for holds now.
    pub(crate) fn on_exec(&self) {
        copy(&self.active, &self.wanted);
    }
    /// Asks for a mode, or with `None` no longer. EINVAL: there is no room.
    fn want(&self, number: usize, mode: Option<Mode>) -> Result<(), Errno> {
        let load = |s: &AtomicU32| s.load(Ordering::Relaxed);
        let same = self.wanted.iter().find(|s| load(s) != 0 && load(s) >> 2 == number as u32);
        match (same, mode) {
            (Some(s), None) => s.store(0, Ordering::Relaxed),
            (None, None) => {}
            (Some(s), Some(m)) => s.store(slot(number, m), Ordering::Relaxed),
            (None, Some(m)) => {
                let free = self.wanted.iter().find(|s| load(s) == 0).ok_or(Errno::EINVAL)?;
                free.store(slot(number, m), Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

/// The answer of a call that is disabled for the caller's process. Nothing in builds that are not checked.
#[inline(always)]
pub(crate) fn mutated(c: &Call<'_>, number: usize) -> Option<CallResult> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let active = &c.me.process().mutations.active;
    for s in active {
        let s = s.load(Ordering::Relaxed);
        if s == slot(number, Mode::Missing) {
            return Some(Err(Errno::ENOSYS.into()));
        }
        if s == slot(number, Mode::Nothing) {
            return Some(Ok(0));
        }
    }
    None
}

/// debug_mutate(number, mode): mode 0 clears, 1 is ENOSYS, 2 is 0 without acting.
pub(super) fn debug_mutate(c: &mut Call<'_>) -> CallResult {
    if !cfg!(debug_assertions) {
        return Err(Errno::ENOSYS.into());
    }
    let number = c.arg(0);
    // These two stay as they are: with them a mutation is undone.
    if number >= abi::nr::debug_mutate {
        return Err(Errno::EINVAL.into());
    }
    let mode = match c.int(1) {
        0 => None,
        1 => Some(Mode::Missing),
        2 => Some(Mode::Nothing),
        _ => return Err(Errno::EINVAL.into()),
    };
    c.me.process().mutations.want(number, mode)?;
    Ok(0)
}

/// debug_fail_alloc(nth): the nth allocation for this thread from now on fails, 0 for none. Returns how many there were
/// since it was last called.
pub(super) fn debug_fail_alloc(c: &mut Call<'_>) -> CallResult {
    if !cfg!(debug_assertions) {
        return Err(Errno::ENOSYS.into());
    }
    let nth = c.uint(0);
    Ok(arch::core(|core| {
        core.fail_at.store(nth, Ordering::Relaxed);
        core.allocations.swap(0, Ordering::Relaxed) as usize
    }))
}
