//! The rvOS kernel: safe code on top of `arch`, `sync` and `mem`.
//!
//! Where things are: `boot` brings the machine up; `trap` is the way in and out of user mode; `linux` holds the calls, one
//! file a family; `task` threads, processes, scheduling and waiting; `mm` address spaces; `fs` names and files; `events` what is read to hear of
//! something: timers, signals, processes, changes of files.
//! `native` and `object` are the calls and objects that Linux has not.
#![no_std]
#![no_main]
#![deny(unsafe_code)]
#![deny(clippy::indexing_slicing)]
extern crate alloc;

mod boot;
mod budget;
mod census;
mod clock;
mod events;
mod fs;
mod interrupts;
mod klog;
mod linux;
mod mm;
mod native;
mod net;
mod object;
mod panic;
mod random;
mod see;
mod task;
mod trap;
mod tty;
mod world;

arch::entry!(boot::main);
