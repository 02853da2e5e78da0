//! Tests that boot a guest and look at it from outside, one module per subject.

mod bytes;
mod exits;
mod files;
mod initramfs;
mod machine;
mod panics;
mod programs;
mod runner;
mod sandbox;
mod see;
mod services;
mod terminal;
mod timeline;
