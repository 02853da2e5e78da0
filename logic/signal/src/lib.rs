//! Signals as pure state machines and tables (signal(7)): what is pending, what a signal does,
//! whether a call restarts, and the bytes of the riscv64 signal frame.
//!
//! - `set.rs`: [`Signal`], [`SigSet`].
//! - `info.rs`: [`SigInfo`], the kernel's `siginfo_t`.
//! - `pending.rs`: [`Pending`], queues of a thread or process; [`dequeue`] over both.
//! - `action.rs`: [`Action`], [`Actions`]: sigaction(2), default actions.
//! - `decide.rs`: [`generate`], [`decide`], [`force`], [`after_call`], who takes a signal.
//! - `job.rs`: [`JobState`]: stop, continue and what wait(2) reports of it.
//! - `altstack.rs`: [`AltStack`]: sigaltstack(2), where a frame goes.
//! - `signalfd.rs`: what a read of a signalfd(2) gives.
//! - `frame.rs`: the frame's layout, emit and parse.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects))]

extern crate alloc;

mod action;
mod altstack;
mod decide;
pub mod frame;
mod info;
mod job;
mod pending;
mod set;
mod signalfd;
#[cfg(test)]
mod tests;

pub use action::{Action, ActionError, Actions, DefaultAction, Disposition, SaFlags, Superseded};
pub use altstack::{AltStack, AltStackError, FrameSpot, MIN_STACK_BYTES};
pub use decide::{
    AfterCall, Delivery, Forced, Generated, Origin, Protection, Restart, Situation, Target, Tracing, after_call, decide, force,
    generate, is_fatal_at_once, wants_signal,
};
pub use info::{ChildCode, SigInfo, code};
pub use job::{Continued, JobReport, JobState};
pub use pending::{BLOCK_NODES, MAX_QUEUED, NoMemory, Pending, PostError, Posted, Storage, Supply, Taken, dequeue};
pub use set::{SigSet, Signal};
