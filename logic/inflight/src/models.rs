//! loom models of the steps (a) to (f), each with mutations: a model that leaves a step out must fail.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p logic-inflight models`
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a model may panic")]

// std's `Arc`: loom's own panics again while a failed model unwinds. What one search at a time uses needs no look of loom's.
use std::sync::{Arc, Mutex as Plain};
use std::vec::Vec;

use logic_shim::{Atomics, Loom, Ordering};
use loom::sync::Mutex;
use loom::thread;

use crate::mutation::{Step, leave_out, left_out};
use crate::{Carriers, Flight, Found, Graph, Mark, Place};

type U32 = <Loom as Atomics>::U32;
type U64 = <Loom as Atomics>::U64;

/// A carrier.
struct Node {
    holders: U32,
    flight: Flight<Loom>,
    queue: Mutex<Vec<usize>>,
    mark: Plain<Mark<usize>>,
}

struct World {
    graph: Graph<Loom>,
    nodes: Vec<Node>,
    searching: Mutex<()>,
    dead: Plain<Vec<usize>>,
}

impl World {
    /// Carriers with so many holders, and with what waits in each.
    fn new(carriers: &[(u32, &[usize])]) -> Arc<Self> {
        let nodes = carriers.iter().map(|(holders, queue)| Node {
            holders: U32::new(*holders),
            flight: Flight::new(),
            queue: Mutex::new(queue.to_vec()),
            mark: Plain::default(),
        });
        let graph = Graph::new(U64::new(0), U64::new(0));
        let world = Self { graph, nodes: nodes.collect(), searching: Mutex::new(()), dead: Plain::default() };
        for (_, queue) in carriers {
            queue.iter().for_each(|waits| world.graph.enter(&world.nodes[*waits].flight));
        }
        Arc::new(world)
    }

    fn only_waits(&self, node: usize) -> bool {
        let Node { flight, holders, .. } = &self.nodes[node];
        flight.only_waits(|| holders.load(Ordering::Relaxed))
    }

    /// Moves a descriptor of `what` into the queue of `to`.
    fn send(&self, what: usize, to: usize) {
        let look = {
            let mut queue = self.nodes[to].queue.lock().unwrap();
            self.graph.enter(&self.nodes[what].flight);
            self.graph.changes(&self.nodes[to].flight);
            queue.push(what);
            self.only_waits(to) && !left_out(Step::LookAtSent)
        };
        if look && self.only_waits(what) {
            self.look(what);
        }
    }

    /// Takes the first descriptor out of a queue.
    fn receive(&self, from: usize) {
        let what = {
            let mut queue = self.nodes[from].queue.lock().unwrap();
            self.graph.changes(&self.nodes[from].flight);
            queue.remove(0)
        };
        self.graph.leave(&self.nodes[what].flight);
    }

    /// Closes one of several descriptors.
    fn close(&self, node: usize) {
        self.nodes[node].holders.fetch_sub(1, Ordering::SeqCst);
        if self.graph.any() && self.only_waits(node) {
            self.look(node);
        }
    }

    fn look(&self, node: usize) {
        loop {
            let searching = self.searching.lock().unwrap();
            let certain = self.graph.check(self, &node, |dead| self.dead.lock().unwrap().push(*dead));
            drop(searching);
            if certain {
                return;
            }
            thread::yield_now();
        }
    }

    /// Those found dead, each once.
    fn dead(&self) -> Vec<usize> {
        let mut dead = self.dead.lock().unwrap().clone();
        dead.sort_unstable();
        dead.dedup();
        dead
    }
}

impl Carriers<Loom> for World {
    type Node = usize;
    fn holders(&self, node: &usize) -> u32 {
        self.nodes[*node].holders.load(Ordering::Relaxed)
    }
    fn flight<R>(&self, node: &usize, f: impl FnOnce(&Flight<Loom>) -> R) -> R {
        f(&self.nodes[*node].flight)
    }
    fn next(&self, node: &usize, place: Place) -> Found<usize> {
        let queue = self.nodes[*node].queue.lock().unwrap();
        let on = Place { message: place.message + 1, descriptor: 0 };
        queue.get(place.message as usize).map_or(Found::End, |waits| Found::Carrier(*waits, on))
    }
    fn mark<R>(&self, node: &usize, f: impl FnOnce(&mut Mark<usize>) -> R) -> R {
        f(&mut self.nodes[*node].mark.lock().unwrap())
    }
}

fn model(step: Option<Step>, body: impl Fn() + Sync + Send + 'static) {
    leave_out(step);
    loom::model(body);
}

/// Two wait in each other, and the second one has a holder too. While the first is looked at, the holder does `this`; gives who is
/// dead then.
fn while_looked_at(this: impl FnOnce(&World) + Send + 'static) -> Vec<usize> {
    let world = World::new(&[(1, &[1]), (2, &[0])]);
    let holder = {
        let world = world.clone();
        thread::spawn(move || this(&world))
    };
    world.look(0);
    holder.join().unwrap();
    world.dead()
}

/// The holder takes the other out, and lets it go.
fn taken_out(step: Option<Step>) {
    model(step, || {
        let dead = while_looked_at(|world| {
            world.receive(1);
            world.close(1);
        });
        assert_eq!(dead, [], "one is held, and the other waits in it");
    });
}

/// The same of one who puts back what was taken out before: what nobody holds then is found by him.
fn put_in_again(step: Option<Step>) {
    model(step, || {
        let dead = while_looked_at(|world| {
            world.receive(1);
            world.send(0, 1);
            world.close(1);
        });
        assert_eq!(dead, [0, 1]);
    });
}

/// Two are put into each other at once: at least one of those who do so sees it.
fn into_each_other(step: Option<Step>) {
    model(step, || {
        let world = World::new(&[(1, &[]), (1, &[])]);
        let other = {
            let world = world.clone();
            thread::spawn(move || world.send(0, 1))
        };
        world.send(1, 0);
        other.join().unwrap();
        assert_eq!(world.dead(), [0, 1]);
    });
}

/// One of two descriptors is put into its own carrier, and the other closed.
fn into_itself(step: Option<Step>) {
    model(step, || {
        let world = World::new(&[(2, &[])]);
        let sender = {
            let world = world.clone();
            thread::spawn(move || world.send(0, 0))
        };
        world.close(0);
        sender.join().unwrap();
        assert_eq!(world.dead(), [0]);
    });
}

/// A fresh one is put into a carrier that is looked at (a connection, into a listen queue): it goes with that, or is not looked at.
fn one_more(step: Option<Step>) {
    model(step, || {
        let world = World::new(&[(1, &[0]), (1, &[])]);
        let connecting = {
            let world = world.clone();
            thread::spawn(move || world.send(1, 0))
        };
        world.look(0);
        connecting.join().unwrap();
        assert_eq!(world.dead().first(), Some(&0));
    });
}

#[test]
fn what_is_taken_out_lives() {
    taken_out(None);
}

#[test]
#[should_panic(expected = "one is held")]
fn what_is_taken_out_lives_without_counting() {
    taken_out(Some(Step::ChangesAreCounted));
}

#[test]
#[should_panic(expected = "one is held")]
fn what_is_taken_out_lives_without_saying_where() {
    taken_out(Some(Step::SayBeforeLooking));
}

#[test]
#[should_panic(expected = "one is held")]
fn what_is_taken_out_lives_counted_early() {
    taken_out(Some(Step::CountedLast));
}

#[test]
fn what_is_put_in_again_is_found() {
    put_in_again(None);
}

#[test]
fn into_each_other_is_seen() {
    into_each_other(None);
}

#[test]
#[should_panic]
fn into_each_other_is_seen_asking_early() {
    into_each_other(Some(Step::AskAfterEntering));
}

#[test]
#[should_panic]
fn into_each_other_is_seen_without_looking() {
    into_each_other(Some(Step::LookAtSent));
}

#[test]
fn into_itself_is_seen() {
    into_itself(None);
}

#[test]
#[should_panic]
fn into_itself_is_seen_asking_early() {
    into_itself(Some(Step::AskAfterClosing));
}

#[test]
fn one_more_goes_with_the_rest() {
    one_more(None);
}
