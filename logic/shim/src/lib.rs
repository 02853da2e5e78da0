//! The atomics that a hart protocol is generic over.
//!
//! A crate in which harts meet takes an [`Atomics`] parameter. The kernel passes [`Core`], whose
//! methods are the machine's instructions; a model passes `Loom` (feature `loom`), which explores
//! the interleavings. The code that the model explores is therefore the code that runs.
//!
//! [`mutations!`] declares the steps that a model may leave out.
//!
//! Neighbours: `logic-waits`, `logic-budget` and the other protocol crates.
#![no_std]
#![forbid(unsafe_code)]

mod core_impl;
#[cfg(feature = "loom")]
mod loom_impl;
mod mutation;

pub use core::sync::atomic::Ordering;
pub use core_impl::Core;
#[cfg(feature = "loom")]
pub use loom_impl::Loom;

/// A family of atomics that belong together.
pub trait Atomics: 'static {
    /// 32 bits.
    type U32: Atomic<u32>;
    /// 64 bits.
    type U64: Atomic<u64>;
    /// The machine's word.
    type Usize: Atomic<usize>;

    /// A fence, as `core::sync::atomic::fence`.
    fn fence(order: Ordering);

    /// Said in a loop that waits for another hart. A model schedules another thread here, so each
    /// such loop has to call it.
    fn spin_hint();
}

/// One atomic integer. Each method is that of `core::sync::atomic` with the same name.
pub trait Atomic<T: Copy>: core::fmt::Debug + Send + Sync {
    /// A new atomic with this value.
    fn new(value: T) -> Self;
    /// Reads the value.
    fn load(&self, order: Ordering) -> T;
    /// Writes the value.
    fn store(&self, value: T, order: Ordering);
    /// Writes the value and returns the one before.
    fn swap(&self, value: T, order: Ordering) -> T;
    /// Writes `new` if the value is `current`; returns the value before, as `Err` if it differed.
    fn compare_exchange(&self, current: T, new: T, success: Ordering, failure: Ordering) -> Result<T, T>;
    /// As [`Atomic::compare_exchange`], and may fail without a reason; for loops.
    fn compare_exchange_weak(&self, current: T, new: T, success: Ordering, failure: Ordering) -> Result<T, T>;
    /// Adds, wrapping, and returns the value before.
    fn fetch_add(&self, value: T, order: Ordering) -> T;
    /// Subtracts, wrapping, and returns the value before.
    fn fetch_sub(&self, value: T, order: Ordering) -> T;
    /// Or, and returns the value before.
    fn fetch_or(&self, value: T, order: Ordering) -> T;
    /// And, and returns the value before.
    fn fetch_and(&self, value: T, order: Ordering) -> T;
}

/// Implements [`Atomic`] for a type that has the methods of `core::sync::atomic`.
macro_rules! forward {
    ($atomic:ty, $int:ty) => {
        impl crate::Atomic<$int> for $atomic {
            #[inline(always)]
            fn new(value: $int) -> Self {
                <$atomic>::new(value)
            }
            #[inline(always)]
            fn load(&self, order: crate::Ordering) -> $int {
                self.load(order)
            }
            #[inline(always)]
            fn store(&self, value: $int, order: crate::Ordering) {
                self.store(value, order);
            }
            #[inline(always)]
            fn swap(&self, value: $int, order: crate::Ordering) -> $int {
                self.swap(value, order)
            }
            #[inline(always)]
            fn compare_exchange(
                &self,
                current: $int,
                new: $int,
                success: crate::Ordering,
                failure: crate::Ordering,
            ) -> Result<$int, $int> {
                self.compare_exchange(current, new, success, failure)
            }
            #[inline(always)]
            fn compare_exchange_weak(
                &self,
                current: $int,
                new: $int,
                success: crate::Ordering,
                failure: crate::Ordering,
            ) -> Result<$int, $int> {
                self.compare_exchange_weak(current, new, success, failure)
            }
            #[inline(always)]
            fn fetch_add(&self, value: $int, order: crate::Ordering) -> $int {
                self.fetch_add(value, order)
            }
            #[inline(always)]
            fn fetch_sub(&self, value: $int, order: crate::Ordering) -> $int {
                self.fetch_sub(value, order)
            }
            #[inline(always)]
            fn fetch_or(&self, value: $int, order: crate::Ordering) -> $int {
                self.fetch_or(value, order)
            }
            #[inline(always)]
            fn fetch_and(&self, value: $int, order: crate::Ordering) -> $int {
                self.fetch_and(value, order)
            }
        }
    };
}
use forward;
