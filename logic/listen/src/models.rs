//! loom models of the steps, each with mutations: a model that leaves a step out must fail.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p logic-listen models`
//!
//! Every interleaving is explored, of the one model with three threads in full runs; in others those of three preemptions at most.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a model may panic")]

// std's `Arc`: loom's own panics again while a failed model unwinds.
use std::sync::Arc;
use std::vec::Vec;

use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::mutation::{Step, leave_out, left_out};
use crate::tests::{offer, part};
use crate::{Payer, Queue, Refused};

/// One who sleeps until it is woken; a wake-up that comes before is not lost.
#[derive(Default)]
struct Sleeper {
    woken: Mutex<bool>,
    wake: Condvar,
}

impl Sleeper {
    fn sleep(&self) {
        let mut woken = self.woken.lock().unwrap();
        while !*woken {
            woken = self.wake.wait(woken).unwrap();
        }
        *woken = false;
    }

    fn wake(&self) {
        *self.woken.lock().unwrap() = true;
        self.wake.notify_all();
    }
}

type Waiters = Vec<Arc<Sleeper>>;

/// A connection whose client waits, and one whose client has left.
const STAYS: u32 = 0;
const LEFT: u32 = 1;

/// A listen queue as the kernel has it.
struct Listen {
    state: Mutex<State>,
}

struct State {
    queue: Queue<u32, Waiters>,
    acceptors: Waiters,
}

/// What a client's connecting came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connected {
    Queued,
    Closed,
}

impl Listen {
    fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { queue: Queue::new(1), acceptors: Vec::new() }) })
    }

    /// One attempt; (1).
    fn offer(&self, payer: Payer) -> Option<Connected> {
        self.offer_one(payer, STAYS)
    }

    fn offer_one(&self, payer: Payer, client: u32) -> Option<Connected> {
        let mut state = self.state.lock().unwrap();
        match state.queue.offer(payer, offer(client)) {
            Ok(_) => {
                let acceptor = state.acceptors.pop();
                drop(state);
                if let Some(acceptor) = acceptor.filter(|_| !left_out(Step::OfferWakes)) {
                    acceptor.wake();
                }
                Some(Connected::Queued)
            }
            Err(Refused::Full(_)) => None,
            Err(Refused::Closed(_)) => Some(Connected::Closed),
        }
    }

    /// (1) to (3) and (5).
    fn connect(&self, payer: Payer) -> Connected {
        if let Some(done) = self.offer(payer) {
            return done;
        }
        self.state.lock().unwrap().queue.enter(payer, &mut Some(part()));
        let me = Arc::new(Sleeper::default());
        let done = loop {
            let early = left_out(Step::RegisterFirst).then(|| self.offer(payer)).flatten();
            self.register(payer, &me);
            let attempt = if left_out(Step::RegisterFirst) { early } else { self.offer(payer) };
            match attempt {
                Some(done) => break done,
                None => me.sleep(),
            }
        };
        self.withdraw(payer, &me);
        drop(self.state.lock().unwrap().queue.leave(payer));
        done
    }

    /// Gives up before it offers again; (5).
    fn give_up(&self, payer: Payer) {
        self.state.lock().unwrap().queue.enter(payer, &mut Some(part()));
        let me = Arc::new(Sleeper::default());
        self.register(payer, &me);
        if !self.withdraw(payer, &me) && !left_out(Step::LeavePassesOn) {
            self.wake_waiter(payer);
        }
        drop(self.state.lock().unwrap().queue.leave(payer));
    }

    fn register(&self, payer: Payer, me: &Arc<Sleeper>) {
        let mut state = self.state.lock().unwrap();
        let waiters = state.queue.waiters(payer).expect("the part is there while somebody waits in it");
        if !waiters.iter().any(|w| Arc::ptr_eq(w, me)) {
            waiters.push(me.clone());
        }
    }

    /// Whether it was still registered.
    fn withdraw(&self, payer: Payer, me: &Arc<Sleeper>) -> bool {
        let mut state = self.state.lock().unwrap();
        let waiters = state.queue.waiters(payer).expect("the part is there while somebody waits in it");
        let at = waiters.iter().position(|w| Arc::ptr_eq(w, me));
        at.map(|at| waiters.remove(at)).is_some()
    }

    fn wake_waiter(&self, payer: Payer) {
        let waiter = self.state.lock().unwrap().queue.waiters(payer).and_then(Vec::pop);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    /// (4)
    fn accept(&self) {
        let me = Arc::new(Sleeper::default());
        loop {
            let mut state = self.state.lock().unwrap();
            if let Some(taken) = state.queue.take() {
                drop(state);
                if taken.waiter && !left_out(Step::TakeWakes) {
                    self.wake_waiter(taken.payer);
                }
                return;
            }
            state.acceptors.push(me.clone());
            drop(state);
            me.sleep();
        }
    }

    /// (7) Takes away what comes first and has no client.
    fn clear(&self) {
        loop {
            let first = self.state.lock().unwrap().queue.first().map(|(payer, number, client)| (payer, number, *client));
            let Some((payer, number, LEFT)) = first else { return };
            let gone = self.state.lock().unwrap().queue.remove(payer, number);
            if gone.is_some_and(|gone| gone.waiter) && !left_out(Step::RemoveWakes) {
                self.wake_waiter(payer);
            }
        }
    }

    /// (6)
    fn close(&self) -> usize {
        let mut drained = 0;
        while self.state.lock().unwrap().queue.close().is_some() {
            drained += 1;
        }
        let mut from = 0;
        loop {
            let Some(payer) = self.state.lock().unwrap().queue.next_part(from) else { return drained };
            if left_out(Step::CloseWakes) {
                return drained;
            }
            let all = self.state.lock().unwrap().queue.waiters(payer).map(std::mem::take);
            all.into_iter().flatten().for_each(|w| w.wake());
            from = payer + 1;
        }
    }
}

fn model(step: Option<Step>, body: impl Fn() + Sync + Send + 'static) {
    explore(step, None, body);
}

fn explore(step: Option<Step>, preemptions: Option<usize>, body: impl Fn() + Sync + Send + 'static) {
    leave_out(step);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(body);
}

/// Three connections of one budget through a part that holds one: a client has to wait for room, the service for a client.
fn connect_and_accept(step: Option<Step>) {
    model(step, || {
        let listen = Listen::new();
        let client = {
            let listen = listen.clone();
            thread::spawn(move || {
                assert_eq!(listen.connect(1), Connected::Queued);
                assert_eq!(listen.connect(1), Connected::Queued);
            })
        };
        listen.accept();
        listen.accept();
        client.join().unwrap();
        assert!(listen.state.lock().unwrap().queue.is_empty());
    });
}

/// Two clients wait for the one room; one of them gives up at any moment.
fn one_gives_up(step: Option<Step>, preemptions: Option<usize>) {
    explore(step, preemptions, || {
        let listen = Listen::new();
        assert_eq!(listen.offer(1), Some(Connected::Queued));
        let client = {
            let listen = listen.clone();
            thread::spawn(move || assert_eq!(listen.connect(1), Connected::Queued))
        };
        let loser = {
            let listen = listen.clone();
            thread::spawn(move || listen.give_up(1))
        };
        listen.accept();
        client.join().unwrap();
        loser.join().unwrap();
        listen.accept();
    });
}

/// The service goes while a client waits for room: nothing is left in the queue, nobody sleeps on.
fn close_ends_all(step: Option<Step>) {
    model(step, || {
        let listen = Listen::new();
        assert_eq!(listen.offer(1), Some(Connected::Queued));
        let client = {
            let listen = listen.clone();
            thread::spawn(move || listen.connect(1))
        };
        let drained = listen.close();
        let connected = client.join().unwrap();
        assert_eq!(drained, if connected == Connected::Queued { 2 } else { 1 });
        assert!(listen.state.lock().unwrap().queue.is_empty());
    });
}

/// One who accepts cannot use the connection while the last descriptor goes: it is not left in a queue that nobody empties.
fn back_at_the_end(step: Option<Step>) {
    model(step, || {
        let listen = Listen::new();
        assert_eq!(listen.offer(1), Some(Connected::Queued));
        let closer = {
            let listen = listen.clone();
            thread::spawn(move || listen.close())
        };
        let taken = listen.state.lock().unwrap().queue.take();
        let dropped = match taken {
            Some(taken) => listen.state.lock().unwrap().queue.put_back(taken).is_err(),
            None => false,
        };
        assert_eq!(closer.join().unwrap() + usize::from(dropped), 1);
        assert!(listen.state.lock().unwrap().queue.is_empty());
    });
}

/// A client waits for room behind one that has left: it gets in when that one is taken away.
fn room_of_who_left(step: Option<Step>) {
    model(step, || {
        let listen = Listen::new();
        assert_eq!(listen.offer_one(1, LEFT), Some(Connected::Queued));
        let client = {
            let listen = listen.clone();
            thread::spawn(move || assert_eq!(listen.connect(1), Connected::Queued))
        };
        listen.clear();
        client.join().unwrap();
        listen.clear();
        assert_eq!(listen.state.lock().unwrap().queue.take().map(|t| t.entry.value), Some(STAYS));
    });
}

/// While one looks at a connection whose client has left, a service takes that one and another client comes: nobody loses it.
fn taken_meanwhile(step: Option<Step>) {
    model(step, || {
        let listen = Listen::new();
        assert_eq!(listen.offer_one(1, LEFT), Some(Connected::Queued));
        let looker = {
            let listen = listen.clone();
            thread::spawn(move || listen.clear())
        };
        let taken = listen.state.lock().unwrap().queue.take();
        assert_eq!(listen.offer(1), Some(Connected::Queued));
        looker.join().unwrap();
        drop(taken);
        assert_eq!(listen.state.lock().unwrap().queue.take().map(|t| t.entry.value), Some(STAYS));
        assert!(listen.state.lock().unwrap().queue.is_empty());
    });
}

#[test]
fn who_has_left_makes_room() {
    room_of_who_left(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn who_has_left_makes_room_in_secret() {
    room_of_who_left(Some(Step::RemoveWakes));
}

#[test]
fn who_is_taken_meanwhile_is_left_alone() {
    taken_meanwhile(None);
}

#[test]
#[should_panic]
fn what_is_first_is_taken_away() {
    taken_meanwhile(Some(Step::NumberNamesOne));
}

#[test]
fn what_comes_back_at_the_end_is_dropped() {
    back_at_the_end(None);
}

#[test]
#[should_panic]
fn what_comes_back_at_the_end_stays() {
    back_at_the_end(Some(Step::NothingGoesBack));
}

#[test]
fn room_and_connections_are_handed_over() {
    connect_and_accept(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn handed_over_without_waking_who_accepts() {
    connect_and_accept(Some(Step::OfferWakes));
}

#[test]
#[should_panic(expected = "deadlock")]
fn handed_over_without_waking_who_waits() {
    connect_and_accept(Some(Step::TakeWakes));
}

#[test]
#[should_panic(expected = "deadlock")]
fn handed_over_without_registering_first() {
    connect_and_accept(Some(Step::RegisterFirst));
}

#[test]
#[should_panic]
fn handed_over_without_keeping_the_part() {
    connect_and_accept(Some(Step::PartStays));
}

#[test]
fn a_wake_up_that_is_not_used_is_passed_on() {
    one_gives_up(None, Some(3));
}

#[test]
#[ignore = "takes a minute"]
fn a_wake_up_that_is_not_used_is_passed_on_wholly() {
    one_gives_up(None, None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn given_up_without_passing_on() {
    one_gives_up(Some(Step::LeavePassesOn), Some(3));
}

#[test]
fn the_end_reaches_everyone() {
    close_ends_all(None);
}

#[test]
#[should_panic]
fn the_end_without_refusing() {
    close_ends_all(Some(Step::CloseRefuses));
}

#[test]
#[should_panic(expected = "deadlock")]
fn the_end_without_waking() {
    close_ends_all(Some(Step::CloseWakes));
}
