//! Random graphs against a naive view of who can be reached.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use crate::{Carriers, Flight, Found, Mark, Place, Progress, Search};

/// Carriers by number.
#[derive(Default)]
struct World {
    /// Descriptors in the hands of somebody.
    outside: Vec<u32>,
    /// What waits in each: messages of descriptors; `None` is one of something else.
    queues: Vec<Vec<Vec<Option<usize>>>>,
    marks: Vec<RefCell<Mark<usize>>>,
}

impl World {
    fn new(nodes: usize) -> Self {
        let mut world = World { outside: vec![0; nodes], queues: vec![Vec::new(); nodes], marks: Vec::new() };
        world.marks.resize_with(nodes, RefCell::default);
        world
    }
    fn waits(&self) -> impl Iterator<Item = usize> + '_ {
        self.queues.iter().flatten().flatten().copied().flatten()
    }
    /// The naive answer: what cannot be reached from anybody's hands, of what is held at all.
    fn unreachable(&self) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<usize> = (0..self.outside.len()).filter(|n| self.outside[*n] > 0).collect();
        while let Some(n) = next.pop() {
            if reached.insert(n) {
                next.extend(self.queues[n].iter().flatten().copied().flatten());
            }
        }
        self.waits().filter(|n| !reached.contains(n)).collect()
    }
    /// Closes a descriptor that waited or was held; the last one empties the queue, and so on.
    fn closed(&mut self, node: usize) {
        let mut candidates = vec![node];
        while let Some(n) = candidates.pop() {
            if self.holders(&n) == 0 {
                let queue = core::mem::take(&mut self.queues[n]);
                candidates.extend(queue.into_iter().flatten().flatten());
            } else if self.outside[n] == 0 {
                let dead = self.search(n);
                let unreachable = self.unreachable();
                assert!(dead.iter().all(|d| unreachable.contains(d)), "{dead:?} of {unreachable:?}");
                for dead in dead {
                    let queue = core::mem::take(&mut self.queues[dead]);
                    candidates.extend(queue.into_iter().flatten().flatten());
                }
            }
        }
    }
    fn search(&self, start: usize) -> Vec<usize> {
        let mut search = Search::new(self, &start);
        let visited = 4 * (self.queues.len() + self.queues.iter().flatten().map(|m| m.len() + 1).sum::<usize>()) + 8;
        let mut steps = 0;
        while search.step(self) == Progress::More {
            steps += 1;
            assert!(steps <= visited, "more steps than there are things to look at");
        }
        let mut dead = Vec::new();
        while let Some(n) = search.take_dead(self) {
            dead.push(n);
        }
        for mark in &self.marks {
            let m = mark.borrow();
            assert!(!m.seen && !m.lives && m.waits == 0 && m.next.is_none() && m.next_live.is_none());
        }
        dead
    }
}

impl Carriers for World {
    type Node = usize;
    fn holders(&self, node: &usize) -> u32 {
        self.outside[*node] + self.waits().filter(|n| n == node).count() as u32
    }
    fn flight<R>(&self, _: &usize, f: impl FnOnce(&Flight) -> R) -> R {
        f(&Flight::new())
    }
    fn next(&self, node: &usize, place: Place) -> Found<usize> {
        let Some(message) = self.queues[*node].get(place.message as usize) else { return Found::End };
        match message.get(place.descriptor as usize) {
            None => Found::Other(Place { message: place.message + 1, descriptor: 0 }),
            Some(found) => {
                let on = Place { descriptor: place.descriptor + 1, ..place };
                found.map_or(Found::Other(on), |n| Found::Carrier(n, on))
            }
        }
    }
    fn mark<R>(&self, node: &usize, f: impl FnOnce(&mut Mark<usize>) -> R) -> R {
        f(&mut self.marks[*node].borrow_mut())
    }
}

#[test]
fn in_itself() {
    let mut world = World::new(1);
    world.queues[0] = vec![vec![None, Some(0)]];
    world.outside[0] = 1;
    assert!(world.search(0).is_empty());
    world.outside[0] = 0;
    assert_eq!(world.search(0), [0]);
}

#[test]
fn held_from_far() {
    // 3 holds 2, which holds 1, which holds 0 and itself: it depends on 3.
    let mut world = World::new(4);
    world.queues = vec![vec![], vec![vec![Some(0), Some(1)]], vec![vec![Some(1)]], vec![vec![Some(2)]]];
    world.outside[3] = 1;
    assert!(world.search(1).is_empty());
    world.outside[3] = 0;
    world.closed(3);
    assert!(world.waits().next().is_none());
}

#[derive(Clone, Debug)]
enum Op {
    Send(usize, usize, bool),
    Receive(usize),
    Dup(usize),
    Close(usize),
}

fn op(nodes: usize) -> impl Strategy<Value = Op> {
    let node = 0..nodes;
    prop_oneof![
        4 => (node.clone(), node.clone(), any::<bool>()).prop_map(|(to, what, more)| Op::Send(to, what, more)),
        1 => node.clone().prop_map(Op::Receive),
        1 => node.clone().prop_map(Op::Dup),
        4 => node.prop_map(Op::Close),
    ]
}

fn run(nodes: usize, ops: &[Op], check: bool) {
    let mut world = World::new(nodes);
    world.outside.fill(1);
    for op in ops {
        match *op {
            // Only who holds both can send one through the other.
            Op::Send(to, what, more) if world.outside[to] > 0 && world.outside[what] > 0 => {
                world.outside[what] -= 1;
                match world.queues[to].last_mut() {
                    Some(message) if more => message.extend([Some(what), None]),
                    _ => world.queues[to].push(vec![None, Some(what)]),
                }
                if world.outside[what] == 0 {
                    world.closed(what);
                }
            }
            Op::Receive(from) if world.outside[from] > 0 && !world.queues[from].is_empty() => {
                for n in world.queues[from].remove(0).into_iter().flatten() {
                    world.outside[n] += 1;
                }
            }
            Op::Dup(n) if world.outside[n] > 0 => world.outside[n] += 1,
            Op::Close(n) if world.outside[n] > 0 => {
                world.outside[n] -= 1;
                world.closed(n);
            }
            _ => {}
        }
        if check {
            assert!(world.unreachable().is_empty(), "left behind: {:?}", world.unreachable());
        }
    }
    for n in 0..nodes {
        while world.outside[n] > 0 {
            world.outside[n] -= 1;
            world.closed(n);
        }
    }
    assert!(world.waits().next().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    /// After every step exactly the unreachable are gone: nothing stays behind, and nothing that is reachable goes.
    #[test]
    fn nothing_stays_behind(ops in prop::collection::vec(op(8), 1..120)) {
        run(8, &ops, true);
    }
    #[test]
    fn a_search_agrees_with_reachability(
        outside in prop::collection::vec(0u32..5, 10),
        edges in prop::collection::vec((0usize..10, 0usize..10), 0..30),
        start in 0usize..10,
    ) {
        let mut world = World::new(10);
        world.outside = outside.iter().map(|n| u32::from(*n == 0)).collect();
        for (from, to) in edges {
            world.queues[from].push(vec![Some(to)]);
        }
        // The search's answer is about what can be reached from the start; a holder elsewhere that is dead itself counts.
        let dead: BTreeSet<usize> = world.search(start).into_iter().collect();
        let unreachable = world.unreachable();
        for n in &dead {
            prop_assert!(world.outside[*n] == 0);
            prop_assert!(unreachable.contains(n) || world.holders(n) == 0);
        }
    }
}

#[test]
fn a_thousand_in_each_other() {
    let nodes = 1000;
    let mut world = World::new(nodes);
    for n in 0..nodes {
        // A ring, with short cuts.
        world.queues[n] = vec![vec![Some((n + 1) % nodes)], vec![Some((n * 7 + 3) % nodes), None]];
    }
    world.outside[500] = 1;
    assert!(world.search(0).is_empty());
    world.outside[500] = 0;
    assert_eq!(world.search(0).len(), nodes);
}
