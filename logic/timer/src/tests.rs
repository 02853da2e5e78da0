//! `TimerQueue` beside a list that is searched.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use std::boxed::Box;
use std::vec::Vec;

use proptest::prelude::*;

use crate::{Earliest, Key, TimerQueue, node};

#[derive(Clone, Debug)]
enum Op {
    Arm(u64),
    Cancel(usize),
    Expire(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let deadline = prop_oneof![9 => 0u64..50, 1 => Just(u64::MAX)];
    prop_oneof![
        4 => deadline.clone().prop_map(Op::Arm),
        2 => any::<usize>().prop_map(Op::Cancel),
        2 => deadline.prop_map(Op::Expire),
    ]
}

proptest! {
    #[test]
    fn like_a_searched_list(ops in prop::collection::vec(op(), 1..300)) {
        let mut queue = TimerQueue::new();
        let mut naive: Vec<(u64, usize)> = Vec::new();
        let mut keys: Vec<(usize, Key)> = Vec::new();
        for (id, op) in ops.into_iter().enumerate() {
            match op {
                Op::Arm(deadline) => {
                    let before = naive.iter().map(|t| t.0).min().unwrap_or(u64::MAX);
                    let (key, earliest) = queue.arm(Box::new(node(id)), deadline);
                    prop_assert_eq!(earliest == Earliest::Changed, deadline < before);
                    prop_assert_eq!(key.deadline_ns(), deadline);
                    naive.push((deadline, id));
                    keys.push((id, key));
                }
                Op::Cancel(_) if keys.is_empty() => {}
                Op::Cancel(at) => {
                    let (id, key) = keys[at % keys.len()];
                    let there = naive.iter().any(|t| t.1 == id);
                    prop_assert_eq!(queue.cancel(&key).map(|n| n.value), there.then_some(id));
                    naive.retain(|t| t.1 != id);
                }
                Op::Expire(now) => {
                    // Sorting is stable: equal deadlines stay in order of arming.
                    naive.sort_by_key(|t| t.0);
                    let due = naive.first().copied().filter(|t| t.0 <= now && t.0 != u64::MAX);
                    let got = queue.expire(now);
                    prop_assert_eq!(got.map(|n| (n.key.deadline_ns(), n.value)), due);
                    if due.is_some() {
                        naive.remove(0);
                    }
                }
            }
            let first = naive.iter().map(|t| t.0).filter(|&d| d != u64::MAX).min();
            prop_assert_eq!(queue.next_deadline_ns(), first);
            prop_assert_eq!(queue.len(), naive.len());
            prop_assert_eq!(queue.is_empty(), naive.is_empty());
        }
    }
}

#[test]
fn a_node_is_used_again() {
    let mut queue = TimerQueue::new();
    let mut timer = Box::new(node("tick"));
    for deadline_ns in 1..4 {
        let (stale, _) = queue.arm(timer, deadline_ns);
        assert!(queue.expire(deadline_ns - 1).is_none());
        timer = queue.expire(deadline_ns).unwrap();
        assert!(queue.cancel(&stale).is_none());
    }
}

#[test]
fn ties_in_order() {
    let mut queue = TimerQueue::new();
    for id in 0..100 {
        let _ = queue.arm(Box::new(node(id)), 7);
    }
    for id in 0..100 {
        assert_eq!(queue.expire(7).unwrap().value, id);
    }
    assert!(queue.expire(u64::MAX).is_none());
}
