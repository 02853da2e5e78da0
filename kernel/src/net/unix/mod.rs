//! Sockets of the unix domain (unix(7)): streams, datagrams, and connected messages.
//!
//! Each socket has an inbox under a lock of its own, and knows the peer that it sends to; no call holds two of these locks. A
//! packet in an inbox is charged to who sent it, and counts in what that socket has on its way ([`Envelope`]) until it is
//! consumed: so a sender waits for its own packets alone, and who does not read holds up nobody else. What a packet carries is a
//! [`Message`], the same that goes through channels. Neighbours: `send`, `receive`, `connect` (what the calls do), `names`,
//! `file` (a socket as a file), `object/inflight` (descriptors that wait in sockets).

mod connect;
mod file;
mod names;
mod receive;
mod send;

pub(crate) use file::SocketFile;
pub(crate) use names::{Address, Binding, FAMILY, Name, Names, Place};
pub(crate) use receive::{Carried, Receiving};
pub(crate) use send::Sending;

use crate::census::{self, Counted};
use crate::clock;
use crate::fs::file::{Descriptor, O_RDWR, OpenFile};
use crate::linux::{Restart, Stop};
use crate::object::inflight::{Flight, InFlight};
use crate::object::message::{self, Message};
use crate::see::{On, Waits};
use crate::task::wait::{self, Ended, Interrupt, Observers, Watch};
use crate::task::{Thread, users};
use abi::Errno;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use logic_waits::{Events, Mode};
use mem::{NoMemory, Ref, Weak};
use names::Bound;
use sync::{SpinGuard, SpinLock, levels};

/// Bytes that may be on their way from one socket (net.core.wmem_default), and the most that it may ask for, doubled.
pub(crate) const DEFAULT_BUFFER: u32 = 212_992;
/// What a packet counts besides its bytes.
const PACKET: u32 = 768;
/// Datagrams that wait in an inbox whose owner does not talk to their sender alone (net.unix.max_dgram_qlen).
const MOST_DATAGRAMS: usize = 10;

/// Sockets that wait to be told of room in an inbox.
const MOST_HELD_UP: usize = 64;

const READABLE: Events = Events::IN.union(Events::RDNORM);
const WRITABLE: Events = Events::OUT.union(Events::WRNORM);
const ALL: Events = READABLE.union(WRITABLE).union(Events::RDHUP).union(Events::HUP);

/// How data keeps its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A stream of bytes (SOCK_STREAM).
    Stream = 1,
    /// Messages, each to whom it is addressed (SOCK_DGRAM).
    Datagrams = 2,
    /// Messages over a connection (SOCK_SEQPACKET).
    Messages = 5,
}

/// Who somebody is, as a peer sees it: process, user, group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Creds {
    /// The process, by its number in the outermost scope.
    pub(crate) pid: u32,
    /// Its user.
    pub(crate) uid: u32,
    /// Its group.
    pub(crate) gid: u32,
}

impl Creds {
    /// The caller's: SO_PEERCRED has the effective ids, messages have the real ones.
    pub(crate) fn of(me: &Thread, effective: bool) -> Creds {
        let (pid, cred) = (me.process().pid(), me.cred());
        if effective {
            return Creds { pid, uid: cred.uid.effective, gid: cred.gid.effective };
        }
        Creds { pid, uid: cred.uid.real, gid: cred.gid.real }
    }
}

/// What stands at a packet.
pub(crate) struct Envelope {
    /// Who sent it.
    creds: Creds,
    len: u32,
    /// It is on its way as long as this lives.
    sent: OnItsWay,
    /// So are its descriptors.
    passed: Option<Box<users::Counted>>,
}

/// Bytes that a socket has on their way: room for more once they are consumed.
struct OnItsWay {
    sender: Ref<Socket>,
    cost: u32,
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        let watched = {
            let mut state = self.sender.state.lock();
            state.sent = state.sent.saturating_sub(self.cost);
            !state.observers.is_empty()
        };
        if watched {
            wait::notify(&*self.sender, WRITABLE);
        }
    }
}

/// Where a socket is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It has not connected, or is for datagrams.
    Fresh,
    /// A connect(2) is under way.
    Connecting,
    /// It has, or had, a peer.
    Connected,
    /// It takes connections.
    Listening,
    /// Its last descriptor is gone.
    Closed,
}

/// A socket.
pub(crate) struct Socket {
    _counted: Counted<{ census::Kind::Sockets as usize }>,
    pub(crate) kind: Kind,
    /// Number in `socket:[N]`.
    pub(crate) id: u64,
    /// SO_RCVLOWAT: a read of a stream waits for so many bytes.
    pub(crate) least: AtomicU32,
    state: SpinLock<State, levels::ObjectState>,
    flight: Flight,
}

type Guard<'a> = SpinGuard<'a, State, levels::ObjectState>;

struct State {
    role: Role,
    /// Packets that wait, and how many of them are taken out for the moment.
    inbox: VecDeque<Box<Message>>,
    in_hand: usize,
    /// Of a stream: somebody reads, and others wait.
    reading: bool,
    /// Bytes that wait, and how many of the first packet of a stream have been read.
    bytes: usize,
    taken: usize,
    /// Bytes on their way to others, and where that ends.
    sent: u32,
    limit: u32,
    /// Nothing more comes, nothing more goes (shutdown(2)).
    no_more_in: bool,
    no_more_out: bool,
    /// What went wrong since it was last asked.
    error: Option<Errno>,
    peer: Option<Ref<Socket>>,
    peer_creds: Option<Creds>,
    bound: Option<Bound>,
    /// It is being given a name.
    binding: bool,
    /// Connections that wait to be accepted, and how many may besides one.
    backlog: VecDeque<InFlight>,
    most: usize,
    /// It waits in a backlog.
    embryo: bool,
    options: Options,
    observers: Observers,
    /// Who waits for room in the inbox or in the backlog.
    room: Observers,
    /// Sockets that send here and were found not writable, because the inbox is full, by their numbers: they hear of room.
    held_up: Vec<(u64, Weak<Socket>)>,
}

/// What setsockopt(2) sets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// SO_PASSCRED: messages tell who sent them.
    pub(crate) pass_creds: bool,
    /// Flags that are kept and mean nothing here, such as SO_REUSEADDR; bits by their numbers.
    pub(crate) plain: u32,
    /// SO_RCVTIMEO and SO_SNDTIMEO; zero: none.
    pub(crate) receive_ns: u64,
    /// The other direction.
    pub(crate) send_ns: u64,
    /// SO_RCVBUF, as it is reported.
    pub(crate) receive_buffer: u32,
    /// SO_LINGER: whether, and seconds.
    pub(crate) linger: [u32; 2],
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// What a shutdown closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shutdown {
    /// SHUT_RD or SHUT_RDWR.
    pub(crate) receive: bool,
    /// SHUT_WR or SHUT_RDWR.
    pub(crate) send: bool,
}

impl Watch for Socket {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().observers);
    }
    fn on(&self, events: Events) -> On {
        let waits = if events.contains(Events::OUT) { Waits::SocketWrite } else { Waits::SocketRead };
        On { waits, id: self.id }
    }
}

/// Room in a socket's inbox or backlog, as something to wait at.
struct Room<'a>(&'a Socket);

impl Watch for Room<'_> {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.0.state.lock().room);
    }
    fn on(&self, _events: Events) -> On {
        On::plain(Waits::SocketWrite)
    }
}

/// How long a call may wait.
#[derive(Clone, Copy)]
pub(crate) struct Patience<'a> {
    /// The caller.
    pub(crate) me: &'a Thread,
    /// Not at all.
    pub(crate) nonblock: bool,
}

impl Patience<'_> {
    /// Waits at `object` until `attempt` gives something, at most `most_ns` unless that is zero.
    fn wait<T>(
        &self,
        object: &dyn Watch,
        events: Events,
        most_ns: u64,
        attempt: impl FnMut() -> Option<Result<T, Errno>>,
    ) -> Result<T, Stop> {
        if self.nonblock {
            return Err(Errno::EAGAIN.into());
        }
        let until = (most_ns != 0).then(|| clock::monotonic_ns().saturating_add(most_ns));
        match wait::wait_at(self.me, object, events, Mode::One, until, Interrupt::AnySignal, attempt) {
            Ok(result) => Ok(result?),
            Err(Ended::Signal) if until.is_some() => Err(Errno::EINTR.into()),
            Err(Ended::Signal) => Err(Stop::Restart(Restart::Sys)),
            Err(Ended::NoMemory) => Err(Errno::ENOMEM.into()),
            Err(Ended::Deadline) => Err(Errno::EAGAIN.into()),
        }
    }
}

impl Socket {
    fn try_new(kind: Kind) -> Result<Ref<Socket>, NoMemory> {
        let state = State {
            role: Role::Fresh,
            inbox: VecDeque::new(),
            in_hand: 0,
            reading: false,
            bytes: 0,
            taken: 0,
            sent: 0,
            limit: DEFAULT_BUFFER,
            no_more_in: false,
            no_more_out: false,
            error: None,
            peer: None,
            peer_creds: None,
            bound: None,
            binding: false,
            backlog: VecDeque::new(),
            most: 0,
            embryo: false,
            options: Options { receive_buffer: DEFAULT_BUFFER, ..Options::default() },
            observers: Observers::new(),
            room: Observers::new(),
            held_up: Vec::new(),
        };
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let (least, state, flight) = (AtomicU32::new(1), SpinLock::new(state), Flight::new());
        Ref::try_new(Socket { _counted: Counted::new(), kind, id, least, state, flight })
    }

    /// A socket with its first descriptor.
    fn open(kind: Kind, flags: u32) -> Result<(Ref<Socket>, Descriptor), NoMemory> {
        let socket = Self::try_new(kind)?;
        let file = Ref::try_new(SocketFile { socket: socket.clone() })?;
        Ok((socket, OpenFile::open(file.unsize(|p| p), None, flags | O_RDWR)?))
    }

    /// Notes that something happened, and tells those who watch.
    fn tell(&self, events: Events) {
        let watched = {
            let state = self.state.lock();
            !state.observers.is_empty()
        };
        if watched {
            wait::notify(self, events);
        }
    }

    /// The same for those who wait for room.
    fn tell_room(&self) {
        let (waits, held_up) = {
            let mut state = self.state.lock();
            (!state.room.is_empty(), core::mem::take(&mut state.held_up))
        };
        if waits {
            wait::notify(&Room(self), WRITABLE);
        }
        for socket in held_up.iter().filter_map(|(_, socket)| socket.upgrade()) {
            socket.tell(WRITABLE);
        }
    }

    /// Whether what happens to one end happens to the other.
    fn is_connected_kind(&self) -> bool {
        self.kind != Kind::Datagrams
    }

    /// Closes directions (shutdown(2)).
    pub(crate) fn shutdown(&self, what: Shutdown) {
        let peer = {
            let mut state = self.state.lock();
            state.no_more_in |= what.receive;
            state.no_more_out |= what.send;
            if self.is_connected_kind() { state.peer.clone() } else { None }
        };
        self.tell(ALL);
        self.tell_room();
        if let Some(peer) = peer {
            {
                let mut state = peer.state.lock();
                state.no_more_in |= what.send;
                state.no_more_out |= what.receive;
            }
            peer.tell(ALL);
        }
    }

    /// The last descriptor goes.
    fn close(&self) {
        let (inbox, backlog, peer, bound, embryo) = {
            let mut state = self.state.lock();
            state.role = Role::Closed;
            (state.no_more_in, state.no_more_out) = (true, true);
            state.bytes = 0;
            self.flight.changes();
            let bound = state.bound.as_mut().map(Bound::take);
            (core::mem::take(&mut state.inbox), core::mem::take(&mut state.backlog), state.peer.take(), bound, state.embryo)
        };
        if let Some(bound) = bound {
            bound.release();
        }
        if let Some(peer) = peer {
            match self.is_connected_kind() {
                true => self.hang_up(&peer, embryo || !inbox.is_empty()),
                false => peer.forget_held_up(self),
            }
        }
        for packet in inbox {
            discard(packet);
        }
        // Each closes by itself.
        drop(backlog);
        self.tell(ALL);
        self.tell_room();
    }

    /// Tells the peer that this end is gone; `lost`: without having read all.
    fn hang_up(&self, peer: &Socket, lost: bool) {
        {
            let mut state = peer.state.lock();
            if !state.peer.as_ref().is_some_and(|p| core::ptr::eq(&**p, self)) {
                return;
            }
            (state.no_more_in, state.no_more_out) = (true, true);
            if lost {
                state.error = Some(Errno::ECONNRESET);
            }
        }
        peer.tell(ALL);
    }

    /// What could be done now without waiting.
    fn poll(this: &Ref<Self>) -> Events {
        let e = this.poll_self();
        let held_up =
            this.kind == Kind::Datagrams && e.contains(Events::OUT) && this.peer().is_some_and(|peer| peer.is_full_for(this));
        if held_up { e - WRITABLE } else { e }
    }

    /// Whether the inbox has no room for another socket that sends here, which then hears when it has.
    #[inline(never)]
    fn is_full_for(&self, sender: &Ref<Socket>) -> bool {
        let mut state = self.state.lock();
        let full = state.peer.as_ref().is_none_or(|p| !Ref::ptr_eq(p, sender)) && state.is_full();
        if !full || state.held_up.iter().any(|(id, _)| *id == sender.id) {
            return full;
        }
        // One of too many finds out when it sends.
        let hears = state.held_up.len() < MOST_HELD_UP && state.held_up.try_reserve(1).is_ok();
        if hears {
            // reserved: just above.
            state.held_up.push((sender.id, Ref::downgrade(sender)));
        }
        hears
    }

    /// It does not send there any more.
    fn forget_held_up(&self, sender: &Socket) {
        let gone = {
            let mut state = self.state.lock();
            let at = state.held_up.iter().position(|(id, _)| *id == sender.id);
            at.map(|at| state.held_up.swap_remove(at))
        };
        drop(gone);
    }

    fn poll_self(&self) -> Events {
        let state = self.state.lock();
        let mut e = Events::empty();
        if !state.inbox.is_empty() || !state.backlog.is_empty() || state.no_more_in {
            e |= READABLE;
        }
        if state.no_more_in {
            e |= Events::RDHUP;
        }
        let unconnected = self.is_connected_kind() && matches!(state.role, Role::Fresh | Role::Connecting);
        if state.no_more_in && state.no_more_out || unconnected {
            e |= Events::HUP;
        }
        if state.error.is_some() {
            e |= Events::ERR;
        }
        if state.sent < state.limit && state.role != Role::Listening {
            e |= WRITABLE;
        }
        e
    }

    /// Its options.
    pub(crate) fn options(&self) -> Options {
        self.state.lock().options
    }
    /// Changes its options.
    pub(crate) fn set_options<T>(&self, f: impl FnOnce(&mut Options) -> T) -> T {
        f(&mut self.state.lock().options)
    }
    /// SO_SNDBUF.
    pub(crate) fn send_buffer(&self) -> u32 {
        self.state.lock().limit
    }
    /// Sets it.
    pub(crate) fn set_send_buffer(&self, bytes: u32) {
        self.state.lock().limit = bytes;
        self.tell(WRITABLE);
    }
    /// SO_ERROR: what went wrong, once.
    pub(crate) fn take_error(&self) -> Option<Errno> {
        self.state.lock().error.take()
    }
    /// SO_PEERCRED.
    pub(crate) fn peer_creds(&self) -> Option<Creds> {
        self.state.lock().peer_creds
    }
    /// SO_ACCEPTCONN.
    pub(crate) fn is_listening(&self) -> bool {
        self.state.lock().role == Role::Listening
    }
    /// Its name.
    pub(crate) fn name(&self) -> Option<Ref<Name>> {
        self.state.lock().bound.as_ref().map(|b| b.name.clone())
    }
    /// Its peer, if it is connected and has not been left.
    pub(crate) fn peer(&self) -> Option<Ref<Socket>> {
        let state = self.state.lock();
        if state.role == Role::Connecting { None } else { state.peer.clone() }
    }
}

/// A packet comes to its end, with what it carries.
fn discard(mut packet: Box<Message>) {
    packet.envelope = None;
    message::destroy(packet);
}

/// A socket (socket(2)).
pub(crate) fn socket(kind: Kind, flags: u32) -> Result<Descriptor, NoMemory> {
    Socket::open(kind, flags).map(|(_, descriptor)| descriptor)
}

/// A connected pair (socketpair(2)).
pub(crate) fn pair(me: &Thread, kind: Kind, flags: u32) -> Result<(Descriptor, Descriptor), NoMemory> {
    let (a, a_file) = Socket::open(kind, flags)?;
    let (b, b_file) = Socket::open(kind, flags)?;
    let creds = Some(Creds::of(me, true));
    for (one, other) in [(&a, &b), (&b, &a)] {
        let mut state = one.state.lock();
        state.role = Role::Connected;
        state.peer = Some(other.clone());
        state.peer_creds = creds;
    }
    Ok((a_file, b_file))
}
