//! deferred_replies: a server that answers later and out of order: calls and plain messages, of clients that wait, that have gone, and
//! that ask for more than they may.
//! timeout: 60
// calls: chan_call chan_reply_recv chan_send svc_accept

use ktest::service::{Directory, Running};
use rvos::{Bind, Deadline, End, Listener};
use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::rc::Rc;
use std::thread;
use std::time::Duration;
use wire::{CallError, Fault, Later, Packet, Wire, protocol};

/// Requests of one client that wait for answers.
const UNANSWERED: u64 = 8;
/// Messages that a channel holds.
const QUEUED: u64 = 64;
const CLIENTS: u64 = 24;

/// What becomes of those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
enum Fate {
    /// They pass, the last first.
    Pass = 1,
    /// They are turned away.
    TurnedAway = 2,
    /// They are forgotten.
    Forgotten = 3,
}

/// Why one does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
enum Shut {
    /// It was turned away.
    TurnedAway = 1,
}

/// A gate where clients wait for each other.
#[protocol(name = "test.gate", version = 1)]
trait Gate {
    /// Waits; gives how many passed before in this opening.
    #[wire(1)]
    fn wait(&mut self, reply: Later<u64, Shut>, number: u64);
    /// When `count` wait, this becomes of them; gives their numbers' sum.
    #[wire(2)]
    fn open(&mut self, reply: Later<u64, Infallible>, count: u64, fate: Fate);
    /// How many wait.
    #[wire(3)]
    fn waiting(&mut self) -> Result<u64, Infallible>;
}

#[derive(Default)]
struct State {
    waiting: Vec<(Later<u64, Shut>, u64)>,
    opening: Option<(Later<u64, Infallible>, u64, Fate)>,
}

struct Session(Rc<RefCell<State>>);

impl Gate for Session {
    fn wait(&mut self, reply: Later<u64, Shut>, number: u64) {
        self.0.borrow_mut().waiting.push((reply, number));
        self.look();
    }

    fn open(&mut self, reply: Later<u64, Infallible>, count: u64, fate: Fate) {
        self.0.borrow_mut().opening = Some((reply, count, fate));
        self.look();
    }

    fn waiting(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.borrow().waiting.len() as u64)
    }
}

impl Session {
    fn look(&self) {
        let state = &mut *self.0.borrow_mut();
        let there = state.waiting.len() as u64;
        let Some((opener, _, fate)) = state.opening.take_if(|(_, count, _)| there >= *count) else { return };
        let mut sum = 0;
        for (place, (reply, number)) in state.waiting.drain(..).rev().enumerate() {
            sum += number;
            match fate {
                Fate::Pass => reply.answer(Ok(place as u64)),
                Fate::TurnedAway => reply.answer(Err(Shut::TurnedAway)),
                Fate::Forgotten => drop(reply),
            }
        }
        opener.answer(Ok(sum));
    }
}

fn main() -> io::Result<()> {
    if std::env::args().nth(1).is_some() {
        let state = Rc::new(RefCell::new(State::default()));
        let options = server::Options { unanswered: UNANSWERED as usize, ..server::Options::default() };
        let never = server::run::<GateProtocol, _>(Listener::inherited()?, &options, |_peer| Session(Rc::clone(&state)))?;
        match never {}
    }
    let dir = Directory::mount("deferred")?;
    let listener = dir.bind("gate", &Bind::default())?;
    let _service = Running::again("serve", &listener)?;
    last_first(&dir)?;
    gone(&dir)?;
    more_than_it_may(&dir)?;
    too_late(&dir)?;
    last_first(&dir)
}

fn client(dir: &Directory) -> io::Result<GateClient<End>> {
    dir.connect("gate").map(GateClient::new)
}

fn request(number: u64) -> Packet {
    let mut packet = Packet::new();
    wire::emit_request(GateRequest::Wait { number }, &mut packet);
    packet
}

/// Calls of many clients end in the order that the server wants, each with its own answer.
fn last_first(dir: &Directory) -> io::Result<()> {
    for fate in [Fate::Pass, Fate::TurnedAway, Fate::Forgotten] {
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            let mut one = client(dir)?;
            clients.push(thread::spawn(move || one.wait(number)));
        }
        let sum = client(dir)?.open(CLIENTS, fate).expect("all are there");
        assert_eq!(sum, (0..CLIENTS).sum::<u64>());
        let mut places = Vec::new();
        for one in clients {
            match (fate, one.join().expect("no panic")) {
                (Fate::Pass, Ok(place)) => places.push(place),
                (Fate::TurnedAway, Err(CallError::Service(Shut::TurnedAway))) => {}
                (Fate::Forgotten, Err(CallError::Fault(Fault::Unanswered))) => {}
                (_, other) => panic!("{fate:?}: {other:?}"),
            }
        }
        places.sort_unstable();
        assert!(fate != Fate::Pass || places.into_iter().eq(0..CLIENTS), "each has a place of its own");
    }
    Ok(())
}

/// Clients that are gone when their answers come.
fn gone(dir: &Directory) -> io::Result<()> {
    for number in 0..UNANSWERED {
        let end = dir.connect("gate")?;
        end.send(&mut request(number), Deadline::Never)?;
    }
    let mut waits = client(dir)?;
    let last = thread::spawn(move || waits.wait(100).expect("passes"));
    let sum = client(dir)?.open(UNANSWERED + 1, Fate::Pass).expect("all are there");
    assert_eq!(sum, (0..UNANSWERED).sum::<u64>() + 100);
    assert!(last.join().expect("no panic") <= UNANSWERED);
    Ok(())
}

/// One client's requests beyond what may wait stay in its channel, and get their answers as those before them do.
fn more_than_it_may(dir: &Directory) -> io::Result<()> {
    let end = dir.connect("gate")?;
    // That all of them are accepted shows that as many as may wait were read.
    for number in 0..UNANSWERED + QUEUED {
        end.send(&mut request(number), Deadline::Never)?;
    }
    let mut other = client(dir)?;
    for _ in 0..100 {
        let waiting = other.waiting().expect("another client is served");
        assert!(waiting <= UNANSWERED, "{waiting} requests wait");
    }
    let mut packet = Packet::new();
    let mut sum = 0;
    for _ in 0..(UNANSWERED + QUEUED) / UNANSWERED {
        sum += other.open(UNANSWERED, Fate::Pass).expect("the next ones are there");
        for place in 0..UNANSWERED {
            let received = end.receive(&mut packet, Deadline::Never)?;
            assert_eq!(received.call, None);
            assert_eq!(packet.bytes.get(9), Some(&(place as u8)), "the last first");
        }
    }
    assert_eq!(sum, (0..UNANSWERED + QUEUED).sum::<u64>());
    Ok(())
}

/// Calls whose deadline passes while, before, or after they are answered.
fn too_late(dir: &Directory) -> io::Result<()> {
    let end = dir.connect("gate")?;
    for number in 0..UNANSWERED {
        let deadline = Deadline::after(Duration::from_micros(number * number * 50));
        let late = end.call(&mut request(number), &mut Packet::new(), 64, deadline);
        assert_eq!(late.err().map(|e| e.kind()), Some(io::ErrorKind::TimedOut));
    }
    // Who was never received does not wait, the others do.
    let mut other = client(dir)?;
    let waiting = other.waiting().expect("a number");
    let _ = other.open(waiting, Fate::Pass).expect("they are there");
    assert_eq!(other.waiting().expect("a number"), 0);
    let mut again = GateClient::new(end);
    assert_eq!(again.waiting().expect("the session goes on"), 0);
    Ok(())
}
