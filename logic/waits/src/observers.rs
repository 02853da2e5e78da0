//! [`ObserverList`]: who watches an object, for which events. Lives under the object's spin lock.
//!
//! # The steps
//!
//! - (A) A waiter *adds* itself under the lock under which it checked the condition.
//! - (B) Whoever changes the object does so under that lock.
//! - (C) Under the same or a later lock hold it *fires* into a [`Batch`]: `All` observers are
//!   cloned, the first fitting `One` observer is **removed** and moved. At most 16 are taken and
//!   64 looked at per call, so that the work under the lock is bounded; the batch remembers where
//!   to go on. Wakes happen after unlock.
//! - (D) A waiter that leaves *removes* its key under the lock. A key names one registration: once
//!   it was fired or removed it fits nothing, also when the slot has another owner.
//! - (E) *Exclusive wake passed on.* A `One` waiter whose key is gone was fired: it was the only one
//!   who heard of this event. If it leaves without having consumed what it was woken for (signal,
//!   deadline, fault on its buffer), it calls [`ObserverList::pass_on`] under the lock of (D) and
//!   wakes whom it gets. A waiter that consumed and leaves something behind (a pipe with bytes
//!   left) does the same.
//! - (G) *Shared wake.* Observers of mode `Shared` are taken one at a time; the caller wakes it, says [`Batch::accept`] if that
//!   helped, and fires on. A set of interests (epoll(7), EPOLLEXCLUSIVE) helps if a thread waits there.
//! - (F) Lasting events ([`Events::LASTING`]) are for everyone: all fitting `One` observers go.
//!
//! Neighbours: `cell` (what an observer usually wakes), `arena` (the slots).

use arrayvec::ArrayVec;

use crate::Events;
use crate::arena::{Arena, Key, NIL, NoMemory, Shortage, Slot, Spare};
use crate::mutation::{Step, left_out};

/// The most observers taken by one [`ObserverList::fire`].
const BATCH: usize = 16;
/// The most observers looked at by one [`ObserverList::fire`].
const VISITS: u32 = 64;

/// Whom an event wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Each observer of this mode that fits; it stays registered.
    All,
    /// Only the one that waits longest; it is no longer registered then.
    One,
    /// One after the other until one says that it will see to the event ([`Batch::accept`]); they stay registered.
    Shared,
}

/// Whether [`ObserverList::fire`] is to be called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum More {
    /// Unlock, empty the batch, lock, call again with the same batch.
    Yes,
    /// Everyone was reached; the batch, once emptied, is as new.
    Done,
}

/// Those whom a call of [`ObserverList::fire`] took out, and where the next one goes on.
#[derive(Debug)]
pub struct Batch<O, const N: usize = BATCH> {
    taken: ArrayVec<O, N>,
    stage: Stage,
    /// How things stand with the observers of mode `Shared`.
    shared: Shared,
    cursor: Cursor,
}

/// Whether a fire goes on to further `Shared` observers, and to those of mode `One`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shared {
    /// None of them has taken the event.
    Open,
    /// The last observer of the batch is one, and may take it.
    Asked,
    /// One has.
    Accepted,
}

/// How far a fire has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Start,
    All,
    One,
}

/// A place in a list that survives the removal of any entry.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    /// The entry to visit next, valid while it still has this number.
    index: u32,
    index_seq: u64,
    /// Entries up to this number were visited. The lists are ordered by number.
    after: u64,
    /// Entries from this number on came after the fire began.
    limit: u64,
}

/// The observers of one object.
#[derive(Debug)]
pub struct ObserverList<O> {
    arena: Arena<O>,
    all: Ends,
    one: Ends,
    /// The number of the next registration.
    next_seq: u64,
}

/// A doubly linked list's ends.
#[derive(Clone, Copy, Debug)]
struct Ends {
    head: u32,
    tail: u32,
}

impl<O: Clone> ObserverList<O> {
    /// A list without observers; does not allocate.
    #[must_use]
    pub const fn new() -> Self {
        const NONE: Ends = Ends { head: NIL, tail: NIL };
        Self { arena: Arena::new(), all: NONE, one: NONE, next_seq: 1 }
    }

    /// Whether nobody watches: then there is nothing to fire.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.all.head == NIL && self.one.head == NIL
    }

    /// What the next [`ObserverList::add`] lacks: `None` if nothing. Whoever may not allocate under
    /// the lock asks this, unlocks, calls [`Spare::new`], locks, [`ObserverList::supply`]s, drops
    /// what that returns after unlock, and asks again.
    ///
    /// # Errors
    /// [`NoMemory`] if the list is full for good.
    pub fn shortage(&self) -> Result<Option<Shortage>, NoMemory> {
        self.arena.shortage().transpose()
    }

    /// Takes memory for further observers; returns what is to be dropped after unlock.
    pub fn supply(&mut self, spare: Spare<O>) -> Spare<O> {
        self.arena.supply(spare)
    }

    /// Memory that an emptied list can do without, to be dropped after unlock.
    pub fn excess(&mut self) -> Option<Spare<O>> {
        if self.is_empty() { self.arena.excess() } else { None }
    }

    /// All memory of an empty list, to be dropped after unlock: for lists that outlive their observers by far.
    pub fn shrink(&mut self) -> Option<Spare<O>> {
        if self.is_empty() { self.arena.all() } else { None }
    }

    /// Makes sure that the next [`ObserverList::add`] succeeds; allocates in place.
    ///
    /// # Errors
    /// [`NoMemory`].
    pub fn reserve(&mut self) -> Result<(), NoMemory> {
        if let Some(shortage) = self.shortage()? {
            drop(self.supply(Spare::new(shortage)?));
        }
        Ok(())
    }

    /// (A) Registers `observer` for the events of `mask`, and for [`Events::ALWAYS`]. Does not
    /// allocate after a successful [`ObserverList::reserve`] or [`ObserverList::supply`].
    ///
    /// # Errors
    /// [`NoMemory`].
    pub fn add(&mut self, observer: O, mask: Events, mode: Mode) -> Result<Key, NoMemory> {
        let index = match self.arena.take() {
            Some(index) => index,
            None => self.take_new()?,
        };
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        let ends = self.ends(mode);
        let prev = ends.tail;
        ends.tail = index;
        if prev == NIL {
            ends.head = index;
        } else if let Some(slot) = self.arena.get_mut(prev) {
            slot.next = index;
        }
        if let Some(slot) = self.arena.get_mut(index) {
            *slot = Slot { seq, prev, next: NIL, mask: mask.union(Events::ALWAYS), mode, observer: Some(observer) };
        }
        Ok(Key { index, seq })
    }

    #[cold]
    fn take_new(&mut self) -> Result<u32, NoMemory> {
        self.reserve()?;
        self.arena.take().ok_or(NoMemory)
    }

    /// (D) Ends a registration. `None`: it was fired as a `One` observer (see (E)), or removed before.
    #[inline]
    pub fn remove(&mut self, key: Key) -> Option<O> {
        let slot = self.arena.get(key.index)?;
        if slot.seq != key.seq && !(left_out(Step::KeyIsUnique) && slot.seq != 0) {
            return None;
        }
        self.detach(key.index)
    }

    /// Whether the registration still stands: false once it was fired or removed.
    #[must_use]
    pub fn contains(&self, key: Key) -> bool {
        self.arena.get(key.index).is_some_and(|slot| slot.seq == key.seq)
    }

    /// Changes what a registration is for.
    pub fn set_mask(&mut self, key: Key, mask: Events) {
        if let Some(slot) = self.arena.get_mut(key.index)
            && slot.seq == key.seq
        {
            slot.mask = mask.union(Events::ALWAYS);
        }
    }

    /// Whether anyone waits in mode [`Mode::One`].
    #[must_use]
    #[inline]
    pub const fn has_one(&self) -> bool {
        self.one.head != NIL
    }

    /// Lists those of the modes `All` and `Shared`, by and by, as [`ObserverList::fire`] does but without asking.
    pub fn list<const N: usize>(&mut self, out: &mut Batch<O, N>) -> More {
        let mut visits = VISITS;
        if out.stage == Stage::Start {
            out.begin(Stage::All, self.next_seq);
        }
        let more = self.visit(Mode::All, Events::ALWAYS, out, &mut visits);
        if more == More::Done {
            out.stage = Stage::Start;
        }
        more
    }

    /// (C) Takes those out whom `events` concern. The batch must be empty; after [`More::Yes`] call
    /// again with the same events. Who is added after the first call need not be reached.
    #[inline]
    pub fn fire<const N: usize>(&mut self, events: Events, out: &mut Batch<O, N>) -> More {
        if self.all.head == NIL && out.stage == Stage::Start && self.fire_oldest(events, out) {
            return More::Done;
        }
        self.fire_from(Stage::All, events, out)
    }

    /// (E) As [`ObserverList::fire`], for the `One` observers only: hands on a wake that was not used.
    #[inline]
    pub fn pass_on<const N: usize>(&mut self, events: Events, out: &mut Batch<O, N>) -> More {
        if out.stage == Stage::Start && self.fire_oldest(events, out) {
            return More::Done;
        }
        self.fire_from(Stage::One, events, out)
    }

    /// The ordinary case, without a cursor: nobody waits in mode `One`, or the first of them is the
    /// one to take. False: it is not that easy.
    #[inline]
    fn fire_oldest<const N: usize>(&mut self, events: Events, out: &mut Batch<O, N>) -> bool {
        let head = self.one.head;
        if head == NIL {
            return true;
        }
        let Some(slot) = self.arena.get(head) else {
            return true;
        };
        if !slot.mask.intersects(events) {
            // Often the one who waits is the one who just made the change.
            return slot.next == NIL;
        }
        if events.intersects(Events::LASTING) || out.taken.is_full() {
            return false;
        }
        self.take_out(head, Mode::One, out);
        true
    }

    fn fire_from<const N: usize>(&mut self, first: Stage, events: Events, out: &mut Batch<O, N>) -> More {
        let mut visits = VISITS;
        if out.stage == Stage::Start {
            out.shared = Shared::Open;
            out.begin(first, self.next_seq);
        }
        if out.shared == Shared::Asked {
            out.shared = Shared::Open;
        }
        if out.stage == Stage::All {
            if self.visit(Mode::All, events, out, &mut visits) == More::Yes {
                return More::Yes;
            }
            let limit = out.cursor.limit;
            out.begin(Stage::One, limit);
        }
        if out.shared == Shared::Accepted && !events.intersects(Events::LASTING) {
            out.stage = Stage::Start;
            return More::Done;
        }
        let more = self.visit(Mode::One, events, out, &mut visits);
        if more == More::Done {
            out.stage = Stage::Start;
        }
        more
    }

    /// Goes through the list of one mode from the batch's cursor on.
    #[inline]
    fn visit<const N: usize>(&mut self, mode: Mode, events: Events, out: &mut Batch<O, N>, visits: &mut u32) -> More {
        let mut index = self.resume(mode, &out.cursor);
        loop {
            let Some(slot) = self.arena.get(index) else {
                return More::Done;
            };
            if slot.seq >= out.cursor.limit {
                return More::Done;
            }
            if *visits == 0 || out.taken.is_full() {
                out.cursor.index = index;
                out.cursor.index_seq = slot.seq;
                return More::Yes;
            }
            *visits = visits.saturating_sub(1);
            let (next, seen) = (slot.next, slot.seq <= out.cursor.after);
            out.cursor.after = out.cursor.after.max(slot.seq);
            if !seen && slot.mask.intersects(events) {
                let alone = !events.intersects(Events::LASTING);
                let shared = slot.mode == Mode::Shared && alone;
                if !(shared && out.shared == Shared::Accepted) {
                    self.take_out(index, mode, out);
                }
                if mode == Mode::One && alone {
                    return More::Done;
                }
                if shared && out.shared == Shared::Open {
                    // The caller asks it before the next one is taken.
                    out.shared = Shared::Asked;
                    out.cursor.index = next;
                    out.cursor.index_seq = self.arena.get(next).map_or(0, |slot| slot.seq);
                    return More::Yes;
                }
            }
            index = next;
        }
    }

    /// Where to go on: at the cursor's entry, or from the head if that is gone. Entries that were
    /// visited are passed over then, and count as visits.
    #[inline]
    fn resume(&mut self, mode: Mode, cursor: &Cursor) -> u32 {
        match self.arena.get(cursor.index) {
            Some(slot) if slot.seq == cursor.index_seq && (slot.mode == Mode::One) == (mode == Mode::One) => cursor.index,
            _ => self.ends(mode).head,
        }
    }

    fn take_out<const N: usize>(&mut self, index: u32, mode: Mode, out: &mut Batch<O, N>) {
        let taken = if mode == Mode::One && !left_out(Step::FireRemoves) {
            self.detach(index)
        } else {
            self.arena.get(index).and_then(|slot| slot.observer.clone())
        };
        if let Some(observer) = taken {
            // `visit` has seen that there is room.
            let _ = out.taken.try_push(observer);
        }
    }

    /// Unlinks an entry and frees its slot.
    fn detach(&mut self, index: u32) -> Option<O> {
        let slot = self.arena.get_mut(index)?;
        let observer = slot.observer.take()?;
        let (prev, next, mode) = (slot.prev, slot.next, slot.mode);
        match self.arena.get_mut(prev) {
            Some(slot) => slot.next = next,
            None => self.ends(mode).head = next,
        }
        match self.arena.get_mut(next) {
            Some(slot) => slot.prev = prev,
            None => self.ends(mode).tail = prev,
        }
        self.arena.release(index);
        Some(observer)
    }

    const fn ends(&mut self, mode: Mode) -> &mut Ends {
        match mode {
            Mode::All | Mode::Shared => &mut self.all,
            Mode::One => &mut self.one,
        }
    }
}

impl<O: Clone> Default for ObserverList<O> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> Batch<O> {
    /// An empty batch, for one or several fires one after the other.
    #[must_use]
    #[inline]
    pub fn new() -> Self {
        Self::sized()
    }
}

impl<O, const N: usize> Batch<O, N> {
    /// An empty batch for `N` observers at a time.
    #[must_use]
    #[inline]
    pub fn sized() -> Self {
        let cursor = Cursor { index: NIL, index_seq: 0, after: 0, limit: 0 };
        Self { taken: ArrayVec::new(), stage: Stage::Start, shared: Shared::Open, cursor }
    }

    /// Takes those out who are to be woken, in order; after unlock.
    #[inline]
    pub fn drain(&mut self) -> impl Iterator<Item = O> + '_ {
        self.taken.drain(..)
    }

    /// Whether nobody is to be woken.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// Takes out the one that is to be woken, of a batch for one.
    #[inline]
    pub fn pop(&mut self) -> Option<O> {
        self.taken.pop()
    }

    /// The last observer that was taken out will see to the event: if it is of mode [`Mode::Shared`], no other of that mode
    /// and none of mode [`Mode::One`] is needed.
    #[inline]
    pub fn accept(&mut self) {
        if self.shared == Shared::Asked {
            self.shared = Shared::Accepted;
        }
    }

    fn begin(&mut self, stage: Stage, limit: u64) {
        self.stage = stage;
        self.cursor = Cursor { index: NIL, index_seq: 0, after: 0, limit };
    }
}

impl<O, const N: usize> Default for Batch<O, N> {
    fn default() -> Self {
        Self::sized()
    }
}
