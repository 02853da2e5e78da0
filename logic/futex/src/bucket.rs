//! Who waits on which futex.
//!
//! Key types: [`Bucket`] (waiters whose keys hash alike; the kernel locks it), [`Waiter`] (the
//! kernel's handle), [`Place`] (where a waiter stands; it tells it even after a requeue),
//! [`Batch`] (whom to wake after unlocking).
//!
//! Within a bucket each key has a ring of its waiters, oldest first, and the oldest ones of all
//! keys form a list: finding a key costs the number of *different* keys that collide, not the
//! number of waiters. A waiter that gives up (timeout, signal) reads its place, locks that bucket
//! and calls [`Bucket::remove`]; if the place has changed meanwhile it tries again, if it has none
//! it has been woken.

use crate::arena::{Arena, NIL, Seat, Slot};
use crate::mutation::{Step, left_out};
use arrayvec::ArrayVec;

/// Waiters that one lock hold wakes or moves at most (see [`Progress::Again`]).
pub const BATCH: usize = 16;

/// Which futex: the object (address space or memory object) and the byte offset in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// A number that is never used again.
    pub object: u64,
    /// Address or offset; a multiple of 4.
    pub offset: u64,
}

/// Where a waiter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bucket's index.
    pub bucket: u32,
    /// The slot in it.
    pub slot: u32,
}

/// The kernel's handle of a waiting thread. The place lives in an atomic of the thread
/// ([`Place::to_bits`]); it is stored only under the lock of the bucket it names or leaves.
pub trait Waiter: Sized {
    /// Notes where the waiter stands; `None`: it has been woken or taken out.
    fn set_place(&self, place: Option<Place>);
    /// Takes the seat back that it brought. Called before [`Waiter::set_place`] with `None`: whoever sees that it stands
    /// nowhere has its seat.
    fn take_seat(&self, seat: Seat<Self>);
}

/// Whether a wake or requeue is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// All that was asked for, or all there are.
    Done,
    /// The batch is full: unlock, wake them, lock, call again.
    Again,
}

/// How much of a requeue is left to do, and between which futexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requeue {
    /// From here.
    pub from: Key,
    /// To there.
    pub to: Key,
    /// How many are still to be woken.
    pub wake: u32,
    /// How many are still to be moved.
    pub requeue: u32,
}

/// Waiters to wake after unlocking.
#[derive(Debug)]
pub struct Batch<W> {
    waiters: ArrayVec<W, BATCH>,
}

/// The waiters whose keys hash to one value.
#[derive(Debug)]
pub struct Bucket<W> {
    index: u32,
    arena: Arena<W>,
    /// Oldest waiter of some key, its number's bits inverted, so that an empty bucket is all zeroes; the rest by `next_key`.
    keys: u32,
}

impl Key {
    /// A hash for choosing a bucket; `seed` is the kernel's secret.
    #[must_use]
    pub fn hash(&self, seed: u64) -> u64 {
        let mut x = seed;
        for part in [self.object, self.offset >> 2] {
            x = (x ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            x ^= x >> 29;
        }
        x.wrapping_mul(0xBF58_476D_1CE4_E5B9) ^ x >> 32
    }
}

impl Place {
    /// For an atomic: 0 is no place.
    #[must_use]
    pub fn to_bits(place: Option<Place>) -> u64 {
        place.map_or(0, |p| u64::from(p.bucket).wrapping_add(1) << 32 | u64::from(p.slot))
    }

    /// From [`Place::to_bits`].
    #[must_use]
    pub fn from_bits(bits: u64) -> Option<Place> {
        let bucket = u32::try_from((bits >> 32).checked_sub(1)?).ok()?;
        Some(Place { bucket, slot: bits as u32 })
    }
}

impl<W> Batch<W> {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Batch<W> {
        Batch { waiters: ArrayVec::new_const() }
    }

    /// How many are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiters.len()
    }

    /// Nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Takes them out, oldest first.
    pub fn drain(&mut self) -> impl Iterator<Item = W> {
        self.waiters.drain(..)
    }

    fn is_full(&self) -> bool {
        self.waiters.is_full()
    }

    fn push(&mut self, waiter: W) {
        // Whoever pushes has asked whether there is room.
        drop(self.waiters.try_push(waiter));
    }
}

impl<W> Default for Batch<W> {
    fn default() -> Self {
        Batch::new()
    }
}

impl<W: Waiter> Bucket<W> {
    /// An empty bucket; `index` is its number in the kernel's array. It owns no memory.
    #[must_use]
    pub const fn new(index: u32) -> Bucket<W> {
        Bucket { index, arena: Arena::new(), keys: !NIL }
    }

    /// Gives an empty bucket its number in the kernel's array.
    pub const fn number(&mut self, index: u32) {
        self.index = index;
    }

    /// How many wait here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.arena.len()
    }

    /// Nobody waits here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.arena.len() == 0
    }

    /// Queues a waiter, behind those that wait on the same key. The shell compares the word
    /// afterwards.
    pub fn add(&mut self, key: Key, bitset: u32, waiter: W, seat: Seat<W>) {
        let at = self.arena.push(seat, waiter, key, bitset);
        self.enlist(at, key);
    }

    /// Takes a waiter out that gives up. The caller has read the place again under the lock of
    /// this bucket, which it names.
    pub fn remove(&mut self, place: Place) -> Option<W> {
        if place.bucket != self.index {
            return None;
        }
        self.arena.get(place.slot)?.waiter.as_ref()?;
        self.take(place.slot)
    }

    /// Wakes up to `left` waiters of the key whose bitset meets `bitset`, oldest first; counts
    /// `left` down.
    pub fn wake(&mut self, key: Key, bitset: u32, left: &mut u32, batch: &mut Batch<W>) -> Progress {
        let mut at = self.find(key);
        let mut last = self.arena.get(at).map_or(NIL, |slot| slot.prev);
        while *left > 0 {
            let Some(slot) = self.arena.get(at) else {
                break;
            };
            let mut next = if at == last { NIL } else { slot.next };
            if slot.bitset & bitset != 0 {
                if batch.is_full() {
                    return Progress::Again;
                }
                if let Some(renumbered) = self.wake_slot(at, batch) {
                    // That one stands where the woken one stood.
                    next = if next == renumbered { at } else { next };
                    last = if last == renumbered { at } else { last };
                }
                *left = left.saturating_sub(1);
            }
            at = next;
        }
        Progress::Done
    }

    /// How many wait on the key.
    #[must_use]
    pub fn count(&self, key: Key) -> usize {
        let first = self.find(key);
        let mut count = 0usize;
        let mut at = first;
        while let Some(slot) = self.arena.get(at) {
            count = count.saturating_add(1);
            at = if slot.next == first { NIL } else { slot.next };
        }
        count
    }

    /// Wakes a waiter. Gives the number of the one that stands in its place now, as long as it had another.
    #[inline]
    fn wake_slot(&mut self, at: u32, batch: &mut Batch<W>) -> Option<u32> {
        let highest = u32::try_from(self.arena.len()).unwrap_or(NIL).wrapping_sub(1);
        let waiter = self.take(at)?;
        // reserved: a batch has a fixed capacity, checked by the caller.
        batch.push(waiter);
        (highest != at).then_some(highest)
    }

    /// The oldest waiter of the key.
    #[inline]
    fn find(&self, key: Key) -> u32 {
        let mut at = !self.keys;
        while let Some(slot) = self.arena.get(at) {
            if slot.key == key {
                return at;
            }
            at = slot.next_key;
        }
        NIL
    }

    /// Puts a filled slot into the lists, and tells the waiter.
    fn enlist(&mut self, at: u32, key: Key) {
        let first = self.find(key);
        if first == NIL {
            let next_key = !self.keys;
            self.edit(next_key, |slot| slot.prev_key = at);
            self.edit(at, |slot| slot.next_key = next_key);
            self.keys = !at;
        } else {
            let last = self.arena.get(first).map_or(first, |slot| slot.prev);
            self.edit(first, |slot| slot.prev = at);
            self.edit(last, |slot| slot.next = at);
            self.edit(at, |slot| {
                slot.next = first;
                slot.prev = last;
            });
        }
        self.tell_place(at);
    }

    #[inline]
    fn tell_place(&self, at: u32) {
        let place = Place { bucket: self.index, slot: at };
        if let Some(waiter) = self.arena.get(at).and_then(|slot| slot.waiter.as_ref()) {
            waiter.set_place(Some(place));
        }
    }

    /// Takes a waiter out, gives it its seat and tells it.
    #[inline]
    fn take(&mut self, at: u32) -> Option<W> {
        let (seat, slot) = self.unlink(at)?;
        let waiter = slot.waiter?;
        if left_out(Step::SeatBeforePlace) {
            waiter.set_place(None);
            waiter.take_seat(seat);
        } else {
            waiter.take_seat(seat);
            waiter.set_place(None);
        }
        Some(waiter)
    }

    /// Takes a waiter out, with a seat; it still believes that it stands here.
    #[inline]
    fn unlink(&mut self, at: u32) -> Option<(Seat<W>, Slot<W>)> {
        self.arena.get(at)?;
        self.detach(at);
        let (seat, highest) = self.arena.pop()?;
        let moved_from = u32::try_from(self.arena.len()).unwrap_or(NIL);
        if at == moved_from {
            return Some((seat, highest));
        }
        // The highest stands in its place from now on.
        let Slot { next, prev, next_key, prev_key, .. } = highest;
        let slot = core::mem::replace(self.arena.get_mut(at)?, highest);
        let renumbered = |other: u32| if other == moved_from { at } else { other };
        self.edit(renumbered(prev), |slot| slot.next = at);
        self.edit(renumbered(next), |slot| slot.prev = at);
        self.edit(next_key, |slot| slot.prev_key = at);
        if !self.keys == moved_from {
            self.keys = !at;
        } else {
            self.edit(prev_key, |slot| slot.next_key = at);
        }
        if !left_out(Step::Renumber) {
            self.tell_place(at);
        }
        Some((seat, slot))
    }

    /// Gives a waiter another key of the same bucket.
    fn rename(&mut self, at: u32, key: Key) {
        self.detach(at);
        self.edit(at, |slot| {
            slot.key = key;
            slot.next = at;
            slot.prev = at;
            slot.next_key = NIL;
            slot.prev_key = NIL;
        });
        self.enlist(at, key);
    }

    /// Takes a slot out of the lists.
    fn detach(&mut self, at: u32) {
        let Some(slot) = self.arena.get(at) else {
            return;
        };
        let Slot { next, prev, next_key, prev_key, .. } = *slot;
        if !self.keys == at || prev_key != NIL {
            // It leads its key; the next oldest takes its place in the list of keys.
            let heir = if next == at { NIL } else { next };
            let follower = if heir == NIL { next_key } else { heir };
            let before = if heir == NIL { prev_key } else { heir };
            self.edit(next_key, |slot| slot.prev_key = before);
            self.edit(heir, |slot| {
                slot.next_key = next_key;
                slot.prev_key = prev_key;
            });
            if prev_key == NIL {
                self.keys = !follower;
            } else {
                self.edit(prev_key, |slot| slot.next_key = follower);
            }
        }
        self.edit(prev, |slot| slot.next = next);
        self.edit(next, |slot| slot.prev = prev);
    }

    fn edit(&mut self, at: u32, change: impl FnOnce(&mut Slot<W>)) {
        if let Some(slot) = self.arena.get_mut(at) {
            change(slot);
        }
    }
}

/// Wakes and moves waiters from a key of one bucket to a key of another, oldest first. Both are
/// locked, the one with the lower index first. A waiter that moves goes from one place to the
/// other and at no time seems to have none, so it may look without a lock whether it was woken.
pub fn requeue<W: Waiter>(from: &mut Bucket<W>, to: &mut Bucket<W>, todo: &mut Requeue, batch: &mut Batch<W>) -> Progress {
    let mut moved = 0usize;
    while let Some(work) = next_work(from, todo, batch, moved) {
        match work {
            Work::Stop(progress) => return progress,
            Work::Wake(at) => {
                from.wake_slot(at, batch);
            }
            Work::Move(at) => {
                move_slot(from, to, at, todo.to);
                moved = moved.saturating_add(1);
            }
        }
    }
    Progress::Done
}

/// [`requeue`] where both keys hash to the same bucket.
pub fn requeue_within<W: Waiter>(bucket: &mut Bucket<W>, todo: &mut Requeue, batch: &mut Batch<W>) -> Progress {
    if todo.from == todo.to {
        // Moving to the same futex changes nothing but the order; Linux counts them all the same.
        return wake_only(bucket, todo, batch);
    }
    let mut moved = 0usize;
    while let Some(work) = next_work(bucket, todo, batch, moved) {
        match work {
            Work::Stop(progress) => return progress,
            Work::Wake(at) => {
                bucket.wake_slot(at, batch);
            }
            Work::Move(at) => {
                bucket.rename(at, todo.to);
                moved = moved.saturating_add(1);
            }
        }
    }
    Progress::Done
}

enum Work {
    Wake(u32),
    Move(u32),
    Stop(Progress),
}

/// What happens to the oldest waiter; counts it off.
fn next_work<W: Waiter>(from: &Bucket<W>, todo: &mut Requeue, batch: &Batch<W>, moved: usize) -> Option<Work> {
    let at = from.find(todo.from);
    if at == NIL || todo.wake == 0 && todo.requeue == 0 {
        return None;
    }
    if batch.is_full() || moved >= BATCH {
        return Some(Work::Stop(Progress::Again));
    }
    if todo.wake > 0 {
        todo.wake = todo.wake.saturating_sub(1);
        return Some(Work::Wake(at));
    }
    todo.requeue = todo.requeue.saturating_sub(1);
    Some(Work::Move(at))
}

fn move_slot<W: Waiter>(from: &mut Bucket<W>, to: &mut Bucket<W>, at: u32, key: Key) {
    if let Some((seat, Slot { waiter: Some(waiter), bitset, .. })) = from.unlink(at) {
        if left_out(Step::MoveKeepsPlace) {
            waiter.set_place(None);
        }
        to.add(key, bitset, waiter, seat);
    }
}

/// Both keys are the same: some are woken, and the others count as moved, as on Linux.
fn wake_only<W: Waiter>(bucket: &mut Bucket<W>, todo: &mut Requeue, batch: &mut Batch<W>) -> Progress {
    let progress = bucket.wake(todo.from, u32::MAX, &mut todo.wake, batch);
    if progress == Progress::Done {
        let rest = u32::try_from(bucket.count(todo.from)).unwrap_or(u32::MAX);
        todo.requeue = todo.requeue.saturating_sub(rest);
    }
    progress
}
