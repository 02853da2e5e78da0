//! `Loom`: atomics whose interleavings loom explores. Usable inside `loom::model` only.

use loom::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::{Atomics, forward};

/// The atomics of loom.
#[derive(Clone, Copy, Debug)]
pub enum Loom {}

impl Atomics for Loom {
    type U32 = AtomicU32;
    type U64 = AtomicU64;
    type Usize = AtomicUsize;

    fn fence(order: Ordering) {
        loom::sync::atomic::fence(order);
    }

    fn spin_hint() {
        loom::hint::spin_loop();
    }
}

forward!(AtomicU32, u32);
forward!(AtomicU64, u64);
forward!(AtomicUsize, usize);
