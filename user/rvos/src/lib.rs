//! What rvOS has beyond Linux, for programs in Rust with `std`: one file for each noun.
//!
//! - [`End`] and [`Channel`]: messages with descriptors that move, and calls.
//! - [`Listener`], [`Peer`], [`connect`]: services below `/svc`.
//! - [`Memory`]: memory that is passed on, and sealed.
//! - [`Start`]: a program in a process of its own, with exactly what it is given.
//!
//! Everything owns its descriptor and closes it when dropped. Errors are `std::io::Error`, with the kernel's numbers.
#![forbid(unsafe_code)]

mod channel;
mod memory;
mod process;
mod service;

pub use channel::{Channel, Deadline, End, Received};
pub use memory::{Memory, Seals};
pub use process::Start;
pub use service::{Bind, Listener, Peer, connect};

use std::io;

/// The kernel's error as `std` has it.
fn error(errno: abi::Errno) -> io::Error {
    io::Error::from_raw_os_error(i32::from(errno.number()))
}
