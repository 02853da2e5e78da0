//! loom models of the steps, each with mutations: a model that leaves a step out must fail.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p logic-shootdown models`
//!
//! With two harts every interleaving is explored, with three those of three preemptions at most; and with two those once more, since
//! without a bound loom takes orders of memory for equal that differ.
//!
//! A hart's TLB is a variable of its thread: filled from the entry by a relaxed read, emptied by a
//! flush. A frame that was freed is a flag that nobody who translates to it may see set.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a model may panic")]

use std::sync::Arc;
use std::vec::Vec;

use logic_shim::{Atomics, Loom, Ordering};
use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::mutation::{Step, leave_out};
use crate::{AsidHistory, Depth, EntryFlush, Flush, Hart, Harts, Shootdown, Space};

type Word = <Loom as Atomics>::U64;

const ONLINE: Harts = Harts(0b111);
const UNMAPPED: u64 = 0;

/// Two pages with their frames: each initiator unmaps one.
struct Machine {
    shootdown: Shootdown<3, Loom>,
    space: Space<Loom>,
    entries: [Word; 2],
    freed: [Word; 2],
    /// Initiators that are through.
    finished: Word,
}

/// One hart's view of the two pages.
struct Tlb {
    cached: [Option<u64>; 2],
}

impl Machine {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            shootdown: Shootdown::new(),
            space: Space::new(AsidHistory::Clean),
            entries: [Word::new(1), Word::new(1)],
            freed: [Word::new(0), Word::new(0)],
            finished: Word::new(0),
        })
    }

    /// Unmaps a page and frees its frame.
    fn unmap(&self, me: Hart, page: u64, tlb: &mut Tlb) {
        self.clear_entry(page);
        let targets = self.space.targets(ONLINE, Depth::Leaves);
        let request = Flush::Pages { asid: 1, start: page, pages: 1 };
        tlb.flush(request);
        let pending = self.shootdown.begin(me, request, targets);
        pending.wait(|flush| tlb.flush(flush));
        self.free(page);
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    /// (1)
    fn clear_entry(&self, page: u64) {
        if let Some(entry) = self.entries.get(page as usize) {
            entry.store(UNMAPPED, Ordering::Relaxed);
        }
    }

    /// (6)
    fn free(&self, page: u64) {
        if let Some(freed) = self.freed.get(page as usize) {
            freed.store(1, Ordering::Relaxed);
        }
    }

    /// A user access: no frame that it reaches may have been freed.
    fn access(&self, page: u64, tlb: &mut Tlb) {
        let (Some(entry), Some(freed), Some(cached)) =
            (self.entries.get(page as usize), self.freed.get(page as usize), tlb.cached.get_mut(page as usize))
        else {
            return;
        };
        if *cached.get_or_insert_with(|| entry.load(Ordering::Relaxed)) != UNMAPPED {
            assert_eq!(freed.load(Ordering::Relaxed), 0, "freed frame in use");
        }
    }

    fn enter(&self, me: Hart, tlb: &mut Tlb) {
        if self.space.enter(me) == EntryFlush::Space {
            tlb.flush(Flush::Space { asid: 1 });
        }
    }

    /// Answers, late, until all initiators are through.
    fn serve_to_the_end(&self, me: Hart, initiators: u64, tlb: &mut Tlb) {
        while self.finished.load(Ordering::Relaxed) < initiators {
            self.shootdown.serve(me, |flush| {
                // The interrupted program's last access.
                self.access(0, tlb);
                tlb.flush(flush);
            });
            Loom::spin_hint();
        }
    }
}

impl Tlb {
    const fn new() -> Self {
        Self { cached: [None; 2] }
    }

    fn flush(&mut self, flush: Flush) {
        match flush {
            Flush::Pages { start, .. } => {
                if let Some(cached) = self.cached.get_mut(start as usize) {
                    *cached = None;
                }
            }
            _ => *self = Self::new(),
        }
    }
}

fn model(step: Option<Step>, body: impl Fn() + Sync + Send + 'static) {
    let body = Arc::new(body);
    for preemptions in [Some(3), None] {
        let body = body.clone();
        explore(step, preemptions, move || body());
    }
}

/// As `model`, with so many preemptions at most.
fn bounded(step: Option<Step>, preemptions: usize, body: impl Fn() + Sync + Send + 'static) {
    explore(step, Some(preemptions), body);
}

fn explore(step: Option<Step>, preemptions: Option<usize>, body: impl Fn() + Sync + Send + 'static) {
    leave_out(step);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(body);
}

/// One initiator; a target that uses the page, goes to rest and comes back, and answers late.
fn one_initiator(step: Option<Step>) {
    model(step, || {
        let machine = Machine::new();
        let target = {
            let machine = machine.clone();
            thread::spawn(move || {
                let (me, mut tlb) = (Hart(1), Tlb::new());
                machine.enter(me, &mut tlb);
                machine.access(0, &mut tlb);
                machine.space.rest(me);
                machine.enter(me, &mut tlb);
                machine.access(0, &mut tlb);
                machine.serve_to_the_end(me, 1, &mut tlb);
                machine.access(0, &mut tlb);
            })
        };
        machine.unmap(Hart(0), 0, &mut Tlb::new());
        assert!(target.join().is_ok());
    });
}

/// Two initiators that use the space themselves, and so ask each other.
fn two_initiators(step: Option<Step>) {
    model(step, || {
        let machine = Machine::new();
        // They are there before it starts; coming and going is the other model's.
        let mut tlbs: Vec<Tlb> = (0..2).map(|_| Tlb::new()).collect();
        for (hart, tlb) in (0..2).zip(&mut tlbs) {
            machine.enter(Hart(hart), tlb);
            machine.access(0, tlb);
            machine.access(1, tlb);
        }
        let mut tlbs = tlbs.into_iter();
        let (Some(mut first), Some(mut second)) = (tlbs.next(), tlbs.next()) else {
            return;
        };
        let other = {
            let machine = machine.clone();
            thread::spawn(move || {
                machine.unmap(Hart(1), 1, &mut second);
                machine.access(0, &mut second);
                machine.serve_to_the_end(Hart(1), 2, &mut second);
            })
        };
        machine.unmap(Hart(0), 0, &mut first);
        machine.access(1, &mut first);
        machine.serve_to_the_end(Hart(0), 2, &mut first);
        assert!(other.join().is_ok());
    });
}

/// The interrupt line of the third hart, and the word that it has answered. Three spinning threads
/// are too much for loom; so these block.
#[derive(Default)]
struct Line {
    state: Mutex<LineState>,
    raised: Condvar,
    answered: Condvar,
}

#[derive(Default)]
struct LineState {
    interrupts: u32,
    finished: u32,
}

/// Two initiators and a third hart that both of them ask.
fn common_target(step: Option<Step>) {
    bounded(step, 3, || {
        let machine = Machine::new();
        let line = Arc::new(Line::default());
        let mut tlb = Tlb::new();
        machine.enter(Hart(2), &mut tlb);
        machine.access(0, &mut tlb);
        machine.access(1, &mut tlb);
        let initiators: Vec<_> = (0..2)
            .map(|hart| {
                let (machine, line) = (machine.clone(), line.clone());
                thread::spawn(move || unmap_blocking(&machine, &line, Hart(hart)))
            })
            .collect();
        loop {
            let mut state = line.state.lock().unwrap();
            while state.interrupts == 0 && state.finished < 2 {
                state = line.raised.wait(state).unwrap();
            }
            if state.interrupts == 0 {
                break;
            }
            state.interrupts -= 1;
            drop(state);
            machine.access(0, &mut tlb);
            machine.access(1, &mut tlb);
            machine.shootdown.serve(Hart(2), |flush| tlb.flush(flush));
            let _state = line.state.lock().unwrap();
            line.answered.notify_all();
        }
        for initiator in initiators {
            assert!(initiator.join().is_ok());
        }
    });
}

/// As `Machine::unmap` with the waiting done by blocking.
fn unmap_blocking(machine: &Machine, line: &Line, me: Hart) {
    let page = u64::from(me.0);
    machine.clear_entry(page);
    let targets = machine.space.targets(ONLINE, Depth::Leaves);
    let pending = machine.shootdown.begin(me, Flush::Space { asid: 1 }, targets);
    let mut state = line.state.lock().unwrap();
    if pending.interrupt().contains(Hart(2)) {
        state.interrupts += 1;
        line.raised.notify_all();
    }
    while !pending.is_done() {
        state = line.answered.wait(state).unwrap();
    }
    machine.free(page);
    state.finished += 1;
    line.raised.notify_all();
}

#[test]
fn come_and_go() {
    one_initiator(None);
}

#[test]
#[should_panic(expected = "freed frame")]
fn come_and_go_without_waiting() {
    one_initiator(Some(Step::Wait));
}

#[test]
#[should_panic(expected = "freed frame")]
fn come_and_go_without_marking() {
    one_initiator(Some(Step::MarkStale));
}

#[test]
#[should_panic(expected = "freed frame")]
fn come_and_go_without_reading_again() {
    one_initiator(Some(Step::ReadAgain));
}

#[test]
#[should_panic(expected = "freed frame")]
fn come_and_go_without_flushing_stale() {
    one_initiator(Some(Step::FlushStale));
}

#[test]
#[should_panic(expected = "freed frame")]
fn come_and_go_without_enter_fence() {
    one_initiator(Some(Step::EnterFence));
}

#[test]
#[should_panic(expected = "freed frame")]
fn come_and_go_without_targets_fence() {
    one_initiator(Some(Step::TargetsFence));
}

#[test]
#[should_panic(expected = "freed frame")]
fn come_and_go_with_early_answer() {
    one_initiator(Some(Step::FlushFirst));
}

#[test]
fn asking_each_other() {
    two_initiators(None);
}

#[test]
#[should_panic(expected = "exceeded maximum number of branches")]
fn asking_each_other_without_serving() {
    two_initiators(Some(Step::ServeWhileWaiting));
}

#[test]
#[should_panic(expected = "exceeded maximum number of branches")]
fn asking_each_other_with_late_pending() {
    two_initiators(Some(Step::PendingFirst));
}

#[test]
fn asking_the_same() {
    common_target(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn asking_the_same_with_leaky_inbox() {
    common_target(Some(Step::TakeInbox));
}
