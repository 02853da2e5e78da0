//! [`Set`] beside a naive list of interests, [`nesting`] beside a naive search, the rules of [`Wanted`], [`Watchers`].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use crate::nesting::{self, Graph};
use crate::{Invalid, Key, Node, Outcome, Place, Progress, Refused, Set, Spare, Token, Wanted, Watchers};
use logic_waits::{Batch, More};
use proptest::prelude::*;
use std::boxed::Box;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::vec::Vec;

const IN: u32 = 1;
const ET: u32 = 1 << 31;
const ONESHOT: u32 = 1 << 30;
const EXCLUSIVE: u32 = 1 << 28;

/// An interest as the naive set has it.
#[derive(Clone, Debug)]
struct Entry {
    file: u32,
    bits: u32,
    data: u64,
    disarmed: bool,
}

/// Interests in the order in which they will be looked at; `ready` holds numbers of entries.
#[derive(Default)]
struct Naive {
    entries: Vec<Entry>,
    ready: Vec<u32>,
}

impl Naive {
    fn find(&mut self, file: u32) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|e| e.file == file)
    }
    fn fire(&mut self, file: u32) {
        let armed = self.find(file).is_some_and(|e| !e.disarmed);
        if armed && !self.ready.contains(&file) {
            self.ready.push(file);
        }
    }
    /// What a wait gives, and what is left on the list.
    fn wait(&mut self, states: &[bool], most: usize, fault: bool) -> Vec<u64> {
        let mut out = Vec::new();
        let list = core::mem::take(&mut self.ready);
        let (mut stays, mut again) = (Vec::new(), Vec::new());
        for file in list {
            let full = out.len() >= most;
            let entry = self.find(file).unwrap();
            if full {
                stays.push(file);
            } else if states[file as usize] {
                out.push(entry.data);
                if fault || entry.bits & (ET | ONESHOT) == 0 {
                    again.push(file);
                } else if entry.bits & ONESHOT != 0 {
                    entry.disarmed = true;
                }
            }
        }
        self.ready = stays;
        self.ready.extend(again);
        if fault {
            out.clear();
        }
        out
    }
}

fn add(set: &mut Set<u32, u32>, file: u32, wanted: Wanted, data: u64) -> Result<Token, Refused> {
    if let Some(shortage) = set.shortage().unwrap() {
        drop(set.supply(Spare::new(shortage).unwrap()));
    }
    let key = Key::new(file as i32, u64::from(file), false);
    let node = set.node().unwrap_or_else(|| Box::new(Node::new(key, 0)));
    set.add(node, key, file, wanted, data).map_err(|(e, ..)| e)
}

/// What the kernel does in epoll_wait(2): takes, asks, copies, settles.
fn wait(set: &mut Set<u32, u32>, states: &[bool], most: usize, fault: bool) -> Vec<u64> {
    let mut out = Vec::new();
    let mut scan = None;
    loop {
        let mut taken = Vec::new();
        let progress = set.take(&mut scan, 3.min(most - out.len()), |t, _, data| taken.push((t, data)));
        let mut delivered = Vec::new();
        for (t, data) in taken {
            if states[*t.file() as usize] {
                delivered.push((t, data));
            } else {
                set.settle(&t, Outcome::NotReady);
            }
        }
        if fault && !delivered.is_empty() {
            delivered.iter().rev().for_each(|(t, _)| set.settle(t, Outcome::NotDelivered));
            return Vec::new();
        }
        out.extend(delivered.iter().map(|t| t.1));
        if progress != Progress::More {
            return out;
        }
        if out.len() == most {
            set.turn(&scan);
            return out;
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Add(u32, u32),
    Change(u32, u32),
    Remove(u32),
    Fire(u32),
    /// The object changes, which fires if it becomes ready.
    State(u32, bool),
    Wait(usize),
    WaitFault(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let bits = prop_oneof![Just(IN), Just(IN | ET), Just(IN | ONESHOT), Just(IN | ET | ONESHOT)];
    let file = 0..12u32;
    prop_oneof![
        4 => (file.clone(), bits.clone()).prop_map(|(f, b)| Op::Add(f, b)),
        2 => (file.clone(), bits).prop_map(|(f, b)| Op::Change(f, b)),
        1 => file.clone().prop_map(Op::Remove),
        3 => file.clone().prop_map(Op::Fire),
        6 => (file, any::<bool>()).prop_map(|(f, on)| Op::State(f, on)),
        3 => (1..8usize).prop_map(Op::Wait),
        1 => (1..8usize).prop_map(Op::WaitFault),
    ]
}

/// Both sets, and the objects that they watch.
struct Both {
    set: Set<u32, u32>,
    naive: Naive,
    states: [bool; 12],
}

impl Both {
    fn fire(&mut self, file: u32) {
        if let Some(token) = self.set.find(&Key::new(file as i32, u64::from(file), false)) {
            self.set.fire(token);
        }
        self.naive.fire(file);
    }

    fn step(&mut self, op: Op, data: u64) -> Result<(), TestCaseError> {
        match op {
            Op::Add(file, bits) => {
                let there = self.naive.find(file).is_some();
                let wanted = Wanted::for_add(bits, false).unwrap();
                let got = add(&mut self.set, file, wanted, data);
                prop_assert_eq!(there, matches!(got, Err(Refused::Exists)));
                if !there {
                    self.naive.entries.push(Entry { file, bits, data, disarmed: false });
                }
                if self.states[file as usize] && !there {
                    self.fire(file);
                }
            }
            Op::Change(file, bits) => {
                let Some(token) = self.set.find(&Key::new(file as i32, u64::from(file), false)) else {
                    prop_assert!(self.naive.find(file).is_none());
                    return Ok(());
                };
                prop_assert!(self.set.change(token, Wanted::for_change(bits).unwrap(), data).unwrap().is_some());
                let entry = self.naive.find(file).unwrap();
                *entry = Entry { file, bits, data, disarmed: false };
                if self.states[file as usize] {
                    self.fire(file);
                }
            }
            Op::Remove(file) => {
                let token = self.set.find(&Key::new(file as i32, u64::from(file), false));
                let gone = token.and_then(|t| self.set.remove(t));
                prop_assert_eq!(gone.is_some(), self.naive.find(file).is_some());
                self.naive.entries.retain(|e| e.file != file);
                self.naive.ready.retain(|&f| f != file);
            }
            Op::Fire(file) => self.fire(file),
            Op::State(file, on) => {
                self.states[file as usize] = on;
                if on {
                    self.fire(file);
                }
            }
            Op::Wait(most) => {
                let got = wait(&mut self.set, &self.states, most, false);
                prop_assert_eq!(got, self.naive.wait(&self.states, most, false));
            }
            Op::WaitFault(most) => {
                wait(&mut self.set, &self.states, most, true);
                let before: BTreeSet<u32> = self.naive.ready.iter().copied().collect();
                // Nothing that is ready is lost; the order is not promised.
                let mut seen: BTreeSet<u32> = BTreeSet::new();
                while let Some(peeked) = self.set.peek() {
                    seen.insert(*peeked.taken.file());
                    self.set.dismiss(&peeked.taken);
                }
                for &file in &before {
                    prop_assert!(seen.contains(&file) || !self.states[file as usize]);
                }
                prop_assert!(seen.iter().all(|f| before.contains(f) || !self.states[*f as usize]));
                self.naive.ready.clear();
                let states = self.states;
                for file in before.into_iter().filter(|&f| states[f as usize]) {
                    self.fire(file);
                }
            }
        }
        prop_assert_eq!(self.set.len(), self.naive.entries.len());
        Ok(())
    }
}

proptest! {
    #[test]
    fn set_like_naive(ops in prop::collection::vec(op(), 1..300)) {
        let mut both = Both { set: Set::new(), naive: Naive::default(), states: [false; 12] };
        for (data, op) in (1u64..).zip(ops) {
            both.step(op, data)?;
        }
        let mut count = both.set.len();
        while both.set.drain().is_some() {
            count -= 1;
        }
        prop_assert_eq!(count, 0);
        prop_assert!(!both.set.has_ready());
        prop_assert!(both.set.memory().is_some());
        prop_assert!(matches!(add(&mut both.set, 1, Wanted::for_add(IN, false).unwrap(), 0), Err(Refused::Closed)));
    }
}

#[test]
fn many_interests_and_no_large_allocation() {
    let mut set: Set<u32, u32> = Set::new();
    let wanted = Wanted::for_add(IN, false).unwrap();
    for file in 0..20_000 {
        add(&mut set, file, wanted, u64::from(file)).unwrap();
    }
    assert_eq!(set.len(), 20_000);
    for file in (0..20_000).step_by(7) {
        let token = set.find(&Key::new(file as i32, u64::from(file), false)).unwrap();
        assert!(set.fire(token));
        assert_eq!(set.remove(token).unwrap().file, file);
        assert!(!set.fire(token), "a token names one interest");
    }
    assert!(!set.has_ready());
    let mut key = None;
    let mut count = 0;
    while let Some((next, ..)) = set.next_after(key.as_ref()) {
        key = Some(next);
        count += 1;
    }
    assert_eq!(count, set.len());
}

#[test]
fn a_slot_and_a_table_fit_a_frame() {
    assert_eq!(size_of::<crate::slots::Slot<&u8, [u64; 4]>>() * 32, 4096);
}

#[test]
fn two_collectors() {
    let mut set: Set<u32, u32> = Set::new();
    for file in 0..6 {
        let token = add(&mut set, file, Wanted::for_add(IN, false).unwrap(), u64::from(file)).unwrap();
        set.fire(token);
    }
    let mut first = None;
    assert_eq!(set.take(&mut first, 2, |_, _, _| {}), Progress::More);
    // The second turns the list: the first must not see anything twice.
    assert_eq!(wait(&mut set, &[true; 12], 4, false), [0, 1, 2, 3]);
    assert_eq!(set.take(&mut first, 2, |_, _, _| {}), Progress::Disturbed);
    assert_eq!(wait(&mut set, &[true; 12], 4, false), [4, 5, 0, 1]);
}

#[test]
fn news_while_taken() {
    let mut set: Set<u32, u32> = Set::new();
    for (file, bits) in [(0, IN), (1, IN | ET), (2, IN | ONESHOT)] {
        let token = add(&mut set, file, Wanted::for_add(bits, false).unwrap(), u64::from(file)).unwrap();
        set.fire(token);
        let mut taken = None;
        let mut scan = None;
        let _ = set.take(&mut scan, 1, |t, _, _| taken = Some(t));
        set.fire(token);
        set.settle(&taken.unwrap(), Outcome::NotReady);
        assert!(set.has_ready(), "{file}");
        set.remove(token);
    }
}

#[test]
fn rules_of_wanted() {
    assert_eq!(Wanted::for_add(IN | EXCLUSIVE | ONESHOT, false), Err(Invalid));
    assert_eq!(Wanted::for_add(IN | EXCLUSIVE | 2, false), Err(Invalid));
    assert_eq!(Wanted::for_add(IN | EXCLUSIVE, true), Err(Invalid));
    assert!(Wanted::for_add(IN | EXCLUSIVE | ET, false).unwrap().exclusive());
    assert_eq!(Wanted::for_change(IN | EXCLUSIVE), Err(Invalid));
    assert_eq!(Wanted::for_change(IN | ET | 1 << 29).unwrap().bits(), IN | ET | 0x18);
}

#[test]
fn watchers_come_and_go() {
    let mut watchers: Watchers<u32> = Watchers::new();
    assert_eq!(watchers.add(1), Ok(Place::First));
    let second = watchers.add(2).unwrap();
    assert_eq!(watchers.remove(Place::First), Some(1));
    assert_eq!(watchers.remove(second), Some(2));
    assert_eq!(watchers.remove(second), None);
    assert!(watchers.excess().is_some());
    for n in 0..100 {
        watchers.add(n).unwrap();
    }
    let mut batch = Batch::new();
    let mut all = Vec::new();
    loop {
        let (first, more) = watchers.drain(&mut batch);
        all.extend(first);
        all.extend(batch.drain());
        if more == More::Done {
            break;
        }
    }
    assert_eq!(all, (0..100).collect::<Vec<_>>());
}

/// Sets as numbers, and who contains whom.
#[derive(Default)]
struct Sets {
    edges: Vec<(usize, usize)>,
    notes: RefCell<Vec<(usize, u8)>>,
}

impl Graph for Sets {
    type Set = usize;
    type Within = usize;
    type Around = usize;
    fn same(&self, a: &usize, b: &usize) -> bool {
        a == b
    }
    fn within(&self, set: &usize, at: &mut usize) -> Option<usize> {
        *at += 1;
        self.edges.iter().filter(|e| e.0 == *set).map(|e| e.1).nth(*at - 1)
    }
    fn around(&self, set: &usize, at: &mut usize) -> Option<usize> {
        *at += 1;
        self.edges.iter().filter(|e| e.1 == *set).map(|e| e.0).nth(*at - 1)
    }
    fn noted(&self, set: &usize) -> Option<u8> {
        self.notes.borrow().iter().rev().find(|n| n.0 == *set).map(|n| n.1)
    }
    fn note(&self, set: &usize, depth: u8) {
        self.notes.borrow_mut().push((*set, depth));
    }
}

impl Sets {
    /// All ways from `set` to outermost sets, and whether one comes back to itself or is longer than four.
    fn ways(&self, set: usize, length: usize, counts: &mut [usize]) -> bool {
        if length > 4 {
            return false;
        }
        let mut outermost = true;
        for e in self.edges.iter().filter(|e| e.1 == set) {
            outermost = false;
            if !self.ways(e.0, length + 1, counts) {
                return false;
            }
        }
        counts[length] += usize::from(outermost);
        true
    }
    fn naive(&mut self, outer: usize, inner: usize, sets: usize) -> Result<(), nesting::Refused> {
        self.edges.push((outer, inner));
        let mut result = Ok(());
        for set in 0..sets {
            let mut counts = [0; 5];
            if !self.ways(set, 0, &mut counts) {
                result = Err(nesting::Refused::Loop);
                break;
            }
            if counts.iter().zip([usize::MAX, 500, 100, 50, 10]).any(|(&n, most)| n > most) {
                result = Err(nesting::Refused::Ways);
            }
        }
        self.edges.pop();
        result
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nesting_like_naive(pairs in prop::collection::vec((0..16usize, 0..16usize), 1..60)) {
        let mut sets = Sets::default();
        for (outer, inner) in pairs {
            sets.notes.borrow_mut().clear();
            let got = nesting::check(&sets, &outer, &inner);
            prop_assert_eq!(got, sets.naive(outer, inner, 16));
            if got.is_ok() && !sets.edges.contains(&(outer, inner)) {
                sets.edges.push((outer, inner));
            }
        }
    }
}

#[test]
fn nesting_counts_ways() {
    let mut sets = Sets::default();
    for outer in 1..=500 {
        sets.notes.borrow_mut().clear();
        assert_eq!(nesting::check(&sets, &outer, &0), Ok(()));
        sets.edges.push((outer, 0));
    }
    sets.notes.borrow_mut().clear();
    assert_eq!(nesting::check(&sets, &501, &0), Err(nesting::Refused::Ways));
}
