//! The bitmap against a `BTreeSet`, and the order of an id space.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

extern crate std;

use std::collections::BTreeSet;
use std::ops::Range;

use proptest::prelude::{ProptestConfig, Strategy, prop_assert_eq, prop_oneof, proptest};

use crate::{Bitmap, IdError, IdSpace, MAX_NUMBERS};

#[derive(Clone, Debug)]
enum Op {
    Fill(Range<usize>),
    Set(usize),
    Clear(usize),
    ClearRange(Range<usize>),
    Lowest(usize),
}

fn number() -> impl Strategy<Value = usize> {
    prop_oneof![0_usize..130, 0_usize..9000, 0_usize..300_000]
}

fn range() -> impl Strategy<Value = Range<usize>> {
    (number(), 0_usize..9000).prop_map(|(start, len)| start..start + len)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        prop_oneof![range(), (0_usize..9000).prop_map(|end| 0..end)].prop_map(Op::Fill),
        number().prop_map(Op::Set),
        number().prop_map(Op::Clear),
        range().prop_map(Op::ClearRange),
        number().prop_map(Op::Lowest),
    ]
}

struct Pair(Bitmap, BTreeSet<usize>);

impl Pair {
    fn set(&mut self, number: usize) {
        self.0.grow(number).unwrap();
        assert_eq!(self.0.set(number), self.1.insert(number));
    }

    fn clear(&mut self, number: usize) {
        assert_eq!(self.0.clear(number), self.1.remove(&number));
    }

    fn lowest_free_from(&self, min: usize) -> usize {
        (min..).find(|number| !self.1.contains(number)).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn agrees_with_a_set(ops in proptest::collection::vec(op(), 1..40)) {
        let mut pair = Pair(Bitmap::new(), BTreeSet::new());
        for op in ops {
            match op {
                Op::Fill(range) => range.for_each(|number| pair.set(number)),
                Op::Set(number) => pair.set(number),
                Op::Clear(number) => pair.clear(number),
                Op::ClearRange(range) => range.for_each(|number| pair.clear(number)),
                Op::Lowest(min) => {
                    prop_assert_eq!(pair.0.is_set(min), pair.1.contains(&min));
                    prop_assert_eq!(pair.0.lowest_free_from(min), pair.lowest_free_from(min));
                }
            }
            prop_assert_eq!(pair.0.lowest_free_from(0), pair.lowest_free_from(0));
        }
    }
}

#[test]
fn what_is_not_there_is_free() {
    let mut map = Bitmap::new();
    assert!(!map.set(64) && !map.clear(64) && !map.is_set(MAX_NUMBERS));
    assert_eq!(map.grow(MAX_NUMBERS), Err(IdError::Exhausted));
    assert_eq!(map.lowest_free_from(1 << 40), 1 << 40);
    for number in 0..64 {
        assert!(map.set(number));
    }
    assert_eq!(map.lowest_free_from(0), 64);
    assert_eq!(map.grow(MAX_NUMBERS - 1), Ok(()));
    assert!(map.set(MAX_NUMBERS - 1));
    assert_eq!(map.lowest_free_from(MAX_NUMBERS - 1), MAX_NUMBERS);
    assert_eq!(map.lowest_free_from(0), 64);
}

#[test]
fn ids_go_round() {
    let mut ids = IdSpace::new(1, 300, 310);
    for expected in 1..=310 {
        assert_eq!(ids.alloc(), Ok(expected));
    }
    assert_eq!(ids.alloc(), Err(IdError::Exhausted));
    assert!(ids.free(5) && !ids.free(5) && !ids.is_used(5));
    assert_eq!(ids.alloc(), Err(IdError::Exhausted));
    assert!(ids.free(302) && ids.free(301));
    assert_eq!(ids.alloc(), Ok(301));
    assert!(ids.free(301));
    assert_eq!(ids.alloc(), Ok(302));
    assert_eq!((ids.alloc(), ids.last()), (Ok(301), 301));
}
