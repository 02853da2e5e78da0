//! TLB shoot-down: how a hart that changes page tables knows that no other hart still uses what
//! was there before.
//!
//! [`Space`] (one per address space) decides which harts have to be asked at once and which flush
//! later, when they come back. [`Shootdown`] (one) carries the requests and the answers.
//!
//! # The steps
//!
//! The initiator, preemption off, interrupts **on**, with no spin lock held (a target could wait for
//! it with interrupts off, and never answer):
//! - (1) changes page-table entries; the frames stay allocated.
//! - (2) [`Space::targets`]: a full fence, then reads who uses the space. All others are marked
//!   *stale*, a second full fence follows, and who came meanwhile is added.
//! - (3) [`Shootdown::begin`]: writes its request and, as *pending*, the harts that must answer.
//! - (4) puts its number into the inbox of each; whoever found an inbox empty sends that hart an
//!   interrupt.
//! - (5) [`Pending::wait`]: until nobody is pending, and serves its own inbox meanwhile: two
//!   initiators may wait for each other.
//! - (6) frees the frames.
//!
//! A target, in its interrupt or while it waits itself: [`Shootdown::serve`]
//! - (7) takes its whole inbox,
//! - (8) flushes what each of the requests says,
//! - (9) and only then removes itself from the request's pending harts.
//!
//! A hart that takes up an address space, [`Space::enter`]:
//! - (10) says that it uses the space, then a full fence,
//! - (11) and if it is stale, flushes the address space before its first access.
//! - (12) [`Space::rest`]: it runs no user code there from now on, but the table may stay loaded
//!   (idle, kernel thread: the space is *lazily loaded*), and so may its TLB entries. [`Space::unload`]:
//!   another table is loaded.
//!
//! With the fences of (2) and (10), either the initiator sees the hart, or the hart sees that it is
//! stale (store buffering, each side writes and then reads). Making an entry valid that was invalid
//! needs none of this: a spurious fault flushes locally (RISC-V privileged spec., SFENCE.VMA). An entry
//! that is to show another frame is made invalid in (1) and valid after (5): else a hart that has just
//! come across the new frame could write to it while another still reads the old one.
//!
//! Neighbours: `logic-pagetable` (what is changed), `logic-shim` (the atomics).
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate std;

mod asids;
mod mutation;
mod requests;
mod space;

pub use asids::Asids;
pub use requests::{Pending, Shootdown};
pub use space::{AsidHistory, Depth, EntryFlush, Space};

/// A hart by its logical number, 0 to 63.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hart(pub u32);

/// A set of harts, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Harts(pub u64);

/// What a target has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// Forget the translations of some pages of an address space.
    Pages {
        /// The address-space identifier.
        asid: u16,
        /// Virtual address of the first page.
        start: u64,
        /// How many pages of 4 KiB.
        pages: u64,
    },
    /// Forget all translations of an address space.
    Space {
        /// The address-space identifier.
        asid: u16,
    },
    /// The address space ends: who has its table loaded, loads the kernel's, then as `Space`.
    Unload {
        /// The address-space identifier.
        asid: u16,
    },
    /// Forget the translations of some kernel pages, which all address spaces share.
    Kernel {
        /// Virtual address of the first page.
        start: u64,
        /// How many pages of 4 KiB.
        pages: u64,
    },
    /// Forget all translations (a new generation of address-space identifiers).
    Everything,
    /// `fence.i`: instructions in memory have changed.
    Instructions,
}

impl Hart {
    /// The set of this hart alone; empty above 63.
    #[must_use]
    #[inline]
    pub const fn alone(self) -> Harts {
        match 1u64.checked_shl(self.0) {
            Some(bit) => Harts(bit),
            None => Harts(0),
        }
    }
}

impl Harts {
    /// Nobody.
    pub const NONE: Self = Self(0);

    /// Whether nobody is in the set.
    #[must_use]
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the hart is in the set.
    #[must_use]
    #[inline]
    pub const fn contains(self, hart: Hart) -> bool {
        self.0 & hart.alone().0 != 0
    }

    /// Without one hart.
    #[must_use]
    #[inline]
    pub const fn without(self, hart: Hart) -> Self {
        Self(self.0 & !hart.alone().0)
    }

    /// The harts, lowest first.
    pub fn iter(self) -> impl Iterator<Item = Hart> {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let lowest = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (lowest < u64::BITS).then_some(Hart(lowest))
        })
    }
}

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;
