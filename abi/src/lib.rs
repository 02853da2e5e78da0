//! The border between rvOS and its programs, as data: the two tables of calls, error numbers, rights, and the structs that cross it.
//!
//! - [`for_each_linux_call`], [`for_each_native_call`]: the rows, for macros that make something for every call (dispatch, stubs).
//! - [`LINUX_CALLS`], [`NATIVE_CALLS`], [`Call`]: the same rows as constants, for programs that walk over them (tests, documentation, the tracer).
//! - [`pointers`], [`call_name`]: what the kernel's tracer needs of the rows.
//! - [`Errno`], [`Rights`].
//! - `structs/`: the fixed-size structs of Linux's riscv64 ABI as plain-bytes types. Flag and command numbers are not here: `linux-raw-sys` has them.
//!
//! Shared by the kernel, the user stubs and the host tools; it holds no behaviour.
#![no_std]
#![forbid(unsafe_code)]

mod call;
mod errno;
mod linux_calls;
mod native_calls;
mod pointers;
mod rights;
mod structs;
mod table;

#[cfg(test)]
mod tests;

pub use call::{Arg, ArgKind, Authority, Blocks, Call, Direction, Grant, Null, Ret, State};
pub use errno::Errno;
pub use pointers::{Count, Layout, Pointer, call_name, pointers};
pub use rights::Rights;
pub use structs::*;
pub use table::{FIRST_NATIVE_CALL, LINUX_CALLS, NATIVE_CALLS, call_by_name, call_by_number, nr, rights_by_argument};
