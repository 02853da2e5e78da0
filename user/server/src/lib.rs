//! The one event loop of all servers: a session for each client, bounded outboxes, and no send that waits.
//!
//! [`run`] accepts connections from a listen queue and serves them all in one thread. What it waits for is one epoll set, what
//! it acts on one [`Event`]. A client that calls is answered at once, as the kernel has kept room for its reply. A client that
//! only sends gets its answers as messages: those that find no room wait in the session's outbox, and while that holds one,
//! nothing more is read from that client. So a client that stalls, floods or dies costs the others a turn at most.
//!
//! What cannot be answered at once is answered later, in any order: the session, or what it shares with others, keeps the
//! [`wire::Later`] and answers when it can. Of each client so many wait at most ([`Options::unanswered`]); further requests of that
//! client stay in its channel.
#![forbid(unsafe_code)]

mod mail;
mod session;
mod sessions;

use mail::{Letter, Mail};
use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rvos::{Deadline, Listener, Peer};
use session::{Progress, Session};
use sessions::{Key, Sessions};
use std::convert::Infallible;
use std::io;
use std::os::fd::OwnedFd;
use wire::Service;

/// How a server behaves.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Clients at a time; further ones wait in the listen queue.
    pub sessions: usize,
    /// Requests of one client that wait for their answers; further ones wait in its channel.
    pub unanswered: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { sessions: 1024, unanswered: 64 }
    }
}

/// What a server acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// Somebody connects.
    Connection,
    /// A client has sent something, takes something again, or is gone.
    Client(Key, Presence),
}

/// Whether a client holds its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Here,
    /// Nobody takes answers any more.
    Gone,
}

/// The number that stands for the listen queue in the epoll set.
const LISTENER: u64 = u64::MAX;

/// Whether connections are taken out of the listen queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Accepting {
    Yes,
    /// There is no room; a session that ends makes some.
    No,
}

/// A server at work.
struct Server<S> {
    listener: Listener,
    set: OwnedFd,
    sessions: Sessions<Session<S>>,
    accepting: Accepting,
    /// Answers that came later, not yet with their sessions.
    mail: Mail,
    unanswered: usize,
}

/// Serves protocol `P` for ever; `connect` makes the state of a client's session.
///
/// # Errors
/// When the listen queue or the epoll set is unusable.
pub fn run<P: Service<S>, S>(listener: Listener, options: &Options, connect: impl FnMut(&Peer) -> S) -> io::Result<Infallible> {
    let mut server = Server::new(listener, options)?;
    let mut connect = connect;
    let mut ready = Vec::with_capacity(64);
    loop {
        ready.clear();
        match epoll::wait(&server.set, spare_capacity(&mut ready), None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        for event in &ready {
            let (flags, data) = (event.flags, event.data.u64());
            let event = match data {
                LISTENER => Event::Connection,
                key if flags.contains(epoll::EventFlags::HUP) => Event::Client(Key::from(key), Presence::Gone),
                key => Event::Client(Key::from(key), Presence::Here),
            };
            server.act::<P>(event, &mut connect)?;
            server.deliver()?;
        }
    }
}

impl<S> Server<S> {
    fn new(listener: Listener, options: &Options) -> io::Result<Self> {
        let set = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&set, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;
        let (sessions, mail) = (Sessions::new(options.sessions), Mail::default());
        Ok(Self { listener, set, sessions, accepting: Accepting::Yes, mail, unanswered: options.unanswered })
    }

    fn act<P: Service<S>>(&mut self, event: Event, connect: &mut impl FnMut(&Peer) -> S) -> io::Result<()> {
        match event {
            Event::Connection => self.accept(connect),
            Event::Client(key, presence) => self.serve::<P>(key, presence),
        }
    }

    /// Takes one connection, so that clients who are there already have their turn in between.
    fn accept(&mut self, connect: &mut impl FnMut(&Peer) -> S) -> io::Result<()> {
        if self.sessions.is_full() {
            return self.set_accepting(Accepting::No);
        }
        let (end, peer) = match self.listener.accept(Deadline::Now) {
            Ok(connection) => connection,
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => return Ok(()),
            // No descriptor, no memory: not now, if clients who leave give some back.
            Err(_) if !self.sessions.is_empty() => return self.set_accepting(Accepting::No),
            Err(e) => return Err(e),
        };
        let key = self.sessions.add(Session::new(end, connect(&peer), self.unanswered));
        let Some(session) = key.and_then(|key| self.sessions.get(key)) else { return Ok(()) };
        let data = epoll::EventData::new_u64(key.map_or(LISTENER, u64::from));
        if epoll::add(&self.set, session.as_fd(), data, epoll::EventFlags::IN).is_err() {
            // No memory for the interest: this client is turned away.
            self.end(key);
        }
        Ok(())
    }

    fn serve<P: Service<S>>(&mut self, key: Key, presence: Presence) -> io::Result<()> {
        let Some(session) = self.sessions.get(key) else { return Ok(()) };
        let before = session.interest();
        if presence == Presence::Gone {
            session.expects_nothing();
        }
        let progress = session.progress::<P>(&self.mail, key);
        self.after(key, before, progress)
    }

    /// Takes answers that came later to those whom they are for.
    fn deliver(&mut self) -> io::Result<()> {
        while let Some(Letter { to, call, packet }) = self.mail.next() {
            let Some(session) = self.sessions.get(to) else { continue };
            let before = session.interest();
            let progress = session.deliver(call, packet);
            self.after(to, before, progress)?;
        }
        Ok(())
    }

    /// A client had its turn.
    fn after(&mut self, key: Key, before: epoll::EventFlags, progress: Progress) -> io::Result<()> {
        let Some(session) = self.sessions.get(key) else { return Ok(()) };
        match progress {
            Progress::Gone => {
                self.end(Some(key));
                self.set_accepting(Accepting::Yes)
            }
            Progress::Waits if session.interest() != before => {
                let data = epoll::EventData::new_u64(u64::from(key));
                Ok(epoll::modify(&self.set, session.as_fd(), data, session.interest())?)
            }
            Progress::Waits => Ok(()),
        }
    }

    /// Ends a session: closing its descriptor takes it out of the epoll set.
    fn end(&mut self, key: Option<Key>) {
        drop(key.and_then(|key| self.sessions.remove(key)));
    }

    fn set_accepting(&mut self, accepting: Accepting) -> io::Result<()> {
        if self.accepting != accepting {
            let flags = if accepting == Accepting::Yes { epoll::EventFlags::IN } else { epoll::EventFlags::empty() };
            epoll::modify(&self.set, &self.listener, epoll::EventData::new_u64(LISTENER), flags)?;
            self.accepting = accepting;
        }
        Ok(())
    }
}
