//! [`Core`]: the machine's atomics, what the kernel uses. Neighbour: `loom_impl`.

use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::{Atomics, forward};

/// The atomics of `core`.
#[derive(Clone, Copy, Debug)]
pub enum Core {}

impl Atomics for Core {
    type U32 = AtomicU32;
    type U64 = AtomicU64;
    type Usize = AtomicUsize;

    #[inline(always)]
    fn fence(order: Ordering) {
        core::sync::atomic::fence(order);
    }

    #[inline(always)]
    fn spin_hint() {
        core::hint::spin_loop();
    }
}

forward!(AtomicU32, u32);
forward!(AtomicU64, u64);
forward!(AtomicUsize, usize);
