//! The list against a naive model: for each owner, a kind for each byte.

use super::{Kind, LAST, Lock, LockList, MAX_LOCKS, Refused, Span};
use proptest::prelude::*;
use std::vec::Vec;

extern crate std;

fn lock(owner: u8, kind: Kind, first: u64, last: u64) -> Lock<u8> {
    Lock { owner, kind, span: Span { first, last }, note: u32::from(owner) }
}

const BYTES: usize = 24;

#[derive(Clone, Debug)]
enum Action {
    Set(u8, bool, u64, u64),
    Clear(u8, u64, u64),
    Release(u8),
}

fn action() -> impl Strategy<Value = Action> {
    let span = (0..BYTES as u64, 0..BYTES as u64).prop_map(|(a, b)| (a.min(b), a.max(b)));
    prop_oneof![
        (0..3u8, any::<bool>(), span.clone()).prop_map(|(o, x, (a, b))| Action::Set(o, x, a, b)),
        (0..3u8, span).prop_map(|(o, (a, b))| Action::Clear(o, a, b)),
        (0..3u8).prop_map(Action::Release),
    ]
}

proptest! {
    #[test]
    fn as_the_model(actions in prop::collection::vec(action(), 1..60)) {
        let mut list = LockList::new();
        let mut model = [[None; BYTES]; 3];
        for a in actions {
            match a {
                Action::Set(o, exclusive, first, last) => {
                    let kind = if exclusive { Kind::Exclusive } else { Kind::Shared };
                    let clash = (0..3).filter(|x| *x != usize::from(o)).any(|x| {
                        model[x][first as usize..=last as usize]
                            .iter()
                            .any(|b| b.is_some_and(|k| exclusive || k == Kind::Exclusive))
                    });
                    prop_assert_eq!(list.conflict(o, kind, Span { first, last }).is_some(), clash);
                    if !clash {
                        list.set(lock(o, kind, first, last)).unwrap();
                        model[usize::from(o)][first as usize..=last as usize].fill(Some(kind));
                    }
                }
                Action::Clear(o, first, last) => {
                    let held = model[usize::from(o)][first as usize..=last as usize].iter().any(Option::is_some);
                    prop_assert_eq!(list.clear(o, Span { first, last }), Ok(held));
                    model[usize::from(o)][first as usize..=last as usize].fill(None);
                }
                Action::Release(o) => {
                    let held = model[usize::from(o)].iter().any(Option::is_some);
                    prop_assert_eq!(list.release(o), held);
                    model[usize::from(o)] = [None; BYTES];
                }
            }
            check(&list, &model);
        }
    }
}

fn check(list: &LockList<u8>, model: &[[Option<Kind>; BYTES]; 3]) {
    let mut shown = [[None; BYTES]; 3];
    let locks: Vec<_> = list.iter().copied().collect();
    assert!(locks.windows(2).all(|w| w[0].span.first <= w[1].span.first));
    for l in &locks {
        for b in l.span.first..=l.span.last {
            assert!(shown[usize::from(l.owner)][b as usize].replace(l.kind).is_none(), "two locks of one owner overlap");
        }
    }
    assert_eq!(&shown, model);
    // What meets and is alike is one lock.
    for a in &locks {
        assert!(!locks.iter().any(|b| b.owner == a.owner && b.kind == a.kind && b.span.first == a.span.last + 1));
    }
}

#[test]
fn the_end_is_a_place() {
    let mut list = LockList::new();
    list.set(lock(1, Kind::Exclusive, 10, LAST)).unwrap();
    assert_eq!(list.conflict(2, Kind::Shared, Span { first: LAST, last: LAST }).map(|l| l.note), Some(1));
    assert_eq!(list.clear(1, Span { first: 0, last: LAST }), Ok(true));
    assert!(list.is_empty());
}

#[test]
fn a_full_list_refuses_and_keeps_what_it_has() {
    let mut list = LockList::new();
    let mut count = 0u64;
    while list.set(lock(1, Kind::Shared, count * 2, count * 2)).is_ok() {
        count += 1;
    }
    assert_eq!(count as usize, MAX_LOCKS - 1);
    assert_eq!(list.set(lock(2, Kind::Shared, 0, 0)), Err(Refused::Full));
    assert_eq!(list.iter().count(), MAX_LOCKS - 1);
    assert!(list.release(1));
    assert!(!list.release(1));
}
