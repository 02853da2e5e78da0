//! The short way of a call: requests and replies of at most [`SHORT`] bytes and one descriptor in which nothing can wait. Bytes are
//! copied through the stack, so that each side takes the channel's lock once. Whatever is otherwise goes the long way (`call`,
//! `channel`), and so does what fails, for its reason to be found there.

use super::channel::{ChannelEnd, Next, READABLE, State, WRITABLE, ended};
use super::inflight::InFlight;
use super::message::{self, INLINE, Message, SHORT, Words};
use crate::fs::table::{Moving, Passed};
use crate::linux::Stop;
use crate::see::Waits;
use crate::task::Thread;
use crate::task::wait::Handing;
use abi::{ChanInfo, Errno};
use alloc::boxed::Box;
use core::sync::atomic::Ordering;
use logic_channel::{Answering, CallId, FirstRequest, Size, Taken, Untaken};
use mem::{Ref, user};
use sync::{SpinGuard, levels};
use zerocopy::IntoBytes;

/// Whether it is short.
#[inline(always)]
pub(crate) const fn is_short(size: Size) -> bool {
    size.bytes as usize <= SHORT && size.fds <= 1
}

/// Whether a reply of this room can be kept with a short request.
#[inline(always)]
pub(crate) const fn has_short_room(room: Size) -> bool {
    room.bytes as usize <= INLINE && room.fds <= 1
}

/// Takes a short message's bytes from user memory.
#[inline(always)]
pub(crate) fn read_words(words: &mut Words, from: usize, len: usize) -> Result<(), Errno> {
    match words.as_mut_bytes().get_mut(..len) {
        Some(to) if len != 0 => user::copy_in(to, from).map_err(|_| Errno::EFAULT),
        _ => Ok(()),
    }
}

/// Writes them to user memory.
#[inline(always)]
pub(crate) fn write_words(words: &Words, to: usize, len: usize) -> Result<(), Errno> {
    match words.as_bytes().get(..len) {
        Some(from) if len != 0 => user::copy_out_here(to, from).map_err(|_| Errno::EFAULT),
        _ => Ok(()),
    }
}

/// A short reply that is to be sent before a message is received.
pub(crate) struct ShortReply {
    /// The call that it answers; `None`: there is no reply, or it was sent.
    pub(crate) id: Option<CallId>,
    /// Its size.
    pub(crate) size: Size,
    /// It reached the caller.
    pub(crate) arrived: bool,
    /// The caller, who runs next, asleep or not.
    pub(crate) caller: Next,
}

/// What came of receiving.
pub(crate) enum Got {
    /// A short request, and the descriptor that came with it.
    Request(Taken, Option<Passed>),
    /// Something else is there, or nothing and the caller does not wait.
    Other,
    /// The reply is larger than its caller's room.
    TooLarge,
}

/// What one look comes to.
enum Step {
    Taken(Taken),
    Other,
    TooLarge,
    Sleep,
}

type Guard<'a> = SpinGuard<'a, State, levels::ObjectState>;

/// Who sends: its process, and that one's budget.
#[derive(Clone, Copy)]
pub(super) struct Sender(u64, u64);

impl Sender {
    #[inline(always)]
    pub(super) fn of(me: &Thread) -> Sender {
        Sender(me.process().id(), me.budget_id.load(Ordering::Relaxed))
    }
    #[inline(always)]
    pub(super) const fn sign(self, message: &mut Message) {
        (message.process, message.budget) = (self.0, self.1);
    }
}

impl ChannelEnd<'_> {
    /// Sends a short request of the first size, for a reply as large as the second, with the descriptor of the number `fd` if its
    /// size says so; gives the call's number, and the receiver that is to run next. `None`: it has to go the long way.
    #[inline(always)]
    pub(crate) fn begin_short(self, me: &Thread, sizes: (Size, Size), words: &Words, fd: i32) -> Option<(CallId, Next)> {
        // Who answers wakes this thread from here on.
        me.wait.arm();
        if sizes.0.fds == 0 {
            let mut state = self.channel.state.lock();
            let id = self.open_short(me, &mut state, sizes, words, |_| {});
            return match id {
                Ok(id) => Some((id, self.channel.tell(state, self.end.peer(), READABLE))),
                Err(message) => give_back(state, message),
            };
        }
        self.begin_with_one(me, sizes, words, fd)
    }

    #[inline(never)]
    fn begin_with_one(self, me: &Thread, sizes: (Size, Size), words: &Words, fd: i32) -> Option<(CallId, Next)> {
        let send = |moving: Moving<'_>| {
            let mut state = self.channel.state.lock();
            // What is prepared succeeds.
            state.logic.prepare_call(self.end, sizes.0).ok()?;
            self.channel.flight(self.end.peer()).changes();
            match self.open_short(me, &mut state, sizes, words, |m| moving.take(&mut m.fds)) {
                Ok(id) => Some((id, state.tell_unobserved(self.end.peer()))),
                Err(message) => give_back(state, message),
            }
        };
        let sent = me.with_refs_and_preempt(|r, preempt| r.files.move_plain(preempt, fd, send));
        match sent? {
            (id, Some(next)) => Some((id, next)),
            (id, None) => Some((id, self.channel.tell(self.channel.state.lock(), self.end.peer(), READABLE))),
        }
    }

    /// Puts a request into the spare message, which is queued. It comes back, if there was one, when it has to go the long way.
    #[inline(always)]
    fn open_short(
        self,
        me: &Thread,
        state: &mut State,
        (size, room): (Size, Size),
        words: &Words,
        fill: impl FnOnce(&mut Message),
    ) -> Result<CallId, Option<Box<Message>>> {
        let mut message = match state.take_spare() {
            Some(m) => m,
            none => return Err(none),
        };
        if !message.has_room(size.fds.max(room.fds)) {
            return Err(Some(message));
        }
        Sender::of(me).sign(&mut message);
        message.take_words(words, size.bytes);
        fill(&mut message);
        me.calling.taken_by(state.logic.receiver(self.end.peer()));
        // Point of no return, once it is queued.
        let called = state.logic.call_here(self.end, message, size, room, || me.to_ref_here());
        called.map_err(|refused| Some(refused.message))
    }

    /// Sends a short reply with the descriptor of the number `fd`; gives the caller, who is to run. `None`: it has to go the long
    /// way.
    #[inline(never)]
    pub(crate) fn answer_with_one(self, me: &Thread, id: CallId, size: Size, words: &Words, fd: i32) -> Next {
        let answer = |moving: Moving<'_>| {
            let mut state = self.channel.state.lock();
            let Answering::Open(mut open) = state.logic.answer(self.end, id, size) else { return None };
            let message = open.message()?;
            Sender::of(me).sign(message);
            message.take_words(words, size.bytes);
            moving.take(&mut message.fds);
            open.commit()
        };
        me.with_refs_and_preempt(|r, preempt| r.files.move_plain(preempt, fd, answer))
    }

    /// Sends `reply`, and receives a short request, waiting for one.
    #[inline(always)]
    pub(crate) fn receive_short(
        self,
        me: &Thread,
        room: Size,
        deadline_ns: Option<u64>,
        reply: &mut ShortReply,
        words: &mut Words,
        info: &mut ChanInfo,
    ) -> Result<Got, Stop> {
        let by = me.process();
        let mut wait = Handing::new(deadline_ns, reply.caller.take());
        let mut placed = false;
        let mut passed = None;
        wait.arm(me);
        let got = loop {
            // One way out of it, on which the lock is given back.
            let step = {
                let mut guard = self.channel.state.lock();
                let state = &mut *guard;
                let step = if self.answer_first(me, state, reply, words, &mut wait.next) {
                    self.channel.flight(self.end).changes();
                    let taken = match state.logic.first_request(self.end, room) {
                        Some(first) => take_short(first, by.id(), words, &mut passed, info),
                        None => None,
                    };
                    if taken.is_none() && state.may_wait(self.end, me) {
                        placed = true;
                        Step::Sleep
                    } else {
                        placed = placed && !state.leave_place(self.end, me);
                        taken.map_or(Step::Other, Step::Taken)
                    }
                } else {
                    Step::TooLarge
                };
                guard.unlock();
                step
            };
            match step {
                Step::Taken(taken) => break Ok(taken),
                Step::Other => break Err(Ok(Got::Other)),
                Step::TooLarge => break Err(Ok(Got::TooLarge)),
                Step::Sleep => {}
            }
            if let Err(e) = wait.sleep(me, self.waits(Waits::ChannelReceive)) {
                break Err(Err(e));
            }
        };
        wait.end(me);
        match got {
            Ok(taken) => {
                by.attrs.serves.store(1, Ordering::Relaxed);
                self.took(&taken, info);
                Ok(Got::Request(taken, passed))
            }
            Err(Ok(other)) => Ok(other),
            Err(Err(e)) => {
                if placed && !self.channel.state.lock().leave_place(self.end, me) {
                    // Woken for a message, and leaving without it.
                    self.pass_on();
                }
                Err(ended(e))
            }
        }
    }

    /// Sends the reply that comes before receiving, if there is one. False: it is larger than its caller's room.
    #[inline(always)]
    fn answer_first(self, me: &Thread, state: &mut State, reply: &mut ShortReply, words: &Words, next: &mut Next) -> bool {
        let Some(call) = reply.id.take() else { return true };
        match state.logic.answer(self.end, call, reply.size) {
            Answering::Open(mut open) => {
                if let Some(message) = open.message() {
                    Sender::of(me).sign(message);
                    message.take_words(words, reply.size.bytes);
                }
                reply.arrived = true;
                core::mem::forget(core::mem::replace(next, open.commit()));
                true
            }
            Answering::TooLarge => false,
            Answering::Void => true,
        }
    }

    #[inline(always)]
    fn took(self, taken: &Taken, info: &mut ChanInfo) {
        (info.bytes_len, info.fds_len) = (taken.size.bytes, taken.size.fds);
        info.call = taken.call.number();
        (info.reply_bytes, info.reply_fds) = (taken.reply_room.bytes, taken.reply_room.fds);
        if taken.made_room {
            self.channel.tell_all(self.end.peer(), WRITABLE);
        }
    }

    /// A short request could not be delivered: it goes back to where it was.
    #[cold]
    #[inline(never)]
    pub(crate) fn put_request_back(self, taken: &Taken, mut passed: Option<Passed>) {
        let mut state = self.channel.state.lock();
        self.channel.flight(self.end).changes();
        let refill = |m: &mut Box<Message>| {
            if let Some(passed) = passed.take() {
                // reserved: its place there is what it was taken from.
                m.fds.push(passed);
            }
        };
        match state.logic.untake_request(self.end, taken.call, taken.size, refill) {
            Untaken::Back => {
                if let Some(t) = self.channel.tell(state, self.end, READABLE) {
                    t.wake();
                }
            }
            Untaken::Over => {}
            Untaken::Failed(caller, message) => {
                drop(state);
                caller.wake();
                message::destroy(message);
            }
        }
    }
}

/// Takes a request if it is short.
#[inline(always)]
fn take_short(
    mut first: FirstRequest<'_, Box<Message>, Ref<Thread>>,
    by: u64,
    words: &mut Words,
    passed: &mut Option<Passed>,
    info: &mut ChanInfo,
) -> Option<Taken> {
    let size = first.size;
    let (message, caller) = first.parts()?;
    if !is_short(size) || (size.fds != 0 && !take_one(message, passed)) {
        return None;
    }
    message.give_words(words, size.bytes);
    (info.process, info.budget) = (message.process, message.budget);
    caller.calling.taken_by(by);
    first.take(by)
}

/// Takes the one descriptor of a message out, unless something can wait in it.
#[inline(always)]
fn take_one(message: &mut Message, passed: &mut Option<Passed>) -> bool {
    match message.fds.pop() {
        Some(one @ Passed { file: InFlight::Plain(_), .. }) => {
            // There was none, so that nothing is to be dropped.
            core::mem::forget(passed.replace(one));
            true
        }
        other => {
            if let Some(carrier) = other {
                // reserved: its place there is what it was taken from.
                message.fds.push(carrier);
            }
            false
        }
    }
}

/// Nothing came of a request.
#[cold]
#[inline(never)]
fn give_back<T>(mut state: Guard<'_>, message: Option<Box<Message>>) -> Option<T> {
    let doomed = message.and_then(|m| state.keep(m));
    drop(state);
    message::destroy_any(doomed);
    None
}
