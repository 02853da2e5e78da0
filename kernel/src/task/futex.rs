//! Futexes (futex(2)): wait and wake by the address of a word.
//!
//! The queues are `logic_futex`'s [`Bucket`]s, chosen by a hash of the key with a secret. A waiter is queued before it looks
//! at the word: whoever changes the word and wakes afterwards finds it. Neighbours: `pi` (locks with an owner), `robust`.

use super::thread::Thread;
use super::wait::{self, Interrupt};
use crate::see::{On, Waits};
use abi::Errno;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_futex::{Batch, Bucket, Node, Place, Progress, Requeue, Waiter, requeue as move_between, requeue_within};
use mem::{NoMemory, Ref, try_box, user};
use sync::{SpinLock, levels};

pub(crate) use logic_futex::{Key, MATCH_ANY, Scope};

/// A queued thread.
pub(crate) enum Sleeper {
    /// It waits at one word.
    One(Ref<Thread>),
    /// It waits at several: this is the one with that index.
    OfMany(Ref<Many>, u32),
}

/// A thread that waits at several words: where it is queued for each of them.
pub(crate) struct Many {
    thread: Ref<Thread>,
    stands: Vec<Stand>,
}

/// Where a thread is queued, and what it stands on there: made with the thread, so that waiting needs no memory.
pub(crate) struct Stand {
    /// A [`Place`] as bits, 0 for nowhere.
    place: AtomicU64,
    /// At home while it is queued nowhere.
    seat: SpinLock<Option<Seat>, levels::WaitState>,
}

type Seat = logic_futex::Seat<Sleeper>;

impl Default for Stand {
    /// One of a thread that never waits so.
    fn default() -> Self {
        Stand { place: AtomicU64::new(0), seat: SpinLock::new(None) }
    }
}

impl Stand {
    /// One to wait with.
    pub(crate) fn try_new() -> Result<Self, NoMemory> {
        Ok(Stand { place: AtomicU64::new(0), seat: SpinLock::new(Some(try_box(Node::new())?)) })
    }
    /// Where it is; `None`: nobody waits, or was woken.
    fn place(&self) -> Option<Place> {
        Place::from_bits(self.place.load(Ordering::Acquire))
    }
}

impl Sleeper {
    fn thread(&self) -> &Ref<Thread> {
        match self {
            Sleeper::One(t) => t,
            Sleeper::OfMany(m, _) => &m.thread,
        }
    }
    fn stand(&self) -> Option<&Stand> {
        match self {
            Sleeper::One(t) => Some(&t.futex),
            Sleeper::OfMany(m, index) => m.stands.get(*index as usize),
        }
    }
}

impl Waiter for Sleeper {
    fn set_place(&self, place: Option<Place>) {
        if let Some(s) = self.stand() {
            s.place.store(Place::to_bits(place), Ordering::Release);
        }
    }
    fn take_seat(&self, seat: Seat) {
        if let Some(s) = self.stand() {
            *s.seat.lock() = Some(seat);
        }
    }
}

type Queue = SpinLock<Bucket<Sleeper>, levels::FutexBucket>;

const BUCKETS: usize = 256;

/// The buckets; each knows its index, from [`init`] on.
static TABLE: [Queue; BUCKETS] = [const { SpinLock::new(Bucket::new(0)) }; BUCKETS];

/// Boot: numbers the buckets. They begin as zeroes, which take no place in the image.
pub(crate) fn init() {
    (0..).zip(&TABLE).for_each(|(index, queue)| queue.lock().number(index));
}

/// Makes the buckets' choice unpredictable; drawn at the first use.
static SEED: AtomicU64 = AtomicU64::new(0);

fn seed() -> u64 {
    match SEED.load(Ordering::Relaxed) {
        0 => {
            let fresh = crate::random::next_u64() | 1;
            // Whoever was first decides.
            SEED.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed).map_or_else(|s| s, |_| fresh)
        }
        s => s,
    }
}

fn bucket(index: usize) -> &'static Queue {
    let [first, ..] = &TABLE;
    TABLE.get(index % BUCKETS).unwrap_or(first)
}

#[inline]
fn index_of(key: Key) -> usize {
    (key.hash(seed()) >> 56) as usize
}

/// What a word is known by: by address space and address, or, in shared memory, by object and offset.
pub(crate) fn key(me: &Thread, addr: usize, scope: Scope) -> Result<Key, Errno> {
    if !addr.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    if !user::in_user_space(addr, 4) {
        return Err(Errno::EFAULT);
    }
    let space = me.space().ok_or(Errno::EFAULT)?;
    if scope == Scope::Shared {
        let inner = space.lock();
        let (range, region) = inner.region_at(addr as u64).ok_or(Errno::EFAULT)?;
        if region.is_shared()
            && let crate::mm::region::Source::Object { object, offset, .. } = &region.source
        {
            let (device, inode) = object.identity();
            let offset = offset.saturating_add((addr as u64).saturating_sub(range.start));
            // Apart from address spaces, which are numbered from 1.
            return Ok(Key { object: 1 << 63 | device << 44 | inode, offset });
        }
    }
    Ok(Key { object: space.id(), offset: addr as u64 })
}

/// Threads that wait.
pub(crate) fn waiters() -> usize {
    TABLE.iter().map(|b| b.lock().len()).sum()
}

/// Gives back the room of tables in which nobody waits.
pub(crate) fn trim() {
    super::pi::trim();
}

/// Why a wait ended without a wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitError {
    /// The word does not have the expected value.
    Changed,
    /// The word cannot be read.
    Fault,
    /// Deadline, signal or memory.
    Ended(wait::Ended),
}

/// Waits until woken, if the word at `addr` still has the value.
pub(crate) fn wait(
    me: &Thread,
    key: Key,
    addr: usize,
    value: u32,
    bitset: u32,
    deadline_ns: Option<u64>,
) -> Result<(), WaitError> {
    let mine = &me.futex;
    enqueue(Sleeper::One(me.to_ref()), mine, key, bitset);
    let early = match user::load_u32(addr) {
        Err(user::Fault) => Some(WaitError::Fault),
        Ok(v) if v != value => Some(WaitError::Changed),
        Ok(_) => None,
    };
    if let Some(e) = early {
        // A wake that was meant for this thread counts.
        return if dequeue(mine) { Err(e) } else { Ok(()) };
    }
    match wait::sleep_on(me, on_word(addr), deadline_ns, Interrupt::AnySignal, || Ok(mine.place().is_none().then_some(()))) {
        Ok(()) => Ok(()),
        Err(_) if !dequeue(mine) => Ok(()),
        Err(e) => Err(WaitError::Ended(e)),
    }
}

fn on_word(addr: usize) -> On {
    On { waits: Waits::Futex, id: addr as u64 }
}

/// A word of a wait at several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    /// What it is known by.
    pub(crate) key: Key,
    /// Its address.
    pub(crate) addr: usize,
    /// The value that it must have.
    pub(crate) value: u32,
}

/// Waits until woken at one of several words that all have their values; gives its index.
pub(crate) fn wait_many(me: &Thread, words: &[Word], deadline_ns: Option<u64>) -> Result<usize, WaitError> {
    const NO_MEMORY: WaitError = WaitError::Ended(wait::Ended::NoMemory);
    let mut stands = Vec::new();
    stands.try_reserve_exact(words.len()).map_err(|_| NO_MEMORY)?;
    for _ in words {
        stands.push(Stand::try_new().map_err(|NoMemory| NO_MEMORY)?);
    }
    let many = Ref::try_new(Many { thread: me.to_ref(), stands }).map_err(|NoMemory| NO_MEMORY)?;
    let mut queued = 0;
    let mut early = None;
    for (w, stand) in words.iter().zip(&many.stands) {
        enqueue(Sleeper::OfMany(many.clone(), queued as u32), stand, w.key, MATCH_ANY);
        queued += 1;
        early = match user::load_u32(w.addr) {
            Err(user::Fault) => Some(WaitError::Fault),
            Ok(v) if v != w.value => Some(WaitError::Changed),
            Ok(_) => continue,
        };
        break;
    }
    let woken = || many.stands.iter().take(queued).position(|s| s.place().is_none());
    let result = match early {
        Some(e) => Err(e),
        None => {
            wait::sleep_on(me, on_word(words.first().map_or(0, |w| w.addr)), deadline_ns, Interrupt::AnySignal, || Ok(woken()))
                .map_err(WaitError::Ended)
        }
    };
    // A wake counts, whatever else happened.
    let mut last = None;
    for (index, stand) in many.stands.iter().take(queued).enumerate() {
        if !dequeue(stand) {
            last = Some(index);
        }
    }
    last.map_or(result, Ok)
}

fn enqueue(sleeper: Sleeper, stand: &Stand, key: Key, bitset: u32) {
    let seat = stand.seat.lock().take();
    match seat {
        Some(seat) => bucket(index_of(key)).lock().add(key, bitset, sleeper, seat),
        None => panic!("a thread that waits on a futex waits on another"),
    }
}

/// Takes a sleeper out; false when a waker did.
fn dequeue(mine: &Stand) -> bool {
    while let Some(at) = mine.place() {
        let mut b = bucket(at.bucket as usize).lock();
        // It may have been moved before the lock was taken.
        if mine.place() == Some(at) {
            let sleeper = b.remove(at);
            drop(b);
            drop(sleeper);
            return true;
        }
    }
    false
}

#[inline]
fn wake_batch(batch: &mut Batch<Sleeper>) {
    for s in batch.drain() {
        s.thread().wake();
    }
}

/// Wakes up to `count` waiters whose bitset meets `bitset`; gives how many.
pub(crate) fn wake(key: Key, count: u32, bitset: u32) -> u32 {
    let queue = bucket(index_of(key));
    let mut left = count;
    let mut batch = Batch::new();
    loop {
        let progress = queue.lock().wake(key, bitset, &mut left, &mut batch);
        wake_batch(&mut batch);
        if progress != Progress::Again {
            return count.saturating_sub(left);
        }
    }
}

/// Wakes waiters of a word of the thread's memory, private or shared (thread exit).
pub(crate) fn wake_at(me: &Thread, addr: usize, count: u32) {
    let private = key(me, addr, Scope::Private);
    let shared = key(me, addr, Scope::Shared);
    if let Ok(k) = private {
        wake(k, count, MATCH_ANY);
    }
    if let Ok(k) = shared
        && private != Ok(k)
    {
        wake(k, count, MATCH_ANY);
    }
}

/// What a requeue does.
pub(crate) struct Move {
    /// From here.
    pub(crate) from: Key,
    /// To there.
    pub(crate) to: Key,
    /// The word of `from`, and the value it must have (FUTEX_CMP_REQUEUE).
    pub(crate) expected: Option<(usize, u32)>,
    /// How many are woken.
    pub(crate) wake: u32,
    /// How many others are moved.
    pub(crate) requeue: u32,
}

/// Wakes and moves waiters; gives how many both together. EAGAIN: the word does not have the expected value.
pub(crate) fn requeue(m: &Move) -> Result<u32, Errno> {
    let mut todo = Requeue { from: m.from, to: m.to, wake: m.wake, requeue: m.requeue };
    let mut expected = m.expected;
    let mut batch = Batch::new();
    loop {
        let step = step(&mut todo, expected, &mut batch);
        wake_batch(&mut batch);
        match step {
            Step::Fault(addr) => user::fault_in(addr, user::Intent::Read).map_err(|user::Fault| Errno::EFAULT)?,
            Step::Changed => return Err(Errno::EAGAIN),
            Step::Progress(Progress::Done) => {
                let left = todo.wake.saturating_add(todo.requeue);
                return Ok(m.wake.saturating_add(m.requeue).saturating_sub(left));
            }
            // What is compared is the value at the beginning.
            Step::Progress(Progress::Again) => expected = None,
        }
    }
}

/// How one lock hold of a requeue ended.
enum Step {
    /// The word must be made present first.
    Fault(usize),
    /// The word has another value.
    Changed,
    /// The queues were worked on.
    Progress(Progress),
}

#[inline(never)]
fn step(todo: &mut Requeue, expected: Option<(usize, u32)>, batch: &mut Batch<Sleeper>) -> Step {
    // Under the lock the word is only read if it is there.
    let compare = || match expected.map(|(addr, value)| (addr, value, user::load_u32(addr))) {
        Some((addr, _, Err(user::Fault))) => Some(Step::Fault(addr)),
        Some((_, value, Ok(now))) if now != value => Some(Step::Changed),
        _ => None,
    };
    let (from, to) = (index_of(todo.from), index_of(todo.to));
    if from == to {
        let mut b = bucket(from).lock();
        compare().unwrap_or_else(|| Step::Progress(requeue_within(&mut b, todo, batch)))
    } else {
        let (mut a, mut b) = sync::lock_pair(bucket(from), bucket(to));
        compare().unwrap_or_else(|| Step::Progress(move_between(&mut a, &mut b, todo, batch)))
    }
}
