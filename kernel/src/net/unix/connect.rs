//! Connections: listen(2), connect(2), accept(2). The side of who accepts is made by who connects, and waits as a descriptor.

use super::names::Bound;
use super::{ALL, Creds, Kind, Patience, READABLE, Role, Room, Socket, discard};
use crate::fs::file::Descriptor;
use crate::linux::Stop;
use crate::object::inflight::InFlight;
use abi::Errno;
use logic_waits::Events;
use mem::Ref;

/// Most connections that wait (net.core.somaxconn).
const MOST: u32 = 4096;

impl Socket {
    /// Takes connections from now on, of which `backlog` and one may wait.
    pub(crate) fn listen(&self, me: &crate::task::Thread, backlog: u32) -> Result<(), Errno> {
        if self.kind == Kind::Datagrams {
            return Err(Errno::EOPNOTSUPP);
        }
        let creds = Creds::of(me, true);
        {
            let mut state = self.state.lock();
            if state.bound.is_none() || !matches!(state.role, Role::Fresh | Role::Listening) {
                return Err(Errno::EINVAL);
            }
            state.role = Role::Listening;
            state.most = backlog.min(MOST) as usize;
            state.peer_creds = Some(creds);
        }
        self.tell_room();
        Ok(())
    }

    /// Whether connections are taken.
    fn takes_connections(&self) -> Result<(), Errno> {
        let state = self.state.lock();
        if state.role == Role::Listening && !state.no_more_in { Ok(()) } else { Err(Errno::ECONNREFUSED) }
    }

    /// Connects to the socket that has the address.
    pub(crate) fn connect(this: &Ref<Self>, to: &Ref<Socket>, patience: Patience<'_>) -> Result<(), Stop> {
        if this.kind == Kind::Datagrams {
            return Ok(this.send_to_from_now(Some(to))?);
        }
        to.takes_connections()?;
        let (server, descriptor) = Socket::open(this.kind, 0)?;
        // Before the link, so that it ends after that: its end is no event for the client.
        let mut waits = Some(InFlight::new(descriptor));
        let mut link = Link::begin(this, &server)?;
        server.be_accepted(this, to, Creds::of(patience.me, true));
        // From here on whoever closes this socket tells the other side; before, nobody did.
        if this.state.lock().role == Role::Closed {
            return Err(Errno::EBADF.into());
        }
        let creds = match to.queue(&mut waits) {
            Some(result) => result?,
            None => patience.wait(&Room(to), Events::OUT, this.options().send_ns, || to.queue(&mut waits))?,
        };
        // Point of no return.
        link.done = true;
        {
            let mut state = this.state.lock();
            if state.role == Role::Connecting {
                state.role = Role::Connected;
            }
            state.peer_creds = creds;
        }
        this.tell(ALL);
        to.tell(READABLE);
        to.pass_on_room();
        Ok(())
    }

    /// Makes it the side of who accepts, of a connection from `client` to `listener`.
    fn be_accepted(&self, client: &Ref<Socket>, listener: &Socket, creds: Creds) {
        let bound = listener.state.lock().bound.as_ref().map(Bound::copy);
        let mut state = self.state.lock();
        state.role = Role::Connected;
        state.peer = Some(client.clone());
        state.peer_creds = Some(creds);
        state.bound = bound;
        state.embryo = true;
    }

    /// Puts a connection into the backlog; `None`: there is no room. Gives the credentials of who listens.
    fn queue(&self, waits: &mut Option<InFlight>) -> Option<Result<Option<Creds>, Errno>> {
        let mut state = self.state.lock();
        if state.role != Role::Listening || state.no_more_in {
            return Some(Err(Errno::ECONNREFUSED));
        }
        let there = state.backlog.len().saturating_add(state.in_hand);
        if there > state.most {
            return None;
        }
        // Those in hand may come back.
        let in_hand = state.in_hand;
        if state.backlog.try_reserve(in_hand.saturating_add(1)).is_err() {
            return Some(Err(Errno::ENOMEM));
        }
        if let Some(connection) = waits.take() {
            self.flight.changes();
            state.backlog.push_back(connection);
        }
        Some(Ok(state.peer_creds))
    }

    /// Takes the next connection and gives it to `install`; it stays the next if that fails.
    pub(crate) fn accept(
        &self,
        patience: Patience<'_>,
        install: impl FnOnce(&Descriptor) -> Result<usize, Errno>,
    ) -> Result<usize, Stop> {
        if self.kind == Kind::Datagrams {
            return Err(Errno::EOPNOTSUPP.into());
        }
        let connection = match self.take_connection() {
            Some(taken) => taken?,
            None => patience.wait(self, Events::IN, self.options().receive_ns, || self.take_connection())?,
        };
        let installed = match connection.waits() {
            Some(descriptor) => {
                set_embryo(descriptor, false);
                install(descriptor).inspect_err(|_| set_embryo(descriptor, true))
            }
            None => Err(Errno::ECONNABORTED),
        };
        let mut connection = Some(connection);
        {
            let mut state = self.state.lock();
            state.in_hand = state.in_hand.saturating_sub(1);
            if installed.is_err()
                && state.role == Role::Listening
                && let Some(back) = connection.take()
            {
                self.flight.changes();
                // reserved: whoever added one meanwhile kept room for those in hand.
                state.backlog.push_front(back);
            }
        }
        drop(connection);
        if installed.is_ok() {
            self.tell_room();
        } else {
            self.tell(READABLE);
        }
        Ok(installed?)
    }

    fn take_connection(&self) -> Option<Result<InFlight, Errno>> {
        let mut state = self.state.lock();
        if state.role != Role::Listening {
            return Some(Err(Errno::EINVAL));
        }
        if let Some(connection) = state.backlog.pop_front() {
            self.flight.changes();
            state.in_hand = state.in_hand.saturating_add(1);
            return Some(Ok(connection));
        }
        if state.no_more_in { Some(Err(Errno::EINVAL)) } else { None }
    }

    /// Where a socket of datagrams sends what has no address.
    pub(crate) fn send_to_from_now(&self, to: Option<&Ref<Socket>>) -> Result<(), Errno> {
        if let Some(to) = to {
            let other = to.state.lock();
            if other.peer.as_ref().is_some_and(|peer| !core::ptr::eq(&**peer, self)) {
                return Err(Errno::EPERM);
            }
        }
        let old = {
            let mut state = self.state.lock();
            if state.role == Role::Closed {
                return Err(Errno::EBADF);
            }
            core::mem::replace(&mut state.peer, to.cloned())
        };
        if let Some(old) = old.filter(|old| !to.is_some_and(|to| Ref::ptr_eq(old, to))) {
            self.turn_away(&old);
        }
        Ok(())
    }

    /// A socket of datagrams has left a peer for another, or for none: what waits here came from that one and is lost, which a
    /// peer that still sends here is told.
    fn turn_away(&self, old: &Socket) {
        old.forget_held_up(self);
        let lost = self.state.lock().inbox.len();
        for _ in 0..lost {
            // The inbox keeps its memory: who has a packet in hand may put it back.
            let packet = self.state.lock().lose_first(&self.flight);
            if let Some(packet) = packet {
                discard(packet);
            }
        }
        if lost == 0 {
            return;
        }
        self.tell_room();
        let told = {
            let mut state = old.state.lock();
            let sends_here = state.peer.as_ref().is_some_and(|p| core::ptr::eq(&**p, self)) && state.role != Role::Closed;
            if sends_here {
                state.error = Some(Errno::ECONNRESET);
            }
            sends_here
        };
        if told {
            old.tell(ALL);
        }
    }

    /// A socket of datagrams found its peer gone.
    pub(super) fn leave(&self, peer: &Ref<Socket>) {
        let old = {
            let mut state = self.state.lock();
            if state.peer.as_ref().is_some_and(|p| Ref::ptr_eq(p, peer)) { state.peer.take() } else { None }
        };
        if old.is_some() {
            peer.forget_held_up(self);
        }
        drop(old);
    }
}

fn set_embryo(descriptor: &Descriptor, embryo: bool) {
    if let Some(socket) = descriptor.file.as_socket() {
        socket.state.lock().embryo = embryo;
    }
}

/// A connection that is being made; dropped before it is done, both sides are as before.
struct Link<'a> {
    client: &'a Ref<Socket>,
    server: &'a Ref<Socket>,
    done: bool,
}

impl<'a> Link<'a> {
    fn begin(client: &'a Ref<Socket>, server: &'a Ref<Socket>) -> Result<Link<'a>, Errno> {
        let mut state = client.state.lock();
        match state.role {
            Role::Fresh => {}
            Role::Connecting => return Err(Errno::EALREADY),
            Role::Connected => return Err(Errno::EISCONN),
            Role::Listening | Role::Closed => return Err(Errno::EINVAL),
        }
        state.role = Role::Connecting;
        state.peer = Some(server.clone());
        Ok(Link { client, server, done: false })
    }
}

impl Drop for Link<'_> {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut peers = [None, None];
        {
            let mut state = self.client.state.lock();
            if state.role == Role::Connecting {
                state.role = Role::Fresh;
                peers[0] = state.peer.take();
            }
        }
        peers[1] = self.server.state.lock().peer.take();
        drop(peers);
    }
}
