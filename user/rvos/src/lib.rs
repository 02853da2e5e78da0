//! What rvOS has beyond Linux, for programs in Rust with `std`: one file for each noun.
//!
//! - [`End`] and [`Channel`]: messages with descriptors that move, and calls.
//! - [`Listener`], [`Peer`], [`connect`], [`connect_by`]: services below `/svc`.
//! - [`Memory`] that is passed on and sealed, and a [`Mapping`] of it.
//! - [`Start`]: a program in a process of its own, with exactly what it is given; [`World`] and [`Budget`] say what it reaches and
//!   how much it may use, [`Process`] is what one has of it then.
//! - [`EventSet`]: one wait for any number of these; [`Timer`]: something to wait for; [`Deadline`]: how long.
//! - [`restrict`]: fewer [`Rights`] for a descriptor.
//!
//! Everything owns its descriptor and closes it when dropped. Errors are `std::io::Error`, with the kernel's numbers.
#![forbid(unsafe_code)]

mod budget;
mod channel;
mod deadline;
mod events;
mod mapping;
mod memory;
mod process;
mod rights;
mod service;
mod start;
mod timer;
mod world;

pub use budget::{Budget, Charged, NewBudget, Resource};
pub use channel::{Channel, End, Received};
pub use deadline::Deadline;
pub use events::{Event, EventSet, Interest};
pub use mapping::{Access, Mapping};
pub use memory::{Memory, Seals};
pub use process::{Ended, Process, ProcessUsage, Signal};
pub use rights::{Rights, restrict};
pub use service::{Bind, Listener, Peer, connect, connect_by};
pub use start::Start;
pub use timer::Timer;
pub use world::{Grant, World};

use std::io;

/// The kernel's error as `std` has it.
fn error(errno: abi::Errno) -> io::Error {
    io::Error::from_raw_os_error(i32::from(errno.number()))
}
