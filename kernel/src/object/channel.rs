//! Channels: the kernel's shell around `logic-channel`, and a channel's end as a file.
//!
//! A message is filled before the lock is taken and emptied after it was given back: a receiver has it *in hand* meanwhile.
//! Wakes happen after unlock. Neighbours: `call` (calls and their replies), `message`, `native/channel` (the calls).

use super::call::Reply;
use super::inflight::{self, Flight};
use super::message::{self, Message};
use super::short::Sender;
use super::tell::EndWatch;
use crate::budget::{Budget, ChannelCharge};
use crate::census::{Counted, Kind};
use crate::fs::file::{Io, OpenFile};
use crate::fs::table::FdTable;
use crate::linux::{Restart, Stop};
use crate::see::{On, Waits};
use crate::task::wait::{self, Ended, Handing, Interrupt, Observers};
use crate::task::{Process, Thread};
use abi::Errno;
use alloc::boxed::Box;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_channel::{CallId, Delivery, End, Limits, Received, Refused, Size, Why};
use logic_waits::{Events, Mode};
use mem::{NoMemory, Ref, Weak};
use sync::{SpinLock, levels};

/// What a reader waits for, and what a writer.
pub(crate) const READABLE: Events = Events::IN.union(Events::RDNORM);
pub(super) const WRITABLE: Events = Events::OUT.union(Events::WRNORM);

/// Both ends of a channel.
pub(crate) struct Channel {
    _counted: Counted<{ Kind::Channels as usize }>,
    pub(super) state: SpinLock<State, levels::ObjectState>,
    /// Who pays for it and for what waits in it.
    budget: Ref<Budget>,
    _charge: ChannelCharge,
    /// Number in `channel:[N]`.
    pub(crate) id: u64,
    flights: [Flight; 2],
}

pub(super) type Logic = logic_channel::Channel<Box<Message>, Ref<Thread>>;

/// What the lock protects.
pub(crate) struct State {
    pub(super) logic: Logic,
    a: Observers,
    b: Observers,
    /// At each end the thread that waits for a message without being an observer: the first of those that wait.
    waiting_a: Next,
    waiting_b: Next,
    /// A message for the next sender.
    spare: Option<Box<Message>>,
    /// The open descriptions of its ends.
    pub(super) files: [Option<Weak<OpenFile>>; 2],
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// One end of a channel.
#[derive(Clone, Copy)]
pub(crate) struct ChannelEnd<'a> {
    pub(super) channel: &'a Channel,
    pub(super) end: End,
}

/// What receiving gives.
pub(crate) type Took = Result<Received<Box<Message>>, Stop>;

/// A thread that is to run next, in the place of the one that woke it.
pub(crate) type Next = Option<Ref<Thread>>;

impl State {
    #[inline]
    pub(super) const fn observers(&mut self, end: End) -> &mut Observers {
        match end {
            End::A => &mut self.a,
            End::B => &mut self.b,
        }
    }

    #[inline]
    pub(super) const fn waiting(&mut self, end: End) -> &mut Next {
        match end {
            End::A => &mut self.waiting_a,
            End::B => &mut self.waiting_b,
        }
    }

    /// Takes the waiting thread's place if it is `me`.
    #[inline(always)]
    pub(super) fn leave_place(&mut self, end: End, me: &Thread) -> bool {
        let place = self.waiting(end);
        let mine = place.as_ref().is_some_and(|t| core::ptr::eq(&**t, me));
        if mine {
            // Not the last reference: the thread runs.
            *place = None;
        }
        mine
    }

    /// Takes the place of who waits at an end, if nothing is there, something may still come, and nobody else has it.
    #[inline(always)]
    pub(super) fn may_wait(&mut self, end: End, me: &Thread) -> bool {
        if self.logic.front(end).is_some() || !self.logic.peer_open(end) || !self.logic.peer_open(end.peer()) {
            return false;
        }
        match self.waiting(end) {
            Some(t) => core::ptr::eq(&**t, me),
            place => {
                core::mem::forget(place.replace(me.to_ref_here()));
                true
            }
        }
    }

    /// Whether nothing is there that the end of one side could matter to: no message, no call, nobody who waits or watches.
    #[inline(always)]
    pub(super) fn ends_quietly(&self) -> bool {
        self.logic.front(End::A).is_none()
            && self.logic.front(End::B).is_none()
            && self.logic.open_calls() == 0
            && self.waiting_a.is_none()
            && self.waiting_b.is_none()
            && self.a.is_empty()
            && self.b.is_empty()
    }

    /// The message kept for the next sender.
    #[inline(always)]
    pub(super) const fn take_spare(&mut self) -> Option<Box<Message>> {
        self.spare.take()
    }

    /// Keeps a message for the next sender; gives back what is to be destroyed after unlock.
    #[inline(always)]
    pub(super) fn keep(&mut self, message: Box<Message>) -> Option<Box<Message>> {
        if self.spare.is_none() && message.is_spare() {
            // There was none, so that nothing is to be dropped.
            core::mem::forget(self.spare.replace(message));
            return None;
        }
        Some(message)
    }
}

/// Why a message cannot be sent, as a call says it.
pub(super) fn refusal(why: Why) -> Errno {
    match why {
        Why::Full => Errno::EAGAIN,
        Why::Closed => Errno::EPIPE,
        Why::Memory => Errno::ENOMEM,
    }
}

/// The end of a wait without an event.
pub(super) fn ended(e: Ended) -> Stop {
    match e {
        Ended::Signal => Stop::Restart(Restart::Sys),
        Ended::NoMemory => Errno::ENOMEM.into(),
        Ended::Deadline => Errno::ETIMEDOUT.into(),
    }
}

impl Channel {
    pub(super) fn try_new(me: &Thread, limits: Limits) -> Result<Ref<Channel>, Errno> {
        let budget = me.process().budget();
        let charge = ChannelCharge::new(&budget).ok_or(Errno::EDQUOT)?;
        let state = || State {
            logic: Logic::new(limits),
            a: Observers::new(),
            b: Observers::new(),
            waiting_a: None,
            waiting_b: None,
            spare: None,
            files: [None, None],
        };
        Ref::try_new_with(|| Channel {
            _counted: Counted::new(),
            state: SpinLock::new(state()),
            budget,
            _charge: charge,
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            flights: [Flight::new(), Flight::new()],
        })
        .map_err(|NoMemory| Errno::ENOMEM)
    }

    /// The open description of an end, while it is there.
    pub(super) fn file_of(&self, end: End) -> Option<Ref<OpenFile>> {
        let state = self.state.lock();
        let [a, b] = &state.files;
        let file = if end == End::A { a } else { b };
        file.as_ref().and_then(Weak::upgrade)
    }

    /// What is noted at an end for those who look for what is out of reach.
    #[inline]
    pub(super) const fn flight(&self, end: End) -> &Flight {
        let [a, b] = &self.flights;
        match end {
            End::A => a,
            End::B => b,
        }
    }

    /// The number of an end.
    #[inline]
    pub(super) fn number(&self, end: End) -> u64 {
        self.id << 1 | u64::from(end == End::B)
    }

    /// Makes a message with room for `room`: the spare one, or one that the channel's creator pays for.
    #[inline]
    pub(super) fn message(&self, room: Size) -> Result<Box<Message>, Errno> {
        let spare = self.state.lock().spare.take();
        match spare {
            Some(mut message) => {
                self.budget.pay(|| message.reserve(|| self.budget.clone(), room))?;
                Ok(message)
            }
            None => self.budget.pay(|| Message::try_new(&self.budget, room)),
        }
    }
}

/// What a sender brings besides the bytes.
pub(crate) struct Sending<'a> {
    /// The descriptors that move, by their numbers.
    pub(crate) fds: &'a [i32],
    /// Whether it must not wait.
    pub(crate) nonblock: bool,
    /// When to give up.
    pub(crate) deadline_ns: Option<u64>,
}

impl ChannelEnd<'_> {
    /// A wait at this end, which whoever holds the other one can end.
    #[inline]
    pub(super) fn waits(self, waits: Waits) -> On {
        On { waits, id: self.channel.number(self.end) }
    }

    /// Queues a message by `push`.
    #[inline]
    pub(super) fn push<R>(
        self,
        message: Box<Message>,
        push: impl FnOnce(&mut Logic, Box<Message>) -> Result<R, Refused<Box<Message>>>,
    ) -> Result<(R, Next), (Errno, Box<Message>)> {
        let mut state = self.channel.state.lock();
        let done = push(&mut state.logic, message).map_err(|r| (refusal(r.why), r.message))?;
        Ok((done, self.channel.tell(state, self.end.peer(), READABLE)))
    }

    /// Queues a message by `push`, its descriptors leaving `files`, all or none; under one hold of both locks. `push` succeeds
    /// after `prepare` has.
    pub(super) fn push_with<R>(
        self,
        files: &FdTable,
        fds: &[i32],
        message: Box<Message>,
        prepare: impl FnOnce(&mut Logic) -> Result<(), Why>,
        push: impl FnOnce(&mut Logic, Box<Message>) -> Result<R, Refused<Box<Message>>>,
    ) -> Result<(R, Next), (Errno, Box<Message>)> {
        let receiver = self.channel.file_of(self.end.peer());
        let moved = files.move_out(fds, message, |mut message, take| {
            let mut state = self.channel.state.lock();
            if let Err(why) = prepare(&mut state.logic) {
                return Err(Refused { why, message });
            }
            self.channel.flight(self.end.peer()).changes();
            take(&mut message.fds);
            // Who holds the receiving end can reach them. When nobody does any more, the search begins there.
            if !receiver.as_ref().is_some_and(|of| inflight::is_held(of)) {
                inflight::lost_holders(&message);
            }
            push(&mut state.logic, message)
        })?;
        let done = moved.map_err(|r| (refusal(r.why), r.message))?;
        Ok((done, self.channel.tell(self.channel.state.lock(), self.end.peer(), READABLE)))
    }

    /// Sends one message: `fill` puts its bytes into it, once for each attempt.
    pub(crate) fn send(
        self,
        me: &Thread,
        size: Size,
        how: &Sending<'_>,
        fill: &mut dyn FnMut(&mut Message) -> Result<(), Errno>,
    ) -> Result<(), Stop> {
        let files = me.files();
        let attempt = || {
            // Without room nothing is made: who waits holds no memory of the channel's payer.
            let room = self.channel.state.lock().logic.room(self.end, size);
            room.map_err(refusal)?;
            self.send_once(me, &files, size, how.fds, fill)
        };
        if let Some(t) = self.when_there_is_room(me, size, how.nonblock, how.deadline_ns, attempt)? {
            t.wake();
        }
        Ok(())
    }

    /// Makes `attempt`, again whenever there may be room for a message of `size`, until it says something else than EAGAIN.
    #[inline(always)]
    pub(super) fn when_there_is_room<R>(
        self,
        me: &Thread,
        size: Size,
        nonblock: bool,
        deadline_ns: Option<u64>,
        mut attempt: impl FnMut() -> Result<R, Errno>,
    ) -> Result<R, Stop> {
        let mut waited = false;
        loop {
            let result = attempt();
            if waited {
                // Who was woken alone may not have used all of the room, or none of it.
                self.pass_on_room();
            }
            match result {
                Err(Errno::EAGAIN) if !nonblock => {}
                r => return Ok(r?),
            }
            self.wait_for_room(me, size, deadline_ns)?;
            waited = true;
        }
    }

    #[inline(never)]
    fn wait_for_room(self, me: &Thread, size: Size, deadline_ns: Option<u64>) -> Result<(), Stop> {
        let has_room = || (self.channel.state.lock().logic.room(self.end, size) != Err(Why::Full)).then_some(());
        wait::wait_at(me, &self, Events::OUT, Mode::One, deadline_ns, Interrupt::AnySignal, has_room).map_err(ended)
    }

    fn send_once(
        self,
        me: &Thread,
        files: &FdTable,
        size: Size,
        fds: &[i32],
        fill: &mut dyn FnMut(&mut Message) -> Result<(), Errno>,
    ) -> Result<Next, Errno> {
        let mut message = self.channel.message(size)?;
        Sender::of(me).sign(&mut message);
        if let Err(e) = fill(&mut message) {
            self.discard(message);
            return Err(e);
        }
        // Point of no return, once it is queued.
        let sent = match fds {
            [] if size.fds != 0 => self.push_copies(message, size),
            [] => self.push(message, |l, m| l.send(self.end, m, size)),
            _ => self.push_with(files, fds, message, |l| l.prepare(self.end, size), |l, m| l.send(self.end, m, size)),
        };
        match sent {
            Ok(((), next)) => Ok(next),
            Err((e, message)) => {
                self.discard(message);
                Err(e)
            }
        }
    }

    /// Wakes the next of those who wait for room, if there is some left.
    #[inline(never)]
    fn pass_on_room(self) {
        let left = {
            let mut state = self.channel.state.lock();
            !state.observers(self.end).is_empty() && state.logic.writable(self.end)
        };
        if left {
            wait::pass_on(&self, WRITABLE);
        }
    }

    /// One attempt to receive.
    #[inline(always)]
    fn take(self, state: &mut State, room: Size, by: &Process) -> Received<Box<Message>> {
        // Also when none comes out of it: what is behind moves up.
        self.channel.flight(self.end).changes();
        let received = state.logic.receive(self.end, room, by.id());
        if let Received::Message(Delivery { call: Some(id), .. }) = &received {
            by.attrs.serves.store(1, Ordering::Relaxed);
            if let Some((caller, _)) = state.logic.parties(*id) {
                caller.calling.taken_by(by.id());
            }
        }
        received
    }

    /// A message in hand is consumed.
    #[inline]
    pub(crate) fn finish(self, message: Box<Message>, size: Size, call: Option<CallId>) {
        let mut state = self.channel.state.lock();
        let done = state.logic.finish(self.end, message, size, call);
        let doomed = done.message.and_then(|m| state.keep(m));
        let observed = done.made_room && !state.observers(self.end.peer()).is_empty();
        drop(state);
        if observed {
            wait::notify(&EndWatch(self.channel, self.end.peer()), WRITABLE);
        }
        message::destroy_any(doomed);
    }

    /// A message in hand goes back to where it was.
    pub(crate) fn put_back(self, d: Delivery<Box<Message>>) {
        let mut state = self.channel.state.lock();
        inflight::waits_again(&d.message, self.channel.flight(self.end));
        let back = state.logic.put_back(self.end, d.message, d.size, d.call);
        let next = self.channel.tell(state, self.end, READABLE);
        if let Some(t) = next {
            t.wake();
        }
        if back.made_room {
            self.channel.tell_all(self.end.peer(), WRITABLE);
        }
        message::destroy_any(back.message);
    }

    /// What is left of a message that went nowhere.
    pub(crate) fn discard(self, message: Box<Message>) {
        let doomed = self.channel.state.lock().keep(message);
        message::destroy_any(doomed);
    }

    /// Wakes the next receiver if something is left: who was woken alone may have left without taking it.
    pub(crate) fn pass_on(self) {
        let mut state = self.channel.state.lock();
        if state.logic.front(self.end).is_none() {
            return;
        }
        let waiting = state.waiting(self.end).take();
        let observed = !state.observers(self.end).is_empty();
        drop(state);
        match waiting {
            Some(t) => t.wake(),
            None if observed => wait::pass_on(&self, READABLE),
            None => {}
        }
    }

    /// Receives the first message if it fits into `room`, waiting for one unless `nonblock`, after `reply` was committed.
    pub(crate) fn receive(self, me: &Thread, room: Size, nonblock: bool, deadline_ns: Option<u64>, reply: &mut Reply) -> Took {
        let by = me.process();
        // Asleep or not, the caller runs next.
        let mut wait = Handing::new(deadline_ns, None);
        let mut placed = false;
        let mut occupied = false;
        let on = self.waits(Waits::ChannelReceive);
        wait.arm(me);
        let got = loop {
            let mut state = self.channel.state.lock();
            if reply.is_staged() {
                wait.next = reply.commit(&mut state.logic);
            }
            let received = self.take(&mut state, room, by);
            if !matches!(received, Received::Empty) {
                placed = placed && !state.leave_place(self.end, me);
                break Ok(received);
            }
            if nonblock {
                break Ok(received);
            }
            match state.waiting(self.end) {
                place @ None => *place = Some(me.to_ref()),
                Some(t) if core::ptr::eq(&**t, me) => {}
                Some(_) => {
                    occupied = true;
                    break Ok(received);
                }
            }
            placed = true;
            drop(state);
            if let Err(e) = wait.sleep(me, on) {
                break Err(e);
            }
        };
        wait.end(me);
        message::destroy_any(reply.take_late());
        match got {
            Ok(_) if occupied => self.receive_behind(me, room, deadline_ns),
            Ok(Received::Empty) => Err(Errno::EAGAIN.into()),
            Ok(received) => Ok(received),
            Err(e) => {
                if placed && !self.channel.state.lock().leave_place(self.end, me) {
                    // Woken for a message, and leaving without it.
                    self.pass_on();
                }
                Err(ended(e))
            }
        }
    }

    /// As [`ChannelEnd::receive`] while another thread waits already.
    #[inline(never)]
    fn receive_behind(self, me: &Thread, room: Size, deadline_ns: Option<u64>) -> Took {
        let by = me.process();
        let attempt = || match self.take(&mut self.channel.state.lock(), room, by) {
            Received::Empty => None,
            r => Some(r),
        };
        wait::wait_at(me, &self, READABLE, Mode::One, deadline_ns, Interrupt::AnySignal, attempt).map_err(ended)
    }

    /// read(2) and recvmsg(2): one message, whose descriptors `fds` of may be taken.
    pub(crate) fn read_message(self, io: &Io<'_>, room: Size) -> Result<Option<Delivery<Box<Message>>>, Stop> {
        let received = self.receive(io.me, room, io.nonblock, None, &mut Reply::none());
        if !matches!(received, Ok(Received::Message(_))) {
            self.pass_on();
        }
        match received? {
            Received::Message(d) if d.call.is_some() => {
                // Its caller waits for an answer, which only chan_reply_recv gives.
                self.put_back(d);
                Err(Errno::EMSGSIZE.into())
            }
            Received::Message(d) => Ok(Some(d)),
            Received::TooLarge(_) => Err(Errno::EMSGSIZE.into()),
            Received::Closed => Ok(None),
            Received::Empty => Err(Errno::EAGAIN.into()),
        }
    }
}
