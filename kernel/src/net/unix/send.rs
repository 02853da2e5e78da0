//! Sending: a packet is made and filled without a lock, counted as on its way, and goes into the receiver's inbox.

use super::{
    Creds, DEFAULT_BUFFER, Envelope, Guard, Kind, MOST_DATAGRAMS, OnItsWay, PACKET, Patience, READABLE, Role, Room, Socket,
    State, discard,
};
use crate::budget;
use crate::fs::buffer::Buffer;
use crate::fs::table::Passed;
use crate::linux::Stop;
use crate::object::inflight::{self, Flight};
use crate::object::message::Message;
use crate::task::signal::{self, SIGPIPE};
use crate::task::{users, wait};
use abi::Errno;
use alloc::boxed::Box;
use alloc::vec::Vec;
use logic_channel::Size;
use logic_waits::Events;
use mem::Ref;

/// Most bytes of a stream in one packet.
const STREAM_CHUNK: usize = 32 * 1024;
/// So much of a socket's room a message cannot use.
const WHOLE_MARGIN: u32 = 32;

/// What a sender brings besides the bytes.
pub(crate) struct Sending<'a> {
    /// Whether it may wait.
    pub(crate) patience: Patience<'a>,
    /// Whether a broken connection is SIGPIPE.
    pub(crate) signal: bool,
    /// Descriptors.
    pub(crate) fds: Vec<Passed>,
    /// Who it says it is; `None`: who it is.
    pub(crate) creds: Option<Creds>,
    /// To whom; `None`: to the peer.
    pub(crate) to: Option<Ref<Socket>>,
}

impl<'a> Sending<'a> {
    /// Bytes alone, to the peer.
    pub(crate) fn plain(patience: Patience<'a>, signal: bool) -> Self {
        Sending { patience, signal, fds: Vec::new(), creds: None, to: None }
    }
}

/// One attempt's outcome; `None`: it has to wait for room.
type Attempt = Option<Result<(), Errno>>;

impl Socket {
    /// Sends what is left in `from`; of a stream perhaps a part.
    pub(crate) fn send(this: &Ref<Self>, how: &mut Sending<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        if this.kind != Kind::Stream {
            return Self::send_whole(this, how, from);
        }
        let peer = this.connected_peer()?;
        while from.left() != 0 {
            let done = from.done();
            let len = from.left().min(STREAM_CHUNK);
            let sent = Self::count_on_its_way(this, how, len, Errno::EPIPE)
                .and_then(|sent| this.packet(how, sent, from, len).map_err(Stop::from))
                .and_then(|packet| peer.put(packet).map_err(Stop::from));
            match sent {
                Ok(()) => {}
                // What was sent before counts.
                Err(_) if done != 0 => return Ok(done),
                Err(Stop::Errno(Errno::EPIPE)) => {
                    if how.signal {
                        signal::send_to_self(how.patience.me, SIGPIPE);
                    }
                    return Err(Errno::EPIPE.into());
                }
                Err(e) => return Err(e),
            }
        }
        Ok(from.done())
    }

    /// A message, or a datagram.
    fn send_whole(this: &Ref<Self>, how: &mut Sending<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        let len = from.left();
        let to = match how.to.take() {
            Some(to) if this.kind == Kind::Datagrams => to,
            _ => this.connected_peer()?,
        };
        if len > this.send_buffer().saturating_sub(WHOLE_MARGIN) as usize {
            return Err(Errno::EMSGSIZE.into());
        }
        let sent = Self::count_on_its_way(this, how, len, Errno::EPIPE)?;
        let packet = this.packet(how, sent, from, len)?;
        if this.kind == Kind::Messages {
            to.put(packet)?;
            return Ok(len);
        }
        let mut packet = Some(packet);
        let result = match this.put_datagram(&to, &mut packet) {
            Some(result) => result.map_err(Stop::from),
            None => {
                let most_ns = this.options().send_ns;
                let waited = how.patience.wait(&Room(&to), Events::OUT, most_ns, || this.put_datagram(&to, &mut packet));
                waited.inspect(|()| to.pass_on_room())
            }
        };
        if let Some(packet) = packet {
            discard(packet);
        }
        if result == Err(Stop::Errno(Errno::ECONNREFUSED)) {
            this.leave(&to);
        }
        result.map(|()| len)
    }

    /// The peer of a socket that has one.
    fn connected_peer(&self) -> Result<Ref<Socket>, Errno> {
        self.peer().ok_or(Errno::ENOTCONN)
    }

    /// Counts `len` bytes as on their way, once there is room.
    fn count_on_its_way(this: &Ref<Self>, how: &Sending<'_>, len: usize, over: Errno) -> Result<OnItsWay, Stop> {
        let cost = (len as u32).saturating_add(PACKET);
        let attempt = || {
            let mut state = this.state.lock();
            if this.kind != Kind::Stream
                && let Some(e) = state.error.take()
            {
                return Some(Err(e));
            }
            if state.no_more_out {
                return Some(Err(over));
            }
            if state.sent >= state.limit {
                return None;
            }
            state.sent = state.sent.saturating_add(cost);
            Some(Ok(OnItsWay { sender: this.clone(), cost }))
        };
        if let Some(done) = attempt() {
            return done.map_err(Stop::from);
        }
        let waited = how.patience.wait(&**this, Events::OUT, this.options().send_ns, attempt)?;
        // Others may have been left asleep by a wake that was this one's.
        let left = {
            let state = this.state.lock();
            !state.observers.is_empty() && state.sent < state.limit
        };
        if left {
            wait::pass_on(&**this, Events::OUT);
        }
        Ok(waited)
    }

    /// A packet with the next `len` bytes, and what it carries.
    #[inline]
    fn packet(&self, how: &mut Sending<'_>, sent: OnItsWay, from: &mut Buffer<'_>, len: usize) -> Result<Box<Message>, Errno> {
        let payer = budget::current();
        let passed = match how.fds.len() {
            0 => None,
            n => Some(mem::try_box(users::pass(how.patience.me, n)?).map_err(|mem::NoMemory| Errno::ENOBUFS)?),
        };
        let room = Size { bytes: len as u32, fds: 0 };
        let mut packet = Message::try_new(&payer, room).map_err(|e| if e == Errno::EDQUOT { Errno::ENOBUFS } else { e })?;
        let start = from.mark();
        let len = match packet.fill_part(from, len) {
            n if n == len || n != 0 && self.kind == Kind::Stream => n,
            _ => {
                from.go_back(start);
                return Err(Errno::EFAULT);
            }
        };
        packet.fds = core::mem::take(&mut how.fds);
        let creds = how.creds.unwrap_or_else(|| Creds::of(how.patience.me, false));
        packet.envelope = Some(Envelope { creds, len: len as u32, sent, passed });
        Ok(packet)
    }

    /// Puts a packet into the inbox of a connected socket; it comes to its end if that cannot be.
    fn put(&self, packet: Box<Message>) -> Result<(), Errno> {
        let mut state = self.state.lock();
        let result = if state.no_more_in { Err((Errno::EPIPE, packet)) } else { state.add(packet, &self.flight) };
        self.pushed(state, result).map_err(|(e, packet)| {
            discard(packet);
            e
        })
    }

    /// Puts a datagram into the inbox of another socket.
    fn put_datagram(&self, to: &Socket, packet: &mut Option<Box<Message>>) -> Attempt {
        let mut state = to.state.lock();
        if state.role == Role::Closed {
            return Some(Err(Errno::ECONNREFUSED));
        }
        let talks_to_me = state.peer.as_ref().map(|p| core::ptr::eq(&**p, self));
        if talks_to_me == Some(false) {
            return Some(Err(Errno::EPERM));
        }
        if state.no_more_in {
            return Some(Err(Errno::EPIPE));
        }
        if talks_to_me.is_none() && state.is_full() {
            return None;
        }
        let held = packet.take()?;
        let result = state.add(held, &to.flight);
        Some(to.pushed(state, result).map_err(|(e, back)| {
            *packet = Some(back);
            e
        }))
    }

    /// Ends the hold under which something was put into the inbox, or was not.
    fn pushed<E>(&self, state: Guard<'_>, result: Result<(), E>) -> Result<(), E> {
        let watched = if result.is_ok() { !state.observers.is_empty() } else { false };
        drop(state);
        if watched {
            wait::notify(self, READABLE);
        }
        result
    }

    /// Wakes the next who waits for room here, if there is some.
    pub(super) fn pass_on_room(&self) {
        if !self.state.lock().room.is_empty() {
            wait::pass_on(&Room(self), Events::OUT);
        }
    }
}

impl State {
    /// Takes out a packet of the socket that `flight` is of, which nobody shall read.
    pub(super) fn lose_first(&mut self, flight: &Flight) -> Option<Box<Message>> {
        let packet = self.inbox.pop_front()?;
        if !packet.fds.is_empty() {
            flight.changes();
        }
        self.bytes = self.bytes.saturating_sub(packet.envelope.as_ref().map_or(0, |e| e.len as usize));
        Some(packet)
    }
    /// Whether there is no room for datagrams of just anybody.
    pub(super) fn is_full(&self) -> bool {
        self.inbox.len().saturating_add(self.in_hand) > MOST_DATAGRAMS
    }
    /// Puts a packet at the end of the inbox of the socket that `flight` is of.
    fn add(&mut self, packet: Box<Message>, flight: &Flight) -> Result<(), (Errno, Box<Message>)> {
        // Those in hand may come back.
        if self.inbox.try_reserve(self.in_hand.saturating_add(1)).is_err() {
            return Err((Errno::ENOBUFS, packet));
        }
        if !packet.fds.is_empty() {
            // Whoever held them may have let go meanwhile.
            inflight::waits_again(&packet, flight);
        }
        self.bytes = self.bytes.saturating_add(packet.envelope.as_ref().map_or(0, |e| e.len as usize));
        self.inbox.push_back(packet);
        Ok(())
    }
}

const _: () = assert!(DEFAULT_BUFFER as usize > STREAM_CHUNK);
