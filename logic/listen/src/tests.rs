//! The queue beside a naive one, and that a flood of one budget costs another one turn at most. The races are in `models`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use crate::{Entry, Offer, Part, PartNode, Payer, Queue, Refused, Turn};
use proptest::prelude::*;
use std::boxed::Box;
use std::collections::{BTreeMap, VecDeque};
use std::vec::Vec;

type Waiters = Vec<u32>;

pub(crate) fn part<W: Default>() -> Box<PartNode<u32, W>> {
    Box::new(PartNode::new(0, Part::new(Box::new(Turn::new(0, 0)))))
}

pub(crate) fn offer<W: Default>(connection: u32) -> Offer<u32, W> {
    Offer { entry: Box::new(Entry::new(0, connection)), part: Some(part()) }
}

#[derive(Default)]
struct Naive {
    parts: BTreeMap<Payer, VecDeque<u32>>,
    turns: VecDeque<Payer>,
    waiting: BTreeMap<Payer, usize>,
    closed: bool,
}

impl Naive {
    fn offer(&mut self, payer: Payer, connection: u32, most: usize) -> bool {
        let part = self.parts.entry(payer).or_default();
        if self.closed || part.len() >= most {
            return false;
        }
        if part.is_empty() {
            self.turns.push_back(payer);
        }
        part.push_back(connection);
        true
    }

    fn take(&mut self) -> Option<(Payer, u32)> {
        let payer = self.turns.pop_front()?;
        let part = self.parts.get_mut(&payer).unwrap();
        let connection = part.pop_front().unwrap();
        if !part.is_empty() {
            self.turns.push_back(payer);
        }
        Some((payer, connection))
    }
}

proptest! {
    #[test]
    fn like_a_naive_queue(ops in prop::collection::vec((0u8..14, 0u64..4), 0..200), most in 1usize..4) {
        let mut queue: Queue<u32, Waiters> = Queue::new(most);
        let mut naive = Naive::default();
        for (number, (op, payer)) in ops.into_iter().enumerate() {
            let number = number as u32;
            match op {
                0..=4 => {
                    let taken = match queue.offer(payer, offer(number)) {
                        Ok(_) => true,
                        Err(Refused::Full(back) | Refused::Closed(back)) => {
                            prop_assert_eq!(back.entry.value, number);
                            false
                        }
                    };
                    prop_assert_eq!(taken, naive.offer(payer, number, most));
                }
                5 if number.is_multiple_of(3) => {
                    // Nothing but the order of turns can have changed: the others of that budget wait as long as before.
                    if let Some(taken) = queue.take() {
                        let (payer, connection) = (taken.payer, taken.entry.value);
                        prop_assert_eq!(queue.put_back(taken).is_ok(), !naive.closed);
                        prop_assert_eq!(naive.take(), Some((payer, connection)));
                        let part = naive.parts.get_mut(&payer).unwrap();
                        part.push_front(connection);
                        match naive.turns.back() {
                            Some(&last) if last == payer && part.len() > 1 => {}
                            _ => naive.turns.push_front(payer),
                        }
                    }
                }
                5..=7 => {
                    let taken = queue.take();
                    let waiter = taken.as_ref().map(|t| (t.payer, t.waiter));
                    prop_assert_eq!(taken.map(|t| (t.payer, t.entry.value)), naive.take());
                    if let Some((payer, waiter)) = waiter {
                        prop_assert_eq!(waiter, naive.waiting.get(&payer).is_some_and(|&n| n > 0));
                    }
                }
                8 => {
                    let mut spare = Some(part());
                    queue.enter(payer, &mut spare);
                    *naive.waiting.entry(payer).or_default() += 1;
                    prop_assert!(queue.waiters(payer).is_some());
                }
                9 | 10 => {
                    let waiting = naive.waiting.entry(payer).or_default();
                    if *waiting > 0 {
                        *waiting -= 1;
                        let _ = queue.leave(payer);
                    }
                }
                11 | 12 => {
                    let place = queue.at((payer, 0)).and_then(|(next, found)| found.map(|_| next.1 - 1));
                    let place = place.filter(|_| naive.parts.get(&payer).is_some_and(|p| !p.is_empty()));
                    let Some(first) = place else { continue };
                    // The first of the part, or the last.
                    let (mut at, mut which) = (first, 0);
                    while let Some((next, Some(_))) = queue.at((payer, at + 1))
                        && op == 12
                        && next.0 == payer
                    {
                        (at, which) = (next.1 - 1, which + 1);
                    }
                    let part = naive.parts.get_mut(&payer).unwrap();
                    let want = part.remove(which);
                    if part.is_empty() {
                        naive.turns.retain(|p| *p != payer);
                    }
                    let gone = queue.remove(payer, at);
                    let waiter = naive.waiting.get(&payer).is_some_and(|&n| n > 0);
                    prop_assert_eq!(gone.map(|t| (t.payer, t.entry.value, t.waiter)), want.map(|c| (payer, c, waiter)));
                    prop_assert!(queue.remove(payer, at).is_none());
                }
                _ if number.is_multiple_of(7) => {
                    naive.closed = true;
                    while let Some(taken) = queue.close() {
                        prop_assert_eq!(Some((taken.payer, taken.entry.value)), naive.take());
                    }
                    prop_assert_eq!(naive.take(), None);
                }
                _ => {}
            }
            prop_assert_eq!(queue.len(), naive.parts.values().map(VecDeque::len).sum::<usize>());
            prop_assert_eq!(queue.is_open(), !naive.closed);
            let first = naive.turns.front().map(|payer| (*payer, naive.parts[payer][0]));
            prop_assert_eq!(queue.first().map(|(payer, _, c)| (payer, *c)), first);
            let (mut place, mut seen) = ((0, 0), Vec::new());
            while let Some((next, found)) = queue.at(place) {
                seen.extend(found.copied());
                place = next;
            }
            prop_assert!(seen.iter().eq(naive.parts.values().flatten()));
            for payer in 0..4 {
                let there = naive.parts.get(&payer).is_some_and(|p| !p.is_empty())
                    || naive.waiting.get(&payer).is_some_and(|&n| n > 0);
                prop_assert_eq!(queue.waiters(payer).is_some(), there);
            }
        }
    }
}

#[test]
fn a_flood_costs_another_budget_one_turn() {
    let mut queue: Queue<u32, Waiters> = Queue::new(16);
    let accepted = (0..1000).filter(|&n| queue.offer(1, offer(n)).is_ok()).count();
    assert_eq!(accepted, 16);
    assert!(queue.offer(2, offer(7777)).is_ok(), "the other budget's part is empty");
    assert_eq!(queue.take().unwrap().payer, 1);
    assert_eq!(queue.take().unwrap().entry.value, 7777);
}

#[test]
fn all_parts_can_be_visited() {
    let mut queue: Queue<u32, Waiters> = Queue::new(1);
    for payer in [9, 3, 700] {
        assert!(queue.offer(payer, offer(0)).is_ok());
    }
    let mut seen = Vec::new();
    let mut from = 0;
    while let Some(payer) = queue.next_part(from) {
        seen.push(payer);
        from = payer + 1;
    }
    assert_eq!(seen, [3, 9, 700]);
}
