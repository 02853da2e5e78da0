//! Tests of both halves: `plan` with headers of real programs and mangled ones, `stack` with a reader that looks at the stack as a program does.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop here"
)]
mod plan;
mod stack;
