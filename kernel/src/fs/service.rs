//! Services below `/svc`: names with a listen queue behind them, the shell around `logic-listen`.
//!
//! A name is an inode with a place for a [`Listen`]; [`bind`] puts one there, and it is at its end when its last descriptor
//! goes. Opening the name ([`connect`]) makes a channel: one end goes into the queue, the other to the caller. What that
//! takes is allocated by the caller and charged to its budget. Connections wait in the part of the budget that pays, so
//! that a flood fills its own part alone, and are accepted one budget after the other. A connection whose client has closed it
//! without leaving a message is none: it does not wait, so that no service is started for it.

use super::context::Cred;
use super::dentry::Dentry;
use super::file::{Descriptor, File, OpenFile, Special};
use super::inode::{Body, Inode, S_IFSOCK};
use super::mount::Location;
use super::node;
use crate::clock;
use crate::linux::{Restart, Stop};
use crate::object::channel::ChannelEnd;
use crate::object::end::pair;
use crate::object::inflight::{self, Carrier, Flight, InFlight};
use crate::task::Thread;
use crate::task::wait::{self, Ended, Interrupt, Observers, Watch};
use abi::{Errno, SvcPeer};
use core::sync::atomic::{AtomicU64, Ordering};
use logic_channel::Limits;
use logic_inflight::{Found, Place as Spot};
use logic_listen::{Entry, Offer, Part, PartNode, Payer, Queue, Refused, Spare, Taken, Turn};
use logic_waits::{Events, Mode};
use mem::{NoMemory, Ref, try_box};
use sync::{SpinGuard, SpinLock, levels};

/// Kind of the file systems in which services have their names.
pub(crate) const SVC_FS: &str = "svc";

/// A place for a service's listen queue.
pub(crate) type Place = SpinLock<Option<Ref<Listen>>, levels::InodeAttrs>;

/// What waits to be accepted.
pub(crate) struct Connection {
    end: InFlight,
    peer: SvcPeer,
}

/// A listen queue.
pub(crate) struct Listen {
    state: SpinLock<State, levels::ObjectState>,
    /// How long an open waits for room.
    wait_ns: u64,
    id: u64,
    flight: Flight,
}

struct State {
    queue: Queue<Connection, Observers>,
    acceptors: Observers,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// The part of the queue that one budget's connections wait in, as something to wait at.
struct Room<'a> {
    listen: &'a Listen,
    payer: Payer,
}

impl Watch for Room<'_> {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        if let Some(waiters) = self.listen.state.lock().queue.waiters(self.payer) {
            f(waiters);
        }
    }
    fn on(&self, events: logic_waits::Events) -> crate::see::On {
        let _ = events;
        crate::see::On::plain(crate::see::Waits::Service)
    }
}

impl Watch for Listen {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().acceptors);
    }
    fn on(&self, events: logic_waits::Events) -> crate::see::On {
        let _ = events;
        crate::see::On::plain(crate::see::Waits::Client)
    }
}

/// How a connection may wait for room.
pub(crate) struct Patience {
    /// Not at all.
    pub(crate) nonblock: bool,
    /// Until then; `None`: as long as the service says.
    pub(crate) deadline_ns: Option<u64>,
}

type Guard<'a> = SpinGuard<'a, State, levels::ObjectState>;
type Attempt = Option<Offer<Connection, Observers>>;

impl Listen {
    /// One attempt to get the connection into the queue, steps (1) and (6) of `logic-listen`; `None`: there is no room.
    fn attempt(&self, payer: Payer, offer: &mut Attempt) -> Option<Result<(), Errno>> {
        let held = offer.take()?;
        let mut state = self.state.lock();
        self.flight.changes();
        match state.queue.offer(payer, held) {
            Ok(spare) => {
                drop(state);
                drop(spare);
                wait::notify(self, Events::IN);
                Some(Ok(()))
            }
            Err(Refused::Full(back)) => {
                *offer = Some(back);
                None
            }
            Err(Refused::Closed(back)) => {
                *offer = Some(back);
                Some(Err(Errno::ECONNREFUSED))
            }
        }
    }

    /// Steps (2), (3) and (5): waits for room in the part of the caller's budget.
    fn wait_for_room(&self, me: &Thread, payer: Payer, until: u64, offer: &mut Attempt) -> Result<(), Stop> {
        let mut spare = new_part()?;
        self.state.lock().queue.enter(payer, &mut spare);
        let room = Room { listen: self, payer };
        let ended =
            wait::wait_at(me, &room, Events::OUT, Mode::One, Some(until), Interrupt::AnySignal, || self.attempt(payer, offer));
        let part = self.state.lock().queue.leave(payer);
        drop((part, spare));
        match ended {
            Ok(result) => Ok(result?),
            Err(Ended::Deadline) => Err(Errno::ETIMEDOUT.into()),
            Err(Ended::Signal) => Err(Stop::Restart(Restart::Sys)),
            Err(Ended::NoMemory) => Err(Errno::ENOMEM.into()),
        }
    }

    /// Step (4): takes the next connection. EBADF once nobody listens.
    fn take(&self) -> Option<Result<Taken<Connection, Observers>, Errno>> {
        self.is_wanted();
        let mut state = self.state.lock();
        if !state.queue.is_open() {
            return Some(Err(Errno::EBADF));
        }
        self.flight.changes();
        let taken = state.queue.take()?;
        self.made_room(state, &taken);
        Some(Ok(taken))
    }

    /// Wakes one who waits for room where something was taken.
    fn made_room(&self, state: Guard<'_>, taken: &Taken<Connection, Observers>) {
        drop(state);
        if taken.waiter {
            wait::notify(&Room { listen: self, payer: taken.payer }, Events::OUT);
        }
    }

    /// Step (7): whether a client waits for somebody who accepts. Those that come first and have left are taken away.
    fn is_wanted(&self) -> bool {
        while let Some((payer, number, left)) = self.look(None) {
            if !left {
                return true;
            }
            self.remove(payer, number);
        }
        false
    }

    /// Step (7): takes away the connections of one budget whose clients have left, wherever they wait.
    fn make_room(&self, payer: Payer) {
        let mut from = 0;
        while let Some((of, number, left)) = self.look(Some((payer, from)))
            && of == payer
        {
            if left {
                self.remove(payer, number);
            }
            from = number.saturating_add(1);
        }
    }

    /// The connection from a place on, or the one that is taken next, and whether its client has left: closed its end for good
    /// without leaving a message, so that nobody ever hears of it.
    #[inline(never)]
    fn look(&self, place: Option<(Payer, u64)>) -> Option<(Payer, u64, bool)> {
        let (payer, number, of) = {
            let state = self.state.lock();
            let place = place.or_else(|| state.queue.turn().map(|payer| (payer, 0)))?;
            let ((payer, next), connection) = state.queue.at(place)?;
            (payer, next.saturating_sub(1), connection?.end.file().cloned())
        };
        Some((payer, number, of.is_none_or(|of| of.file.as_channel().is_none_or(ChannelEnd::is_over))))
    }

    #[inline(never)]
    fn remove(&self, payer: Payer, number: u64) {
        let mut state = self.state.lock();
        self.flight.changes();
        if let Some(gone) = state.queue.remove(payer, number) {
            self.made_room(state, &gone);
        }
    }

    /// Undoes a take, and has the next of those who accept try it.
    fn put_back(&self, taken: Taken<Connection, Observers>) {
        let mut state = self.state.lock();
        self.flight.changes();
        let left = state.queue.put_back(taken);
        drop(state);
        drop(left);
        wait::notify(self, Events::IN);
    }

    /// Takes the next connection and gives it to `install`; it stays the next if that fails.
    pub(crate) fn accept(
        &self,
        me: &Thread,
        nonblock: bool,
        install: impl FnOnce(&Descriptor, &SvcPeer) -> Result<usize, Errno>,
    ) -> Result<usize, Stop> {
        let taken = match self.take() {
            Some(taken) => taken?,
            None if nonblock => return Err(Errno::EAGAIN.into()),
            None => match wait::wait_at(me, self, Events::IN, Mode::One, None, Interrupt::AnySignal, || self.take()) {
                Ok(taken) => taken?,
                Err(Ended::NoMemory) => return Err(Errno::ENOMEM.into()),
                Err(Ended::Signal | Ended::Deadline) => return Err(Stop::Restart(Restart::Sys)),
            },
        };
        let Connection { end, peer } = &taken.entry.value;
        let installed = match end.waits() {
            Some(end) => install(end, peer),
            None => Err(Errno::ECONNABORTED),
        };
        match installed {
            Ok(number) => Ok(number),
            Err(e) => {
                self.put_back(taken);
                Err(e.into())
            }
        }
    }

    /// Step (6).
    fn close(&self) {
        loop {
            // A statement of its own: what was taken is dropped without the lock.
            let taken = {
                let mut state = self.state.lock();
                self.flight.changes();
                state.queue.close()
            };
            if taken.is_none() {
                break;
            }
        }
        let events = Events::IN | Events::HUP;
        wait::notify(self, events);
        let mut from = 0;
        loop {
            let Some(payer) = self.state.lock().queue.next_part(from) else { return };
            wait::notify(&Room { listen: self, payer }, Events::OUT);
            let Some(next) = payer.checked_add(1) else { return };
            from = next;
        }
    }
}

fn new_part() -> Result<Spare<Connection, Observers>, NoMemory> {
    Ok(Some(try_box(PartNode::new(0, Part::new(try_box(Turn::new(0, 0))?)))?))
}

/// Connects to the service at a place: the client's end of a channel.
pub(crate) fn connect(me: &Thread, place: &Place, patience: &Patience) -> Result<Descriptor, Stop> {
    let listen = place.lock().clone().ok_or(Errno::ECONNREFUSED)?;
    let (client, end) = pair(me, Limits::new(0, 0).ok_or(Errno::EINVAL)?)?;
    let payer = me.process().budget().id();
    let cred = me.cred();
    let peer = SvcPeer {
        process: me.process().id(),
        budget: payer,
        pid: me.process().pid(),
        uid: cred.uid.effective,
        gid: cred.gid.effective,
        _reserved: 0,
    };
    let mut offer =
        Some(Offer { entry: try_box(Entry::new(0, Connection { end: InFlight::new(end), peer }))?, part: new_part()? });
    let mut queued = listen.attempt(payer, &mut offer);
    if queued.is_none() {
        listen.make_room(payer);
        queued = listen.attempt(payer, &mut offer);
    }
    match queued {
        Some(result) => result?,
        None if patience.nonblock => return Err(Errno::EAGAIN.into()),
        None => {
            let until = patience.deadline_ns.unwrap_or_else(|| clock::monotonic_ns().saturating_add(listen.wait_ns));
            listen.wait_for_room(me, payer, until, &mut offer)?;
        }
    }
    Ok(client)
}

/// Makes a name in a directory of services, or takes one over that nobody listens at; gives its listen queue.
pub(crate) fn bind(dir: &Location, name: &[u8], cred: &Cred, most: usize, wait_ns: u64) -> Result<Descriptor, Errno> {
    let no_memory = |NoMemory| Errno::ENOMEM;
    let listen = Ref::try_new(Listen {
        state: SpinLock::new(State { queue: Queue::new(most), acceptors: Observers::new() }),
        wait_ns,
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        flight: Flight::new(),
    });
    let listen = listen.map_err(no_memory)?;
    let file = Ref::try_new(ListenFile { listen: listen.clone() }).map_err(no_memory)?;
    let queue = OpenFile::open(file.unsize(|p| p), None, 0).map_err(no_memory)?;
    let fresh = listen.clone();
    let made = node::create(dir, name, cred, |at| {
        let owner = (cred.uid.fs, cred.gid.fs);
        Inode::try_new(&at.fs, S_IFSOCK | 0o666, owner, Body::Service(SpinLock::new(Some(fresh)))).map_err(no_memory)
    });
    match made {
        Ok(_) => Ok(queue),
        Err(Errno::EEXIST) => take_over(dir, name, cred, listen).map(|()| queue),
        Err(e) => Err(e),
    }
}

/// Puts a listen queue behind a name whose last one is at its end.
fn take_over(dir: &Location, name: &[u8], cred: &Cred, listen: Ref<Listen>) -> Result<(), Errno> {
    if !cred.may(&dir.inode().attrs.lock(), 3) {
        return Err(Errno::EACCES);
    }
    let found = Dentry::lookup(&dir.dentry, name)?;
    let Body::Service(place) = &found.inode().body else { return Err(Errno::EEXIST) };
    let mut at = place.lock();
    if at.as_ref().is_some_and(|old| old.state.lock().queue.is_open()) {
        return Err(Errno::EEXIST);
    }
    let old = at.replace(listen);
    drop(at);
    drop(old);
    Ok(())
}

/// An open listen queue.
struct ListenFile {
    listen: Ref<Listen>,
}

impl File for ListenFile {
    fn poll(&self, _of: &OpenFile) -> Events {
        if self.listen.is_wanted() { Events::IN | Events::RDNORM } else { Events::empty() }
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&*self.listen)
    }
    fn last_close(&self, _of: &OpenFile) {
        self.listen.close();
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = write!(out, "svc:[{}]", self.listen.id);
    }
    fn special(&self) -> Special<'_> {
        Special::Listen(&self.listen)
    }
    fn carrier(&self) -> Option<&dyn Carrier> {
        Some(self)
    }
}

impl Carrier for ListenFile {
    fn flight(&self) -> &Flight {
        &self.listen.flight
    }
    fn waits_at(&self, place: Spot) -> Found<Ref<OpenFile>> {
        let state = self.listen.state.lock();
        let Some(((message, descriptor), connection)) = state.queue.at((place.message, place.descriptor)) else {
            return Found::End;
        };
        let on = Spot { message, descriptor };
        connection.map_or(Found::Other(on), |connection| inflight::found(&connection.end, on))
    }
}
