//! A binary buddy allocator over frame numbers: which frames are free, in blocks of 2^order.
//!
//! [`Frames`] holds one 8-byte [`Node`] per frame, brought by the caller, and a list head per
//! order. Allocation and release take at most [`MAX_ORDER`] steps; nothing here touches the
//! frames themselves. Neighbours: `kernel/mem` maps numbers to memory, keeps the per-hart caches
//! that use the batch forms, and holds the lock.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate std;

mod node;
mod stock;
#[cfg(test)]
mod tests;

pub use node::Node;
use node::{LIMIT, NONE, State};
pub use stock::{STOCK_BATCH, Stock};

/// The largest block is 2^10 frames (4 MiB).
pub const MAX_ORDER: u8 = 10;

/// Why a release was refused. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreeError {
    /// No allocated block starts here: absent, free already, or inside a block.
    NotAllocated,
    /// An allocated block starts here, and it has another order.
    WrongOrder,
}

/// The free frames of one stretch of memory.
///
/// Every block is aligned to its size, so the buddy of block `i` of order `k` is `i ^ (1 << k)`.
/// The first frame of a block says whether the block is free or allocated and its order; all
/// other frames, and absent ones, say neither.
#[derive(Debug)]
pub struct Frames<'a> {
    nodes: &'a mut [Node],
    /// First free block of each order, or `NONE`.
    heads: [u32; MAX_ORDER as usize + 1],
    free: u32,
}

impl<'a> Frames<'a> {
    /// An allocator in which every frame is absent.
    ///
    /// `nodes` must all be [`Node::ABSENT`], which is all zero bytes; they are not written here,
    /// so that boot does not pay for each frame. Nodes above 2^26 − 1 stay unused.
    #[must_use]
    pub fn new(nodes: &'a mut [Node]) -> Frames<'a> {
        Frames { nodes, heads: [NONE; MAX_ORDER as usize + 1], free: 0 }
    }

    /// Makes `count` frames from `first` on free, and returns how many were added: what lies
    /// beyond the nodes is left out. The caller adds no frame twice; a block that visibly exists
    /// is skipped.
    pub fn add_range(&mut self, first: u32, count: u32) -> u32 {
        let limit = u32::try_from(self.nodes.len()).map_or(LIMIT, |len| len.min(LIMIT));
        let end = first.saturating_add(count).min(limit);
        let before = self.free;
        let mut below = end;
        // From the top down, so that the lowest block ends up first in its list.
        while below > first {
            let order = largest_block_below(first, below);
            below = below.wrapping_sub(1 << order);
            if self.state(below) == State::NONE {
                self.insert_merged(below, order);
            }
        }
        self.free.wrapping_sub(before)
    }

    /// How many frames are free.
    #[inline]
    #[must_use]
    pub fn free_frames(&self) -> u32 {
        self.free
    }

    /// Takes a block of 2^`order` frames and returns its first; `None` when no block of that size
    /// is free or `order` is above [`MAX_ORDER`].
    #[inline]
    pub fn alloc(&mut self, order: u8) -> Option<u32> {
        let (first, found) = self.pop_at_least(order)?;
        self.split(first, found, order);
        self.set_state(first, State::used(order));
        self.free = self.free.wrapping_sub(1 << order);
        Some(first)
    }

    /// Gives back a block that [`Frames::alloc`] returned, with the same order.
    ///
    /// # Errors
    /// [`FreeError`] when no block of that order is allocated at `index`.
    #[inline]
    pub fn free(&mut self, index: u32, order: u8) -> Result<(), FreeError> {
        let state = self.state(index);
        if order > MAX_ORDER || state != State::used(order) {
            return Err(if state.is_used() { FreeError::WrongOrder } else { FreeError::NotAllocated });
        }
        self.insert_merged(index, order);
        Ok(())
    }

    /// Fills `out` with single frames and returns how many there were. Each is released by
    /// itself, with order 0.
    ///
    /// Small blocks go first; a large block is cut once for all the frames taken from it.
    pub fn alloc_batch(&mut self, out: &mut [u32]) -> usize {
        let mut rest = out.iter_mut();
        loop {
            let wanted = rest.len();
            if wanted == 0 {
                break;
            }
            let Some((first, found)) = self.pop_at_least(0) else {
                break;
            };
            let mut order = found;
            while order > 0 && (1_usize << order) > wanted {
                order = order.wrapping_sub(1);
            }
            self.split(first, found, order);
            let count = 1_u32 << order;
            self.free = self.free.wrapping_sub(count);
            // The frames come first: `zip` must not take a slot that it cannot fill.
            for (frame, slot) in (first..first.wrapping_add(count)).zip(rest.by_ref()) {
                self.set_state(frame, State::used(0));
                *slot = frame;
            }
        }
        let unfilled = rest.len();
        out.len().wrapping_sub(unfilled)
    }

    /// Gives back single frames. All that can be released are.
    ///
    /// # Errors
    /// The first [`FreeError`] that came up.
    pub fn free_batch(&mut self, frames: &[u32]) -> Result<(), FreeError> {
        let mut result = Ok(());
        for &frame in frames {
            result = result.and(self.free(frame, 0));
        }
        result
    }

    /// Takes the first block of the smallest order that is at least `order` out of its list.
    #[inline]
    fn pop_at_least(&mut self, order: u8) -> Option<(u32, u8)> {
        for (found, head) in (order..).zip(self.heads.get_mut(usize::from(order)..)?) {
            let first = *head;
            if first == NONE {
                continue;
            }
            let next = self.nodes.get(first as usize)?.next();
            *head = next;
            if let Some(node) = self.nodes.get_mut(next as usize) {
                node.set_prev(NONE);
            }
            return Some((first, found));
        }
        None
    }

    /// Cuts a block that is in no list from order `from` down to `to`; the upper halves are free.
    #[inline]
    fn split(&mut self, first: u32, from: u8, to: u8) {
        let mut order = from;
        while order > to {
            order = order.wrapping_sub(1);
            self.push(first.wrapping_add(1 << order), order);
        }
    }

    /// Makes a block free, joined with its buddy as long as that is free as a whole.
    #[inline]
    fn insert_merged(&mut self, index: u32, order: u8) {
        self.free = self.free.wrapping_add(1 << order);
        let (mut first, mut size) = (index, order);
        while size < MAX_ORDER {
            let buddy = first ^ (1 << size);
            if self.state(buddy) != State::free(size) {
                break;
            }
            self.unlink(buddy, size);
            self.set_state(first, State::NONE);
            first &= buddy;
            size = size.wrapping_add(1);
        }
        self.push(first, size);
    }

    /// Puts a block into the list of its order.
    #[inline]
    fn push(&mut self, first: u32, order: u8) {
        let Some(head) = self.heads.get_mut(usize::from(order)) else {
            return;
        };
        let next = core::mem::replace(head, first);
        if let Some(node) = self.nodes.get_mut(first as usize) {
            *node = Node::new(State::free(order), NONE, next);
        }
        if let Some(node) = self.nodes.get_mut(next as usize) {
            node.set_prev(first);
        }
    }

    /// Takes a block out of the list of its order and clears its state.
    #[inline]
    fn unlink(&mut self, first: u32, order: u8) {
        let Some(node) = self.nodes.get_mut(first as usize) else {
            return;
        };
        let (prev, next) = (node.prev(), node.next());
        *node = Node::ABSENT;
        if let Some(node) = self.nodes.get_mut(next as usize) {
            node.set_prev(prev);
        }
        if prev != NONE {
            if let Some(node) = self.nodes.get_mut(prev as usize) {
                node.set_next(next);
            }
        } else if let Some(head) = self.heads.get_mut(usize::from(order)) {
            *head = next;
        }
    }

    #[inline]
    fn state(&self, index: u32) -> State {
        self.nodes.get(index as usize).map_or(State::NONE, |node| node.state())
    }

    #[inline]
    fn set_state(&mut self, index: u32, state: State) {
        if let Some(node) = self.nodes.get_mut(index as usize) {
            node.set_state(state);
        }
    }
}

/// The order of the largest aligned block that ends at `below` and starts at `first` or later.
fn largest_block_below(first: u32, below: u32) -> u8 {
    let mut order = 0;
    while order < MAX_ORDER {
        let size = 2_u32 << order;
        if below & size.wrapping_sub(1) != 0 || below.wrapping_sub(first) < size {
            break;
        }
        order = order.wrapping_add(1);
    }
    order
}
