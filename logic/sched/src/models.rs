//! loom models of wake-up, steal and idleness, each with mutations: a model that leaves a step out
//! must fail.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p logic-sched models`
//!
//! Every interleaving is explored, and those of three preemptions once more: without a bound loom takes orders of memory for equal that
//! differ.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a model may panic")]

use std::boxed::Box;
use std::sync::Arc;
use std::vec::Vec;

use logic_shim::{Atomics, Loom, Ordering};
use loom::cell::UnsafeCell;
use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::mutation::{Step, leave_out, left_out};
use crate::{
    Affinity, Balance, Class, Entity, GroupId, GroupWeight, Hart, Node, Reason, RunQueue, Weight, group_node, group_place, node,
};

/// A thread: its saved context, and whether it is still on its way out of a hart.
struct Thread {
    context: UnsafeCell<u32>,
    on_hart: <Loom as Atomics>::U32,
}

type Handle = Arc<Thread>;

/// A hart: its queue, and its interrupt line.
struct HartParts {
    queue: Mutex<RunQueue<Handle>>,
    interrupts: Mutex<u32>,
    interrupted: Condvar,
}

struct Machine {
    harts: [HartParts; 2],
    balance: Balance<2, Loom>,
}

impl Machine {
    fn new() -> Arc<Self> {
        let hart = |index| {
            let root = group_node(GroupId::ROOT, GroupId::ROOT, GroupWeight::DEFAULT, Box::new(group_place()));
            HartParts {
                queue: Mutex::new(RunQueue::new(Hart(index), Box::new(root))),
                interrupts: Mutex::new(0),
                interrupted: Condvar::new(),
            }
        };
        Arc::new(Self { harts: [hart(0), hart(1)], balance: Balance::new() })
    }

    fn enqueue(&self, on: Hart, node: Box<Node<Handle>>, reason: Reason) {
        let mut queue = self.harts[on.0 as usize].queue.lock().unwrap();
        queue.enqueue(node, reason, 0);
        self.balance.note_queued(on, queue.len());
    }

    fn pick(&self, me: Hart) -> Option<Box<Node<Handle>>> {
        let mut queue = self.harts[me.0 as usize].queue.lock().unwrap();
        let node = queue.pick(0);
        self.balance.note_queued(me, queue.len());
        node
    }

    fn steal(&self, from: Hart, thief: Hart) -> Option<Box<Node<Handle>>> {
        let mut queue = self.harts[from.0 as usize].queue.lock().unwrap();
        let saved = |t: &Handle| left_out(Step::StealSaved) || t.on_hart.load(Ordering::Acquire) == 0;
        let node = queue.steal(thief, saved);
        self.balance.note_queued(from, queue.len());
        node
    }

    /// The idle loop of a hart until it has run one thread; `wfi` is a wait for the line.
    fn idle_until_work(&self, me: Hart) {
        loop {
            let holding = self.balance.announce(me);
            let got = (0..2)
                .map(Hart)
                .filter(|&hart| holding.contains(hart))
                .find_map(|hart| if hart == me { self.pick(me) } else { self.steal(hart, me) });
            if let Some(node) = got {
                self.balance.resume(me);
                run(&node.value.thread);
                return;
            }
            let hart = &self.harts[me.0 as usize];
            let mut interrupts = hart.interrupts.lock().unwrap();
            while *interrupts == 0 {
                interrupts = hart.interrupted.wait(interrupts).unwrap();
            }
            *interrupts = 0;
        }
    }

    fn interrupt(&self, hart: Hart) {
        let hart = &self.harts[hart.0 as usize];
        *hart.interrupts.lock().unwrap() += 1;
        hart.interrupted.notify_one();
    }
}

fn new_thread() -> Handle {
    Arc::new(Thread { context: UnsafeCell::new(0), on_hart: <Loom as Atomics>::U32::new(0) })
}

fn new_node(thread: Handle) -> Box<Node<Handle>> {
    let class = Class::Fair { weight: Weight::from_nice(0) };
    Box::new(node(thread, Entity::new(class, GroupId::ROOT, Affinity::ALL)))
}

/// Loads the context and uses it; loom sees whether someone still writes it.
fn run(thread: &Thread) {
    // The pointer is not followed: its being there is the access.
    thread.context.with_mut(|_| ());
}

fn model(step: Option<Step>, body: impl Fn() + Sync + Send + 'static) {
    leave_out(step);
    let body = Arc::new(body);
    for preemptions in [Some(3), None] {
        let (mut builder, body) = (loom::model::Builder::new(), body.clone());
        builder.preemption_bound = preemptions;
        builder.check(move || body());
    }
}

/// A waker queues a thread on hart 0, which is busy for ever; hart 1 goes idle. It must get it.
fn idle_finds_work(step: Option<Step>) {
    model(step, || {
        let machine = Machine::new();
        let idle = {
            let machine = machine.clone();
            thread::spawn(move || machine.idle_until_work(Hart(1)))
        };
        machine.enqueue(Hart(0), new_node(new_thread()), Reason::Woken);
        if let Some(hart) = machine.balance.claim(Affinity::ALL, Hart(0)) {
            machine.interrupt(hart);
        }
        idle.join().unwrap();
    });
}

/// Hart 0 preempts a thread: queues it, and saves its context after that. Hart 1 steals.
fn steal_while_saving(step: Option<Step>) {
    model(step, || {
        let machine = Machine::new();
        let leaving = new_thread();
        leaving.on_hart.store(1, Ordering::Relaxed);
        let thief = {
            let machine = machine.clone();
            thread::spawn(move || {
                let stolen = machine.steal(Hart(0), Hart(1));
                if let Some(node) = &stolen {
                    run(&node.value.thread);
                }
                stolen.is_some()
            })
        };
        machine.enqueue(Hart(0), new_node(leaving.clone()), Reason::Preempted);
        leaving.context.with_mut(|_| ());
        leaving.on_hart.store(0, Ordering::Release);
        let picked = machine.pick(Hart(0));
        if let Some(node) = &picked {
            run(&node.value.thread);
        }
        let stolen = thief.join().unwrap();
        assert!(stolen != picked.is_some(), "lost or doubled");
    });
}

/// Two wakers, one idle hart: one of them claims it.
fn two_claims(step: Option<Step>) {
    model(step, || {
        let machine = Machine::new();
        let _ = machine.balance.announce(Hart(1));
        let wakers: Vec<_> = (0..2)
            .map(|_| {
                let machine = machine.clone();
                thread::spawn(move || machine.balance.claim(Affinity::ALL, Hart(0)).is_some())
            })
            .collect();
        let claims: usize = wakers.into_iter().map(|waker| usize::from(waker.join().unwrap())).sum();
        assert_eq!(claims, 1, "claims");
    });
}

#[test]
fn idle_hart_finds_work() {
    idle_finds_work(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn idle_without_announce_fence() {
    idle_finds_work(Some(Step::AnnounceFence));
}

#[test]
#[should_panic(expected = "deadlock")]
fn idle_without_announcing_first() {
    idle_finds_work(Some(Step::AnnounceFirst));
}

#[test]
#[should_panic(expected = "deadlock")]
fn idle_without_claim_fence() {
    idle_finds_work(Some(Step::ClaimFence));
}

#[test]
fn steal_waits_for_context() {
    steal_while_saving(None);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn steal_without_waiting_for_context() {
    steal_while_saving(Some(Step::StealSaved));
}

#[test]
fn one_claims() {
    two_claims(None);
}

#[test]
#[should_panic(expected = "claims")]
fn both_claim() {
    two_claims(Some(Step::ClaimOnce));
}
