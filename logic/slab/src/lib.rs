//! Slab pages without their memory: classes of sizes, where the slots of a page are, and tags that say what is in them.
//!
//! Neighbour: `kernel/mem`, which has the pages and the caches.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used)]

#[cfg(test)]
extern crate std;

mod classes;
mod tags;

pub use classes::{CLASSES, HEADER, TAGS_AT, TAGS_BYTES, class_of, slots_of, tag_place};
pub use tags::{OTHER, TAGS, Tags};
