//! The interests' memory: slots in chunks that never move once they are full, two tables deep, so that no allocation is
//! larger than a frame and none is made under the set's lock.

use crate::Wanted;
use alloc::vec::Vec;

/// No slot.
pub(crate) const NIL: u32 = u32::MAX;
/// Slots of a chunk, and chunks of a table, as powers of two.
const SLOT_BITS: u32 = 5;
const CHUNK_BITS: u32 = 7;
const SLOTS: usize = 1 << SLOT_BITS;
const CHUNKS: usize = 1 << CHUNK_BITS;
/// Further tables: 659,456 interests in all.
const TABLES: usize = 160;
/// Sizes of the first chunk, which grows before there is a second.
const FIRST: [usize; 3] = [4, 16, SLOTS];

/// No memory for another interest, or the set has the most that it can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// What an interest is known by. Sets come first, so that those can be listed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    kind: Kind,
    number: i32,
    description: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Nested,
    Plain,
}

impl Key {
    /// The interest in open description `description` under descriptor number `number`; `nested`: that is a set.
    #[must_use]
    #[inline]
    pub const fn new(number: i32, description: u64, nested: bool) -> Self {
        Self { kind: if nested { Kind::Nested } else { Kind::Plain }, number, description }
    }
    /// The descriptor number.
    #[must_use]
    pub const fn number(&self) -> i32 {
        self.number
    }
    /// Whether it is an interest in a set.
    #[must_use]
    pub const fn nested(&self) -> bool {
        matches!(self.kind, Kind::Nested)
    }
}

/// Names one interest of one set; of no use once that is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub(crate) index: u32,
    pub(crate) seq: u32,
}

/// What a set lacks for its next interest; for [`Spare::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    slots: usize,
    chunks: usize,
    tables: usize,
}

/// Memory for a set, made outside its lock; also what the set gives back to be dropped there.
#[derive(Debug)]
pub struct Spare<F, B> {
    chunk: Chunk<F, B>,
    table: Vec<Chunk<F, B>>,
    tables: Vec<Vec<Chunk<F, B>>>,
}

type Chunk<F, B> = Vec<Slot<F, B>>;

impl<F, B> Spare<F, B> {
    /// Allocates what `shortage` says.
    ///
    /// # Errors
    /// [`NoMemory`].
    pub fn new(shortage: Shortage) -> Result<Self, NoMemory> {
        let mut spare = Self { chunk: Vec::new(), table: Vec::new(), tables: Vec::new() };
        spare.chunk.try_reserve_exact(shortage.slots).map_err(|_| NoMemory)?;
        spare.table.try_reserve_exact(shortage.chunks).map_err(|_| NoMemory)?;
        spare.tables.try_reserve_exact(shortage.tables).map_err(|_| NoMemory)?;
        Ok(spare)
    }
}

/// One interest, or a free slot.
#[derive(Debug)]
pub(crate) struct Slot<F, B> {
    /// Counts the uses of the slot; odd while it is used.
    pub(crate) seq: u32,
    /// Neighbours on the ready list; in a free slot `next` is the next free one.
    pub(crate) prev: u32,
    pub(crate) next: u32,
    pub(crate) mark: Mark,
    pub(crate) arm: Arm,
    pub(crate) wanted: Wanted,
    pub(crate) data: u64,
    /// When it came on the ready list; 0: it is not there.
    pub(crate) stamp: u64,
    pub(crate) key: Key,
    pub(crate) file: Option<F>,
    pub(crate) bond: Option<B>,
    /// Makes 32 slots a frame, and an index a shift.
    pub(crate) _pad: [u64; 2],
}

/// A slot's index, and how often an interest there was fired and heard it, was changed, or was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(u64);

impl Mark {
    const fn new(index: u32) -> Self {
        Self(index as u64)
    }
    pub(crate) const fn index(self) -> u32 {
        (self.0 & 0xffff_ffff) as u32
    }
    pub(crate) const fn count(self) -> u64 {
        self.0 >> 32
    }
    #[inline]
    pub(crate) const fn advance(&mut self) {
        self.0 = self.0.wrapping_add(1 << 32);
    }
}

/// Whether an interest may come on the ready list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arm {
    /// Yes.
    Armed,
    /// No: it is a one-shot interest that was taken.
    Spent,
    /// The same, and there was news since.
    Missed,
}

/// Slots in chunks in tables.
#[derive(Debug)]
pub(crate) struct Slots<F, B> {
    /// The first table stands apart: most sets have no other.
    first: Vec<Chunk<F, B>>,
    further: Vec<Vec<Chunk<F, B>>>,
    /// Slots that exist, used or free.
    count: usize,
    free: u32,
}

impl<F, B> Slots<F, B> {
    pub(crate) const fn new() -> Self {
        Self { first: Vec::new(), further: Vec::new(), count: 0, free: NIL }
    }

    #[inline]
    pub(crate) fn at(&self, index: u32) -> Option<&Slot<F, B>> {
        let (chunk, slot) = place(index as usize);
        self.chunk(chunk).get(slot)
    }

    /// The slots of a chunk; none if there is no such chunk.
    #[inline]
    pub(crate) fn chunk(&self, chunk: usize) -> &[Slot<F, B>] {
        match self.first.get(chunk) {
            Some(chunk) => chunk,
            None => self.further_chunk(chunk).unwrap_or_default(),
        }
    }

    fn further_chunk(&self, chunk: usize) -> Option<&[Slot<F, B>]> {
        Some(self.further.get((chunk / CHUNKS).checked_sub(1)?)?.get(chunk % CHUNKS)?)
    }

    #[inline]
    pub(crate) fn at_mut(&mut self, index: u32) -> Option<&mut Slot<F, B>> {
        let (chunk, slot) = place(index as usize);
        match self.first.get_mut(chunk) {
            Some(chunk) => chunk.get_mut(slot),
            None => self.further.get_mut((chunk / CHUNKS).checked_sub(1)?)?.get_mut(chunk % CHUNKS)?.get_mut(slot),
        }
    }

    #[inline]
    pub(crate) fn get(&self, token: Token) -> Option<&Slot<F, B>> {
        self.at(token.index).filter(|slot| slot.seq == token.seq)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, token: Token) -> Option<&mut Slot<F, B>> {
        self.at_mut(token.index).filter(|slot| slot.seq == token.seq)
    }

    /// Takes a free slot.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<(Token, &mut Slot<F, B>)> {
        let index = self.free;
        let next = self.at(index)?.next;
        self.free = next;
        let slot = self.at_mut(index)?;
        slot.seq = slot.seq.wrapping_add(1);
        slot.prev = NIL;
        slot.next = NIL;
        slot.stamp = 0;
        slot.arm = Arm::Armed;
        Some((Token { index, seq: slot.seq }, slot))
    }

    /// Gives a slot back.
    #[inline]
    pub(crate) fn release(&mut self, index: u32) {
        let free = self.free;
        if let Some(slot) = self.at_mut(index) {
            slot.seq = slot.seq.wrapping_add(1);
            slot.mark.advance();
            slot.next = free;
            self.free = index;
        }
    }

    /// Whether the next [`Slots::take`] gives one.
    #[inline]
    pub(crate) const fn has_free(&self) -> bool {
        self.free != NIL
    }

    /// What the next [`Slots::take`] lacks.
    #[inline]
    pub(crate) fn shortage(&self) -> Result<Option<Shortage>, NoMemory> {
        if self.has_free() {
            return Ok(None);
        }
        self.growth().map(Some)
    }

    fn growth(&self) -> Result<Shortage, NoMemory> {
        let chunks = |table: &Vec<_>| if table.len() < table.capacity() { 0 } else { CHUNKS };
        if let Some(slots) = FIRST.into_iter().find(|&size| size > self.count) {
            return Ok(Shortage { slots, chunks: usize::from(self.count == 0), tables: 0 });
        }
        if self.first.len() < CHUNKS {
            return Ok(Shortage { slots: SLOTS, chunks: chunks(&self.first), tables: 0 });
        }
        if let Some(table) = self.further.last()
            && table.len() < CHUNKS
        {
            return Ok(Shortage { slots: SLOTS, chunks: 0, tables: 0 });
        }
        let full = self.further.len() == self.further.capacity();
        if full && self.further.len() >= TABLES {
            return Err(NoMemory);
        }
        Ok(Shortage { slots: SLOTS, chunks: CHUNKS, tables: if full { TABLES } else { 0 } })
    }

    /// Takes the memory if it still lacks it; returns what is to be dropped.
    pub(crate) fn supply(&mut self, mut spare: Spare<F, B>) -> Spare<F, B> {
        let Ok(Some(need)) = self.shortage() else { return spare };
        let enough = spare.chunk.capacity() >= need.slots
            && spare.table.capacity() >= need.chunks
            && spare.tables.capacity() >= need.tables;
        if !enough {
            return spare;
        }
        if need.tables != 0 {
            swap_larger(&mut self.further, &mut spare.tables);
        }
        if need.chunks != 0 && self.first.len() < CHUNKS {
            swap_larger(&mut self.first, &mut spare.table);
        } else if need.chunks != 0 {
            // reserved: by this spare or an earlier one.
            self.further.push(core::mem::take(&mut spare.table));
        }
        let grows = self.first_chunk_grows();
        let table = if self.first.len() < CHUNKS { Some(&mut self.first) } else { self.further.last_mut() };
        match (table, grows) {
            (Some(table), false) => {
                // reserved: as above.
                table.push(core::mem::take(&mut spare.chunk));
            }
            _ => {
                if let Some(chunk) = self.first.first_mut() {
                    swap_larger(chunk, &mut spare.chunk);
                }
            }
        }
        self.fill_last();
        spare
    }

    const fn first_chunk_grows(&self) -> bool {
        self.count != 0 && self.count < SLOTS
    }

    /// Fills the newest chunk with free slots.
    fn fill_last(&mut self) {
        let table = if self.further.is_empty() { Some(&mut self.first) } else { self.further.last_mut() };
        let Some(chunk) = table.and_then(|table| table.last_mut()) else { return };
        let room = chunk.capacity().min(SLOTS).saturating_sub(chunk.len());
        for _ in 0..room {
            let index = u32::try_from(self.count).unwrap_or(NIL);
            // reserved: no more than the capacity.
            chunk.push(Slot {
                seq: 0,
                prev: NIL,
                next: self.free,
                mark: Mark::new(index),
                arm: Arm::Armed,
                wanted: Wanted::NOTHING,
                data: 0,
                stamp: 0,
                key: Key::new(0, 0, false),
                file: None,
                bond: None,
                _pad: [0; 2],
            });
            self.free = index;
            self.count = self.count.saturating_add(1);
        }
    }

    /// All memory, when no slot is used.
    pub(crate) fn all(&mut self) -> Spare<F, B> {
        self.count = 0;
        self.free = NIL;
        let (table, tables) = (core::mem::take(&mut self.first), core::mem::take(&mut self.further));
        Spare { chunk: Vec::new(), table, tables }
    }
}

/// Replaces a vector by a larger empty one, with what it holds: at most one frame is moved.
fn swap_larger<T>(old: &mut Vec<T>, larger: &mut Vec<T>) {
    core::mem::swap(old, larger);
    // reserved: the other is larger.
    old.append(larger);
}

/// Chunk and place of a slot.
#[inline]
pub(crate) const fn place(index: usize) -> (usize, usize) {
    (index >> SLOT_BITS, index & (SLOTS - 1))
}
