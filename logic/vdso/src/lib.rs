//! The vDSO as a file: a shared object around code that somebody else wrote (vdso(7), elf(5)).
//!
//! [`compose`] puts headers, symbols with their version, both hash tables and unwind data before the code, so that C libraries, unwinders
//! and debuggers find their way. All of it lies in one page; nothing needs relocating, and the code knows its own place.
//!
//! - `out.rs`: bytes one after the other into a page.
//! - `image.rs`: the parts of the file and their order.
//! - `unwind.rs`: how to walk through the code, and through a signal handler's return.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects))]

#[cfg(test)]
extern crate std;

mod image;
mod out;
#[cfg(test)]
mod tests;
mod unwind;

pub use image::{Code, Function, MAX_FUNCTIONS, compose};

/// The page size of riscv64; the image is this long at most.
pub const PAGE_BYTES: usize = 4096;
/// The object's name.
pub const SONAME: &str = "linux-vdso.so.1";
/// The version of all its symbols.
pub const VERSION: &str = "LINUX_4.15";

/// The parts do not fit into a page, or into the room before the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;
