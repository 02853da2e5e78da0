//! Slots for waiters, in blocks, so that no allocation grows with the number of waiters.
//!
//! Key types: [`Arena`], [`Supply`] (memory that the caller brings before it locks), [`Storage`]
//! (memory handed out, to be dropped after unlocking).

use crate::Key;
use alloc::{boxed::Box, vec::Vec};

/// Slots in one block.
pub const BLOCK_SLOTS: usize = 16;
/// Most waiters in one bucket: its table of blocks is one page.
pub const MAX_WAITERS: usize = 512 * BLOCK_SLOTS;

/// No slot.
pub(crate) const NIL: u32 = u32::MAX;

/// The allocator had nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// A block of free slots.
#[derive(Debug)]
pub struct Supply<W>(Box<[Slot<W>; BLOCK_SLOTS]>);

/// Blocks that are no longer used.
#[derive(Debug)]
pub struct Storage<W> {
    _blocks: Vec<Box<[Slot<W>; BLOCK_SLOTS]>>,
}

/// A waiter's place in its bucket's lists.
#[derive(Debug)]
pub(crate) struct Slot<W> {
    pub(crate) waiter: Option<W>,
    pub(crate) key: Key,
    pub(crate) bitset: u32,
    /// Ring of the waiters of one key, oldest first. In a free slot: the next free one.
    pub(crate) next: u32,
    pub(crate) prev: u32,
    /// List of the oldest waiter of each key.
    pub(crate) next_key: u32,
    pub(crate) prev_key: u32,
}

#[derive(Debug)]
pub(crate) struct Arena<W> {
    blocks: Vec<Box<[Slot<W>; BLOCK_SLOTS]>>,
    free_head: u32,
    used: usize,
}

impl<W> Supply<W> {
    /// A block.
    ///
    /// # Errors
    /// [`NoMemory`].
    pub fn try_new() -> Result<Supply<W>, NoMemory> {
        let mut slots = Vec::new();
        slots.try_reserve_exact(BLOCK_SLOTS).map_err(|_| NoMemory)?;
        slots.resize_with(BLOCK_SLOTS, Slot::empty);
        slots.into_boxed_slice().try_into().map(Supply).map_err(|_| NoMemory)
    }
}

impl<W> Slot<W> {
    fn empty() -> Slot<W> {
        let key = Key { object: 0, offset: 0 };
        Slot { waiter: None, key, bitset: 0, next: NIL, prev: NIL, next_key: NIL, prev_key: NIL }
    }
}

impl<W> Arena<W> {
    pub(crate) const fn new() -> Arena<W> {
        Arena { blocks: Vec::new(), free_head: NIL, used: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.used
    }

    pub(crate) fn has_room(&self) -> bool {
        self.free_head != NIL
    }

    pub(crate) fn is_full(&self) -> bool {
        self.used >= MAX_WAITERS
    }

    pub(crate) fn add(&mut self, supply: Supply<W>) -> Result<(), Supply<W>> {
        let first = self.blocks.len().saturating_mul(BLOCK_SLOTS);
        if first >= MAX_WAITERS || self.blocks.try_reserve(1).is_err() {
            return Err(supply);
        }
        self.blocks.push(supply.0);
        for at in first..first.saturating_add(BLOCK_SLOTS) {
            self.put_free(u32::try_from(at).unwrap_or(NIL));
        }
        Ok(())
    }

    /// Hands out all memory if no slot is used.
    pub(crate) fn shrink(&mut self) -> Option<Storage<W>> {
        if self.used != 0 || self.blocks.is_empty() {
            return None;
        }
        self.free_head = NIL;
        Some(Storage { _blocks: core::mem::take(&mut self.blocks) })
    }

    /// Puts a waiter into a free slot; gives it back if there is none.
    pub(crate) fn take_slot(&mut self, waiter: W, key: Key, bitset: u32) -> Result<u32, W> {
        let at = self.free_head;
        let Some(slot) = self.get_mut(at) else {
            return Err(waiter);
        };
        let next_free = slot.next;
        *slot = Slot { waiter: Some(waiter), key, bitset, next: at, prev: at, next_key: NIL, prev_key: NIL };
        self.free_head = next_free;
        self.used = self.used.saturating_add(1);
        Ok(at)
    }

    /// Empties a slot that is in no list any more.
    pub(crate) fn free_slot(&mut self, at: u32) -> Option<W> {
        let waiter = self.get_mut(at)?.waiter.take()?;
        self.used = self.used.saturating_sub(1);
        self.put_free(at);
        Some(waiter)
    }

    pub(crate) fn get(&self, at: u32) -> Option<&Slot<W>> {
        let at = at as usize;
        self.blocks.get(at / BLOCK_SLOTS)?.get(at % BLOCK_SLOTS)
    }

    pub(crate) fn get_mut(&mut self, at: u32) -> Option<&mut Slot<W>> {
        let at = at as usize;
        self.blocks.get_mut(at / BLOCK_SLOTS)?.get_mut(at % BLOCK_SLOTS)
    }

    fn put_free(&mut self, at: u32) {
        let next = self.free_head;
        if let Some(slot) = self.get_mut(at) {
            slot.next = next;
            self.free_head = at;
        }
    }
}
