//! loom models of the ring's steps, each with mutations: a model that leaves a step out must fail.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p logic-trace models`
//!
//! Every interleaving is explored, and those of three preemptions once more: without a bound loom takes orders of memory for equal that
//! differ.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a model may panic")]

use std::sync::Arc;

use logic_shim::Loom;
use loom::thread;

use crate::mutation::{Step, leave_out};
use crate::{Record, Ring};

/// A record in which each word says which one it is; none is what an empty slot holds.
fn record(n: u64) -> Record {
    let n = n.wrapping_add(7);
    Record { time_ns: n, event: 0, hart: 0, tid: n as u32, a: n, b: n }
}

/// A hart adds records to a ring of `2^order` that has `before` in it, while another reads.
fn read_while_written(step: Option<Step>, order: u32, before: u64, during: u64) {
    leave_out(step);
    for preemptions in [Some(3), None] {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = preemptions;
        builder.check(move || once(order, before, during));
    }
}

fn once(order: u32, before: u64, during: u64) {
    let ring = Arc::new(Ring::<Loom>::try_new(order).unwrap());
    for n in 0..before {
        ring.put(record(n));
    }
    let writer = {
        let ring = ring.clone();
        thread::spawn(move || {
            for n in before..before + during {
                ring.put(record(n));
            }
        })
    };
    let mut out = [record(u64::MAX); 2];
    let taken = ring.take(0, &mut out);
    let mut n = taken.lost;
    for got in &out[..taken.given] {
        assert_eq!(*got, record(n), "torn");
        n += 1;
    }
    assert_eq!(n, taken.next, "lost count");
    writer.join().unwrap();
}

#[test]
fn nothing_is_torn() {
    read_while_written(None, 0, 1, 1);
    read_while_written(None, 1, 1, 2);
}

#[test]
#[should_panic(expected = "torn")]
fn torn_without_beginning() {
    read_while_written(Some(Step::Begin), 0, 1, 1);
}

#[test]
#[should_panic(expected = "torn")]
fn torn_without_fence_before() {
    read_while_written(Some(Step::BeginFence), 0, 1, 1);
}

#[test]
#[should_panic(expected = "torn")]
fn torn_without_release() {
    read_while_written(Some(Step::EndReleases), 1, 0, 1);
}

#[test]
#[should_panic(expected = "torn")]
fn torn_without_fence_behind() {
    read_while_written(Some(Step::LookFence), 0, 1, 1);
}

#[test]
#[should_panic(expected = "torn")]
fn torn_without_looking_again() {
    read_while_written(Some(Step::LookAgain), 0, 1, 1);
}
