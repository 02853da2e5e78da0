//! `ObserverList` beside a naive list, and `WaitCell` without races (those are in `models`).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use std::vec::Vec;

use proptest::prelude::*;

use crate::{Batch, Events, Key, Mode, More, ObserverList, Sleep, Spare, WaitCell, Wake};

/// A list in registration order, searched from the front.
#[derive(Default)]
struct Naive {
    entries: Vec<(u32, Events, Mode)>,
}

impl Naive {
    /// Whom a fire reaches in this order, if every `Shared` observer says `accept`.
    fn fire(&mut self, events: Events, modes: &[Mode], accept: bool) -> Vec<u32> {
        let lasting = events.intersects(Events::LASTING);
        let fits = |e: &(u32, Events, Mode)| (e.1 | Events::ALWAYS).intersects(events);
        let mut out = Vec::new();
        let mut accepted = false;
        if modes.contains(&Mode::All) {
            for e in self.entries.iter().filter(|e| e.2 != Mode::One && fits(e)) {
                if e.2 == Mode::All || lasting || !accepted {
                    out.push(e.0);
                    accepted |= e.2 == Mode::Shared && accept && !lasting;
                }
            }
        }
        if !accepted {
            let ones: Vec<u32> = self.entries.iter().filter(|e| e.2 == Mode::One && fits(e)).map(|e| e.0).collect();
            for id in ones.into_iter().take(if lasting { usize::MAX } else { 1 }) {
                out.push(id);
                self.entries.retain(|e| e.0 != id);
            }
        }
        out
    }
}

#[derive(Clone, Debug)]
enum Op {
    Add(u32, Mode),
    Remove(usize),
    Fire(u32, bool),
    PassOn(u32),
    Excess,
}

fn op() -> impl Strategy<Value = Op> {
    let mask = prop_oneof![4 => Just(1u32), 4 => Just(4), 1 => Just(5), 1 => Just(0x10)];
    let mode = prop_oneof![Just(Mode::All), Just(Mode::One), Just(Mode::Shared)];
    prop_oneof![
        8 => (mask.clone(), mode).prop_map(|(m, mode)| Op::Add(m, mode)),
        4 => any::<usize>().prop_map(Op::Remove),
        2 => (mask.clone(), any::<bool>()).prop_map(|(m, accept)| Op::Fire(m, accept)),
        1 => mask.prop_map(Op::PassOn),
        1 => Just(Op::Excess),
    ]
}

fn fire_all(list: &mut ObserverList<u32>, events: Events) -> Vec<u32> {
    fire_by::<16>(list, events, false)
}

fn fire_by<const N: usize>(list: &mut ObserverList<u32>, events: Events, accept: bool) -> Vec<u32> {
    let mut batch = Batch::<u32, N>::sized();
    let mut out = Vec::new();
    loop {
        let more = list.fire(events, &mut batch);
        out.extend(batch.drain());
        if accept {
            batch.accept();
        }
        if more == More::Done {
            return out;
        }
    }
}

proptest! {
    #[test]
    fn list_like_naive(ops in prop::collection::vec(op(), 1..400)) {
        let mut list = ObserverList::new();
        let mut naive = Naive::default();
        let mut keys: Vec<(u32, Key)> = Vec::new();
        for (id, op) in (0u32..).zip(ops) {
            match op {
                Op::Add(mask, mode) => {
                    let mask = Events::from_bits_truncate(mask);
                    keys.push((id, list.add(id, mask, mode).unwrap()));
                    naive.entries.push((id, mask, mode));
                }
                Op::Remove(_) if keys.is_empty() => {}
                Op::Remove(at) => {
                    // The key stays in `keys`: later ops use it when it is stale.
                    let (id, key) = keys[at % keys.len()];
                    let there = naive.entries.iter().any(|e| e.0 == id);
                    prop_assert_eq!(list.contains(key), there);
                    prop_assert_eq!(list.remove(key), there.then_some(id));
                    naive.entries.retain(|e| e.0 != id);
                }
                Op::Fire(events, accept) => {
                    let events = Events::from_bits_truncate(events);
                    let expected = naive.fire(events, &[Mode::All, Mode::One], accept);
                    let got = if id % 2 == 0 { fire_by::<16>(&mut list, events, accept) } else { fire_by::<1>(&mut list, events, accept) };
                    prop_assert_eq!(got, expected);
                }
                Op::PassOn(events) => {
                    let events = Events::from_bits_truncate(events);
                    let expected = naive.fire(events, &[Mode::One], false);
                    let mut batch = Batch::new();
                    let mut got = Vec::new();
                    while list.pass_on(events, &mut batch) == More::Yes {
                        got.extend(batch.drain());
                    }
                    got.extend(batch.drain());
                    prop_assert_eq!(got, expected);
                }
                Op::Excess => {
                    if list.excess().is_some() {
                        prop_assert!(naive.entries.is_empty());
                    }
                }
            }
            prop_assert_eq!(list.is_empty(), naive.entries.is_empty());
        }
    }

    /// Entries come and go between the calls of one fire: whoever was there from its beginning to
    /// its end is reached exactly once.
    #[test]
    fn fire_resumes(count in 1u32..300, gone in prop::collection::vec(any::<prop::sample::Index>(), 0..200)) {
        let mut list = ObserverList::new();
        let mut keys: Vec<Option<Key>> =
            (0..count).map(|id| Some(list.add(id, Events::IN, Mode::All).unwrap())).collect();
        let mut batch = Batch::new();
        let mut got = Vec::new();
        let mut gone = gone.into_iter();
        let mut rounds = 0;
        loop {
            let more = list.fire(Events::IN, &mut batch);
            got.extend(batch.drain());
            if more == More::Done { break; }
            rounds += 1;
            prop_assert!(rounds < 2000);
            for at in gone.by_ref().take(7) {
                if let Some(key) = keys[at.index(count as usize)].take() {
                    list.remove(key).unwrap();
                    list.add(1000, Events::IN, Mode::All).unwrap();
                }
            }
        }
        for (id, key) in (0u32..).zip(&keys) {
            let times = got.iter().filter(|&&g| g == id).count();
            prop_assert!(times <= 1);
            prop_assert!(key.is_none() || times == 1);
        }
        prop_assert!(!got.contains(&1000));
    }
}

#[test]
fn work_per_call_is_bounded() {
    let mut list = ObserverList::new();
    for id in 0..200u32 {
        list.add(id, Events::OUT, Mode::All).unwrap();
    }
    list.add(200, Events::IN, Mode::One).unwrap();
    let mut batch = Batch::new();
    let mut calls = 1;
    while list.fire(Events::IN, &mut batch) == More::Yes {
        assert!(batch.is_empty());
        calls += 1;
    }
    assert_eq!(batch.drain().collect::<Vec<_>>(), [200]);
    assert_eq!(calls, 200 / 64 + 1);
}

#[test]
fn memory_from_outside() {
    let mut list = ObserverList::new();
    for id in 0..2000u32 {
        if let Some(shortage) = list.shortage().unwrap() {
            let _rest = list.supply(Spare::new(shortage).unwrap());
            assert_eq!(list.shortage(), Ok(None));
        }
        list.add(id, Events::IN, Mode::One).unwrap();
    }
    assert!(list.excess().is_none());
    assert_eq!(fire_all(&mut list, Events::HUP), (0..2000).collect::<Vec<_>>());
    assert!(list.excess().is_some());
    list.add(1, Events::IN, Mode::One).unwrap();
}

#[test]
fn a_full_list_refuses() {
    let mut list = ObserverList::new();
    let mut count = 0u32;
    while list.add(count, Events::IN, Mode::One).is_ok() {
        count += 1;
    }
    assert_eq!(count, 10_132);
    assert!(list.shortage().is_err());
    assert_eq!(fire_all(&mut list, Events::IN), [0]);
    assert!(list.add(count, Events::IN, Mode::One).is_ok());
}

#[test]
fn cell_alone() {
    let cell = WaitCell::<logic_shim::Core>::new();
    assert_eq!(cell.commit_sleep(), Sleep::Woken, "not armed");
    assert_eq!(cell.wake(), Wake::Nothing);
    cell.arm();
    assert_eq!(cell.wake(), Wake::Armed);
    assert_eq!(cell.wake(), Wake::Nothing);
    assert_eq!(cell.commit_sleep(), Sleep::Woken);
    assert!(cell.disarm());
    cell.arm();
    assert!(!cell.disarm());
    cell.arm();
    assert_eq!(cell.commit_sleep(), Sleep::Sleep);
    assert!(cell.is_asleep());
    assert_eq!(cell.wake(), Wake::Enqueue);
    assert_eq!(cell.wake(), Wake::Nothing);
    assert!(!cell.is_asleep());
    assert!(cell.disarm());
}
