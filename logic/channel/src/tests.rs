//! Random histories against a naive model: two plain lists of messages and a list of calls.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use std::vec::Vec;

use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

use crate::calls::LOOKS;
use crate::{
    Begun, CallId, Channel, Delivery, End, Failure, Limits, MAX_BYTES, MAX_CALLS, Outcome, Received, Size, Untaken, Why,
};

/// A message of the test: its serial number, which must neither vanish nor appear twice.
type Message = u32;

#[derive(Clone, Copy, Debug)]
enum Op {
    Send(End, u32),
    Call(End, u32, u32),
    /// Receives with room for so many bytes; then consumes it, or puts it back.
    Receive(End, u32, bool),
    /// Receives and keeps it in hand.
    Take(End),
    /// Consumes the nth in hand, or puts it back.
    Settle(usize, bool),
    /// Answers the nth consumed request.
    Reply(usize, u32, bool),
    Poll(usize),
    Cancel(usize),
    Close(End),
    Fail,
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::A), Just(End::B)]
}

fn op() -> impl Strategy<Value = Op> {
    let size = || prop_oneof![0u32..100, Just(MAX_BYTES)];
    prop_oneof![
        8 => (end(), size()).prop_map(|(e, s)| Op::Send(e, s)),
        8 => (end(), size(), size()).prop_map(|(e, s, r)| Op::Call(e, s, r)),
        8 => (end(), size(), any::<bool>()).prop_map(|(e, s, f)| Op::Receive(e, s, f)),
        4 => end().prop_map(Op::Take),
        4 => (any::<usize>(), any::<bool>()).prop_map(|(n, f)| Op::Settle(n, f)),
        6 => (any::<usize>(), size(), any::<bool>()).prop_map(|(n, s, c)| Op::Reply(n, s, c)),
        4 => any::<usize>().prop_map(Op::Poll),
        3 => any::<usize>().prop_map(Op::Cancel),
        1 => end().prop_map(Op::Close),
        1 => Just(Op::Fail),
    ]
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Queued,
    InHand,
    Taken(Message),
    Replied(Message),
    Failed(Failure),
}

#[derive(Debug)]
struct ModelCall {
    id: CallId,
    from: End,
    room: u32,
    state: State,
}

struct Pair {
    channel: Channel<Message, ()>,
    /// What waits at A and at B.
    queues: [Vec<(Message, u32, Option<CallId>)>; 2],
    in_hand: Vec<(End, Delivery<Message>)>,
    calls: Vec<ModelCall>,
    open: [bool; 2],
    next: Message,
    limits: (usize, u64),
    over: Vec<CallId>,
}

fn index(end: End) -> usize {
    usize::from(end == End::B)
}

fn bytes(n: u32) -> Size {
    Size { bytes: n, fds: 0 }
}

impl Pair {
    fn new() -> Self {
        let limits = (5, 2 * u64::from(MAX_BYTES));
        let channel = Channel::new(Limits::new(5, limits.1).unwrap());
        let queues = [Vec::new(), Vec::new()];
        Pair { channel, queues, in_hand: Vec::new(), calls: Vec::new(), open: [true; 2], next: 0, limits, over: Vec::new() }
    }

    fn counted(&self, at: End) -> (usize, u64) {
        let hand = self.in_hand.iter().filter(|(e, _)| *e == at).map(|(_, d)| u64::from(d.size.bytes));
        let queued = self.queues[index(at)].iter().map(|q| u64::from(q.1));
        hand.chain(queued).fold((0, 0), |(n, sum), b| (n + 1, sum + b))
    }

    fn expect_send(&self, from: End, size: u32) -> Result<(), Why> {
        if !self.open[0] || !self.open[1] {
            return Err(Why::Closed);
        }
        let (n, sum) = self.counted(from.peer());
        if n < self.limits.0 && sum + u64::from(size) <= self.limits.1 { Ok(()) } else { Err(Why::Full) }
    }

    fn send(&mut self, from: End, size: u32, room: Option<u32>) {
        let message = self.next;
        self.next += 1;
        let expected = self.expect_send(from, size);
        let result = match room {
            None => self.channel.send(from, message, bytes(size)).map(|()| None),
            Some(room) => self.channel.call(from, message, bytes(size), bytes(room), || ()).map(Some),
        };
        match result {
            Ok(id) => {
                assert_eq!(expected, Ok(()));
                self.queues[index(from.peer())].push((message, size, id));
                if let (Some(id), Some(room)) = (id, room) {
                    assert!(!self.over.contains(&id) && self.calls.iter().all(|c| c.id != id), "a number was used twice");
                    self.calls.push(ModelCall { id, from, room, state: State::Queued });
                }
            }
            Err(refused) => assert_eq!((Err(refused.why), refused.message), (expected, message)),
        }
    }

    fn state(&mut self, id: Option<CallId>) -> Option<&mut State> {
        self.calls.iter_mut().find(|c| Some(c.id) == id).map(|c| &mut c.state)
    }

    fn take(&mut self, at: End, room: u32) -> bool {
        let first = self.queues[index(at)].first().copied();
        match (self.channel.receive(at, bytes(room), 7), first) {
            (Received::Message(d), Some((message, size, call))) => {
                assert_eq!((d.message, d.size.bytes, d.call), (message, size, call));
                assert!(size <= room);
                self.queues[index(at)].remove(0);
                if let Some(state @ State::Queued) = self.state(call) {
                    *state = State::InHand;
                }
                self.in_hand.push((at, d));
                true
            }
            (Received::TooLarge(size), Some(first)) => {
                assert!(size.bytes == first.1 && first.1 > room);
                false
            }
            (Received::Empty, None) => {
                assert!(self.open[0] && self.open[1]);
                false
            }
            (Received::Closed, None) => {
                assert!(!self.open[0] || !self.open[1]);
                false
            }
            (got, want) => panic!("{got:?} instead of {want:?}"),
        }
    }

    fn settle(&mut self, nth: usize, consume: bool) {
        if self.in_hand.is_empty() {
            return;
        }
        let (at, d) = self.in_hand.swap_remove(nth % self.in_hand.len());
        let waits = self.state(d.call).map(|s| *s == State::InHand);
        if consume {
            let back = self.channel.finish(at, d.message, d.size, d.call).message;
            assert_eq!(back.is_none(), waits == Some(true));
            if let (Some(true), Some(state)) = (waits, self.state(d.call)) {
                *state = State::Taken(d.message);
            }
            return;
        }
        let goes_back = self.open[index(at)] && (d.call.is_none() || waits == Some(true));
        assert_eq!(self.channel.put_back(at, d.message, d.size, d.call).message.is_none(), goes_back);
        if goes_back {
            self.queues[index(at)].insert(0, (d.message, d.size.bytes, d.call));
            if let Some(state) = self.state(d.call) {
                *state = State::Queued;
            }
        }
    }

    fn reply(&mut self, nth: usize, size: u32, commit: bool) {
        if self.calls.is_empty() {
            return;
        }
        let nth = nth % self.calls.len();
        let ModelCall { id, from, room, ref state } = self.calls[nth];
        let held = if let State::Taken(m) = state { Some(*m) } else { None };
        assert!(matches!(self.channel.begin_reply(from, id, bytes(0)), Begun::Void), "answered by the caller's own end");
        match self.channel.begin_reply(from.peer(), id, bytes(size)) {
            Begun::TooLarge(r) => assert!(r.bytes == room && size > room),
            Begun::Void => assert!(held.is_none()),
            Begun::Room(message) => {
                assert!(size <= room && held == Some(message));
                if commit {
                    self.channel.commit_reply(id, message, bytes(size)).unwrap();
                    self.calls[nth].state = State::Replied(message);
                } else {
                    assert_eq!(self.channel.abort_reply(id, message), None);
                }
            }
        }
    }

    fn poll(&mut self, nth: usize) {
        if self.calls.is_empty() {
            return;
        }
        let nth = nth % self.calls.len();
        let id = self.calls[nth].id;
        // The short way or the long one.
        let short = if nth.is_multiple_of(2) { self.channel.reply(id) } else { None };
        let short = short.map(|mut reply| (*reply.message().unwrap(), reply.size, reply.end()));
        let outcome = match short {
            Some((seen, size, message)) => {
                assert_eq!(message, Some(seen));
                Outcome::Reply(seen, size)
            }
            None => self.channel.poll_call(id),
        };
        let ended = match (outcome, &self.calls[nth].state) {
            (Outcome::Reply(m, _), State::Replied(want)) => m == *want,
            (Outcome::Failed(why), State::Failed(want)) => why == *want,
            (Outcome::Pending, State::Queued | State::InHand | State::Taken(_)) => return,
            (got, want) => panic!("{got:?} instead of {want:?}"),
        };
        assert!(ended);
        self.end(nth);
    }

    /// A call is over: its number is void for ever.
    fn end(&mut self, nth: usize) {
        let id = self.calls.swap_remove(nth).id;
        self.over.push(id);
        assert!(matches!(self.channel.begin_reply(End::A, id, bytes(0)), Begun::Void));
        assert_eq!(self.channel.commit_reply(id, 0, bytes(0)), Err(0));
        assert_eq!(self.channel.cancel(id).message, None);
    }

    fn cancel(&mut self, nth: usize) {
        if self.calls.is_empty() {
            return;
        }
        let nth = nth % self.calls.len();
        let (id, from) = (self.calls[nth].id, self.calls[nth].from);
        let back = self.channel.cancel(id).message;
        let queue = &mut self.queues[index(from.peer())];
        let want = match self.calls[nth].state {
            State::Queued => queue.iter().position(|q| q.2 == Some(id)).map(|at| queue.remove(at).0),
            State::Taken(m) | State::Replied(m) => Some(m),
            State::InHand | State::Failed(_) => None,
        };
        assert_eq!(back, want);
        self.end(nth);
    }

    fn close(&mut self, end: End) {
        self.channel.close(end);
        self.open[index(end)] = false;
        let mut drained = Vec::new();
        while let Some(m) = self.channel.drain(end) {
            drained.push(m);
        }
        let want: Vec<_> = self.queues[index(end)].drain(..).map(|q| q.0).collect();
        assert_eq!(drained, want);
        self.fail(0);
    }

    fn fail(&mut self, taker: u64) {
        let (mut at, mut held) = (0, Vec::new());
        while let Some((next, failed)) = self.channel.next_failed(at, taker) {
            at = next;
            held.extend(failed.and_then(|(_, m)| m));
        }
        let mut want = Vec::new();
        for call in &mut self.calls {
            call.state = match call.state {
                State::Queued if taker == 0 => State::Failed(Failure::NotTaken),
                State::InHand => State::Failed(Failure::Lost),
                State::Taken(m) => {
                    want.push(m);
                    State::Failed(Failure::Lost)
                }
                ref other => other.clone(),
            };
        }
        held.sort_unstable();
        want.sort_unstable();
        assert_eq!(held, want);
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Send(from, size) => self.send(from, size, None),
            Op::Call(from, size, room) => self.send(from, size, Some(room)),
            Op::Receive(at, room, consume) => {
                if self.take(at, room) {
                    self.settle(self.in_hand.len() - 1, consume);
                }
            }
            Op::Take(at) => _ = self.take(at, MAX_BYTES),
            Op::Settle(nth, consume) => self.settle(nth, consume),
            Op::Reply(nth, size, commit) => self.reply(nth, size, commit),
            Op::Poll(nth) => self.poll(nth),
            Op::Cancel(nth) => self.cancel(nth),
            Op::Close(end) => self.close(end),
            // Everything is received by 7.
            Op::Fail => self.fail(7),
        }
        assert_eq!(self.channel.open_calls() as usize, self.calls.len());
        for at in [End::A, End::B] {
            let figures = self.channel.figures(at);
            assert_eq!((figures.queued as usize, figures.queued_bytes), self.counted(at));
            assert_eq!(self.channel.front(at).map(|f| f.0.bytes), self.queues[index(at)].first().map(|q| q.1));
            assert_eq!(self.channel.room(at, bytes(9)), self.expect_send(at, 9));
        }
    }
}

proptest! {
    #[test]
    fn agrees_with_lists(ops in proptest::collection::vec(op(), 1..120)) {
        let mut pair = Pair::new();
        for op in ops {
            pair.step(op);
        }
    }
}

#[test]
fn limits_are_checked() {
    assert!(Limits::new(0, 0).is_some());
    assert!(Limits::new(Limits::MAX_MESSAGES, Limits::MAX_QUEUE_BYTES).is_some());
    assert!(Limits::new(Limits::MAX_MESSAGES + 1, 0).is_none());
    assert!(Limits::new(0, u64::from(MAX_BYTES) - 1).is_none());
    assert!(Limits::new(0, Limits::MAX_QUEUE_BYTES + 1).is_none());
}

#[test]
fn calls_have_an_end() {
    let mut channel: Channel<u32, ()> = Channel::new(Limits::new(0, 0).unwrap());
    let mut open = 0;
    loop {
        match channel.call(End::A, 0, bytes(0), bytes(0), || ()) {
            Ok(_) => open += 1,
            Err(refused) => {
                assert_eq!(refused.why, Why::Memory);
                break;
            }
        }
        let Received::Message(d) = channel.receive(End::B, bytes(0), 1) else { panic!() };
        assert!(channel.finish(End::B, d.message, d.size, d.call).message.is_none());
    }
    assert_eq!(open, MAX_CALLS);
}

#[test]
fn what_is_looked_at_is_bounded() {
    let mut channel = Channel::<u32, ()>::new(Limits::new(1, 0).unwrap());
    let mut call = || {
        let id = channel.call(End::A, 1, bytes(0), bytes(0), || ()).ok()?;
        let Received::Message(d) = channel.receive(End::B, bytes(0), 7) else { return None };
        channel.finish(End::B, d.message, d.size, d.call);
        Some(id)
    };
    let ids: Vec<_> = core::iter::from_fn(&mut call).collect();
    assert_eq!(ids.len(), MAX_CALLS);
    let (last, others) = ids.split_last().unwrap();
    for id in others {
        let _ = channel.cancel(*id);
    }
    // The last place of all: found in as many steps as there are pieces of so many places.
    let (mut at, mut steps) = (0, 0);
    let found = loop {
        let (next, failed) = channel.next_failed(at, 7).unwrap();
        (at, steps) = (next, steps + 1);
        assert!(next <= steps * LOOKS);
        if let Some((_, held)) = failed {
            break held;
        }
    };
    assert_eq!((found, steps, at), (Some(1), MAX_CALLS as u32 / LOOKS, MAX_CALLS as u32));
    assert!(matches!(channel.poll_call(*last), Outcome::Failed(Failure::Lost)));
    assert!(channel.next_failed(0, 7).is_none(), "without calls nothing is looked at");
}

#[test]
fn the_short_way_is_the_long_way_in_one() {
    let mut c: Channel<u32, u8> = Channel::new(Limits::new(2, 0).unwrap());
    let id = c.call(End::A, 7, bytes(4), bytes(8), || 9).unwrap();
    // Too large for the receiver, or not to be copied: it stays.
    assert_eq!(c.take_request(End::B, bytes(3), 5, |_, _| true), None);
    assert_eq!(c.take_request(End::B, bytes(4), 5, |_, _| false), None);
    assert_eq!(c.figures(End::B).queued, 1);
    let taken = c.take_request(End::B, bytes(4), 5, |m, w| (*m, *w) == (7, 9)).unwrap();
    assert_eq!((taken.call, taken.size, taken.reply_room), (id, bytes(4), bytes(8)));
    assert_eq!(c.parties(id), Some((&9, 5)));
    // It goes back in front of what came since.
    c.send(End::A, 8, bytes(1)).unwrap();
    assert_eq!(c.untake_request(End::B, id, taken.size, |_| {}), Untaken::Back);
    assert_eq!(c.untake_request(End::B, id, taken.size, |_| {}), Untaken::Over);
    assert_eq!((c.figures(End::B).queued, c.parties(id)), (2, Some((&9, 0))));
    assert!(c.take_request(End::B, bytes(4), 6, |m, _| *m == 7).unwrap().made_room);
    // A message that nobody waits for an answer to goes the long way.
    assert_eq!(c.take_request(End::B, bytes(4), 6, |_, _| true), None);
    assert_eq!(c.answer_with(End::A, id, bytes(1), |_| ()), Err("void"));
    assert_eq!(c.answer_with(End::B, id, bytes(9), |_| ()), Err("too large"));
    assert_eq!(c.answer_with(End::B, id, bytes(8), |m| *m += 1), Ok(9));
    assert_eq!(c.answer_with(End::B, id, bytes(8), |m| *m += 1), Err("void"));
    assert!(matches!(c.poll_call(id), Outcome::Reply(8, size) if size == bytes(8)));
}
