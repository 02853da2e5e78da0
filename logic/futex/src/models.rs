//! loom models of the steps, each with mutations: a model that leaves a step out must fail.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p logic-futex models`
//!
//! What stands around the buckets is what the kernel does around them. A thread sleeps as in `logic-channel`'s models.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a model may panic")]

// std's `Arc`: loom's own panics again while a failed model unwinds.
use std::boxed::Box;
use std::sync::Arc;

use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::mutation::{Step, leave_out, left_out};
use crate::{Batch, Bucket, Key, MATCH_ANY, Node, Place, Requeue, Seat, Waiter, requeue};

struct Thread {
    place: AtomicU64,
    seat: Mutex<Option<Seat<Handle>>>,
    woken: Mutex<bool>,
    wake: Condvar,
}

type Handle = Arc<Thread>;

impl Waiter for Handle {
    fn set_place(&self, place: Option<Place>) {
        self.place.store(Place::to_bits(place), Ordering::Release);
    }
    fn take_seat(&self, seat: Seat<Handle>) {
        *self.seat.lock().unwrap() = Some(seat);
    }
}

/// How long a thread waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    Endless,
    /// Its deadline has passed as soon as it would sleep.
    None,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Woken,
    Changed,
    Late,
}

impl Thread {
    fn new() -> Handle {
        Arc::new(Thread {
            place: AtomicU64::new(0),
            seat: Mutex::new(Some(Box::new(Node::new()))),
            woken: Mutex::new(false),
            wake: Condvar::new(),
        })
    }
    fn stands(&self) -> Option<Place> {
        Place::from_bits(self.place.load(Ordering::Acquire))
    }
    fn notify(&self) {
        *self.woken.lock().unwrap() = true;
        self.wake.notify_one();
    }
    fn sleep(&self) {
        let mut woken = self.woken.lock().unwrap();
        while !*woken {
            woken = self.wake.wait(woken).unwrap();
        }
    }
}

const HERE: Key = Key { object: 1, offset: 0 };
const ASIDE: Key = Key { object: 1, offset: 8 };
const THERE: Key = Key { object: 2, offset: 0 };

/// A word in memory, and the buckets: `HERE` and `ASIDE` are in the first, `THERE` in the second.
struct Table {
    word: AtomicU32,
    buckets: [Mutex<Bucket<Handle>>; 2],
}

impl Table {
    fn new() -> Arc<Self> {
        Arc::new(Table { word: AtomicU32::new(0), buckets: [Mutex::new(Bucket::new(0)), Mutex::new(Bucket::new(1))] })
    }

    fn of(&self, key: Key) -> &Mutex<Bucket<Handle>> {
        &self.buckets[usize::from(key == THERE)]
    }

    fn enqueue(&self, me: &Handle, key: Key) {
        let seat = me.seat.lock().unwrap().take().unwrap();
        self.of(key).lock().unwrap().add(key, MATCH_ANY, me.clone(), seat);
    }

    /// (4)
    fn dequeue(&self, me: &Handle) -> bool {
        while let Some(at) = me.stands() {
            let mut b = self.buckets[at.bucket as usize].lock().unwrap();
            if left_out(Step::ReadAgain) || me.stands() == Some(at) {
                drop(b.remove(at));
                return true;
            }
        }
        false
    }

    /// (1) Waits while the word is 0.
    fn wait(&self, me: &Handle, key: Key, patience: Patience) -> End {
        let early = left_out(Step::QueueBeforeCheck).then(|| self.word.load(Ordering::SeqCst));
        self.enqueue(me, key);
        if early.unwrap_or_else(|| self.word.load(Ordering::SeqCst)) != 0 {
            return if self.dequeue(me) { End::Changed } else { End::Woken };
        }
        loop {
            *me.woken.lock().unwrap() = false;
            if me.stands().is_none() {
                return End::Woken;
            }
            if patience == Patience::None {
                // (6)
                let waited = self.dequeue(me);
                return if waited || left_out(Step::WakeCounts) { End::Late } else { End::Woken };
            }
            me.sleep();
        }
    }

    fn wake(&self, key: Key, count: u32) -> u32 {
        let (mut left, mut batch) = (count, Batch::new());
        let _ = self.of(key).lock().unwrap().wake(key, MATCH_ANY, &mut left, &mut batch);
        for t in batch.drain() {
            t.notify();
        }
        count - left
    }

    fn requeue(&self, from: Key, to: Key) {
        let mut todo = Requeue { from, to, wake: 0, requeue: 1 };
        let mut batch = Batch::new();
        let mut a = self.of(from).lock().unwrap();
        let mut b = self.of(to).lock().unwrap();
        let _ = requeue(&mut a, &mut b, &mut todo, &mut batch);
        assert!(batch.is_empty());
    }

    fn nobody_waits(&self) {
        assert!(self.buckets.iter().all(|b| b.lock().unwrap().is_empty()));
    }
}

fn model(step: Option<Step>, preemptions: Option<usize>, body: impl Fn() + Sync + Send + 'static) {
    leave_out(step);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(body);
}

/// Wakes the one who waits, who says the same as the count; nobody is left then.
fn wake_the_one(table: &Table, waiter: thread::JoinHandle<End>, at: Key) {
    let woken = table.wake(at, 1);
    assert_eq!(waiter.join().unwrap() == End::Woken, woken == 1);
    table.nobody_waits();
}

/// One waits while another changes the word and wakes; then it waits again, for which it needs its seat.
fn change_and_wake(step: Option<Step>) {
    model(step, None, || {
        let table = Table::new();
        let waiter = {
            let table = table.clone();
            thread::spawn(move || {
                let me = Thread::new();
                let first = table.wait(&me, HERE, Patience::Endless);
                assert_ne!(table.wait(&me, THERE, Patience::None), End::Woken);
                first
            })
        };
        table.word.store(1, Ordering::SeqCst);
        wake_the_one(&table, waiter, HERE);
    });
}

/// One gives up while another moves it elsewhere and wakes it there.
fn move_and_give_up(step: Option<Step>) {
    model(step, None, || {
        let table = Table::new();
        let waiter = {
            let table = table.clone();
            thread::spawn(move || {
                let me = Thread::new();
                let end = table.wait(&me, HERE, Patience::None);
                assert!(me.seat.lock().unwrap().is_some());
                end
            })
        };
        table.requeue(HERE, THERE);
        wake_the_one(&table, waiter, THERE);
    });
}

/// One gives up while the waiter with the lower number is woken.
fn renumber(step: Option<Step>) {
    model(step, None, || {
        let table = Table::new();
        let first = Thread::new();
        table.enqueue(&first, ASIDE);
        let waiter = {
            let table = table.clone();
            thread::spawn(move || {
                let me = Thread::new();
                assert_eq!(table.wait(&me, HERE, Patience::None), End::Late);
                assert!(me.seat.lock().unwrap().is_some());
            })
        };
        assert_eq!(table.wake(ASIDE, 1), 1);
        waiter.join().unwrap();
        table.nobody_waits();
    });
}

/// Two wait, and are moved, given up and woken one by one by a third.
fn three(step: Option<Step>) {
    model(step, Some(2), || {
        let table = Table::new();
        let start = |patience| {
            let table = table.clone();
            thread::spawn(move || table.wait(&Thread::new(), HERE, patience))
        };
        let (patient, hasty) = (start(Patience::Endless), start(Patience::None));
        table.requeue(HERE, THERE);
        table.word.store(1, Ordering::SeqCst);
        let woken = table.wake(HERE, 2) + table.wake(THERE, 2);
        let ends = [patient.join().unwrap(), hasty.join().unwrap()];
        assert_eq!(ends.iter().filter(|e| **e == End::Woken).count(), woken as usize);
        table.nobody_waits();
    });
}

#[test]
fn woken_or_changed() {
    change_and_wake(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn woken_or_changed_without_queueing_first() {
    change_and_wake(Some(Step::QueueBeforeCheck));
}

#[test]
#[should_panic]
fn woken_or_changed_without_a_seat() {
    change_and_wake(Some(Step::SeatBeforePlace));
}

#[test]
fn moved_or_given_up() {
    move_and_give_up(None);
}

#[test]
#[should_panic]
fn moved_and_nowhere_meanwhile() {
    move_and_give_up(Some(Step::MoveKeepsPlace));
}

#[test]
#[should_panic]
fn moved_without_reading_again() {
    move_and_give_up(Some(Step::ReadAgain));
}

#[test]
#[should_panic]
fn moved_and_late_all_the_same() {
    move_and_give_up(Some(Step::WakeCounts));
}

#[test]
fn renumbered() {
    renumber(None);
}

#[test]
#[should_panic]
fn renumbered_without_being_told() {
    renumber(Some(Step::Renumber));
}

#[test]
fn three_threads() {
    three(None);
}

#[test]
#[should_panic]
fn three_threads_without_queueing_first() {
    three(Some(Step::QueueBeforeCheck));
}
