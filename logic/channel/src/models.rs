//! loom models of the steps, each with mutations: a model that leaves a step out must fail.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p logic-channel models`
//!
//! With two threads every interleaving is explored. Of two long histories that is so in full runs (the deadline) or not at all (the
//! signal: three preemptions), but each has a short one beside it. With three threads there are at most two preemptions.
//!
//! A thread sleeps as the kernel's do: it arms, looks under the channel's lock, and sleeps until it was woken since it armed.
//! That this loses no wake-up is the model of `logic-waits`; here it is one lock and one condition variable.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a model may panic")]

// std's `Arc`: loom's own panics again while a failed model unwinds.
use std::sync::Arc;
use std::vec::Vec;

use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::mutation::{Step, leave_out, left_out};
use crate::{Begun, CallId, Channel, Delivery, End, Failure, Limits, Outcome, Received, Size, Taken, Untaken};

/// A thread's wait state.
struct Sleeper {
    woken: Mutex<bool>,
    wake: Condvar,
}

impl Sleeper {
    fn new() -> Arc<Self> {
        Arc::new(Self { woken: Mutex::new(false), wake: Condvar::new() })
    }
    fn arm(&self) {
        *self.woken.lock().unwrap() = false;
    }
    fn sleep(&self) {
        let mut woken = self.woken.lock().unwrap();
        while !*woken {
            woken = self.wake.wait(woken).unwrap();
        }
    }
    fn wake(&self) {
        *self.woken.lock().unwrap() = true;
        self.wake.notify_one();
    }
    /// (1) Sleeps until `look` gives something.
    fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        loop {
            if !left_out(Step::ArmBeforeCheck) {
                self.arm();
            }
            if let Some(found) = look() {
                return found;
            }
            if left_out(Step::ArmBeforeCheck) {
                self.arm();
            }
            self.sleep();
        }
    }
}

type Waiter = Arc<Sleeper>;
type Message = u32;

struct State {
    logic: Channel<Message, Waiter>,
    /// Who waits for a message at B.
    receivers: Vec<Waiter>,
    /// Who waits for room at A.
    senders: Vec<Waiter>,
}

/// The pair with its one lock.
struct Pair(Mutex<State>);

const ANY: Size = Size { bytes: 8, fds: 0 };

impl Pair {
    fn new() -> Arc<Self> {
        let logic = Channel::new(Limits::new(2, 0).unwrap());
        Arc::new(Self(Mutex::new(State { logic, receivers: Vec::new(), senders: Vec::new() })))
    }

    fn send(&self, message: Message) -> bool {
        let (sent, first) = {
            let mut s = self.0.lock().unwrap();
            let sent = s.logic.send(End::A, message, ANY).is_ok();
            (sent, if s.receivers.is_empty() { None } else { Some(s.receivers.remove(0)) })
        };
        if let Some(t) = first {
            t.wake();
        }
        sent
    }

    fn call(&self, me: &Waiter, message: Message) -> Option<CallId> {
        let (id, first) = {
            let mut s = self.0.lock().unwrap();
            let id = s.logic.call(End::A, message, ANY, ANY, || me.clone()).ok();
            (id, if s.receivers.is_empty() { None } else { Some(s.receivers.remove(0)) })
        };
        if let Some(t) = first {
            t.wake();
        }
        id
    }

    /// Receives one message at B; `None` when A has closed.
    fn receive(&self, me: &Waiter) -> Option<Delivery<Message>> {
        me.until(|| {
            let mut s = self.0.lock().unwrap();
            match s.logic.receive(End::B, ANY, 1) {
                Received::Message(d) => Some(Some(d)),
                Received::Closed => Some(None),
                Received::Empty | Received::TooLarge(_) => {
                    if !s.receivers.iter().any(|t| Arc::ptr_eq(t, me)) {
                        s.receivers.push(me.clone());
                    }
                    None
                }
            }
        })
    }

    /// Leaves without having received, though perhaps woken for a message.
    fn leave(&self, me: &Waiter) {
        let next = {
            let mut s = self.0.lock().unwrap();
            let at = s.receivers.iter().position(|t| Arc::ptr_eq(t, me));
            match at {
                Some(at) => {
                    s.receivers.remove(at);
                    None
                }
                None if left_out(Step::PassOn) || s.receivers.is_empty() => None,
                None => Some(s.receivers.remove(0)),
            }
        };
        if let Some(t) = next {
            t.wake();
        }
    }

    fn consume(&self, d: &Delivery<Message>) -> Option<Message> {
        let done = self.0.lock().unwrap().logic.finish(End::B, d.message, d.size, d.call);
        if done.made_room {
            self.wake_sender();
        }
        done.message
    }

    fn wake_sender(&self) {
        let first = {
            let mut s = self.0.lock().unwrap();
            if s.senders.is_empty() { None } else { Some(s.senders.remove(0)) }
        };
        if let Some(t) = first {
            t.wake();
        }
    }

    /// Sends, waiting for room.
    fn send_waiting(&self, message: Message) {
        let me = Sleeper::new();
        let mut waited = false;
        loop {
            let sent = self.send(message);
            if waited && !left_out(Step::RoomIsPassedOn) && self.0.lock().unwrap().logic.writable(End::A) {
                self.wake_sender();
            }
            if sent {
                return;
            }
            me.until(|| {
                let mut s = self.0.lock().unwrap();
                if s.logic.writable(End::A) {
                    return Some(());
                }
                if !s.senders.iter().any(|t| Arc::ptr_eq(t, &me)) {
                    s.senders.push(me.clone());
                }
                None
            });
            self.0.lock().unwrap().senders.retain(|t| !Arc::ptr_eq(t, &me));
            waited = true;
        }
    }

    /// (4) Whether the reply reached the caller.
    fn reply(&self, id: CallId, value: Message) -> bool {
        let begun = self.0.lock().unwrap().logic.begin_reply(End::B, id, ANY);
        let Begun::Room(_) = begun else { return false };
        if left_out(Step::WakeAfterCommit)
            && let Some((caller, _)) = self.0.lock().unwrap().logic.parties(id)
        {
            caller.wake();
        }
        match self.0.lock().unwrap().logic.commit_reply(id, value, ANY) {
            Ok(caller) => {
                if !left_out(Step::WakeAfterCommit) {
                    caller.wake();
                }
                true
            }
            Err(late) => {
                assert_eq!(late, value);
                false
            }
        }
    }

    /// (2) and (3) at once.
    fn take_short(&self, me: &Waiter) -> (Taken, Message) {
        me.until(|| {
            let mut s = self.0.lock().unwrap();
            let mut copy = 0;
            let taken = s.logic.take_request(End::B, ANY, 1, |m, _| {
                copy = *m;
                true
            });
            if taken.is_none() && !s.receivers.iter().any(|t| Arc::ptr_eq(t, me)) {
                s.receivers.push(me.clone());
            }
            taken.map(|t| (t, copy))
        })
    }

    /// (4) at once.
    fn answer_short(&self, id: CallId, value: Message) {
        let answered = self.0.lock().unwrap().logic.answer_with(End::B, id, ANY, |m| *m = value);
        answered.expect("nobody to answer").wake();
    }

    fn await_reply(&self, me: &Waiter, id: CallId) -> Result<Message, Failure> {
        me.until(|| {
            let logic = &mut self.0.lock().unwrap().logic;
            // The short way first, as the kernel does it.
            if let Some(reply) = logic.reply(id) {
                return Some(Ok(reply.end().unwrap()));
            }
            match logic.poll_call(id) {
                Outcome::Pending => None,
                Outcome::Reply(..) => panic!("the short way overlooked it"),
                Outcome::Failed(why) => Some(Err(why)),
            }
        })
    }

    /// (6)
    fn close(&self, end: End) {
        self.0.lock().unwrap().logic.close(end);
        while self.0.lock().unwrap().logic.drain(end).is_some() {}
        let mut at = 0;
        loop {
            let Some((next, failed)) = self.0.lock().unwrap().logic.next_failed(at, 0) else { break };
            at = next;
            if let Some((caller, _)) = failed {
                caller.wake();
            }
        }
        let waiting = core::mem::take(&mut self.0.lock().unwrap().receivers);
        for t in waiting {
            t.wake();
        }
    }
}

fn model(step: Option<Step>, body: impl Fn() + Sync + Send + 'static) {
    explore(step, None, body);
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

/// A client calls, a server answers, both may have to wait.
fn round_trip(step: Option<Step>) {
    model(step, || {
        let pair = Pair::new();
        let server = {
            let pair = pair.clone();
            thread::spawn(move || {
                let me = Sleeper::new();
                let d = pair.receive(&me).unwrap();
                assert_eq!(pair.consume(&d), None);
                assert!(pair.reply(d.call.unwrap(), d.message + 1));
            })
        };
        let me = Sleeper::new();
        let id = pair.call(&me, 7).unwrap();
        assert_eq!(pair.await_reply(&me, id), Ok(8));
        server.join().unwrap();
        assert_eq!(pair.0.lock().unwrap().logic.open_calls(), 0);
    });
}

/// The same by the short way, on which a request may go back once before it is answered.
fn short_round_trip(step: Option<Step>, goes_back: bool) {
    model(step, move || {
        let pair = Pair::new();
        let server = {
            let pair = pair.clone();
            thread::spawn(move || {
                let me = Sleeper::new();
                let (mut taken, mut value) = pair.take_short(&me);
                if goes_back {
                    let back = pair.0.lock().unwrap().logic.untake_request(End::B, taken.call, taken.size, |_| {});
                    assert!(matches!(back, Untaken::Back));
                    (taken, value) = pair.take_short(&me);
                }
                pair.answer_short(taken.call, value + 1);
            })
        };
        let me = Sleeper::new();
        let id = pair.call(&me, 7).unwrap();
        assert_eq!(pair.await_reply(&me, id), Ok(8));
        server.join().unwrap();
        let s = pair.0.lock().unwrap();
        assert_eq!((s.logic.open_calls(), s.logic.figures(End::B).queued), (0, 0));
    });
}

/// A request goes back while its end closes, or its caller leaves: it does not wait where nobody looks, and the caller hears.
fn short_goes_back(step: Option<Step>, leaves: bool) {
    model(step, move || {
        let pair = Pair::new();
        let me = Sleeper::new();
        let id = pair.call(&me, 7).unwrap();
        let taken = pair.0.lock().unwrap().logic.take_request(End::B, ANY, 1, |_, _| true).unwrap();
        let other = {
            let pair = pair.clone();
            thread::spawn(move || {
                if leaves {
                    drop(pair.0.lock().unwrap().logic.cancel(id));
                } else {
                    pair.close(End::B);
                }
            })
        };
        let back = pair.0.lock().unwrap().logic.untake_request(End::B, taken.call, taken.size, |_| {});
        if let Untaken::Failed(caller, _) = back {
            caller.wake();
        }
        other.join().unwrap();
        if !leaves {
            assert!(pair.await_reply(&me, id).is_err());
        }
        let s = pair.0.lock().unwrap();
        assert_eq!((s.logic.open_calls(), s.logic.figures(End::B).queued), (0, 0));
    });
}

/// The caller gives up (deadline, death) while the server answers, and calls again: the reply to the first call must not be
/// taken for one to the second.
fn deadline(step: Option<Step>, preemptions: Option<usize>) {
    explore(step, preemptions, || {
        let pair = Pair::new();
        let server = {
            let pair = pair.clone();
            thread::spawn(move || {
                let me = Sleeper::new();
                let Some(first) = pair.receive(&me) else { return };
                pair.consume(&first);
                // It answers the first one only after it has looked for another.
                let early = pair.0.lock().unwrap().logic.receive(End::B, ANY, 1);
                let early = if let Received::Message(d) = early { Some(d) } else { None };
                if let Some(d) = &early {
                    pair.consume(d);
                }
                pair.reply(first.call.unwrap(), first.message + 1);
                let Some(second) = early.or_else(|| pair.receive(&me).inspect(|d| _ = pair.consume(d))) else { return };
                pair.reply(second.call.unwrap(), second.message + 1);
            })
        };
        let me = Sleeper::new();
        let first = pair.call(&me, 10).unwrap();
        // Its deadline has passed as soon as it would sleep.
        let outcome = pair.0.lock().unwrap().logic.poll_call(first);
        match outcome {
            Outcome::Reply(message, _) => assert_eq!(message, 11),
            Outcome::Pending => drop(pair.0.lock().unwrap().logic.cancel(first)),
            Outcome::Failed(why) => panic!("{why:?}"),
        }
        let second = pair.call(&me, 20).unwrap();
        assert_eq!(pair.await_reply(&me, second), Ok(21));
        pair.close(End::A);
        server.join().unwrap();
        assert_eq!(pair.0.lock().unwrap().logic.open_calls(), 0);
    });
}

/// The same with nothing else in it: one answers the first call while its caller leaves, and while a second one, which is then at
/// the first one's place, waits for its answer.
fn late_reply(step: Option<Step>) {
    model(step, || {
        let pair = Pair::new();
        let me = Sleeper::new();
        let first = pair.call(&me, 10).unwrap();
        let Received::Message(d) = pair.0.lock().unwrap().logic.receive(End::B, ANY, 1) else { panic!() };
        pair.consume(&d);
        let server = {
            let pair = pair.clone();
            thread::spawn(move || pair.reply(first, 11))
        };
        let left = pair.0.lock().unwrap().logic.cancel(first).message;
        let second = pair.call(&me, 20).unwrap();
        let received = pair.0.lock().unwrap().logic.receive(End::B, ANY, 2);
        let Received::Message(d) = received else { panic!() };
        pair.consume(&d);
        // It counts as sent if it was there when the caller left.
        assert_eq!(server.join().unwrap(), left == Some(11));
        let outcome = pair.0.lock().unwrap().logic.poll_call(second);
        assert!(matches!(outcome, Outcome::Pending), "nobody has answered it");
        assert!(pair.reply(second, 21));
        assert_eq!(pair.await_reply(&me, second), Ok(21));
        assert_eq!(pair.0.lock().unwrap().logic.open_calls(), 0);
    });
}

/// The server's end closes at any moment: the caller always hears of it.
fn server_dies(step: Option<Step>) {
    model(step, || {
        let pair = Pair::new();
        let server = {
            let pair = pair.clone();
            thread::spawn(move || {
                let taken = {
                    let mut s = pair.0.lock().unwrap();
                    match s.logic.receive(End::B, ANY, 1) {
                        Received::Message(d) => Some(d),
                        _ => None,
                    }
                };
                if let Some(d) = &taken {
                    pair.consume(d);
                }
                pair.close(End::B);
                taken.is_some()
            })
        };
        let me = Sleeper::new();
        let result = pair.call(&me, 7).map(|id| pair.await_reply(&me, id));
        let taken = server.join().unwrap();
        match result {
            None => assert!(!taken),
            Some(Err(Failure::Lost)) => assert!(taken),
            Some(Err(Failure::NotTaken)) => assert!(!taken),
            Some(Ok(_)) => panic!("answered by nobody"),
        }
        assert_eq!(pair.0.lock().unwrap().logic.open_calls(), 0);
    });
}

/// A receiver that puts its message back while others send: the order stays, and nothing is lost.
fn put_back(step: Option<Step>) {
    model(step, || {
        let pair = Pair::new();
        assert!(pair.send(1));
        let sender = {
            let pair = pair.clone();
            thread::spawn(move || pair.send(2))
        };
        let received = pair.0.lock().unwrap().logic.receive(End::B, ANY, 1);
        let Received::Message(d) = received else { panic!() };
        let back = pair.0.lock().unwrap().logic.put_back(End::B, d.message, d.size, d.call);
        assert_eq!((back.message, back.made_room), (None, false));
        assert!(sender.join().unwrap());
        let me = Sleeper::new();
        for want in [1, 2] {
            let d = pair.receive(&me).unwrap();
            assert_eq!(d.message, want);
            assert_eq!(pair.consume(&d), Some(want));
        }
    });
}

/// A message in hand when its end closes comes back to be destroyed: it must not wait in a queue that nobody empties.
fn put_back_after_close(step: Option<Step>) {
    model(step, || {
        let pair = Pair::new();
        assert!(pair.send(1));
        let received = pair.0.lock().unwrap().logic.receive(End::B, ANY, 1);
        let Received::Message(d) = received else { panic!() };
        let closer = {
            let pair = pair.clone();
            thread::spawn(move || pair.close(End::B))
        };
        let back = pair.0.lock().unwrap().logic.put_back(End::B, d.message, d.size, d.call);
        closer.join().unwrap();
        let left = pair.0.lock().unwrap().logic.figures(End::B).queued;
        assert!(back.message.is_some() || left == 0);
        assert_eq!(left, 0);
    });
}

/// Two receivers, one of which leaves without a message at any moment (signal, deadline): the other gets it.
fn receiver_leaves(step: Option<Step>) {
    model(step, || {
        let pair = Pair::new();
        let leaver = Sleeper::new();
        pair.0.lock().unwrap().receivers.push(leaver.clone());
        let stayer = {
            let pair = pair.clone();
            thread::spawn(move || {
                let me = Sleeper::new();
                let d = pair.receive(&me).unwrap();
                assert_eq!(pair.consume(&d), Some(5));
            })
        };
        let sender = {
            let pair = pair.clone();
            thread::spawn(move || assert!(pair.send(5)))
        };
        pair.leave(&leaver);
        sender.join().unwrap();
        stayer.join().unwrap();
    });
}

/// Two senders wait for room; who receives makes room twice, but only the first time out of a full queue.
fn room(step: Option<Step>) {
    bounded(step, 2, || {
        let pair = Pair::new();
        assert!(pair.send(1) && pair.send(2) && !pair.send(3));
        let senders = [3, 4].map(|message| {
            let pair = pair.clone();
            thread::spawn(move || pair.send_waiting(message))
        });
        let me = Sleeper::new();
        for _ in 0..4 {
            let d = pair.receive(&me).unwrap();
            pair.consume(&d);
        }
        senders.into_iter().for_each(|s| s.join().unwrap());
        let s = pair.0.lock().unwrap();
        assert_eq!((s.senders.len(), s.logic.figures(End::B).queued), (0, 0));
    });
}

/// A request cannot be delivered and its caller has left: the room that this makes goes to the sender that waits.
fn room_of_a_request_that_is_gone(step: Option<Step>) {
    model(step, || {
        let pair = Pair::new();
        let me = Sleeper::new();
        let id = pair.call(&me, 1).unwrap();
        assert!(pair.send(2));
        let received = pair.0.lock().unwrap().logic.receive(End::B, ANY, 1);
        let Received::Message(d) = received else { panic!() };
        drop(pair.0.lock().unwrap().logic.cancel(id));
        let sender = {
            let pair = pair.clone();
            thread::spawn(move || pair.send_waiting(3))
        };
        let back = pair.0.lock().unwrap().logic.put_back(End::B, d.message, d.size, d.call);
        assert_eq!((back.message, back.made_room), (Some(1), true));
        if !left_out(Step::BackMakesRoom) {
            pair.wake_sender();
        }
        sender.join().unwrap();
    });
}

/// A signal comes while the caller waits: its handler makes a call of its own, then the wait goes on. The server sees each
/// request once.
fn signal(step: Option<Step>) {
    bounded(step, 3, || {
        let pair = Pair::new();
        let server = {
            let pair = pair.clone();
            thread::spawn(move || {
                let (me, mut seen) = (Sleeper::new(), Vec::new());
                while let Some(d) = pair.receive(&me) {
                    pair.consume(&d);
                    seen.push(d.message);
                    pair.reply(d.call.unwrap(), d.message + 1);
                }
                seen
            })
        };
        let me = Sleeper::new();
        let mut first = pair.call(&me, 10).unwrap();
        let outcome = pair.0.lock().unwrap().logic.poll_call(first);
        match outcome {
            Outcome::Reply(message, _) => assert_eq!(message, 11),
            Outcome::Pending => {
                if left_out(Step::SignalKeepsCall) {
                    drop(pair.0.lock().unwrap().logic.cancel(first));
                }
                let inner = pair.call(&me, 20).unwrap();
                assert_eq!(pair.await_reply(&me, inner), Ok(21));
                if left_out(Step::SignalKeepsCall) {
                    first = pair.call(&me, 10).unwrap();
                }
                assert_eq!(pair.await_reply(&me, first), Ok(11));
            }
            Outcome::Failed(why) => panic!("{why:?}"),
        }
        pair.close(End::A);
        let seen = server.join().unwrap();
        assert_eq!(seen.iter().filter(|m| **m == 10).count(), 1);
        assert_eq!(pair.0.lock().unwrap().logic.open_calls(), 0);
    });
}

/// The same by the short way: the handler comes before the reply or after it.
fn short_signal(step: Option<Step>) {
    model(step, || {
        let pair = Pair::new();
        let me = Sleeper::new();
        let mut first = pair.call(&me, 10).unwrap();
        let server = {
            let pair = pair.clone();
            thread::spawn(move || {
                let me = Sleeper::new();
                [(); 2].map(|()| {
                    let (taken, value) = pair.take_short(&me);
                    pair.answer_short(taken.call, value + 1);
                    value
                })
            })
        };
        let outcome = pair.0.lock().unwrap().logic.poll_call(first);
        let waits = matches!(outcome, Outcome::Pending);
        if waits && left_out(Step::SignalKeepsCall) {
            drop(pair.0.lock().unwrap().logic.cancel(first));
        }
        let inner = pair.call(&me, 20).unwrap();
        assert_eq!(pair.await_reply(&me, inner), Ok(21));
        if waits {
            if left_out(Step::SignalKeepsCall) {
                first = pair.call(&me, 10).unwrap();
            }
            assert_eq!(pair.await_reply(&me, first), Ok(11));
        }
        assert_eq!(server.join().unwrap(), [10, 20]);
        assert_eq!(pair.0.lock().unwrap().logic.open_calls(), 0);
    });
}

/// The caller dies at any moment: its message, or the room for the reply, is destroyed once, by the caller or by the server.
fn caller_dies(step: Option<Step>) {
    model(step, || {
        let pair = Pair::new();
        let server = {
            let pair = pair.clone();
            thread::spawn(move || {
                let received = pair.0.lock().unwrap().logic.receive(End::B, ANY, 1);
                let Received::Message(d) = received else { return 0 };
                let back = pair.consume(&d);
                let id = d.call.unwrap();
                let begun = pair.0.lock().unwrap().logic.begin_reply(End::B, id, ANY);
                let Begun::Room(room) = begun else { return usize::from(back.is_some()) };
                let late = pair.0.lock().unwrap().logic.commit_reply(id, room, ANY).is_err();
                usize::from(back.is_some()) + usize::from(late)
            })
        };
        let me = Sleeper::new();
        let id = pair.call(&me, 7).unwrap();
        let held = if left_out(Step::DeathCancels) { None } else { pair.0.lock().unwrap().logic.cancel(id).message };
        let destroyed = server.join().unwrap() + usize::from(held.is_some());
        assert_eq!(destroyed, 1);
        let s = pair.0.lock().unwrap();
        assert_eq!((s.logic.open_calls(), s.logic.figures(End::B).queued), (0, 0));
    });
}

/// Two callers at one server.
fn two_callers(step: Option<Step>) {
    bounded(step, 2, || {
        let pair = Pair::new();
        let caller = |message: Message| {
            let pair = pair.clone();
            thread::spawn(move || {
                let me = Sleeper::new();
                let id = pair.call(&me, message).unwrap();
                assert_eq!(pair.await_reply(&me, id), Ok(message + 1));
            })
        };
        let callers = [caller(10), caller(20)];
        let me = Sleeper::new();
        for _ in 0..2 {
            let d = pair.receive(&me).unwrap();
            assert_eq!(pair.consume(&d), None);
            assert!(pair.reply(d.call.unwrap(), d.message + 1));
        }
        for caller in callers {
            caller.join().unwrap();
        }
        assert_eq!(pair.0.lock().unwrap().logic.open_calls(), 0);
    });
}

#[test]
fn a_signal_leaves_the_short_call() {
    short_signal(None);
}

#[test]
#[should_panic]
fn a_signal_sends_the_short_call_again() {
    short_signal(Some(Step::SignalKeepsCall));
}

#[test]
fn a_late_reply_alone_is_void() {
    late_reply(None);
}

#[test]
#[should_panic]
fn a_late_reply_alone_is_void_by_place() {
    late_reply(Some(Step::NumberIsUnique));
}

#[test]
fn a_signal_leaves_the_call() {
    signal(None);
}

#[test]
#[should_panic]
fn a_signal_sends_again() {
    signal(Some(Step::SignalKeepsCall));
}

#[test]
fn a_dying_caller_leaves_nothing() {
    caller_dies(None);
}

#[test]
#[should_panic]
fn a_dying_caller_loses_what_the_call_holds() {
    caller_dies(Some(Step::CancelGivesBack));
}

#[test]
#[should_panic]
fn a_dying_caller_stays() {
    caller_dies(Some(Step::DeathCancels));
}

#[test]
fn two_calls_are_answered() {
    two_callers(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn two_calls_are_answered_without_arming_first() {
    two_callers(Some(Step::ArmBeforeCheck));
}

#[test]
fn a_call_is_answered() {
    round_trip(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_call_is_answered_without_arming_first() {
    round_trip(Some(Step::ArmBeforeCheck));
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_call_is_answered_with_an_early_wake() {
    round_trip(Some(Step::WakeAfterCommit));
}

#[test]
fn a_short_call_is_answered() {
    short_round_trip(None, false);
}

#[test]
fn a_short_request_comes_again() {
    short_round_trip(None, true);
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_short_call_is_answered_without_arming_first() {
    short_round_trip(Some(Step::ArmBeforeCheck), false);
}

#[test]
fn a_short_request_does_not_go_back_to_a_closed_end() {
    short_goes_back(None, false);
}

#[test]
#[should_panic]
fn a_short_request_goes_back_to_a_closed_end() {
    short_goes_back(Some(Step::NothingGoesBack), false);
}

#[test]
fn a_short_request_of_a_caller_who_left_is_gone() {
    short_goes_back(None, true);
}

#[test]
fn a_late_reply_is_void() {
    deadline(None, Some(3));
}

#[test]
#[ignore = "takes minutes"]
fn a_late_reply_is_void_wholly() {
    deadline(None, None);
}

#[test]
#[should_panic]
fn a_late_reply_is_void_by_place() {
    deadline(Some(Step::NumberIsUnique), Some(3));
}

#[test]
fn a_dying_server_answers() {
    server_dies(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_dying_server_forgets_the_taken() {
    server_dies(Some(Step::CloseFailsTaken));
}

#[test]
fn what_is_put_back_comes_first() {
    put_back(None);
}

#[test]
fn nothing_goes_back_to_a_closed_end() {
    put_back_after_close(None);
}

#[test]
#[should_panic]
fn what_goes_back_to_a_closed_end_stays() {
    put_back_after_close(Some(Step::NothingGoesBack));
}

#[test]
fn a_wake_is_passed_on() {
    receiver_leaves(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_wake_is_not_passed_on() {
    receiver_leaves(Some(Step::PassOn));
}

#[test]
fn room_is_passed_on() {
    room(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn room_is_not_passed_on() {
    room(Some(Step::RoomIsPassedOn));
}

#[test]
fn what_cannot_go_back_makes_room() {
    room_of_a_request_that_is_gone(None);
}

#[test]
#[should_panic(expected = "deadlock")]
fn what_cannot_go_back_makes_room_in_secret() {
    room_of_a_request_that_is_gone(Some(Step::BackMakesRoom));
}
