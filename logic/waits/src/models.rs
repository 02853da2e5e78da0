//! loom models of the steps, each with mutations: a model that leaves a step out must fail.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p logic-waits models`
//!
//! With two threads every interleaving is explored, and with three where that is quick; elsewhere those of five preemptions at most,
//! and in a full run all but of two wakers that meet a late commit.
#![allow(clippy::unwrap_used, reason = "a model may panic")]

// std's `Arc`: loom's own panics again while a failed model unwinds.
use std::sync::Arc;
use std::vec::Vec;

use logic_shim::{Atomics, Loom, Ordering};
use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::mutation::{Step, leave_out, left_out};
use crate::{Batch, Events, Mode, More, ObserverList, Sleep, WaitCell, Wake};

/// The two ways in which a scheduler may do (3) and (4).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Commit {
    /// Commits, then saves the context, all under the run queue's lock.
    UnderLock,
    /// Saves the context, then whoever runs next commits for the one that left.
    AfterSaving,
}

/// The two orders in which a waiter may register and check.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Register {
    /// Under the lock under which the check failed.
    AfterCheck,
    /// Before the check, in a lock hold of its own.
    BeforeCheck,
}

/// A kernel thread, with its hart's run queue. What the kernel does around `WaitCell`.
struct Thread {
    cell: WaitCell<Loom>,
    queue: Mutex<Queue>,
    enqueued: Condvar,
    commit: Commit,
}

/// What the run-queue lock protects.
#[derive(Default)]
struct Queue {
    holds_thread: bool,
    context_saved: bool,
}

impl Thread {
    fn new(commit: Commit) -> Arc<Self> {
        Arc::new(Self { cell: WaitCell::new(), queue: Mutex::new(Queue::default()), enqueued: Condvar::new(), commit })
    }

    /// The scheduler's part: (3) and (4), then off the hart until enqueued.
    fn sleep(&self) {
        let mut queue = self.queue.lock().unwrap();
        if self.commit == Commit::AfterSaving {
            queue.context_saved = true;
            drop(queue);
            let decided = self.cell.commit_sleep();
            queue = self.queue.lock().unwrap();
            // A waker was faster: who runs next enqueues it.
            queue.holds_thread |= decided == Sleep::Woken;
        } else if self.cell.commit_sleep() == Sleep::Woken {
            return;
        }
        if left_out(Step::LockUntilSaved) {
            drop(queue);
            queue = self.queue.lock().unwrap();
        }
        queue.context_saved = true;
        while !queue.holds_thread {
            queue = self.enqueued.wait(queue).unwrap();
        }
        *queue = Queue::default();
    }

    /// The waker's part: (6) and (7).
    fn wake(&self) {
        if self.cell.wake() != Wake::Enqueue {
            return;
        }
        let mut queue = self.queue.lock().unwrap();
        assert!(queue.context_saved, "enqueued on a running stack");
        assert!(!queue.holds_thread, "enqueued twice");
        queue.holds_thread = true;
        self.enqueued.notify_one();
    }

    /// Waits for a fact that is no object's: a pending signal, an expired deadline.
    fn wait_for(&self, fact: &<Loom as Atomics>::U32, wanted: u32) {
        if left_out(Step::ArmBeforeCheck) {
            while fact.load(Ordering::Relaxed) != wanted {
                self.cell.arm();
                self.sleep();
            }
            return;
        }
        loop {
            self.cell.arm();
            if fact.load(Ordering::Relaxed) == wanted {
                break;
            }
            self.sleep();
        }
        self.cell.disarm();
    }
}

/// A semaphore: an object whose every unit is for one waiter.
struct Object {
    state: Mutex<State>,
}

struct State {
    units: u32,
    observers: ObserverList<Arc<Thread>>,
}

impl State {
    /// (A), unless the registration of the round before still stands.
    fn register(&mut self, me: &Arc<Thread>, key: &mut Option<crate::Key>) {
        if key.is_none_or(|key| !self.observers.contains(key)) {
            *key = self.observers.add(me.clone(), Events::IN, Mode::One).ok();
        }
    }
}

/// How long a taker waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    Forever,
    /// Its deadline has passed as soon as it would sleep.
    None,
}

/// Whether someone takes a unit without ever waiting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thief {
    There,
    Absent,
}

impl Object {
    fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { units: 0, observers: ObserverList::new() }) })
    }

    fn put(&self) {
        {
            let mut state = self.state.lock().unwrap();
            state.units += 1;
        }
        self.fire_and_wake();
    }

    /// (C) in a later lock hold, as the kernel may.
    fn fire_and_wake(&self) {
        let mut batch = Batch::new();
        loop {
            let more = self.state.lock().unwrap().observers.fire(Events::IN, &mut batch);
            let woken: Vec<_> = batch.drain().collect();
            woken.iter().for_each(|thread| thread.wake());
            if more == More::Done {
                return;
            }
        }
    }

    /// Takes a unit; false if the deadline came first.
    fn take(&self, me: &Arc<Thread>, patience: Patience, register: Register) -> bool {
        let mut key = None;
        loop {
            me.cell.arm();
            let mut state = self.state.lock().unwrap();
            if register == Register::BeforeCheck {
                state.register(me, &mut key);
                drop(state);
                state = self.state.lock().unwrap();
            }
            if state.units > 0 {
                state.units -= 1;
                if let Some(key) = key {
                    state.observers.remove(key);
                }
                break;
            }
            if register == Register::AfterCheck {
                state.register(me, &mut key);
            }
            drop(state);
            if patience == Patience::None {
                self.leave(key);
                me.cell.disarm();
                return false;
            }
            me.sleep();
        }
        me.cell.disarm();
        true
    }

    /// Takes a unit if there is one.
    fn steal(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        let there = state.units > 0;
        state.units -= u32::from(there);
        there
    }

    /// (D) and (E).
    fn leave(&self, key: Option<crate::Key>) {
        let mut batch = Batch::new();
        let mut state = self.state.lock().unwrap();
        let Some(key) = key else { return };
        if state.observers.remove(key).is_none() && !left_out(Step::PassOn) {
            let more = state.observers.pass_on(Events::IN, &mut batch);
            assert_eq!(more, More::Done);
        }
        drop(state);
        batch.drain().for_each(|thread| thread.wake());
    }
}

/// What takes a minute is explored wholly in full runs, and with so many preemptions in others.
const QUICK: Option<usize> = Some(5);

/// Without a bound loom takes orders of memory for equal that differ: so those of few preemptions come first.
fn model(step: Option<Step>, preemptions: Option<usize>, body: impl Fn() + Sync + Send + 'static) {
    leave_out(step);
    let body = Arc::new(body);
    for bound in [QUICK, None].into_iter().take(if preemptions.is_none() { 2 } else { 1 }) {
        let (mut builder, body) = (loom::model::Builder::new(), body.clone());
        builder.preemption_bound = bound;
        builder.check(move || body());
    }
}

/// Several wakers, each with a fact of its own, one sleeper.
fn wakers(step: Option<Step>, count: u32, commit: Commit, preemptions: Option<usize>) {
    model(step, preemptions, move || {
        let sleeper = Thread::new(commit);
        let fact = Arc::new(<Loom as Atomics>::U32::new(0));
        let wakers: Vec<_> = (0..count)
            .map(|_| {
                let (sleeper, fact) = (sleeper.clone(), fact.clone());
                thread::spawn(move || {
                    // (5) Relaxed: the cell alone has to publish it.
                    fact.fetch_add(1, Ordering::Relaxed);
                    sleeper.wake();
                })
            })
            .collect();
        sleeper.wait_for(&fact, count);
        for waker in wakers {
            waker.join().unwrap();
        }
    });
}

/// A waker publishes by plain relaxed writes; who has seen the wake sees the write.
fn published(step: Option<Step>) {
    model(step, None, || {
        let sleeper = Thread::new(Commit::UnderLock);
        let fact = Arc::new(<Loom as Atomics>::U32::new(0));
        let waker = {
            let (sleeper, fact) = (sleeper.clone(), fact.clone());
            thread::spawn(move || {
                fact.store(7, Ordering::Relaxed);
                sleeper.wake();
            })
        };
        sleeper.cell.arm();
        if sleeper.cell.disarm() {
            assert_eq!(fact.load(Ordering::Relaxed), 7);
        }
        waker.join().unwrap();
    });
}

/// Two takers wait for two units; two putters, one of them this thread.
fn two_takers(step: Option<Step>, register: Register, preemptions: Option<usize>) {
    model(step, preemptions, move || {
        let object = Object::new();
        let takers: Vec<_> = (0..2)
            .map(|_| {
                let object = object.clone();
                thread::spawn(move || assert!(object.take(&Thread::new(Commit::UnderLock), Patience::Forever, register)))
            })
            .collect();
        object.put();
        object.put();
        for taker in takers {
            taker.join().unwrap();
        }
    });
}

/// One taker gives up at once, one waits; there are as many units as are surely taken. With a
/// `Thief` the unit is taken back at once, so that a slot of the list is used again.
fn impatient(step: Option<Step>, thief: Thief, register: Register, preemptions: Option<usize>) {
    model(step, preemptions, move || {
        let object = Object::new();
        let takers: Vec<_> = [Patience::None, Patience::Forever]
            .into_iter()
            .map(|patience| {
                let object = object.clone();
                thread::spawn(move || object.take(&Thread::new(Commit::UnderLock), patience, register))
            })
            .collect();
        object.put();
        let stolen = thief == Thief::There && object.steal();
        let mut takers = takers.into_iter();
        let lucky = takers.next().is_some_and(|taker| taker.join().unwrap());
        if stolen || lucky {
            // The patient one needs a unit of its own.
            object.put();
        }
        for taker in takers {
            assert!(taker.join().unwrap());
        }
    });
}

#[test]
fn wake_one() {
    wakers(None, 1, Commit::UnderLock, None);
}

#[test]
fn wake_many() {
    wakers(None, 2, Commit::UnderLock, QUICK);
}

#[test]
#[should_panic(expected = "deadlock")]
fn wake_without_arm_reads() {
    wakers(Some(Step::ArmReads), 1, Commit::UnderLock, None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn wake_without_arm_before_check() {
    wakers(Some(Step::ArmBeforeCheck), 1, Commit::UnderLock, None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn wake_without_sleep_compares() {
    wakers(Some(Step::SleepCompares), 1, Commit::UnderLock, None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn wake_without_swap() {
    wakers(Some(Step::WakeSwaps), 2, Commit::UnderLock, QUICK);
}

#[test]
#[should_panic(expected = "running stack")]
fn wake_without_lock_until_saved() {
    wakers(Some(Step::LockUntilSaved), 1, Commit::UnderLock, None);
}

#[test]
fn wake_many_and_commit_after_saving() {
    wakers(None, 2, Commit::AfterSaving, QUICK);
}

#[test]
fn wake_one_and_commit_after_saving() {
    wakers(None, 1, Commit::AfterSaving, None);
}

#[test]
#[ignore = "takes a minute"]
fn wake_many_wholly() {
    wakers(None, 2, Commit::UnderLock, None);
}

#[test]
#[ignore = "takes a minute"]
fn fire_and_add_before_check_wholly() {
    two_takers(None, Register::BeforeCheck, None);
}

#[test]
#[ignore = "takes a minute"]
fn fire_and_remove_before_check_wholly() {
    impatient(None, Thief::Absent, Register::BeforeCheck, None);
    impatient(None, Thief::There, Register::BeforeCheck, None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn commit_after_saving_without_comparing() {
    wakers(Some(Step::SleepCompares), 1, Commit::AfterSaving, None);
}

#[test]
fn fire_and_add_before_check() {
    two_takers(None, Register::BeforeCheck, QUICK);
}

#[test]
fn fire_and_remove_before_check() {
    impatient(None, Thief::Absent, Register::BeforeCheck, QUICK);
    impatient(None, Thief::There, Register::BeforeCheck, QUICK);
}

#[test]
fn wake_publishes() {
    published(None);
}

#[test]
#[should_panic(expected = "assertion")]
fn wake_without_publishing() {
    published(Some(Step::WakePublishes));
}

#[test]
fn fire_and_add() {
    two_takers(None, Register::AfterCheck, None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn fire_without_removing() {
    two_takers(Some(Step::FireRemoves), Register::AfterCheck, None);
}

#[test]
fn fire_and_remove() {
    impatient(None, Thief::Absent, Register::AfterCheck, None);
}

#[test]
fn fire_and_remove_and_reuse() {
    impatient(None, Thief::There, Register::AfterCheck, None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn remove_with_place_as_key() {
    impatient(Some(Step::KeyIsUnique), Thief::There, Register::AfterCheck, None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn leave_without_passing_on() {
    impatient(Some(Step::PassOn), Thief::Absent, Register::AfterCheck, None);
}
