//! [`Channel`]: send, receive, call, reply, close. The steps are numbered in the crate's text.

use alloc::collections::VecDeque;

use crate::calls::{Call, CallId, Calls, Failure, LOOKS, Phase};
use crate::mutation::{Step, left_out};
use crate::{End, Limits, Size};

/// Why a message is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No room in the queue.
    Full,
    /// The other end, or the caller's own, is closed.
    Closed,
    /// No memory for a place in the queue or a call.
    Memory,
}

/// A message that was not accepted: it comes back.
#[derive(Debug)]
pub struct Refused<M> {
    /// Why.
    pub why: Why,
    /// The message.
    pub message: M,
}

/// A message in a queue.
#[derive(Debug)]
pub struct Queued<M> {
    pub(crate) message: M,
    pub(crate) size: Size,
    pub(crate) call: Option<CallId>,
}

/// A message in hand: it goes to [`Channel::finish`] or [`Channel::put_back`].
#[derive(Debug)]
pub struct Delivery<M> {
    /// The message.
    pub message: M,
    /// Its size.
    pub size: Size,
    /// The call whose request it is.
    pub call: Option<CallId>,
    /// How large that call's reply may be.
    pub reply_room: Size,
}

/// What receiving gave.
#[derive(Debug)]
pub enum Received<M> {
    /// A message.
    Message(Delivery<M>),
    /// The first message has this size, and stays.
    TooLarge(Size),
    /// Nothing is there yet.
    Empty,
    /// Nothing is there, and the peer closed.
    Closed,
}

/// What came of the message that was in hand.
#[derive(Debug)]
pub struct Finished<M> {
    /// The queue has room that it had not before.
    pub made_room: bool,
    /// The message, if no call keeps it.
    pub message: Option<M>,
}

/// Whether a call can be answered.
#[derive(Debug)]
pub enum Begun<M> {
    /// The message to put the reply into; it goes to [`Channel::commit_reply`] or [`Channel::abort_reply`].
    Room(M),
    /// The reply may have this size at most.
    TooLarge(Size),
    /// Nobody waits for it any more, or somebody else answers it.
    Void,
}

/// How a call stands, for its caller.
#[derive(Debug)]
pub enum Outcome<M> {
    /// It goes on.
    Pending,
    /// The reply. The call is over.
    Reply(M, Size),
    /// There will be none. The call is over.
    Failed(Failure),
}

/// A call that failed: who made it, and what it held.
pub type FailedCall<M, W> = (W, Option<M>);

/// What an end's queue did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Messages that wait.
    pub queued: u32,
    /// Bytes that wait.
    pub queued_bytes: u64,
    /// Messages that ever came.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The end is open.
    pub open: bool,
    /// Who received here last.
    pub receiver: u64,
}

#[derive(Debug)]
pub(crate) struct Side<M> {
    pub(crate) queue: VecDeque<Queued<M>>,
    /// Messages in hand: their places stay reserved.
    in_hand: u32,
    pub(crate) figures: Figures,
}

/// Both ends of a channel.
#[derive(Debug)]
pub struct Channel<M, W> {
    pub(crate) a: Side<M>,
    pub(crate) b: Side<M>,
    pub(crate) calls: Calls<M, W>,
    pub(crate) limits: Limits,
}

impl<M> Side<M> {
    const fn new() -> Self {
        let figures = Figures { queued: 0, queued_bytes: 0, messages: 0, bytes: 0, open: true, receiver: 0 };
        Side { queue: VecDeque::new(), in_hand: 0, figures }
    }

    // Sums of bytes do not overflow: a queue has less than 2^32 messages of at most `MAX_BYTES`.
    #[inline(always)]
    fn has_room(&self, limits: Limits, size: Size) -> bool {
        self.figures.queued < limits.messages && self.figures.queued_bytes.wrapping_add(u64::from(size.bytes)) <= limits.bytes
    }

    /// Makes sure that one more fits besides those in hand.
    #[inline(always)]
    pub(crate) fn reserve(&mut self) -> Result<(), Why> {
        let taken = self.queue.len().wrapping_add(self.in_hand as usize);
        if taken < self.queue.capacity() { Ok(()) } else { self.grow() }
    }

    #[cold]
    fn grow(&mut self) -> Result<(), Why> {
        let wanted = (self.in_hand as usize).saturating_add(1);
        self.queue.try_reserve(wanted).map_err(|_| Why::Memory)
    }

    /// After [`Side::reserve`].
    #[inline(always)]
    fn push(&mut self, queued: Queued<M>) {
        let bytes = u64::from(queued.size.bytes);
        let f = &mut self.figures;
        f.queued = f.queued.wrapping_add(1);
        f.queued_bytes = f.queued_bytes.wrapping_add(bytes);
        f.messages = f.messages.wrapping_add(1);
        f.bytes = f.bytes.wrapping_add(bytes);
        // reserved: by `reserve`, under the same lock hold.
        self.queue.push_back(queued);
    }

    /// One message less that counts; whether that made room where there was none.
    #[inline]
    pub(crate) fn release(&mut self, size: Size, limits: Limits) -> bool {
        let f = &mut self.figures;
        let was_full = f.queued >= limits.messages || f.queued_bytes.wrapping_add(u64::from(crate::MAX_BYTES)) > limits.bytes;
        f.queued = f.queued.wrapping_sub(1);
        f.queued_bytes = f.queued_bytes.wrapping_sub(u64::from(size.bytes));
        was_full
    }
}

impl<M, W: Clone> Channel<M, W> {
    /// A channel with both ends open; does not allocate.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { a: Side::new(), b: Side::new(), calls: Calls::new(), limits }
    }

    #[inline]
    pub(crate) const fn side(&mut self, end: End) -> &mut Side<M> {
        match end {
            End::A => &mut self.a,
            End::B => &mut self.b,
        }
    }

    #[inline]
    const fn look(&self, end: End) -> &Side<M> {
        match end {
            End::A => &self.a,
            End::B => &self.b,
        }
    }

    /// Figures of the queue at `end`.
    #[must_use]
    pub const fn figures(&self, end: End) -> Figures {
        self.look(end).figures
    }

    /// Who received at an end last; 0: nobody yet.
    #[must_use]
    #[inline]
    pub const fn receiver(&self, end: End) -> u64 {
        self.look(end).figures.receiver
    }

    /// How many calls are open.
    #[must_use]
    pub const fn open_calls(&self) -> u32 {
        self.calls.len()
    }

    /// Whether a message of this size would be accepted from `from` now.
    ///
    /// # Errors
    /// Why not.
    #[inline(always)]
    pub fn room(&self, from: End, size: Size) -> Result<(), Why> {
        let to = self.look(from.peer());
        if !to.figures.open || !self.look(from).figures.open {
            return Err(Why::Closed);
        }
        if to.has_room(self.limits, size) { Ok(()) } else { Err(Why::Full) }
    }

    /// Whether some message would be accepted from `from` now, or be refused for ever: poll(2)'s POLLOUT.
    #[must_use]
    pub fn writable(&self, from: End) -> bool {
        self.room(from, Size { bytes: 1, fds: 0 }) != Err(Why::Full)
    }

    /// What is first at `at`: its size; `None` if nothing is there.
    #[must_use]
    pub fn front(&self, at: End) -> Option<(Size, Option<CallId>)> {
        self.look(at).queue.front().map(|q| (q.size, q.call))
    }

    /// Whether the other end of `at` is open.
    #[must_use]
    pub const fn peer_open(&self, at: End) -> bool {
        self.look(at.peer()).figures.open
    }

    /// Makes sure that a message of this size can be sent from `from`, until the lock is given back.
    ///
    /// # Errors
    /// Why it can't.
    #[inline(always)]
    pub fn prepare(&mut self, from: End, size: Size) -> Result<(), Why> {
        self.room(from, size)?;
        self.side(from.peer()).reserve()
    }

    /// Makes sure that a request of this size can be sent from `from`, until the lock is given back.
    ///
    /// # Errors
    /// Why it can't.
    #[inline(always)]
    pub fn prepare_call(&mut self, from: End, size: Size) -> Result<(), Why> {
        self.prepare(from, size)?;
        if self.calls.reserve() { Ok(()) } else { Err(Why::Memory) }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// [`Refused`]: the message comes back.
    #[inline]
    pub fn send(&mut self, from: End, message: M, size: Size) -> Result<(), Refused<M>> {
        if let Err(why) = self.prepare(from, size) {
            return Err(Refused { why, message });
        }
        // reserved: by `prepare`.
        self.side(from.peer()).push(Queued { message, size, call: None });
        Ok(())
    }

    /// (1) Sends a request that is to be answered with at most `room`.
    ///
    /// # Errors
    /// [`Refused`]: the message comes back.
    #[inline(never)]
    pub fn call(
        &mut self,
        from: End,
        message: M,
        size: Size,
        room: Size,
        caller: impl FnOnce() -> W,
    ) -> Result<CallId, Refused<M>> {
        self.call_here(from, message, size, room, caller)
    }

    /// [`Channel::call`] inside the caller, for the short way.
    ///
    /// # Errors
    /// As there.
    #[inline(always)]
    pub fn call_here(
        &mut self,
        from: End,
        message: M,
        size: Size,
        room: Size,
        caller: impl FnOnce() -> W,
    ) -> Result<CallId, Refused<M>> {
        if let Err(why) = self.prepare_call(from, size) {
            return Err(Refused { why, message });
        }
        let Some(id) = self.calls.open(from, room, caller()) else {
            return Err(Refused { why: Why::Memory, message });
        };
        // reserved: by `prepare`.
        self.side(from.peer()).push(Queued { message, size, call: Some(id) });
        Ok(id)
    }

    /// (2) Takes the first message if it fits into `room`, for the receiver `by`.
    #[inline]
    pub fn receive(&mut self, at: End, room: Size, by: u64) -> Received<M> {
        let peer_open = self.peer_open(at);
        let side = self.side(at);
        let Some(first) = side.queue.front() else {
            let over = !peer_open || !side.figures.open;
            return if over { Received::Closed } else { Received::Empty };
        };
        if !first.size.fits(room) {
            return Received::TooLarge(first.size);
        }
        let Some(Queued { message, size, call }) = side.queue.pop_front() else { return Received::Empty };
        side.in_hand = side.in_hand.wrapping_add(1);
        side.figures.receiver = by;
        let mut reply_room = Size::default();
        if let Some(open) = call.and_then(|id| self.calls.get(id)).filter(|c| matches!(c.phase, Phase::Queued)) {
            open.phase = Phase::InHand;
            open.taker = by;
            reply_room = open.room;
        }
        Received::Message(Delivery { message, size, call, reply_room })
    }

    /// (3) The message in hand is consumed. That of a call stays with the call.
    #[inline]
    pub fn finish(&mut self, at: End, message: M, size: Size, call: Option<CallId>) -> Finished<M> {
        let limits = self.limits;
        let side = self.side(at);
        side.in_hand = side.in_hand.wrapping_sub(1);
        let made_room = side.release(size, limits);
        let Some(open) = call.and_then(|id| self.calls.get(id)) else {
            return Finished { made_room, message: Some(message) };
        };
        if !matches!(open.phase, Phase::InHand) {
            return Finished { made_room, message: Some(message) };
        }
        open.phase = Phase::Taken(message);
        Finished { made_room, message: None }
    }

    /// (2) The message in hand becomes the first of the queue again. It comes back if there is nobody left for it: its end
    /// closed, or its caller left.
    pub fn put_back(&mut self, at: End, message: M, size: Size, call: Option<CallId>) -> Finished<M> {
        let limits = self.limits;
        let waits = call.is_none_or(|id| self.calls.get(id).is_some_and(|c| matches!(c.phase, Phase::InHand)));
        let side = self.side(at);
        side.in_hand = side.in_hand.wrapping_sub(1);
        if !waits || !side.figures.open && !left_out(Step::NothingGoesBack) {
            let made_room = side.release(size, limits);
            return Finished { made_room, message: Some(message) };
        }
        // reserved: its place was kept while it was in hand.
        side.queue.push_front(Queued { message, size, call });
        if let Some(open) = call.and_then(|id| self.calls.get(id)) {
            open.phase = Phase::Queued;
        }
        Finished { made_room: false, message: None }
    }

    /// (4) Takes the room for the reply of this size to a call that was received at `at`.
    #[inline]
    pub fn begin_reply(&mut self, at: End, id: CallId, size: Size) -> Begun<M> {
        let Some(open) = self.calls.get(id).filter(|c| c.from == at.peer()) else { return Begun::Void };
        if !size.fits(open.room) {
            return Begun::TooLarge(open.room);
        }
        match core::mem::replace(&mut open.phase, Phase::InHand) {
            Phase::Taken(message) => Begun::Room(message),
            other => {
                open.phase = other;
                Begun::Void
            }
        }
    }

    /// (4) Ends the call with a reply; gives the caller, to be woken after unlock.
    ///
    /// # Errors
    /// Nobody waits any more: the reply comes back.
    #[inline]
    pub fn commit_reply(&mut self, id: CallId, message: M, size: Size) -> Result<W, M> {
        match self.calls.get(id) {
            Some(open) if matches!(open.phase, Phase::InHand) => match open.caller.take() {
                Some(caller) => {
                    open.phase = Phase::Replied(message, size);
                    Ok(caller)
                }
                None => Err(message),
            },
            _ => Err(message),
        }
    }

    /// (4) Gives the room for the reply back without answering. It comes back if nobody waits any more.
    pub fn abort_reply(&mut self, id: CallId, message: M) -> Option<M> {
        match self.calls.get(id) {
            Some(open) if matches!(open.phase, Phase::InHand) => {
                open.phase = Phase::Taken(message);
                None
            }
            _ => Some(message),
        }
    }

    /// (5) How the call stands. When it is over its number is void.
    #[inline(always)]
    pub fn poll_call(&mut self, id: CallId) -> Outcome<M> {
        match self.calls.get(id).map(|c| &c.phase) {
            Some(Phase::Replied(..) | Phase::Failed(_)) => {}
            Some(_) => return Outcome::Pending,
            None => return Outcome::Failed(Failure::Lost),
        }
        match self.calls.end(id).map(|c| c.phase) {
            Some(Phase::Replied(message, size)) => Outcome::Reply(message, size),
            Some(Phase::Failed(why)) => Outcome::Failed(why),
            _ => Outcome::Failed(Failure::Lost),
        }
    }

    /// (5) The caller leaves. What the call holds comes back; `made_room` if a request left its queue.
    pub fn cancel(&mut self, id: CallId) -> Finished<M> {
        let limits = self.limits;
        let Some(Call { phase, from, .. }) = self.calls.end(id) else {
            return Finished { made_room: false, message: None };
        };
        match phase {
            Phase::Queued => {
                let side = self.side(from.peer());
                let at = side.queue.iter().position(|q| q.call == Some(id));
                let Some(queued) = at.and_then(|at| side.queue.remove(at)) else {
                    return Finished { made_room: false, message: None };
                };
                let made_room = side.release(queued.size, limits);
                Finished { made_room, message: Some(queued.message) }
            }
            Phase::Taken(message) | Phase::Replied(message, _) if !left_out(Step::CancelGivesBack) => {
                Finished { made_room: false, message: Some(message) }
            }
            Phase::Taken(_) | Phase::Replied(..) | Phase::InHand | Phase::Failed(_) => {
                Finished { made_room: false, message: None }
            }
        }
    }

    /// Whether the request of an open call is still queued.
    pub fn is_queued(&mut self, id: CallId) -> bool {
        self.calls.get(id).is_some_and(|c| matches!(c.phase, Phase::Queued))
    }

    /// The caller of an open call, and who received the request (0: nobody yet).
    pub fn parties(&mut self, id: CallId) -> Option<(&W, u64)> {
        self.calls.get(id).and_then(|c| Some((c.caller.as_ref()?, c.taker)))
    }

    /// How large the reply to an open call may be.
    pub fn reply_room(&mut self, id: CallId) -> Option<Size> {
        self.calls.get(id).map(|c| c.room)
    }

    /// (6) Ends the use of an end. Its queue is then emptied by [`Channel::drain`], the calls are failed by
    /// [`Channel::next_failed`].
    pub const fn close(&mut self, end: End) {
        self.side(end).figures.open = false;
    }

    /// The message at a place of an end's queue.
    #[must_use]
    pub fn queued(&self, at: End, place: usize) -> Option<&M> {
        let side = match at {
            End::A => &self.a,
            End::B => &self.b,
        };
        side.queue.get(place).map(|q| &q.message)
    }

    /// One message of the queue of a closed end, until there are none.
    pub fn drain(&mut self, end: End) -> Option<M> {
        let limits = self.limits;
        let side = self.side(end);
        if side.figures.open {
            return None;
        }
        let queued = side.queue.pop_front()?;
        side.release(queued.size, limits);
        Some(queued.message)
    }

    /// (6) Fails the first open call from place `from` on that a closed end was to answer or that was made through one; with
    /// `taker` not 0, only those whose request that one consumed. Gives where to go on, the caller, and what the call held. What
    /// is looked at here is bounded, however many calls are open or were.
    pub fn next_failed(&mut self, from: u32, taker: u64) -> Option<(u32, Option<FailedCall<M, W>>)> {
        let closed = !(self.a.figures.open && self.b.figures.open);
        let (mut at, until) = (from, from.saturating_add(LOOKS));
        loop {
            let (next, found) = self.calls.next(at, until)?;
            at = next;
            let Some(call) = found else { return Some((at, None)) };
            let ends = if taker == 0 { closed } else { call.taker == taker };
            if ends
                && let Some(held) = fail(call, taker)
                && let Some(caller) = call.caller.clone()
            {
                return Some((at, Some((caller, held))));
            }
        }
    }
}

/// Fails a call if it still waits; gives what it held.
fn fail<M, W>(call: &mut Call<M, W>, taker: u64) -> Option<Option<M>> {
    let (why, held) = match core::mem::replace(&mut call.phase, Phase::Failed(Failure::Lost)) {
        Phase::Queued if taker == 0 => (Failure::NotTaken, None),
        Phase::Taken(_) if left_out(Step::CloseFailsTaken) => return None,
        Phase::Taken(message) => (Failure::Lost, Some(message)),
        Phase::InHand => (Failure::Lost, None),
        other => {
            call.phase = other;
            return None;
        }
    };
    call.phase = Phase::Failed(why);
    Some(held)
}

// A queue of the most messages there may be fits into a page.
const _: () = assert!(size_of::<Queued<usize>>() * Limits::MAX_MESSAGES as usize <= 4096);
