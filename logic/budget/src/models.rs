//! loom models of the steps, each with mutations: a model that leaves a step out must fail.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p logic-budget models`
//!
//! Every interleaving is explored, and those of six preemptions once more: without a bound loom takes orders of memory for equal that
//! differ.
#![allow(clippy::unwrap_used, reason = "a model may panic")]

// std's `Arc`: loom's own panics again while a failed model unwinds.
use std::sync::Arc;

use logic_shim::{Atomics, Loom, Ordering};
use loom::thread;

use crate::mutation::{Step, leave_out};
use crate::{Account, KINDS, Kind, Limit, Link, Stocks};

/// Kept in stocks: one unit a hart under a limit of 32, two under 64.
const STOCKED: Kind = Kind::Frames;
/// The limit under which a stock of two harts keeps one unit.
const KEEPS_ONE: u64 = 32;

type Modelled = Account<Loom, Up, [Stocks<Loom>; 2]>;

struct Up(Arc<Modelled>);

impl Link<Loom, [Stocks<Loom>; 2]> for Up {
    fn account(&self) -> Option<&Modelled> {
        Some(&self.0)
    }
}

fn account(parent: Option<&Arc<Modelled>>, limit: Limit) -> Arc<Modelled> {
    let stocks = [Stocks::new(), Stocks::new()];
    let mut limits = [Limit::Shared(0); KINDS];
    *limits.first_mut().unwrap() = limit;
    Arc::new(Account::new(stocks, parent.cloned().map(Up), &limits).unwrap())
}

fn model(step: Option<Step>, body: impl Fn() + Sync + Send + 'static) {
    leave_out(step);
    let body = Arc::new(body);
    for preemptions in [Some(6), None] {
        let (mut builder, body) = (loom::model::Builder::new(), body.clone());
        builder.preemption_bound = preemptions;
        builder.check(move || body());
    }
}

/// Runs `other` on a second hart beside `this`.
fn beside<R: 'static>(other: impl FnOnce() -> R + 'static, this: impl FnOnce() -> R) -> (R, R) {
    let thread = thread::spawn(other);
    let here = this();
    (here, thread.join().unwrap())
}

/// Two harts want the last unit.
fn last_unit(step: Option<Step>) {
    model(step, || {
        let root = account(None, Limit::Carved(1));
        let other = root.clone();
        let (here, there) = beside(move || other.charge(1, STOCKED, 1).is_ok(), || root.charge(0, STOCKED, 1).is_ok());
        assert!(here != there, "both or neither got the last unit");
    });
}

/// A hart charges from its stock while another one drains it.
fn charge_and_drain(step: Option<Step>) {
    model(step, || {
        let root = account(None, Limit::Carved(KEEPS_ONE));
        root.charge(0, STOCKED, 1).unwrap();
        let other = root.clone();
        beside(move || other.drain(STOCKED), || root.charge(0, STOCKED, 1).unwrap());
        root.drain(STOCKED);
        assert_eq!(root.usage(STOCKED), 2, "units lost or made");
    });
}

/// Two harts give back into one stock, which overflows, while it is drained.
fn uncharge_and_drain(step: Option<Step>) {
    model(step, || {
        let root = account(None, Limit::Carved(KEEPS_ONE));
        root.charge(0, STOCKED, 3).unwrap();
        let other = root.clone();
        beside(
            move || {
                other.uncharge(0, STOCKED, 1);
                other.drain(STOCKED);
            },
            || root.uncharge(0, STOCKED, 1),
        );
        root.uncharge(0, STOCKED, 1);
        root.drain(STOCKED);
        assert_eq!(root.usage(STOCKED), 0, "units lost or made");
    });
}

/// What another hart has in stock can still be charged.
fn stock_elsewhere(step: Option<Step>) {
    model(step, || {
        let root = account(None, Limit::Carved(KEEPS_ONE));
        root.charge(1, STOCKED, 1).unwrap();
        assert!(root.charge(0, STOCKED, 31).is_ok(), "refused too early");
        assert!(root.charge(0, STOCKED, 1).is_err());
    });
}

/// Two shared accounts want the last unit of their parent.
fn shared_siblings(step: Option<Step>) {
    model(step, || {
        let root = account(None, Limit::Carved(1));
        let [one, two] = [(); 2].map(|()| account(Some(&root), Limit::Shared(1)));
        let other = two.clone();
        let (here, there) = beside(move || other.charge(1, STOCKED, 1).is_ok(), || one.charge(0, STOCKED, 1).is_ok());
        assert!(here != there, "both or neither got the last unit");
        let usages = [&one, &two].map(|account| account.usage(STOCKED));
        assert_eq!(usages, [u64::from(here), u64::from(there)], "not given back");
        assert_eq!(root.usage(STOCKED), 1);
    });
}

/// An account closes while its last charge is given back.
fn close_and_uncharge(step: Option<Step>, limit: u64, carved: Carved) {
    model(step, move || {
        let root = account(None, Limit::Carved(1000));
        let child = account(
            Some(&root),
            match carved {
                Carved::Yes => Limit::Carved(limit),
                Carved::No => Limit::Shared(limit),
            },
        );
        child.charge(0, STOCKED, 1).unwrap();
        let other = child.clone();
        beside(move || other.uncharge(0, STOCKED, 1), || child.close());
        drop(child);
        root.drain(STOCKED);
        assert_eq!(root.usage(STOCKED), 0, "the parent did not get everything");
    });
}

/// Whether the child of a model is carved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carved {
    Yes,
    No,
}

/// A limit is lowered while another hart charges.
fn lower_and_charge(step: Option<Step>) {
    model(step, || {
        let root = account(None, Limit::Carved(2));
        let charged = Arc::new(<Loom as Atomics>::U32::new(0));
        let (other, seen) = (root.clone(), charged.clone());
        let thread = thread::spawn(move || {
            if other.charge(1, STOCKED, 2).is_ok() {
                seen.store(2, Ordering::Relaxed);
            }
        });
        let lowered = root.set_limit(STOCKED, 1).is_ok();
        thread.join().unwrap();
        let charged = charged.load(Ordering::Relaxed);
        assert!(!(lowered && charged == 2), "more in use than the limit");
        assert!(lowered || charged == 2, "neither got through");
        assert_eq!(root.usage(STOCKED), u64::from(charged));
        assert_eq!(root.limit(STOCKED), if lowered { 1 } else { 2 });
    });
}

#[test]
fn the_last_unit() {
    last_unit(None);
}

#[test]
#[should_panic(expected = "both or neither")]
fn the_last_unit_without_take_compares() {
    last_unit(Some(Step::TakeCompares));
}

#[test]
fn charging_and_draining() {
    charge_and_drain(None);
    uncharge_and_drain(None);
}

#[test]
#[should_panic(expected = "lost or made")]
fn charging_and_draining_without_charge_compares() {
    charge_and_drain(Some(Step::ChargeCompares));
}

#[test]
#[should_panic(expected = "lost or made")]
fn uncharging_and_draining_without_drain_swaps() {
    uncharge_and_drain(Some(Step::DrainSwaps));
}

#[test]
fn units_in_stock_elsewhere() {
    stock_elsewhere(None);
}

#[test]
#[should_panic(expected = "refused too early")]
fn units_in_stock_elsewhere_without_drain_first() {
    stock_elsewhere(Some(Step::DrainFirst));
}

#[test]
fn siblings() {
    shared_siblings(None);
}

#[test]
#[should_panic(expected = "not given back")]
fn siblings_without_refusal_gives_back() {
    shared_siblings(Some(Step::RefusalGivesBack));
}

#[test]
fn closing() {
    close_and_uncharge(None, 1, Carved::Yes);
    close_and_uncharge(None, KEEPS_ONE, Carved::Yes);
    close_and_uncharge(None, KEEPS_ONE, Carved::No);
}

#[test]
#[should_panic(expected = "did not get everything")]
fn closing_without_swap() {
    close_and_uncharge(Some(Step::CloseSwaps), 1, Carved::Yes);
}

#[test]
#[should_panic(expected = "did not get everything")]
fn closing_without_give_passes_on() {
    close_and_uncharge(Some(Step::GivePassesOn), 1, Carved::Yes);
}

#[test]
fn lowering_a_limit() {
    lower_and_charge(None);
}

#[test]
#[should_panic(expected = "more in use")]
fn lowering_a_limit_without_take_compares() {
    lower_and_charge(Some(Step::TakeCompares));
}
