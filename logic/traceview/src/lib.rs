//! Turns what the kernel notes about itself into text for people and other programs.
//!
//! * [`Calls`] – the calls of programs (`logic_trace::CallRecord`), a line each, as strace(1) shows them. Names,
//!   kinds of arguments and error numbers come from the tables in `abi`.
//! * [`timeline`] – the records of the trace rings as JSON in the Chrome trace event format, which Perfetto and
//!   `chrome://tracing` show.
//!
//! Neighbours: `logic-trace` (the records), `programs/trace` (which reads them).
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod calls;
mod names;
#[cfg(test)]
mod tests;
mod timeline;
mod values;

pub use calls::Calls;
pub use timeline::{order, timeline};
