//! Virtual time: run time divided by weight. It wraps; only distances have a meaning.

use core::cmp::Ordering;

/// A point of virtual time, in nanoseconds of a thread of nice 0 (a group of weight 100).
///
/// The order is that of the distance's sign. All points that are ever compared lie within 2^62 of
/// each other: a queue's are within a few seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Virtual(pub(crate) u64);

impl Virtual {
    #[inline]
    pub(crate) const fn after(self, ns: u64) -> Self {
        Self(self.0.wrapping_add(ns))
    }

    #[inline]
    pub(crate) const fn before(self, ns: u64) -> Self {
        Self(self.0.wrapping_sub(ns))
    }

    #[inline]
    pub(crate) const fn shifted(self, ns: i64) -> Self {
        Self(self.0.wrapping_add_signed(ns))
    }

    /// How far this is after `other`; negative if before.
    #[inline]
    #[expect(clippy::cast_possible_wrap, reason = "the sign is what is asked for")]
    pub(crate) const fn since(self, other: Self) -> i64 {
        self.0.wrapping_sub(other.0) as i64
    }
}

impl Ord for Virtual {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.since(*other).cmp(&0)
    }
}

impl PartialOrd for Virtual {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Factor for [`stretch`]: `unit` divided by `weight`, 32 binary places.
#[inline]
pub(crate) const fn factor(unit: u32, weight: u32) -> u64 {
    let weight = if weight == 0 { 1 } else { weight };
    match ((unit as u64) << 32).checked_div(weight as u64) {
        Some(factor) => factor,
        None => 0,
    }
}

/// Run time to virtual time.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "virtual time wraps by design")]
pub(crate) const fn stretch(ran_ns: u64, factor: u64) -> u64 {
    ((ran_ns as u128).wrapping_mul(factor as u128) >> 32) as u64
}
