//! Data of one hart.

use crate::preempt::PreemptGuard;
use arch::MAX_HARTS;

/// One `T` for each hart. Reached only with preemption off, so that the thread cannot leave the hart meanwhile.
pub struct PerHart<T>([T; MAX_HARTS]);

// SAFETY: `get` gives a hart its own element only, and only one thread runs on a hart at a time with preemption off;
// `remote` asks for `T: Sync`.
unsafe impl<T: Send> Sync for PerHart<T> {}

impl<T> PerHart<T> {
    /// From one value for each hart.
    pub const fn new(values: [T; MAX_HARTS]) -> Self {
        PerHart(values)
    }
    /// This hart's value.
    #[inline(always)]
    pub fn get<'a>(&'a self, _guard: &'a PreemptGuard) -> &'a T {
        let index = arch::core(|c| c.hart_block().index as usize);
        &self.0[index & (MAX_HARTS - 1)]
    }
    /// Any hart's value, for types that harts may share.
    #[inline]
    pub fn remote(&self, index: usize) -> &T
    where
        T: Sync,
    {
        &self.0[index & (MAX_HARTS - 1)]
    }
}

const _: () = assert!(MAX_HARTS.is_power_of_two());
