//! 64 slots and their marks, and the two-level list of such chunks. Neighbour: `table`.

use alloc::vec::Vec;

use crate::TableError;

/// Slots of a chunk: as many as a word has bits.
pub(crate) const CHUNK_SLOTS: u32 = 64;
/// Chunks of a group. A chunk's header is 40 bytes and a group's 24, so that the lists of both fit into a page.
const GROUP_CHUNKS: usize = 102;
/// A chunk has this many slots until a higher one is used; most processes need no more.
const FIRST_SLOTS: usize = 16;

/// 64 neighbouring numbers.
#[derive(Debug)]
pub(crate) struct Chunk<S> {
    /// Numbers that are reserved or installed.
    pub(crate) used: u64,
    /// Numbers that exec closes.
    pub(crate) close_on_exec: u64,
    /// `None` where nothing is installed. Shorter than 64 while the upper numbers are free.
    pub(crate) slots: Vec<Option<S>>,
}

impl<S> Chunk<S> {
    const fn new() -> Chunk<S> {
        Chunk { used: 0, close_on_exec: 0, slots: Vec::new() }
    }

    /// Makes sure that there is a slot for this number.
    #[inline]
    pub(crate) fn grow(&mut self, slot: usize) -> Result<(), TableError> {
        if slot < self.slots.len() {
            return Ok(());
        }
        let wanted = if slot < FIRST_SLOTS { FIRST_SLOTS } else { CHUNK_SLOTS as usize };
        let more = wanted.saturating_sub(self.slots.len());
        self.slots.try_reserve_exact(more).map_err(|_| TableError::Memory)?;
        self.slots.resize_with(wanted, || None);
        Ok(())
    }
}

/// All chunks by number. The lowest one is at hand, since most processes need no other.
#[derive(Debug)]
pub(crate) struct Chunks<S> {
    lowest: Chunk<S>,
    /// Those behind the lowest.
    first: Vec<Chunk<S>>,
    /// Further groups; all but the last are full.
    more: Vec<Vec<Chunk<S>>>,
}

impl<S> Chunks<S> {
    pub(crate) const fn new() -> Chunks<S> {
        Chunks { lowest: Chunk::new(), first: Vec::new(), more: Vec::new() }
    }

    /// How many chunks there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        let behind = match self.more.split_last() {
            None => self.first.len(),
            Some((last, full)) => full.len().wrapping_add(1).wrapping_mul(GROUP_CHUNKS).wrapping_add(last.len()),
        };
        behind.wrapping_add(1)
    }

    #[inline(always)]
    pub(crate) fn get(&self, index: usize) -> Option<&Chunk<S>> {
        let Some(index) = index.checked_sub(1) else { return Some(&self.lowest) };
        if index < GROUP_CHUNKS {
            self.first.get(index)
        } else {
            let group = (index / GROUP_CHUNKS).wrapping_sub(1);
            self.more.get(group)?.get(index % GROUP_CHUNKS)
        }
    }

    #[inline(always)]
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut Chunk<S>> {
        let Some(index) = index.checked_sub(1) else { return Some(&mut self.lowest) };
        if index < GROUP_CHUNKS {
            self.first.get_mut(index)
        } else {
            let group = (index / GROUP_CHUNKS).wrapping_sub(1);
            self.more.get_mut(group)?.get_mut(index % GROUP_CHUNKS)
        }
    }

    /// Adds chunks until there is one at `index`. What was added stays if memory runs out.
    #[inline]
    pub(crate) fn grow(&mut self, index: usize) -> Result<&mut Chunk<S>, TableError> {
        while self.len() <= index {
            self.push()?;
        }
        self.get_mut(index).ok_or(TableError::Range)
    }

    #[cold]
    fn push(&mut self) -> Result<(), TableError> {
        let in_first = self.first.len() < GROUP_CHUNKS;
        let needs_group = match self.more.last() {
            None => !in_first,
            Some(last) => last.len() == GROUP_CHUNKS,
        };
        if needs_group {
            self.more.try_reserve(1).map_err(|_| TableError::Memory)?;
            self.more.push(Vec::new());
        }
        let group = match self.more.last_mut() {
            Some(last) => last,
            None => &mut self.first,
        };
        group.try_reserve(1).map_err(|_| TableError::Memory)?;
        group.push(Chunk::new());
        Ok(())
    }
}
