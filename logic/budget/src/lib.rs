//! Budgets: a tree of accounts, and a stock per hart so that a charge is one atomic.
//!
//! An [`Account`] has a pool per [`Kind`] of resource. A *carved* pool has its limit reserved from
//! the parent, so what is charged within it is guaranteed. A *shared* pool has a maximum of its
//! own and charges its nearest carved ancestor as well (and each shared pool in between), as
//! `memory.max` of cgroup v2 does.
//!
//! Units are conserved, and each is in exactly one place:
//!
//! ```text
//! limit = room of the pool + stocks of the harts + what is charged + what children hold
//! ```
//!
//! The steps of the protocol, cited in the code and left out one by one in the models:
//! 1. A charge takes from the hart's stock by compare-and-exchange; an empty stock is refilled.
//! 2. A refill takes from the room of every pool up to the first carved one, by
//!    compare-and-exchange; if one has no room, the pools below it get back what they gave.
//! 3. Before a charge is refused, the stocks of the accounts on that way are emptied.
//! 4. A stock that has grown too large gives the surplus back along the same way.
//! 5. Closing swaps a mark into the room, in the same word, less what is in use; whoever finds the
//!    mark passes on to the parent what it brings. Who brings the last unit of the last kind says
//!    that the account is spent: it may begin anew at once, for another budget.
//!
//! Relaxed order is enough: the words are counts that change in single atomic steps, and no data
//! is published through them. Neighbours: `logic-shim` (the atomics), `kernel/mem` (frames and
//! slabs are charged), the tree of budgets in `kernel/src`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate std;

mod account;
mod heaps;
mod kind;
#[cfg(all(test, loom))]
mod models;
mod mutation;
mod pool;
#[cfg(test)]
mod tests;

pub use account::{Account, Full, Link, SetLimitError};
pub use heaps::{Forest, OpenError, Place, Table};
pub use kind::{KINDS, Kind, Limit};
pub use pool::{Stocks, UNLIMITED};
