//! Against a plain list, and single cases.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use crate::{Event, Front, MOST_BYTES, Pushed, Queue, Taken, bits, node, updated, wants};
use proptest::prelude::*;
use std::boxed::Box;
use std::collections::VecDeque;

fn event(wd: i32, mask: u32, name: &[u8]) -> Event {
    Event { wd, mask, cookie: 0, name: name.into() }
}

fn queue(limit: usize) -> Queue {
    Queue::new(limit, Box::new(node(event(0, 0, b""))))
}

#[test]
fn masks() {
    assert!(wants(bits::OPEN | bits::CREATE, bits::CREATE | bits::ISDIR, false));
    assert!(!wants(bits::OPEN | bits::ISDIR, bits::CREATE | bits::ISDIR, false));
    assert!(wants(bits::OPEN, bits::OPEN, true));
    assert!(!wants(bits::OPEN | bits::EXCL_UNLINK, bits::OPEN, true));
    assert_eq!(updated(bits::OPEN, bits::CREATE), Some(bits::CREATE));
    assert_eq!(updated(bits::OPEN, bits::CREATE | bits::MASK_ADD), Some(bits::CREATE | bits::OPEN));
    assert_eq!(updated(bits::OPEN, bits::CREATE | bits::MASK_CREATE), None);
}

#[test]
fn records() {
    let none = event(7, bits::OPEN | bits::EXCL_UNLINK, b"");
    assert_eq!(none.bytes(), 16);
    assert_eq!(none.record()[..16], [7, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (len, bytes) in [(1, 32), (15, 32), (16, 48), (31, 48), (32, 64), (255, MOST_BYTES)] {
        let e = event(7, bits::OPEN, &std::vec![b'x'; len]);
        assert_eq!(e.bytes(), bytes);
        assert_eq!(usize::from(e.record()[12]) + 256 * usize::from(e.record()[13]), bytes - 16);
        assert_eq!(e.record()[16 + len - 1], b'x');
        assert!(e.record()[16 + len..bytes].iter().all(|b| *b == 0));
    }
}

#[test]
fn an_ignored_watch_ends_merging() {
    let mut q = queue(9);
    let ignored = || Box::new(node(event(1, bits::IGNORED, b"")));
    assert!(matches!(q.add(ignored()), Pushed::Queued));
    assert!(matches!(q.add(ignored()), Pushed::Queued));
}

proptest! {
    #[test]
    fn like_a_list(limit in 1..6usize, steps in proptest::collection::vec((0..4u8, 0..2i32, 0..2u8, 0..300usize), 0..80)) {
        let mut q = queue(limit);
        let mut list: VecDeque<Event> = VecDeque::new();
        let overflow = event(-1, bits::Q_OVERFLOW, b"");
        let full = |l: &VecDeque<Event>| l.len() >= limit;
        for (what, wd, name, most) in steps {
            if what < 3 {
                let e = event(wd, bits::OPEN, if name == 0 { b"" } else { b"name" });
                let pushed = q.add(Box::new(node(e.clone())));
                if full(&list) {
                    let first = !list.contains(&overflow);
                    if first {
                        list.push_back(overflow.clone());
                    }
                    prop_assert!(matches!(pushed, Pushed::Lost(_, told) if told == first));
                } else if list.back() == Some(&e) {
                    prop_assert!(matches!(pushed, Pushed::Merged(_)));
                } else {
                    prop_assert!(matches!(pushed, Pushed::Queued));
                    list.push_back(e);
                }
            } else {
                let fits = list.front().is_some_and(|e| e.bytes() <= most);
                let taken = q.take(most);
                prop_assert_eq!(taken.is_some(), fits);
                if let Some(t) = taken {
                    let want = list.pop_front().unwrap();
                    prop_assert_eq!(t.record().0, want.record());
                    prop_assert_eq!(t.record().1, want.bytes());
                    prop_assert_eq!(matches!(t, Taken::Overflow(_)), want.wd == -1);
                }
            }
            prop_assert_eq!(q.bytes(), list.iter().map(Event::bytes).sum::<usize>());
            let front = list.front().map_or(Front::Empty, |e| Front::Bytes(e.bytes()));
            prop_assert_eq!(q.front(), front);
        }
    }
}
