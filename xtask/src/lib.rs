//! xtask as a library: what the doors (`./x VERB`) and the host-side tests share.
//!
//! [`guest`] is the part for callers: boot a guest, run a program in it, get its output and status.
//! Below it: [`builds`] (kernel and programs), [`root`] over [`cpio`] (the guest's root file system),
//! [`machine`] (QEMU's command line), [`relay`] over [`protocol`] (bytes between host and guest).
#![forbid(unsafe_code)]

pub mod builds;
pub mod cpio;
pub mod guest;
pub mod ksyms;
pub mod machine;
pub mod paths;
pub mod protocol;
pub mod relay;
pub mod root;
pub mod signals;
pub mod terminal;
