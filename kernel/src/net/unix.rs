//! Connected pairs of unix sockets (unix(7), socketpair(2)): streams, and messages with their borders.

use crate::fs::buffer::Buffer;
use crate::fs::file::{Descriptor, File, Io, O_RDWR, OpenFile};
use crate::linux::{Restart, Stop};
use crate::see::{On, Waits};
use crate::task::Thread;
use crate::task::wait::{self, Ended, Interrupt, Observers, Watch};
use abi::Errno;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_waits::{Events, Mode};
use mem::{NoMemory, Ref, user};
use sync::{SpinLock, levels};

/// Bytes that may wait in one direction (net.core.wmem_default).
const CAPACITY: usize = 212_992;
/// Bytes that a stream's write puts into one message.
const STREAM_CHUNK: usize = 16 * 1024;

/// How data keeps its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A stream of bytes (SOCK_STREAM).
    Stream,
    /// Messages (SOCK_SEQPACKET, SOCK_DGRAM).
    Messages,
}

/// A pair: one allocation, one lock.
pub(crate) struct Pair {
    state: SpinLock<[Side; 2], levels::ObjectState>,
    kind: Kind,
    id: u64,
}

/// What waits for one end, and who waits there.
struct Side {
    queue: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Bytes of the first message that a stream's reader has taken.
    taken: usize,
    /// The end is open, and its two directions.
    open: bool,
    receives: bool,
    sends: bool,
    observers: Observers,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// One end.
pub(crate) struct SocketEnd {
    pair: Ref<Pair>,
    side: usize,
}

/// What a shutdown closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shutdown {
    /// SHUT_RD or SHUT_RDWR.
    pub(crate) receive: bool,
    /// SHUT_WR or SHUT_RDWR.
    pub(crate) send: bool,
}

impl Side {
    const fn new() -> Self {
        Side { queue: VecDeque::new(), bytes: 0, taken: 0, open: true, receives: true, sends: true, observers: Observers::new() }
    }
}

/// Who looks at an end: its observer list, under the pair's lock.
struct EndWatch<'a>(&'a Pair, usize);

impl Watch for EndWatch<'_> {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        if let Some(side) = self.0.state.lock().get_mut(self.1) {
            f(&mut side.observers);
        }
    }
    fn on(&self, events: Events) -> On {
        let waits = if events.contains(Events::OUT) { Waits::SocketWrite } else { Waits::SocketRead };
        On { waits, id: self.0.number(self.1) }
    }
}

impl Watch for SocketEnd {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        EndWatch(&self.pair, self.side).with_observers(f);
    }
    fn on(&self, events: Events) -> On {
        EndWatch(&self.pair, self.side).on(events)
    }
}

impl Pair {
    /// The number of an end.
    fn number(&self, side: usize) -> u64 {
        self.id << 1 | side as u64
    }
}

/// Both sides: the caller's and its peer's.
fn sides(state: &mut [Side; 2], side: usize) -> (&mut Side, &mut Side) {
    let [a, b] = state;
    if side == 0 { (a, b) } else { (b, a) }
}

impl SocketEnd {
    fn tell(&self, side: usize, events: Events) {
        if let Some(s) = self.pair.state.lock().get_mut(side) {
            s.observers.changed(events);
        }
        wait::notify(&EndWatch(&self.pair, side), events);
    }

    /// One attempt to receive; `None` when nothing is there.
    fn try_receive(&self, to: &mut Buffer<'_>) -> Option<Result<usize, Errno>> {
        let message = {
            let mut state = self.pair.state.lock();
            let (mine, peer) = sides(&mut state, self.side);
            match mine.queue.pop_front() {
                Some(m) => m,
                None if !peer.open || !peer.sends || !mine.receives => return Some(Ok(0)),
                None => return None,
            }
        };
        let from = if self.pair.kind == Kind::Stream { self.taken() } else { 0 };
        let part = message.get(from..).unwrap_or_default();
        let n = part.len().min(to.left());
        let moved = to.put(part.get(..n).unwrap_or_default());
        let mut state = self.pair.state.lock();
        let (mine, _) = sides(&mut state, self.side);
        let used_up = self.pair.kind == Kind::Messages && !to.faulted() || from + moved == message.len();
        let mut spent = None;
        if used_up {
            mine.taken = 0;
            mine.bytes -= message.len();
            spent = Some(message);
        } else {
            mine.taken = from + moved;
            // reserved: it was popped a moment ago, so there is room.
            mine.queue.push_front(message);
        }
        drop(state);
        drop(spent);
        self.tell(1 - self.side, Events::OUT | Events::WRNORM);
        Some(to.result())
    }

    fn taken(&self) -> usize {
        let mut state = self.pair.state.lock();
        sides(&mut state, self.side).0.taken
    }

    /// Sends one message (or piece of a stream); `None` when there is no room.
    fn try_send(&self, message: &mut Option<Vec<u8>>) -> Option<Result<usize, Errno>> {
        let len = message.as_ref().map_or(0, Vec::len);
        let mut state = self.pair.state.lock();
        let (mine, peer) = sides(&mut state, self.side);
        if !peer.open || !peer.receives || !mine.sends {
            return Some(Err(Errno::EPIPE));
        }
        if peer.bytes != 0 && peer.bytes + len > CAPACITY {
            return None;
        }
        if peer.queue.try_reserve(1).is_err() {
            return Some(Err(Errno::ENOBUFS));
        }
        if let Some(m) = message.take() {
            peer.bytes += len;
            peer.queue.push_back(m);
        }
        drop(state);
        self.tell(1 - self.side, Events::IN | Events::RDNORM);
        Some(Ok(len))
    }

    fn send_one(&self, me: &Thread, nonblock: bool, bytes: Vec<u8>) -> Result<usize, Stop> {
        let mut message = Some(bytes);
        match self.try_send(&mut message) {
            Some(r) => r.map_err(Stop::from),
            None if nonblock => Err(Errno::EAGAIN.into()),
            None => finish(wait::wait_at(me, self, Events::OUT, Mode::One, None, Interrupt::AnySignal, || {
                self.try_send(&mut message)
            })),
        }
    }

    /// Closes directions (shutdown(2)).
    pub(crate) fn shutdown(&self, what: Shutdown) {
        {
            let mut state = self.pair.state.lock();
            let (mine, _) = sides(&mut state, self.side);
            mine.receives &= !what.receive;
            mine.sends &= !what.send;
        }
        let all = Events::IN | Events::OUT | Events::RDHUP | Events::HUP | Events::RDNORM | Events::WRNORM;
        self.tell(self.side, all);
        self.tell(1 - self.side, all);
    }

    /// Receives, for recvfrom(2) and recvmsg(2).
    pub(crate) fn receive(&self, me: &Thread, nonblock: bool, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        if to.left() == 0 {
            return Ok(0);
        }
        if let Some(r) = self.try_receive(to) {
            return Ok(r?);
        }
        if nonblock {
            return Err(Errno::EAGAIN.into());
        }
        finish(wait::wait_at(me, self, Events::IN, Mode::One, None, Interrupt::AnySignal, || self.try_receive(to)))
    }

    /// Sends, for sendto(2) and sendmsg(2). `signal`: SIGPIPE when the peer is gone.
    pub(crate) fn send(&self, me: &Thread, nonblock: bool, signal: bool, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        let whole = self.pair.kind == Kind::Messages;
        if whole && from.left() > CAPACITY {
            return Err(Errno::EMSGSIZE.into());
        }
        loop {
            let n = if whole { from.left() } else { from.left().min(STREAM_CHUNK) };
            let mut bytes: Vec<u8> = Vec::new();
            bytes.try_reserve_exact(n).map_err(|_| Errno::ENOBUFS)?;
            bytes.resize(n, 0);
            let got = from.take(&mut bytes);
            bytes.truncate(got);
            if got == 0 && n != 0 {
                return Ok(from.result()?);
            }
            match self.send_one(me, nonblock, bytes) {
                Ok(_) if whole || from.left() == 0 => return Ok(from.done()),
                Ok(_) => {}
                Err(Stop::Errno(Errno::EPIPE)) => {
                    if signal {
                        crate::task::signal::send_to_self(me, crate::task::signal::SIGPIPE);
                    }
                    return Err(Errno::EPIPE.into());
                }
                Err(_) if from.done() > got => return Ok(from.done() - got),
                Err(e) => return Err(e),
            }
        }
    }
}

fn finish(ended: Result<Result<usize, Errno>, Ended>) -> Result<usize, Stop> {
    match ended {
        Ok(r) => Ok(r?),
        Err(Ended::Signal) => Err(Stop::Restart(Restart::Sys)),
        Err(Ended::NoMemory) => Err(Errno::ENOMEM.into()),
        Err(Ended::Deadline) => Err(Errno::EAGAIN.into()),
    }
}

impl File for SocketEnd {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        self.receive(io.me, io.nonblock, to)
    }
    fn write(&self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        self.send(io.me, io.nonblock, true, from)
    }
    fn poll(&self, _of: &OpenFile) -> Events {
        let mut state = self.pair.state.lock();
        let (mine, peer) = sides(&mut state, self.side);
        let mut e = Events::empty();
        let ended = !peer.open || !peer.sends || !mine.receives;
        if !mine.queue.is_empty() || ended {
            e |= Events::IN | Events::RDNORM;
        }
        if ended {
            e |= Events::RDHUP;
        }
        if !peer.open {
            e |= Events::HUP;
        }
        if peer.bytes < CAPACITY || !peer.open {
            e |= Events::OUT | Events::WRNORM;
        }
        e
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(self)
    }
    fn ioctl(&self, _io: &Io<'_>, request: u32, arg: usize) -> Result<usize, Stop> {
        const FIONREAD: u32 = 0x541b;
        if request != FIONREAD {
            return Err(Errno::ENOTTY.into());
        }
        let bytes = {
            let mut state = self.pair.state.lock();
            let (mine, _) = sides(&mut state, self.side);
            (mine.bytes - mine.taken) as u32
        };
        user::write(arg, &bytes)?;
        Ok(0)
    }
    fn last_close(&self, _of: &OpenFile) {
        let queue = {
            let mut state = self.pair.state.lock();
            let (mine, _) = sides(&mut state, self.side);
            mine.open = false;
            mine.bytes = 0;
            core::mem::take(&mut mine.queue)
        };
        drop(queue);
        self.tell(1 - self.side, Events::IN | Events::OUT | Events::HUP | Events::RDHUP | Events::RDNORM | Events::WRNORM);
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = write!(out, "socket:[{}]", self.pair.id);
    }
    fn as_socket(&self) -> Option<&SocketEnd> {
        Some(self)
    }
    fn ends_wait(&self, _of: &OpenFile, on: On) -> bool {
        matches!(on.waits, Waits::SocketRead | Waits::SocketWrite) && on.id == self.pair.number(self.side ^ 1)
    }
}

/// A connected pair.
pub(crate) fn pair(kind: Kind, flags: u32) -> Result<(Descriptor, Descriptor), NoMemory> {
    let state = SpinLock::new([Side::new(), Side::new()]);
    let pair = Ref::try_new(Pair { state, kind, id: NEXT_ID.fetch_add(1, Ordering::Relaxed) })?;
    let a = Ref::try_new(SocketEnd { pair: pair.clone(), side: 0 })?;
    let b = Ref::try_new(SocketEnd { pair, side: 1 })?;
    let a = OpenFile::open(a.unsize(|p| p), None, flags | O_RDWR)?;
    let b = OpenFile::open(b.unsize(|p| p), None, flags | O_RDWR)?;
    Ok((a, b))
}
