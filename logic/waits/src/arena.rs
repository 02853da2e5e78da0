//! The slots of an observer list: chunks that never move, and a free list.
//!
//! Chunks, because no allocation of the kernel may need more than one frame, and because growing
//! must not copy all entries under a spin lock. The first holds 4 slots, so that the ordinary
//! object with one reader and one writer makes a single small allocation. A chunk can be made
//! outside the lock: [`Spare`]. Neighbour: `observers`.

use alloc::vec::Vec;

use crate::{Events, Mode};

/// No slot.
pub(crate) const NIL: u32 = u32::MAX;
/// The most chunks: the table of them stays within a frame (160 × 24 bytes).
const MAX_CHUNKS: usize = 160;
const FIRST: usize = 4;
const SECOND: usize = 16;
const OTHER: usize = 64;

/// No memory for another observer, or the list has the most that it can have (10,132).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// Names one registration in one list. Stale keys are harmless: no other registration of that list
/// ever has the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub(crate) index: u32,
    pub(crate) seq: u64,
}

/// What a list lacks for its next observer; from `ObserverList::shortage` to [`Spare::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Slots of the chunk.
    slots: usize,
    /// Places of the table of chunks, 0 if the table has room.
    table: usize,
}

/// Memory for a list, made outside its lock; also what a list gives back to be dropped there.
#[derive(Debug)]
pub struct Spare<O> {
    chunk: Vec<Slot<O>>,
    chunks: Vec<Vec<Slot<O>>>,
}

impl<O> Spare<O> {
    /// Allocates what `shortage` says.
    ///
    /// # Errors
    /// [`NoMemory`].
    pub fn new(shortage: Shortage) -> Result<Self, NoMemory> {
        let mut chunk = Vec::new();
        chunk.try_reserve_exact(shortage.slots).map_err(|_| NoMemory)?;
        let mut chunks = Vec::new();
        chunks.try_reserve_exact(shortage.table).map_err(|_| NoMemory)?;
        Ok(Self { chunk, chunks })
    }
}

/// One observer, or a free slot.
#[derive(Debug)]
pub(crate) struct Slot<O> {
    /// Counts registrations of the list from 1; 0 in a free slot.
    pub(crate) seq: u64,
    pub(crate) prev: u32,
    /// In a free slot: the next free one.
    pub(crate) next: u32,
    pub(crate) mask: Events,
    pub(crate) mode: Mode,
    pub(crate) observer: Option<O>,
}

/// Chunks of slots with a free list.
#[derive(Debug)]
pub(crate) struct Arena<O> {
    chunks: Vec<Vec<Slot<O>>>,
    free: u32,
}

impl<O> Arena<O> {
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), free: NIL }
    }

    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&Slot<O>> {
        let (chunk, at) = place(index);
        self.chunks.get(chunk)?.get(at)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: u32) -> Option<&mut Slot<O>> {
        let (chunk, at) = place(index);
        self.chunks.get_mut(chunk)?.get_mut(at)
    }

    /// Takes a free slot; its contents are whatever was left.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<u32> {
        let index = self.free;
        self.free = self.get(index)?.next;
        Some(index)
    }

    /// Gives a slot back.
    #[inline]
    pub(crate) fn release(&mut self, index: u32) {
        let free = self.free;
        if let Some(slot) = self.get_mut(index) {
            slot.seq = 0;
            slot.next = free;
            self.free = index;
        }
    }

    /// What the next [`Arena::take`] lacks; `None` if nothing. `Some(Err)` if it can grow no more.
    pub(crate) fn shortage(&self) -> Option<Result<Shortage, NoMemory>> {
        if self.free != NIL {
            return None;
        }
        let count = self.chunks.len();
        if count >= MAX_CHUNKS {
            return Some(Err(NoMemory));
        }
        let table = if self.chunks.capacity() > count {
            0
        } else {
            // 1, 4, 16, 64, 160: the common list has a table of one place.
            count.saturating_mul(4).clamp(1, MAX_CHUNKS)
        };
        let slots = chunk_len(count);
        Some(Ok(Shortage { slots, table }))
    }

    /// Takes the memory if it still lacks it; returns what is to be dropped.
    pub(crate) fn supply(&mut self, mut spare: Spare<O>) -> Spare<O> {
        let count = self.chunks.len();
        if self.free != NIL || count >= MAX_CHUNKS || spare.chunk.capacity() < chunk_len(count) {
            return spare;
        }
        if self.chunks.capacity() == count {
            if spare.chunks.capacity() <= count {
                return spare;
            }
            core::mem::swap(&mut self.chunks, &mut spare.chunks);
            // Within the capacity that was just tested: no allocation.
            self.chunks.append(&mut spare.chunks);
        }
        let chunk = core::mem::take(&mut spare.chunk);
        self.chunks.push(chunk);
        self.fill_last();
        spare
    }

    /// When no slot is in use: all memory if there is much of it, to be dropped outside the lock.
    pub(crate) fn excess(&mut self) -> Option<Spare<O>> {
        if self.chunks.len() <= 1 { None } else { self.all() }
    }

    /// When no slot is in use: all memory, to be dropped outside the lock.
    pub(crate) fn all(&mut self) -> Option<Spare<O>> {
        if self.chunks.is_empty() {
            return None;
        }
        let chunks = core::mem::take(&mut self.chunks);
        self.free = NIL;
        Some(Spare { chunk: Vec::new(), chunks })
    }

    /// Fills the newest chunk with free slots.
    fn fill_last(&mut self) {
        let Some(last) = self.chunks.len().checked_sub(1) else {
            return;
        };
        let len = chunk_len(last);
        let start = chunk_start(last);
        let Some(chunk) = self.chunks.last_mut() else {
            return;
        };
        for at in 0..len {
            let following = start.saturating_add(at).saturating_add(1);
            let is_last = at.saturating_add(1) == len;
            // reserved: the chunk was made with its whole capacity.
            chunk.push(Slot {
                seq: 0,
                prev: NIL,
                next: if is_last { NIL } else { narrow(following) },
                mask: Events::empty(),
                mode: Mode::All,
                observer: None,
            });
        }
        self.free = narrow(start);
    }
}

const fn chunk_len(chunk: usize) -> usize {
    match chunk {
        0 => FIRST,
        1 => SECOND,
        _ => OTHER,
    }
}

/// The index of a chunk's first slot.
const fn chunk_start(chunk: usize) -> usize {
    match chunk {
        0 => 0,
        1 => FIRST,
        _ => (chunk.saturating_sub(2)).saturating_mul(OTHER).saturating_add(FIRST + SECOND),
    }
}

/// Chunk and place of a slot.
#[inline]
const fn place(index: u32) -> (usize, usize) {
    let index = index as usize;
    if index < FIRST {
        return (0, index);
    }
    let index = index.wrapping_sub(FIRST);
    if index < SECOND {
        return (1, index);
    }
    let index = index.wrapping_sub(SECOND);
    ((index / OTHER).wrapping_add(2), index % OTHER)
}

/// `MAX_CHUNKS` keeps every index far below 2^32.
fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NIL)
}
