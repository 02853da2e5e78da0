//! The lock checker: in checked builds every acquisition is compared with what the thread holds.

use core::sync::atomic::Ordering::Relaxed;
use logic_levels::{FIRST_SPIN_RANK, Level};

/// Whether a second lock of the same level is allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nesting {
    First,
    Second,
}

/// Called before waiting for a lock, so that a wrong order is reported even when nothing deadlocked.
#[inline(always)]
pub(crate) fn before_lock<L: Level>(nesting: Nesting) {
    if cfg!(debug_assertions) {
        check::<L>(nesting);
    }
}

#[inline(never)]
fn check<L: Level>(nesting: Nesting) {
    let (held, preempt) = arch::core(|c| (c.held_levels.load(Relaxed), c.preempt.load(Relaxed)));
    let above = held >> L::RANK;
    let allowed = match nesting {
        Nesting::First => above == 0,
        Nesting::Second => above == 1,
    };
    if !allowed {
        let worst = (63 - held.leading_zeros()) as u8;
        let name = logic_levels::ALL.iter().find(|l| l.0 == worst).map_or("?", |l| l.1);
        panic!("lock order: {} taken while {name} is held", L::NAME);
    }
    if L::RANK < FIRST_SPIN_RANK && preempt != 0 {
        panic!("lock order: sleeping lock {} taken with preemption off", L::NAME);
    }
}

/// Called once the lock is held.
#[inline(always)]
pub(crate) fn locked<L: Level>() {
    if cfg!(debug_assertions) {
        arch::core(|c| c.held_levels.store(c.held_levels.load(Relaxed) | 1 << L::RANK, Relaxed));
    }
}

/// Called when the lock is let go.
#[inline(always)]
pub(crate) fn unlocked<L: Level>(nesting: Nesting) {
    if cfg!(debug_assertions) && nesting == Nesting::First {
        arch::core(|c| c.held_levels.store(c.held_levels.load(Relaxed) & !(1 << L::RANK), Relaxed));
    }
}
