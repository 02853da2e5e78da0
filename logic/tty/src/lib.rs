//! The terminal line discipline as a pure state machine: termios(3) as Linux's N_TTY behaves.
//!
//! [`Tty`] takes input bytes from a wire (a UART, or a pty's master), edits lines, echoes, raises
//! signals and holds what can be read; it takes output bytes from programs, processes them and
//! holds what the wire is to send. It knows no time, no process and no device: timers of VTIME,
//! signals and waiting are the shell's, which calls it under one lock.
//!
//! - `termios.rs`: [`Termios`] and its flags.
//! - `tty.rs`: [`Tty`], settings, flow control, what poll and ioctls report.
//! - `input.rs`: what an input byte does; `edit.rs`: erasing and its echo.
//! - `lines.rs`: the 4096-byte input ring with its line marks.
//! - `read.rs`: what read(2) gets; `output.rs`: output processing, echo, the output ring.
//! - `master.rs`: what a pty's master reads.
//! - `job.rs`: what a background process may do.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects))]

extern crate alloc;

mod ctype;
mod edit;
mod input;
mod job;
mod lines;
mod master;
mod output;
mod read;
mod termios;
#[cfg(test)]
mod tests;
mod tty;

pub use input::{Received, TtySignal};
pub use job::{Access, Background, JobVerdict, check_background};
pub use lines::INPUT_BYTES;
pub use master::{MasterNews, MasterPlan};
pub use output::{ECHO_RESERVE_BYTES, OUTPUT_BYTES};
pub use read::{ReadPlan, ReadRule};
pub use termios::{Cc, ControlFlags, InputFlags, LocalFlags, OutputFlags, Termios};
pub use tty::{FlowAction, NoMemory, PacketStatus, Queue, Tty, Wire};
