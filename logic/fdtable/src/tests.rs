//! The table against a map from numbers to slots.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

extern crate std;

use std::collections::BTreeMap;
use std::vec;
use std::vec::Vec;

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use crate::{CloseOnExec, FdNumber, FdTable, MAX_DESCRIPTORS, TableError};

/// A slot is a serial number; `None` is a reservation.
type Model = BTreeMap<u32, Option<(u32, CloseOnExec)>>;

#[derive(Clone, Debug)]
enum Op {
    Reserve(u32, u32),
    Install(usize, CloseOnExec),
    Insert(u32, u32, CloseOnExec),
    InsertPair(u32, CloseOnExec),
    Cancel(usize),
    Remove(u32),
    Replace(u32, CloseOnExec, u32),
    Mark(u32, CloseOnExec),
    Fill(u32),
    Exec,
    Fork(u32),
    TakeRange(u32, u32),
}

fn fd() -> impl Strategy<Value = u32> {
    prop_oneof![0_u32..10, 0_u32..200, 0_u32..10_000, any::<u32>()]
}

fn close() -> impl Strategy<Value = CloseOnExec> {
    prop_oneof![proptest::strategy::Just(CloseOnExec::Keep), proptest::strategy::Just(CloseOnExec::Close)]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (fd(), fd()).prop_map(|(min, more)| Op::Reserve(min, min.saturating_add(more))),
        4 => (0_u32..100).prop_map(|min| Op::Reserve(min, 1024)),
        6 => (any::<usize>(), close()).prop_map(|(nth, close)| Op::Install(nth, close)),
        4 => (fd(), fd(), close()).prop_map(|(min, more, close)| Op::Insert(min, min.saturating_add(more), close)),
        6 => close().prop_map(|close| Op::Insert(0, 1024, close)),
        4 => (fd(), close()).prop_map(|(limit, close)| Op::InsertPair(limit, close)),
        4 => close().prop_map(|close| Op::InsertPair(1024, close)),
        2 => any::<usize>().prop_map(Op::Cancel),
        4 => fd().prop_map(Op::Remove),
        2 => (fd(), close(), fd()).prop_map(|(fd, close, limit)| Op::Replace(fd, close, limit)),
        2 => (fd(), close()).prop_map(|(fd, close)| Op::Mark(fd, close)),
        1 => (0_u32..150).prop_map(Op::Fill),
        1 => proptest::strategy::Just(Op::Exec),
        1 => (2_u32..5).prop_map(Op::Fork),
        1 => (fd(), 0_u32..300).prop_map(|(from, len)| Op::TakeRange(from, len)),
    ]
}

#[derive(Default)]
struct Pair {
    table: FdTable<u32>,
    model: Model,
    reserved: Vec<FdNumber>,
    serial: u32,
}

impl Pair {
    fn step(&mut self, op: Op) {
        self.serial += 1;
        match op {
            Op::Reserve(min, limit) => self.reserve(min, limit),
            Op::Install(nth, close) => self.install(nth, close),
            Op::Insert(min, limit, close) => {
                let expected = (min..limit.min(MAX_DESCRIPTORS)).find(|fd| !self.model.contains_key(fd));
                let result = self.table.insert(self.serial, close, min, limit);
                assert_eq!(result, expected.ok_or((TableError::Limit, self.serial)));
                if let Some(fd) = expected {
                    self.model.insert(fd, Some((self.serial, close)));
                }
            }
            Op::InsertPair(limit, close) => {
                let pair = [self.serial, self.serial + 1];
                self.serial += 1;
                let free: Vec<u32> = (0..limit.min(MAX_DESCRIPTORS)).filter(|fd| !self.model.contains_key(fd)).take(2).collect();
                let expected = <[u32; 2]>::try_from(free).map_err(|_| (TableError::Limit, Some(pair[0]), pair[1]));
                assert_eq!(self.table.insert_pair(pair, close, limit), expected);
                for (fd, serial) in expected.into_iter().flatten().zip(pair) {
                    self.model.insert(fd, Some((serial, close)));
                }
            }
            Op::Cancel(nth) => {
                if !self.reserved.is_empty() {
                    let number = self.reserved.swap_remove(nth % self.reserved.len());
                    self.model.remove(&number.get());
                    self.table.cancel(number);
                }
            }
            Op::Remove(fd) => assert_eq!(self.table.remove(fd), self.model_remove(fd)),
            Op::Replace(fd, close, limit) => self.replace(fd, close, limit),
            Op::Mark(fd, close) => {
                let held = self.model.get_mut(&fd).and_then(Option::as_mut);
                assert_eq!(self.table.set_close_on_exec(fd, close), held.is_some());
                if let Some(held) = held {
                    held.1 = close;
                }
            }
            Op::Fill(count) => {
                for _ in 0..count {
                    self.reserve(0, u32::MAX);
                    self.install(self.reserved.len() - 1, CloseOnExec::Keep);
                }
            }
            Op::Exec => self.exec(),
            Op::Fork(modulus) => self.fork(modulus),
            Op::TakeRange(from, len) => {
                let mut at = from;
                while let Some((fd, _)) = self.table.next_from(at)
                    && fd < from.saturating_add(len)
                {
                    let (taken, slot) = self.table.take_next(at).unwrap();
                    assert_eq!((taken, Some(slot)), (fd, self.model_remove(fd)));
                    at = fd + 1;
                }
                assert!(!self.model.range(from..from.saturating_add(len)).any(|(_, held)| held.is_some()));
            }
        }
    }

    fn model_remove(&mut self, fd: u32) -> Option<u32> {
        let (slot, _) = (*self.model.get(&fd)?)?;
        self.model.remove(&fd);
        Some(slot)
    }

    fn reserve(&mut self, min: u32, limit: u32) {
        let expected = (min..limit.min(MAX_DESCRIPTORS)).find(|fd| !self.model.contains_key(fd));
        match self.table.reserve(min, limit) {
            Ok(number) => {
                assert_eq!(Some(number.get()), expected);
                assert_eq!(self.table.get(number.get()), None);
                self.model.insert(number.get(), None);
                self.reserved.push(number);
            }
            Err(error) => assert_eq!((error, expected), (TableError::Limit, None)),
        }
    }

    fn install(&mut self, nth: usize, close: CloseOnExec) {
        if self.reserved.is_empty() {
            return;
        }
        let number = self.reserved.swap_remove(nth % self.reserved.len());
        self.model.insert(number.get(), Some((self.serial, close)));
        assert_eq!(self.table.install(number, self.serial, close), None);
    }

    fn replace(&mut self, fd: u32, close: CloseOnExec, limit: u32) {
        let result = self.table.replace(fd, self.serial, close, limit);
        if fd >= limit.min(MAX_DESCRIPTORS) {
            assert_eq!(result, Err((TableError::Range, self.serial)));
            return;
        }
        match self.model.get(&fd) {
            Some(None) => {
                assert_eq!(result, Err((TableError::Busy, self.serial)));
                return;
            }
            Some(Some((held, _))) => assert_eq!(result, Ok(Some(*held))),
            None => assert_eq!(result, Ok(None)),
        }
        self.model.insert(fd, Some((self.serial, close)));
    }

    fn exec(&mut self) {
        let mut from = 0;
        while let Some((fd, slot)) = self.table.take_close_on_exec(from) {
            assert_eq!(self.model.remove(&fd), Some(Some((slot, CloseOnExec::Close))));
            from = fd + 1;
        }
        let closes = |held: &Option<(u32, CloseOnExec)>| matches!(held, Some((_, CloseOnExec::Close)));
        assert!(!self.model.values().any(closes));
    }

    fn fork(&self, modulus: u32) {
        let copy = |_, slot: &u32| (!slot.is_multiple_of(modulus)).then_some(*slot);
        let table = self.table.try_clone_with(copy).unwrap();
        let mut model = self.model.clone();
        model.retain(|_, held| held.is_some_and(|(slot, _)| !slot.is_multiple_of(modulus)));
        check(&table, &model);
        assert_eq!(table.lowest_free_from(0), (0..).find(|fd| !model.contains_key(fd)).unwrap());
    }
}

fn check(table: &FdTable<u32>, model: &Model) {
    let installed: Vec<_> = model.iter().filter_map(|(&fd, held)| held.map(|(slot, close)| (fd, slot, close))).collect();
    assert_eq!(table.len(), installed.len());
    assert_eq!(table.is_empty(), installed.is_empty());
    assert!(table.iter().eq(installed.iter().map(|(fd, slot, _)| (*fd, slot))));
    for (fd, slot, close) in installed {
        assert_eq!(table.get(fd), Some(&slot));
        assert_eq!(table.close_on_exec(fd), Some(close));
    }
}

proptest! {
    #[test]
    fn agrees_with_a_map(ops in proptest::collection::vec(op(), 1..60), fds in proptest::collection::vec(fd(), 8)) {
        let mut pair = Pair::default();
        for op in ops {
            pair.step(op);
            check(&pair.table, &pair.model);
            for &fd in &fds {
                let held = pair.model.get(&fd).copied().flatten();
                prop_assert_eq!(pair.table.get(fd).copied(), held.map(|(slot, _)| slot));
                prop_assert_eq!(pair.table.close_on_exec(fd), held.map(|(_, close)| close));
            }
        }
        for number in core::mem::take(&mut pair.reserved) {
            pair.table.cancel(number);
        }
        while pair.table.take_next(0).is_some() {}
        prop_assert!(pair.table.is_empty());
        prop_assert_eq!(pair.table.lowest_free_from(0), 0);
    }
}

#[test]
fn every_number_can_be_used_once() {
    let mut table = FdTable::new();
    for fd in 0..20_000 {
        let number = table.reserve(0, 20_000).unwrap();
        assert_eq!(number.get(), fd);
        assert_eq!(table.install(number, fd, CloseOnExec::Keep), None);
    }
    assert_eq!(table.reserve(0, 20_000), Err(TableError::Limit));
    assert_eq!(table.remove(12_345), Some(12_345));
    assert_eq!(table.reserve(0, 20_000).map(|number| number.get()), Ok(12_345));
    assert_eq!(table.reserve(u32::MAX, u32::MAX), Err(TableError::Limit));
}

#[test]
fn a_number_of_another_table_is_refused() {
    let mut table = FdTable::new();
    let mut other = FdTable::new();
    let number = table.reserve(0, 10).unwrap();
    assert_eq!(other.install(number, 'a', CloseOnExec::Keep), Some('a'));
    assert_eq!(table.replace(0, 'b', CloseOnExec::Keep, 10), Err((TableError::Busy, 'b')));
}
