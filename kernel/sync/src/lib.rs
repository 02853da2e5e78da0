//! Locks and per-hart data of the kernel.
//!
//! * [`SpinLock`] – short critical sections; preemption is off while it is held. Never held over a user access, a
//!   sleep or a final release.
//! * [`Mutex`] – may sleep; its holder may be preempted. Never taken with a spin lock held.
//! * [`PerHart`] – data of one hart, reached through a [`PreemptGuard`].
//! * [`levels`] – the one file that orders all locks (`logic/levels`); checked builds verify the order at each acquisition.
//!
//! Interrupt handlers take no lock at all: they only set bits in the hart's `pending` word, and what they stand for
//! is done where preemption comes back on ([`preempt_on_slow`](hooks::Hooks)). So no lock needs interrupts off.
#![no_std]

mod checker;
mod hooks;
mod mutex;
mod once;
mod per_hart;
mod preempt;
mod spin;

pub use hooks::{Hooks, set_hooks};
pub use logic_levels::{self as levels, Level};
pub use mutex::{Mutex, MutexGuard, lock_mutex_pair};
pub use once::Once;
pub use per_hart::PerHart;
pub use preempt::{PreemptGuard, adopt_initial_guard, may_sleep, preempt_off, preemption_is_off};
pub use spin::{SpinGuard, SpinLock, Under, lock_pair};
