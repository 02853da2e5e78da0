//! The byte ring: which bytes of which chunk are written or read next.
//!
//! Key types: [`Ring`], [`Plan`] (a reserved stretch; iterate its [`Span`]s), [`SlotRange`]
//! (slots whose chunk may go back to the allocator). Positions are bytes from the start of slot 0.
//!
//! The writer never enters the chunk in which the reader stands, even where bytes in front of the
//! reader are used up. So a chunk is either behind, in, or before the data, a chunk can be given
//! back as a whole, and resizing moves chunks and never bytes. It is also what Linux shows: of a
//! full pipe, one page must be read before there is room again.

use crate::{CHUNK_BYTES, DEFAULT_BYTES, MAX_BYTES};

/// Indices of a pipe's ring buffer. See the module for the rules.
///
/// Invariants: `head < capacity`; `head % CHUNK + len + writing <= capacity`; `reading <= len`.
#[derive(Clone, Debug)]
pub struct Ring {
    capacity: u32,
    head: u32,
    len: u32,
    /// Bytes after the data that a writer has planned and not yet committed.
    writing: u32,
    /// Bytes at the head that a reader has planned and not yet committed.
    reading: u32,
}

/// A stretch of the ring that one direction has reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    start: u32,
    len: u32,
    capacity: u32,
}

/// A contiguous piece of one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Index into the shell's chunk table.
    pub slot: u32,
    /// First byte within the chunk.
    pub offset: u32,
    /// Bytes; at least 1, and within the chunk.
    pub len: u32,
}

/// Why a ring was not resized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizeError {
    /// Not a power of two between one chunk and [`MAX_BYTES`]; see [`crate::round_capacity`].
    BadSize,
    /// The data needs more chunks than that (fcntl(2): EBUSY), or a plan is open.
    Busy,
}

/// How the chunk table changes in a resize: new slot `i < count` takes what old slot
/// `(first + i) % old_slots` held; every other new slot is empty, every other old chunk is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// Old slot that becomes slot 0.
    pub first: u32,
    /// How many slots move.
    pub count: u32,
    /// Slots of the ring before.
    pub old_slots: u32,
}

impl Ring {
    /// An empty ring of [`DEFAULT_BYTES`].
    #[must_use]
    pub const fn new() -> Self {
        Ring { capacity: DEFAULT_BYTES, head: 0, len: 0, writing: 0, reading: 0 }
    }

    /// Capacity in bytes (`F_GETPIPE_SZ`).
    #[must_use]
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Slots that the shell's chunk table must have.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.capacity / CHUNK_BYTES
    }

    /// Bytes that can be read (`FIONREAD`).
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// No byte can be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that a writer may still put in.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.capacity.saturating_sub(self.head % CHUNK_BYTES).saturating_sub(self.len).saturating_sub(self.writing)
    }

    /// Bytes of the open write plan.
    pub(crate) fn writing(&self) -> u32 {
        self.writing
    }

    /// Bytes of the open read plan.
    pub(crate) fn reading(&self) -> u32 {
        self.reading
    }

    /// Reserves `len` bytes after the data, at most [`Ring::free`]. A reservation that was still
    /// open is replaced. Slots of the plan may lack a chunk: the shell brings them before copying.
    pub fn plan_write(&mut self, len: u32) -> Plan {
        self.writing = 0;
        self.writing = len.min(self.free());
        Plan { start: self.wrap(self.head.wrapping_add(self.len)), len: self.writing, capacity: self.capacity }
    }

    /// Makes the first `copied` bytes of the plan readable and drops the rest of it. Returns the
    /// slots that the plan had and that hold no data now.
    pub fn commit_write(&mut self, copied: u32) -> SlotRange {
        let copied = copied.min(self.writing);
        let planned_slots = self.live_slots();
        self.writing = 0;
        self.len = self.len.wrapping_add(copied);
        let used = self.live_slots().max(1);
        let unused = SlotRange { next: self.slot_after(used), left: planned_slots.saturating_sub(used), slots: self.slots() };
        self.rewind_if_empty();
        unused
    }

    /// Reserves up to `len` bytes of data from the head.
    pub fn plan_read(&mut self, len: u32) -> Plan {
        self.reading = len.min(self.len);
        Plan { start: self.head, len: self.reading, capacity: self.capacity }
    }

    /// Takes the first `copied` bytes of the plan out of the ring and drops the rest of it.
    /// Returns the slots whose chunk holds nothing any more; one chunk stays for the next write.
    pub fn commit_read(&mut self, copied: u32) -> SlotRange {
        let copied = copied.min(self.reading);
        let first = self.head / CHUNK_BYTES;
        let passed = self.head % CHUNK_BYTES;
        self.reading = 0;
        self.head = self.wrap(self.head.wrapping_add(copied));
        self.len = self.len.wrapping_sub(copied);
        let mut left = passed.wrapping_add(copied) / CHUNK_BYTES;
        if self.live_bytes() == 0 && self.head.is_multiple_of(CHUNK_BYTES) && left > 0 {
            // The reader stands before a chunk that nobody has brought: keep the last one read.
            left = left.wrapping_sub(1);
            self.head = self.wrap(self.head.wrapping_add(self.capacity).wrapping_sub(CHUNK_BYTES));
        }
        self.rewind_if_empty();
        SlotRange { next: first, left, slots: self.slots() }
    }

    /// Changes the capacity, keeping the data in order (fcntl(2), `F_SETPIPE_SZ`).
    ///
    /// # Errors
    /// See [`ResizeError`]; the ring is as before then.
    pub fn resize(&mut self, bytes: u32) -> Result<Relocation, ResizeError> {
        if !bytes.is_power_of_two() || !(CHUNK_BYTES..=MAX_BYTES).contains(&bytes) {
            return Err(ResizeError::BadSize);
        }
        let used = self.live_slots().max(1);
        if self.writing != 0 || self.reading != 0 || used > bytes / CHUNK_BYTES {
            return Err(ResizeError::Busy);
        }
        let moved = Relocation { first: self.head / CHUNK_BYTES, count: used, old_slots: self.slots() };
        self.head %= CHUNK_BYTES;
        self.capacity = bytes;
        Ok(moved)
    }

    /// An empty ring starts its chunk anew, so that small messages stay in one warm page.
    fn rewind_if_empty(&mut self) {
        if self.live_bytes() == 0 {
            self.head = self.head.wrapping_sub(self.head % CHUNK_BYTES);
        }
    }

    fn live_bytes(&self) -> u32 {
        self.len.wrapping_add(self.writing)
    }

    /// Slots from the head's on that hold data or planned bytes.
    fn live_slots(&self) -> u32 {
        if self.live_bytes() == 0 {
            return 0;
        }
        (self.head % CHUNK_BYTES).wrapping_add(self.live_bytes()).div_ceil(CHUNK_BYTES)
    }

    fn slot_after(&self, count: u32) -> u32 {
        let slot = (self.head / CHUNK_BYTES).wrapping_add(count);
        if slot >= self.slots() { slot.wrapping_sub(self.slots()) } else { slot }
    }

    /// `pos` is below twice the capacity.
    fn wrap(&self, pos: u32) -> u32 {
        if pos >= self.capacity { pos.wrapping_sub(self.capacity) } else { pos }
    }
}

impl Default for Ring {
    fn default() -> Self {
        Ring::new()
    }
}

impl Plan {
    /// Bytes reserved.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Nothing reserved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The plan's pieces in order, none of them empty.
    #[must_use]
    pub fn spans(&self) -> Spans {
        Spans { rest: *self }
    }

    /// The slots that the plan touches, in order.
    #[must_use]
    pub fn slots(&self) -> SlotRange {
        let count = match self.len {
            0 => 0,
            len => (self.start % CHUNK_BYTES).wrapping_add(len).div_ceil(CHUNK_BYTES),
        };
        SlotRange { next: self.start / CHUNK_BYTES, left: count, slots: self.capacity / CHUNK_BYTES }
    }
}

/// Iterator over the [`Span`]s of a plan.
#[derive(Clone, Debug)]
pub struct Spans {
    rest: Plan,
}

impl Iterator for Spans {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let Plan { start, len, capacity } = self.rest;
        if len == 0 {
            return None;
        }
        let offset = start % CHUNK_BYTES;
        let here = len.min(CHUNK_BYTES.wrapping_sub(offset));
        let next = start.wrapping_add(here);
        self.rest = Plan { start: if next >= capacity { 0 } else { next }, len: len.wrapping_sub(here), capacity };
        Some(Span { slot: start / CHUNK_BYTES, offset, len: here })
    }
}

/// A run of slots, wrapping at the end of the table; iterate it with [`SlotRange::iter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotRange {
    next: u32,
    left: u32,
    slots: u32,
}

impl SlotRange {
    /// How many slots.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.left
    }

    /// No slot.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// The slots' indices, in ring order.
    #[must_use]
    pub fn iter(&self) -> Slots {
        Slots { rest: *self }
    }
}

impl IntoIterator for SlotRange {
    type Item = u32;
    type IntoIter = Slots;

    fn into_iter(self) -> Slots {
        self.iter()
    }
}

/// Iterator over a [`SlotRange`].
#[derive(Clone, Debug)]
pub struct Slots {
    rest: SlotRange,
}

impl Iterator for Slots {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let slot = self.rest.next;
        self.rest.left = self.rest.left.checked_sub(1)?;
        let next = slot.wrapping_add(1);
        self.rest.next = if next >= self.rest.slots { 0 } else { next };
        Some(slot)
    }
}
