//! Buckets against a plain list of waiters, decoding case by case, and walks of robust lists.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use crate::*;
use proptest::prelude::*;
use std::{
    boxed::Box,
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    vec,
    vec::Vec,
};

#[derive(Debug)]
struct Thread {
    id: usize,
    place: Cell<u64>,
    seat: RefCell<Option<Seat<Rc<Thread>>>>,
}

impl Waiter for Rc<Thread> {
    fn set_place(&self, place: Option<Place>) {
        assert_eq!(self.seat.borrow().is_some(), place.is_none(), "a waiter stands somewhere or has its seat");
        self.place.set(Place::to_bits(place));
    }

    fn take_seat(&self, seat: Seat<Rc<Thread>>) {
        assert!(self.seat.replace(Some(seat)).is_none());
    }
}

impl Thread {
    fn new(id: usize) -> Rc<Thread> {
        Rc::new(Thread { id, place: Cell::new(0), seat: RefCell::new(Some(Box::new(Node::new()))) })
    }

    fn place(&self) -> Option<Place> {
        Place::from_bits(self.place.get())
    }
}

fn key(n: u64) -> Key {
    Key { object: n / 4, offset: n % 4 * 4 }
}

/// Two buckets; keys are spread by parity, so that some collide.
struct Table {
    buckets: [Bucket<Rc<Thread>>; 2],
    threads: Vec<Rc<Thread>>,
}

impl Table {
    fn new() -> Table {
        Table { buckets: [Bucket::new(0), Bucket::new(1)], threads: vec![] }
    }

    fn at(&mut self, key: Key) -> &mut Bucket<Rc<Thread>> {
        &mut self.buckets[(key.offset / 4 % 2) as usize]
    }

    fn add(&mut self, key: Key, bitset: u32) -> usize {
        let id = self.threads.len();
        let thread = Thread::new(id);
        let seat = thread.seat.take().unwrap();
        self.threads.push(thread.clone());
        self.at(key).add(key, bitset, thread, seat);
        id
    }

    fn wake(&mut self, key: Key, bitset: u32, mut count: u32) -> Vec<usize> {
        let mut woken = vec![];
        loop {
            let mut batch = Batch::new();
            let progress = self.at(key).wake(key, bitset, &mut count, &mut batch);
            woken.extend(batch.drain().map(|t| t.id));
            if progress == Progress::Done {
                return woken;
            }
        }
    }

    fn requeue(&mut self, mut todo: Requeue) -> Vec<usize> {
        let mut woken = vec![];
        loop {
            let mut batch = Batch::new();
            let [a, b] = &mut self.buckets;
            let progress = match (todo.from.offset / 4 % 2, todo.to.offset / 4 % 2) {
                (0, 0) => requeue_within(a, &mut todo, &mut batch),
                (1, 1) => requeue_within(b, &mut todo, &mut batch),
                (0, _) => requeue(a, b, &mut todo, &mut batch),
                _ => requeue(b, a, &mut todo, &mut batch),
            };
            woken.extend(batch.drain().map(|t| t.id));
            if progress == Progress::Done {
                return woken;
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Add(u64, u32),
    Wake(u64, u32, u32),
    Remove(usize),
    Requeue(u64, u64, u32, u32),
}

fn steps() -> impl Strategy<Value = Step> {
    let bits = || prop_oneof![3 => Just(MATCH_ANY), 1 => 1u32..8];
    let many = || prop_oneof![3 => 0u32..4, 1 => 0u32..100];
    prop_oneof![
        8 => (0u64..8, bits()).prop_map(|(k, b)| Step::Add(k, b)),
        2 => (0u64..8, bits(), many()).prop_map(|(k, b, n)| Step::Wake(k, b, n)),
        2 => any::<usize>().prop_map(Step::Remove),
        2 => (0u64..8, 0u64..8, many(), many()).prop_map(|(a, b, w, r)| Step::Requeue(a, b, w, r)),
    ]
}

/// Waiters in order of arrival at their key.
#[derive(Default)]
struct Naive(Vec<(usize, Key, u32)>);

impl Naive {
    fn wake(&mut self, key: Key, bitset: u32, count: u32) -> Vec<usize> {
        let hit = |w: &(usize, Key, u32)| w.1 == key && w.2 & bitset != 0;
        let woken: Vec<usize> = self.0.iter().filter(|w| hit(w)).take(count as usize).map(|w| w.0).collect();
        self.0.retain(|w| !woken.contains(&w.0));
        woken
    }

    fn requeue(&mut self, from: Key, to: Key, wake: u32, requeue: u32) -> Vec<usize> {
        let woken = self.wake(from, MATCH_ANY, wake);
        if from != to {
            let moved: Vec<_> = self.0.iter().filter(|w| w.1 == from).take(requeue as usize).copied().collect();
            self.0.retain(|w| !moved.contains(w));
            self.0.extend(moved.into_iter().map(|(id, _, bits)| (id, to, bits)));
        }
        woken
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn buckets_model(steps in proptest::collection::vec(steps(), 1..300)) {
        let (mut table, mut naive) = (Table::new(), Naive::default());
        for step in steps {
            match step {
                Step::Add(k, bits) => naive.0.push((table.add(key(k), bits), key(k), bits)),
                Step::Wake(k, bits, n) => prop_assert_eq!(table.wake(key(k), bits, n), naive.wake(key(k), bits, n)),
                Step::Remove(n) if !table.threads.is_empty() => {
                    let thread = table.threads[n % table.threads.len()].clone();
                    let waits = naive.0.iter().any(|w| w.0 == thread.id);
                    prop_assert_eq!(thread.place().is_some(), waits);
                    if let Some(place) = thread.place() {
                        let taken = table.buckets[place.bucket as usize].remove(place).unwrap();
                        prop_assert_eq!(taken.id, thread.id);
                        naive.0.retain(|w| w.0 != thread.id);
                    }
                }
                Step::Remove(_) => {}
                Step::Requeue(a, b, wake, n) => {
                    let todo = Requeue { from: key(a), to: key(b), wake, requeue: n };
                    prop_assert_eq!(table.requeue(todo), naive.requeue(key(a), key(b), wake, n));
                }
            }
            for thread in &table.threads {
                prop_assert_eq!(thread.place().is_some(), naive.0.iter().any(|w| w.0 == thread.id));
            }
            for k in (0..8).map(key) {
                prop_assert_eq!(table.at(k).count(k), naive.0.iter().filter(|w| w.1 == k).count());
            }
        }
        for k in (0..8).map(key) {
            prop_assert_eq!(table.wake(k, MATCH_ANY, u32::MAX >> 1), naive.wake(k, MATCH_ANY, u32::MAX));
        }
        prop_assert!(table.buckets.iter_mut().all(|b| b.is_empty()));
        prop_assert!(table.threads.iter().all(|t| t.seat.borrow().is_some()));
    }

    #[test]
    fn wake_op_arithmetic(op in 0u32..5, shift: bool, cmp in 0u32..6, oparg in -2048i32..2048, cmparg in -2048i32..2048, old: u32) {
        let val3 = (op | u32::from(shift) << 3) << 28 | cmp << 24 | (oparg as u32 & 0xFFF) << 12 | cmparg as u32 & 0xFFF;
        let wake_op = WakeOp::decode(val3).unwrap();
        let operand = if shift { 1u32 << (oparg & 31) } else { oparg as u32 };
        let new = [operand, old.wrapping_add(operand), old | operand, old & !operand, old ^ operand][op as usize];
        prop_assert_eq!(wake_op.apply(old), new);
        let old = old as i32;
        let holds = [old == cmparg, old != cmparg, old < cmparg, old <= cmparg, old > cmparg, old >= cmparg];
        prop_assert_eq!(wake_op.wakes_second(old as u32), holds[cmp as usize]);
    }
}

#[test]
fn decoding() {
    let op = |op, val, val2, val3| decode(op, val, val2, val3).map(|call| call.op);
    let wait = |bitset, deadline| Ok(Op::Wait { expected: 7, bitset, deadline });
    assert_eq!(op(0, 7, 0, 0), wait(MATCH_ANY, Deadline::Relative));
    assert_eq!(op(9, 7, 0, 5), wait(5, Deadline::Absolute(Clock::Monotonic)));
    assert_eq!(op(9 | 256, 7, 0, 5), wait(5, Deadline::Absolute(Clock::Realtime)));
    assert_eq!(op(9, 7, 0, 0), Err(DecodeError::Invalid));
    assert_eq!(op(256, 7, 0, 0), Err(DecodeError::Unsupported));
    assert_eq!(op(1, 0, 0, 0), Ok(Op::Wake { count: 1, bitset: MATCH_ANY }));
    assert_eq!(op(1, u32::MAX >> 1, 0, 0), Ok(Op::Wake { count: u32::MAX >> 1, bitset: MATCH_ANY }));
    assert_eq!(op(3, 0, 4, 9), Ok(Op::Requeue { expected: None, wake: 0, requeue: 4 }));
    assert_eq!(op(4, 1, 4, 9), Ok(Op::Requeue { expected: Some(9), wake: 1, requeue: 4 }));
    assert_eq!(op(4, 1, u32::MAX, 9), Err(DecodeError::Invalid));
    assert_eq!(op(6, 0, 0, 0), Ok(Op::LockPi { deadline: Deadline::Absolute(Clock::Realtime) }));
    assert_eq!(op(13, 0, 0, 0), Ok(Op::LockPi { deadline: Deadline::Absolute(Clock::Monotonic) }));
    assert_eq!(op(5, 1, 1, 6 << 24), Err(DecodeError::Unsupported));
    assert_eq!(op(2, 0, 0, 0), Err(DecodeError::Unsupported));
    assert_eq!(decode(129, 1, 0, 0).map(|call| call.scope), Ok(Scope::Private));
    assert_eq!(decode(1, 1, 0, 0).map(|call| call.scope), Ok(Scope::Shared));
}

#[test]
fn thousands_wait_on_one_key() {
    let mut table = Table::new();
    let ids: Vec<usize> = (0..20_000).map(|_| table.add(key(0), MATCH_ANY)).collect();
    assert_eq!(table.requeue(Requeue { from: key(0), to: key(1), wake: 1, requeue: 9_999 }), [0]);
    assert_eq!(table.wake(key(0), MATCH_ANY, u32::MAX), ids[10_000..]);
    assert_eq!(table.wake(key(1), MATCH_ANY, u32::MAX), ids[1..10_000]);
}

#[test]
fn keys_spread() {
    let mut seen = HashMap::new();
    for n in 0..4096u64 {
        *seen.entry(Key { object: 1, offset: n * 4 }.hash(42) & 255).or_insert(0) += 1;
    }
    assert!(seen.len() == 256 && seen.values().all(|n| *n < 48), "{seen:?}");
}

#[test]
fn owner_words() {
    assert_eq!(lock_pi(0, 5, false), LockPi::Take { word: 5 });
    assert_eq!(lock_pi(0x4000_0000, 5, false), LockPi::Take { word: 0x4000_0005 });
    assert_eq!(lock_pi(0x8000_0007, 7, false), LockPi::Deadlock);
    assert_eq!(lock_pi(7, 5, false), LockPi::Wait { word: 0x8000_0007, owner: 7 });
    assert_eq!(unlock_pi(0x8000_0007, 7, true), UnlockPi::HandOver);
    assert_eq!(unlock_pi(7, 7, false), UnlockPi::Free { word: 0 });
    assert_eq!(unlock_pi(7, 5, false), UnlockPi::NotOwner);
    assert_eq!(unlocked_word(9), 0x8000_0009);
    assert_eq!(death(0x8000_0007, 7, EntryKind::Plain), Death { word: Some(0xC000_0000), wake: true });
    assert_eq!(death(0x8000_0007, 7, EntryKind::Pi), Death { word: Some(0xC000_0000), wake: false });
    assert_eq!(death(8, 7, EntryKind::Plain), Death { word: None, wake: false });
    assert_eq!(death(0, 7, EntryKind::PendingPlain), Death { word: None, wake: true });
}

fn robust(memory: &HashMap<u64, u64>, head: RobustHead) -> Vec<(u64, EntryKind)> {
    let mut walk = RobustWalk::new(0x1000, head);
    let mut locks = vec![];
    loop {
        match walk.step() {
            RobustStep::Read { addr } => walk.read(memory.get(&addr).copied()),
            RobustStep::Lock { addr, kind } => locks.push((addr, kind)),
            RobustStep::Done => return locks,
        }
    }
}

#[test]
fn robust_lists() {
    let memory = HashMap::from([(0x2000, 0x3001), (0x3000, 0x4000), (0x4000, 0x1000), (0x5000, 0x5000), (0x6000, 0x7000)]);
    let head = RobustHead { first: 0x2000, offset: -8, pending: 0x4000 };
    let (plain, pi) = (EntryKind::Plain, EntryKind::Pi);
    assert_eq!(robust(&memory, head), [(0x1FF8, plain), (0x2FF8, pi), (0x3FF8, EntryKind::PendingPlain)]);
    let empty = RobustHead { first: 0x1000, offset: 0, pending: 0 };
    assert_eq!(robust(&memory, empty), []);
    let endless = RobustHead { first: 0x5000, ..empty };
    assert_eq!(robust(&memory, endless).len(), ROBUST_LIMIT as usize);
    let torn = RobustHead { first: 0x6000, pending: 0x9001, ..empty };
    assert_eq!(robust(&memory, torn), [(0x6000, plain), (0x7000, plain)], "after a fault the pending one is left alone");
    let pending = RobustHead { pending: 0x9001, ..empty };
    assert_eq!(robust(&memory, pending), [(0x9000, EntryKind::PendingPi)]);
}
