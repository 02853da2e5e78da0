//! [`FdTable`] itself. Neighbour: `chunk` holds the slots.

use logic_ids::{Bitmap, IdError};

use crate::chunk::{CHUNK_SLOTS, Chunk, Chunks};
use crate::{CloseOnExec, MAX_DESCRIPTORS, TableError};

/// A number that is reserved: nobody else gets it, and nothing is found under it yet. It goes
/// into [`FdTable::install`] or [`FdTable::cancel`] of the same table.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct FdNumber(u32);

impl FdNumber {
    /// The number as the program will see it.
    #[inline]
    #[must_use]
    pub const fn get(&self) -> u32 {
        self.0
    }
}

/// The place of an installed slot.
#[derive(Debug)]
pub struct Place<'a, S> {
    slot: &'a mut Option<S>,
    used: &'a mut u64,
    close_on_exec: &'a mut u64,
    full: &'a mut Bitmap,
    open: &'a mut usize,
    len: &'a mut usize,
    fd: u32,
}

impl<S> Place<'_, S> {
    /// What is installed there.
    #[inline(always)]
    #[must_use]
    pub const fn get(&self) -> Option<&S> {
        self.slot.as_ref()
    }

    /// Takes it out; the number is free then.
    #[inline(always)]
    #[must_use]
    pub fn take(self) -> Option<S> {
        let slot = self.slot.take()?;
        *self.len = self.len.wrapping_sub(1);
        give((self.used, self.close_on_exec), self.full, self.open, self.fd);
        Some(slot)
    }
}

/// Why two slots were not put there, and the slots.
pub type Refused<S> = (TableError, Option<S>, S);

/// A table of descriptors; see the crate's text.
#[derive(Debug)]
pub struct FdTable<S> {
    chunks: Chunks<S>,
    /// The chunks in which every number is in use.
    full: Bitmap,
    /// In all chunks before this one every number is in use.
    open: usize,
    len: usize,
}

impl<S> FdTable<S> {
    /// A table without descriptors. It has no memory of its own yet.
    #[must_use]
    pub const fn new() -> FdTable<S> {
        FdTable { chunks: Chunks::new(), full: Bitmap::new(), open: 0, len: 0 }
    }

    /// How many descriptors are installed.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether none is.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What is installed under this number.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, fd: u32) -> Option<&S> {
        let chunk = self.chunks.get(chunk_of(fd))?;
        chunk.slots.get(slot_of(fd))?.as_ref()
    }

    /// As [`FdTable::get`], to change it.
    #[inline(always)]
    #[must_use]
    pub fn get_mut(&mut self, fd: u32) -> Option<&mut S> {
        let chunk = self.chunks.get_mut(chunk_of(fd))?;
        chunk.slots.get_mut(slot_of(fd))?.as_mut()
    }

    /// Reserves the lowest free number that is at least `min` and below `limit`.
    ///
    /// # Errors
    /// [`TableError::Limit`] or [`TableError::Memory`].
    #[inline(always)]
    pub fn reserve(&mut self, min: u32, limit: u32) -> Result<FdNumber, TableError> {
        // As in `insert`.
        let index = chunk_of(min).max(self.open);
        let from = min.max(first_of(index));
        if let Some(chunk) = self.chunks.get_mut(index) {
            let free = !chunk.used & above(from);
            let fd = first_in(from, free);
            if free != 0 && fd < limit.min(MAX_DESCRIPTORS) && slot_of(fd) < chunk.slots.len() {
                chunk.used |= bit_of(fd);
                if chunk.used == u64::MAX {
                    self.full.set(index);
                }
                return Ok(FdNumber(fd));
            }
        }
        self.reserve_anywhere(min, limit)
    }

    #[cold]
    fn reserve_anywhere(&mut self, min: u32, limit: u32) -> Result<FdNumber, TableError> {
        let fd = self.lowest_free_from(min);
        if fd >= limit.min(MAX_DESCRIPTORS) {
            return Err(TableError::Limit);
        }
        self.take_number(fd)?;
        Ok(FdNumber(fd))
    }

    /// Puts a slot under the lowest free number that is at least `min` and below `limit`, in one step.
    ///
    /// # Errors
    /// Gives the slot back with [`TableError::Limit`] or [`TableError::Memory`].
    #[inline]
    pub fn insert(&mut self, slot: S, close: CloseOnExec, min: u32, limit: u32) -> Result<u32, (TableError, S)> {
        // Nearly always the number is in the first chunk that may have it, and has had a slot before.
        let index = chunk_of(min).max(self.open);
        let min = min.max(first_of(index));
        if let Some(chunk) = self.chunks.get_mut(index) {
            let free = !chunk.used & above(min);
            let fd = first_in(min, free);
            if free != 0
                && fd < limit.min(MAX_DESCRIPTORS)
                && let Some(place @ None) = chunk.slots.get_mut(slot_of(fd))
            {
                // Nothing is there to be dropped.
                core::mem::forget(place.replace(slot));
                chunk.used |= bit_of(fd);
                set_mark(&mut chunk.close_on_exec, fd, close);
                if chunk.used == u64::MAX {
                    self.full.set(index);
                }
                self.len = self.len.wrapping_add(1);
                return Ok(fd);
            }
        }
        self.insert_anywhere(slot, close, min, limit)
    }

    /// Puts two slots under the lowest free numbers below `limit`, or neither.
    ///
    /// # Errors
    /// Gives the slots back with [`TableError::Limit`] or [`TableError::Memory`].
    #[inline]
    pub fn insert_pair(&mut self, pair: [S; 2], close: CloseOnExec, limit: u32) -> Result<[u32; 2], Refused<S>> {
        // Nearly always both numbers are in the first chunk that may have them, and have had slots before.
        let index = self.open;
        if let Some(chunk) = self.chunks.get_mut(index) {
            let free = !chunk.used;
            let behind = free & free.wrapping_sub(1);
            let fds = [free, behind].map(|bits| first_in(first_of(index), bits));
            if behind != 0
                && fds[1] < limit.min(MAX_DESCRIPTORS)
                && let Ok([first @ None, second @ None]) = chunk.slots.get_disjoint_mut(fds.map(slot_of))
            {
                let [a, b] = pair;
                // Nothing is there to be dropped.
                core::mem::forget((first.replace(a), second.replace(b)));
                for fd in fds {
                    chunk.used |= bit_of(fd);
                    set_mark(&mut chunk.close_on_exec, fd, close);
                }
                if chunk.used == u64::MAX {
                    self.full.set(index);
                }
                self.len = self.len.wrapping_add(2);
                return Ok(fds);
            }
        }
        self.insert_each(pair, close, limit)
    }

    #[cold]
    fn insert_each(&mut self, [a, b]: [S; 2], close: CloseOnExec, limit: u32) -> Result<[u32; 2], Refused<S>> {
        let first = self.insert(a, close, 0, limit).map_err(|(e, a)| (e, Some(a)));
        let first = match first {
            Ok(first) => first,
            Err((e, a)) => return Err((e, a, b)),
        };
        self.insert(b, close, 0, limit).map(|second| [first, second]).map_err(|(e, b)| (e, self.remove(first), b))
    }

    #[cold]
    fn insert_anywhere(&mut self, slot: S, close: CloseOnExec, min: u32, limit: u32) -> Result<u32, (TableError, S)> {
        let fd = self.lowest_free_from(min);
        if fd >= limit.min(MAX_DESCRIPTORS) {
            return Err((TableError::Limit, slot));
        }
        if min <= first_of(self.open) {
            self.open = chunk_of(fd);
        }
        let (place, mark_in) = match self.take_number(fd) {
            Ok(chunk) => (chunk.slots.get_mut(slot_of(fd)), &mut chunk.close_on_exec),
            Err(error) => return Err((error, slot)),
        };
        let Some(place) = place else { return Err((TableError::Memory, slot)) };
        *place = Some(slot);
        set_mark(mark_in, fd, close);
        self.len = self.len.wrapping_add(1);
        Ok(fd)
    }

    /// Puts a slot under a reserved number, which [`FdNumber::get`] told before. Returns the slot
    /// if the number was not reserved in this table.
    #[inline(always)]
    pub fn install(&mut self, number: FdNumber, slot: S, close: CloseOnExec) -> Option<S> {
        let fd = number.0;
        let Some(chunk) = self.chunks.get_mut(chunk_of(fd)) else {
            return Some(slot);
        };
        let reserved = chunk.used & bit_of(fd) != 0;
        match chunk.slots.get_mut(slot_of(fd)) {
            Some(place @ None) if reserved => {
                // Nothing is there to be dropped.
                core::mem::forget(place.replace(slot));
                set_mark(&mut chunk.close_on_exec, fd, close);
                self.len = self.len.wrapping_add(1);
                None
            }
            _ => Some(slot),
        }
    }

    /// Gives a reserved number back.
    #[inline]
    pub fn cancel(&mut self, number: FdNumber) {
        let fd = number.0;
        let installed = self.get(fd).is_some();
        if !installed {
            self.give_number(fd);
        }
    }

    /// Takes out what is installed under this number; the number is free then.
    #[inline]
    pub fn remove(&mut self, fd: u32) -> Option<S> {
        self.place(fd)?.take()
    }

    /// The place of what is installed under this number.
    #[inline(always)]
    pub fn place(&mut self, fd: u32) -> Option<Place<'_, S>> {
        let FdTable { chunks, full, open, len } = self;
        let Chunk { used, close_on_exec, slots } = chunks.get_mut(chunk_of(fd))?;
        let slot = slots.get_mut(slot_of(fd))?;
        slot.is_some().then_some(Place { slot, used, close_on_exec, full, open, len, fd })
    }

    /// Puts a slot under a number of the caller's choice and returns what was there: dup3(2).
    ///
    /// # Errors
    /// Gives the slot back with [`TableError::Range`], [`TableError::Memory`] or
    /// [`TableError::Busy`].
    pub fn replace(&mut self, fd: u32, slot: S, close: CloseOnExec, limit: u32) -> Result<Option<S>, (TableError, S)> {
        if fd >= limit.min(MAX_DESCRIPTORS) {
            return Err((TableError::Range, slot));
        }
        if let Some(installed) = self.get_mut(fd) {
            let old = core::mem::replace(installed, slot);
            self.set_close_on_exec(fd, close);
            return Ok(Some(old));
        }
        if self.is_used(fd) {
            return Err((TableError::Busy, slot));
        }
        match self.take_number(fd) {
            Ok(_) => match self.install(FdNumber(fd), slot, close) {
                None => Ok(None),
                Some(slot) => Err((TableError::Memory, slot)),
            },
            Err(error) => Err((error, slot)),
        }
    }

    /// Whether exec closes this descriptor; `None` if there is none.
    #[inline]
    #[must_use]
    pub fn close_on_exec(&self, fd: u32) -> Option<CloseOnExec> {
        self.get(fd)?;
        let chunk = self.chunks.get(chunk_of(fd))?;
        Some(mark(chunk.close_on_exec, fd))
    }

    /// Says whether exec closes this descriptor. Returns whether there is one.
    #[inline]
    pub fn set_close_on_exec(&mut self, fd: u32, close: CloseOnExec) -> bool {
        let installed = self.get(fd).is_some();
        if let Some(chunk) = self.chunks.get_mut(chunk_of(fd))
            && installed
        {
            set_mark(&mut chunk.close_on_exec, fd, close);
        }
        installed
    }

    /// Takes out the first descriptor from `from` on that exec closes. The next call goes on
    /// behind the number that was returned.
    pub fn take_close_on_exec(&mut self, from: u32) -> Option<(u32, S)> {
        let mut at = from;
        while let Some(chunk) = self.chunks.get(chunk_of(at)) {
            let marked = chunk.close_on_exec & above(at);
            if marked != 0 {
                let fd = first_in(at, marked);
                return Some((fd, self.remove(fd)?));
            }
            at = next_chunk(at);
        }
        None
    }

    /// Takes out the first descriptor from `from` on, for exit and close_range(2). The next call
    /// goes on behind the number that was returned.
    pub fn take_next(&mut self, from: u32) -> Option<(u32, S)> {
        let (fd, _) = self.next_from(from)?;
        Some((fd, self.remove(fd)?))
    }

    /// The first descriptor from `from` on.
    #[inline]
    #[must_use]
    pub fn next_from(&self, from: u32) -> Option<(u32, &S)> {
        let mut at = from;
        while let Some(chunk) = self.chunks.get(chunk_of(at)) {
            let used = chunk.used & above(at);
            if used == 0 {
                at = next_chunk(at);
                continue;
            }
            let fd = first_in(at, used);
            if let Some(Some(slot)) = chunk.slots.get(slot_of(fd)) {
                return Some((fd, slot));
            }
            // Reserved only.
            at = fd.wrapping_add(1);
        }
        None
    }

    /// All descriptors in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, S> {
        Iter { table: self, from: 0 }
    }

    /// A table with the slots that `copy` makes of this one's, under the same numbers and with
    /// the same marks: fork. Where `copy` returns `None` the number is free in the new table, and
    /// so are numbers that are only reserved.
    ///
    /// # Errors
    /// [`TableError::Memory`]; the copies made so far are dropped.
    pub fn try_clone_with(&self, mut copy: impl FnMut(u32, &S) -> Option<S>) -> Result<FdTable<S>, TableError> {
        let mut table = FdTable::new();
        for (fd, slot) in self {
            let Some(slot) = copy(fd, slot) else {
                continue;
            };
            table.take_number(fd)?;
            let close = self.close_on_exec(fd).unwrap_or(CloseOnExec::Keep);
            // The number has just been taken, so that the slot goes in.
            let _nothing = table.install(FdNumber(fd), slot, close);
        }
        Ok(table)
    }

    #[inline]
    pub(crate) fn lowest_free_from(&self, min: u32) -> u32 {
        let chunk = chunk_of(min);
        let free = !self.used(chunk) & above(min);
        if free != 0 {
            return first_in(min, free);
        }
        let chunk = self.full.lowest_free_from(chunk.wrapping_add(1));
        let Ok(number) = u32::try_from(chunk) else {
            return u32::MAX;
        };
        number.saturating_mul(CHUNK_SLOTS).saturating_add((!self.used(chunk)).trailing_zeros())
    }

    /// Marks a free number as used, after making sure of its slot.
    #[inline]
    fn take_number(&mut self, fd: u32) -> Result<&mut Chunk<S>, TableError> {
        let index = chunk_of(fd);
        self.full.grow(index).map_err(|error| match error {
            IdError::Memory => TableError::Memory,
            IdError::Exhausted => TableError::Range,
        })?;
        let chunk = self.chunks.grow(index)?;
        chunk.grow(slot_of(fd))?;
        chunk.used |= bit_of(fd);
        if chunk.used == u64::MAX {
            self.full.set(index);
        }
        Ok(chunk)
    }

    /// Marks a number as free.
    #[inline]
    fn give_number(&mut self, fd: u32) {
        if let Some(Chunk { used, close_on_exec, .. }) = self.chunks.get_mut(chunk_of(fd)) {
            give((used, close_on_exec), &mut self.full, &mut self.open, fd);
        }
    }

    #[inline]
    fn is_used(&self, fd: u32) -> bool {
        self.used(chunk_of(fd)) & bit_of(fd) != 0
    }

    #[inline]
    fn used(&self, chunk: usize) -> u64 {
        self.chunks.get(chunk).map_or(0, |chunk| chunk.used)
    }
}

/// Marks a number as free: in its chunk's marks, and in the table if the chunk was full until now.
#[inline(always)]
fn give((used, close_on_exec): (&mut u64, &mut u64), full: &mut Bitmap, open: &mut usize, fd: u32) {
    let was_full = *used == u64::MAX;
    *used &= !bit_of(fd);
    *close_on_exec &= !bit_of(fd);
    if was_full {
        let index = chunk_of(fd);
        full.clear(index);
        *open = (*open).min(index);
    }
}

impl<S> Default for FdTable<S> {
    fn default() -> FdTable<S> {
        FdTable::new()
    }
}

/// The installed descriptors in order.
#[derive(Debug)]
pub struct Iter<'a, S> {
    table: &'a FdTable<S>,
    from: u32,
}

impl<'a, S> Iterator for Iter<'a, S> {
    type Item = (u32, &'a S);

    #[inline]
    fn next(&mut self) -> Option<(u32, &'a S)> {
        let (fd, slot) = self.table.next_from(self.from)?;
        self.from = fd.wrapping_add(1);
        Some((fd, slot))
    }
}

impl<'a, S> IntoIterator for &'a FdTable<S> {
    type Item = (u32, &'a S);
    type IntoIter = Iter<'a, S>;

    fn into_iter(self) -> Iter<'a, S> {
        self.iter()
    }
}

#[inline(always)]
fn chunk_of(fd: u32) -> usize {
    (fd / CHUNK_SLOTS) as usize
}

#[inline(always)]
fn slot_of(fd: u32) -> usize {
    (fd % CHUNK_SLOTS) as usize
}

#[inline(always)]
fn bit_of(fd: u32) -> u64 {
    1 << (fd % CHUNK_SLOTS)
}

/// The bits of this number and of all higher ones in its chunk.
#[inline(always)]
fn above(fd: u32) -> u64 {
    u64::MAX << (fd % CHUNK_SLOTS)
}

/// The lowest number of these bits, in the chunk of `fd`.
#[inline(always)]
fn first_in(fd: u32, bits: u64) -> u32 {
    fd & !(CHUNK_SLOTS - 1) | bits.trailing_zeros()
}

/// The first number of a chunk.
#[inline(always)]
fn first_of(chunk: usize) -> u32 {
    (chunk as u32).wrapping_mul(CHUNK_SLOTS)
}

/// The first number of the chunk after that of `fd`; after the last chunk one that is not there.
#[inline(always)]
fn next_chunk(fd: u32) -> u32 {
    (fd | (CHUNK_SLOTS - 1)).saturating_add(1)
}

#[inline(always)]
fn mark(marks: u64, fd: u32) -> CloseOnExec {
    if marks & bit_of(fd) == 0 { CloseOnExec::Keep } else { CloseOnExec::Close }
}

#[inline(always)]
fn set_mark(marks: &mut u64, fd: u32, close: CloseOnExec) {
    match close {
        CloseOnExec::Keep => *marks &= !bit_of(fd),
        CloseOnExec::Close => *marks |= bit_of(fd),
    }
}
