//! The open calls of a channel: numbers that are never used twice, found without searching.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::num::NonZeroU64;

use crate::mutation::{Step, left_out};
use crate::{End, Size};

/// Calls of one piece of the table, which is smaller than a page.
const CHUNK: usize = 8;
/// Low bits of a number that say where the call is.
const INDEX_BITS: u32 = 12;
/// Most calls that are open at a time.
pub const MAX_CALLS: usize = 1 << INDEX_BITS;
const NONE: u32 = u32::MAX;
/// Places of the table that are looked at under one lock hold.
pub(crate) const LOOKS: u32 = 64;

/// The number of a call, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(NonZeroU64);

impl CallId {
    /// The number that a program knows; `None` for 0.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<CallId> {
        match NonZeroU64::new(number) {
            Some(n) => Some(CallId(n)),
            None => None,
        }
    }
    /// As a program sees it.
    #[must_use]
    #[inline]
    pub const fn number(self) -> u64 {
        self.0.get()
    }
    const fn index(self) -> u32 {
        (self.0.get() & (MAX_CALLS as u64).wrapping_sub(1)) as u32
    }
}

/// Why a call has no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nobody took the request: it may safely be made again elsewhere.
    NotTaken,
    /// Who took the request is gone: it may have been acted on.
    Lost,
}

/// Where a call stands.
#[derive(Debug)]
pub(crate) enum Phase<M> {
    /// The request waits in the queue.
    Queued,
    /// Somebody has the request, or the room for the reply, in hand.
    InHand,
    /// Consumed; the room for the reply is here.
    Taken(M),
    /// The reply is here.
    Replied(M, Size),
    /// There will be none.
    Failed(Failure),
}

/// One open call.
#[derive(Debug)]
pub(crate) struct Call<M, W> {
    number: CallId,
    /// Who waits; nobody once it was answered, since who answers has that.
    pub(crate) caller: Option<W>,
    pub(crate) from: End,
    pub(crate) room: Size,
    /// Who received the request.
    pub(crate) taker: u64,
    pub(crate) phase: Phase<M>,
}

#[derive(Debug)]
enum Entry<M, W> {
    Free(u32),
    Open(Call<M, W>),
}

type Chunk<M, W> = Box<[Entry<M, W>]>;

/// The table.
#[derive(Debug)]
pub(crate) struct Calls<M, W> {
    chunks: Vec<Chunk<M, W>>,
    free: u32,
    open: u32,
    next_serial: u64,
}

impl<M, W> Calls<M, W> {
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), free: NONE, open: 0, next_serial: 1 }
    }

    /// How many are open.
    pub(crate) const fn len(&self) -> u32 {
        self.open
    }

    #[inline(always)]
    fn slot(&mut self, index: u32) -> Option<&mut Entry<M, W>> {
        let (chunk, at) = (index as usize / CHUNK, index as usize % CHUNK);
        self.chunks.get_mut(chunk)?.get_mut(at)
    }

    /// Makes sure that the next [`Calls::open`] succeeds. False: no memory, or all numbers are in use.
    #[inline]
    pub(crate) fn reserve(&mut self) -> bool {
        self.free != NONE || self.grow().is_some()
    }

    #[cold]
    fn grow(&mut self) -> Option<()> {
        let first = self.chunks.len().checked_mul(CHUNK)?;
        if first >= MAX_CALLS {
            return None;
        }
        self.chunks.try_reserve(1).ok()?;
        let mut chunk = Vec::new();
        chunk.try_reserve_exact(CHUNK).ok()?;
        for at in 1..=CHUNK {
            let next = if at == CHUNK { NONE } else { first.checked_add(at)? as u32 };
            chunk.push(Entry::Free(next));
        }
        // reserved: exactly, so nothing is left to give back.
        self.chunks.push(chunk.into_boxed_slice());
        self.free = first as u32;
        Some(())
    }

    /// Opens a call, after [`Calls::reserve`].
    #[inline(always)]
    pub(crate) fn open(&mut self, from: End, room: Size, caller: W) -> Option<CallId> {
        let index = self.free;
        let serial = self.next_serial;
        let number = CallId::from_number(serial.wrapping_shl(INDEX_BITS) | u64::from(index))?;
        let slot = self.slot(index)?;
        let Entry::Free(next) = *slot else { return None };
        let open = Entry::Open(Call { number, caller: Some(caller), from, room, taker: 0, phase: Phase::Queued });
        // It was free, so that nothing is to be dropped.
        core::mem::forget(core::mem::replace(slot, open));
        self.free = next;
        self.next_serial = serial.wrapping_add(1);
        self.open = self.open.wrapping_add(1);
        Some(number)
    }

    /// The call of this number while it is open.
    #[inline]
    pub(crate) fn get(&mut self, id: CallId) -> Option<&mut Call<M, W>> {
        match self.slot(id.index())? {
            // A number names one call, not a place.
            Entry::Open(call) if call.number == id || left_out(Step::NumberIsUnique) => Some(call),
            _ => None,
        }
    }

    /// Ends a call; its number is void from here on.
    #[inline]
    pub(crate) fn end(&mut self, id: CallId) -> Option<Call<M, W>> {
        self.get(id)?;
        let free = self.free;
        let index = id.index();
        let slot = self.slot(index)?;
        let Entry::Open(call) = core::mem::replace(slot, Entry::Free(free)) else { return None };
        self.free = index;
        self.open = self.open.wrapping_sub(1);
        Some(call)
    }

    /// The reply to a call, if it is here.
    #[inline(always)]
    pub(crate) fn replied(&mut self, id: CallId) -> Option<Replied<'_, M, W>> {
        let (chunk, at) = (id.index() as usize / CHUNK, id.index() as usize % CHUNK);
        let entry = self.chunks.get_mut(chunk)?.get_mut(at)?;
        let size = match entry {
            Entry::Open(Call { number, phase: Phase::Replied(_, size), .. })
                if *number == id || left_out(Step::NumberIsUnique) =>
            {
                *size
            }
            _ => return None,
        };
        Some(Replied { entry, free: &mut self.free, open: &mut self.open, index: id.index(), size })
    }

    /// The first open call from place `from` on, before `until`, and where to go on; `None` when there are no more, at once if
    /// there are none at all.
    pub(crate) fn next(&mut self, from: u32, until: u32) -> Option<(u32, Option<&mut Call<M, W>>)> {
        let end = self.chunks.len().saturating_mul(CHUNK) as u32;
        if self.open == 0 || from >= end {
            return None;
        }
        let until = end.min(until);
        let at = (from..until).find(|i| matches!(self.slot(*i), Some(Entry::Open(_))));
        match at.and_then(|at| self.slot(at).map(|entry| (at, entry))) {
            Some((at, Entry::Open(call))) => Some((at.wrapping_add(1), Some(call))),
            _ => Some((until, None)),
        }
    }
}

/// A reply that is to be copied.
#[derive(Debug)]
pub struct Replied<'a, M, W> {
    entry: &'a mut Entry<M, W>,
    free: &'a mut u32,
    open: &'a mut u32,
    index: u32,
    /// Its size.
    pub size: Size,
}

impl<M, W> Replied<'_, M, W> {
    /// The message.
    #[inline(always)]
    pub fn message(&mut self) -> Option<&mut M> {
        match self.entry {
            Entry::Open(Call { phase: Phase::Replied(message, _), .. }) => Some(message),
            _ => None,
        }
    }
    /// It was copied: the call is over, and its number void. What is left of the message comes back.
    #[inline(always)]
    pub fn end(self) -> Option<M> {
        let Entry::Open(call) = self.entry else { return None };
        let Phase::Replied(message, _) = core::mem::replace(&mut call.phase, Phase::InHand) else { return None };
        drop(call.caller.take());
        // Nothing is left in it.
        core::mem::forget(core::mem::replace(self.entry, Entry::Free(*self.free)));
        *self.free = self.index;
        *self.open = self.open.wrapping_sub(1);
        Some(message)
    }
}

impl<M, W> Call<M, W> {
    /// Its number.
    pub(crate) const fn id(&self) -> CallId {
        self.number
    }
}
