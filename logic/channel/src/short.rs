//! The short way of a call: a request and a reply that are copied whole under the lock, so that each side takes it once.
//!
//! The steps are those of the crate's text, some of them together; a request that could not be delivered after all goes back by
//! [`Channel::untake_request`]. Neighbour: `channel`.

use crate::calls::{Call, CallId, Failure, Phase, Replied};
use crate::channel::Side;
use crate::mutation::{Step, left_out};
use crate::{Channel, End, Limits, Queued, Size};

/// A request that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The call.
    pub call: CallId,
    /// Its size.
    pub size: Size,
    /// How large the reply may be.
    pub reply_room: Size,
    /// The queue has room that it had not before.
    pub made_room: bool,
}

/// A request that may be taken.
#[derive(Debug)]
pub struct FirstRequest<'a, M, W> {
    side: &'a mut Side<M>,
    open: &'a mut Call<M, W>,
    /// Its size.
    pub size: Size,
    limits: Limits,
}

impl<M, W> FirstRequest<'_, M, W> {
    /// The message, and its caller.
    #[inline(always)]
    pub fn parts(&mut self) -> Option<(&mut M, &W)> {
        Some((&mut self.side.queue.front_mut()?.message, self.open.caller.as_ref()?))
    }
    /// It was taken by `by`. What is left of the message stays with the call.
    #[inline(always)]
    pub fn take(self, by: u64) -> Option<Taken> {
        let FirstRequest { side, open, size, limits } = self;
        let Queued { message, .. } = side.queue.pop_front()?;
        side.figures.receiver = by;
        let made_room = side.release(size, limits);
        // It was queued: nothing is to be dropped.
        core::mem::forget(core::mem::replace(&mut open.phase, Phase::Taken(message)));
        open.taker = by;
        Some(Taken { call: open.id(), size, reply_room: open.room, made_room })
    }
}

/// Whether a call may be answered.
#[derive(Debug)]
pub enum Answering<'a, M, W> {
    /// It may.
    Open(Answerable<'a, M, W>),
    /// The reply may not be as large.
    TooLarge,
    /// Nobody waits for it any more, or somebody else answers it.
    Void,
}

/// A call that is to be answered.
#[derive(Debug)]
pub struct Answerable<'a, M, W> {
    open: &'a mut Call<M, W>,
    size: Size,
}

impl<M, W> Answerable<'_, M, W> {
    /// The room for the reply.
    #[inline(always)]
    pub fn message(&mut self) -> Option<&mut M> {
        if let Phase::Taken(message) = &mut self.open.phase { Some(message) } else { None }
    }
    /// The reply is there. Its caller is to be woken after unlock.
    #[inline(always)]
    pub fn commit(self) -> Option<W> {
        let Phase::Taken(message) = core::mem::replace(&mut self.open.phase, Phase::InHand) else { return None };
        // It was in hand: nothing is to be dropped.
        core::mem::forget(core::mem::replace(&mut self.open.phase, Phase::Replied(message, self.size)));
        self.open.caller.take()
    }
}

/// What became of a request that could not be delivered.
#[derive(Debug, PartialEq, Eq)]
pub enum Untaken<M, W> {
    /// It is the first of the queue again.
    Back,
    /// Its call is over, or somebody else sees to it.
    Over,
    /// There was no memory for its place: the call failed, and its caller is to be woken after unlock.
    Failed(W, M),
}

impl<M, W: Clone> Channel<M, W> {
    /// (2) and (3) at once: the first message at `at`, if it is a request that fits into `room`, to be copied and taken.
    #[inline(always)]
    pub fn first_request(&mut self, at: End, room: Size) -> Option<FirstRequest<'_, M, W>> {
        let limits = self.limits;
        let (side, calls) = match at {
            End::A => (&mut self.a, &mut self.calls),
            End::B => (&mut self.b, &mut self.calls),
        };
        let first = side.queue.front()?;
        let open = calls.get(first.call?)?;
        let size = first.size;
        let fits = size.fits(room) && matches!(open.phase, Phase::Queued);
        fits.then_some(FirstRequest { side, open, size, limits })
    }

    /// Takes [`FirstRequest::take`] back, as far as the call still waits: then `refill` gives the message what was taken out.
    #[cold]
    pub fn untake_request(&mut self, at: End, id: CallId, size: Size, refill: impl FnOnce(&mut M)) -> Untaken<M, W> {
        let Some(open) = self.calls.get(id).filter(|c| matches!(c.phase, Phase::Taken(_))) else { return Untaken::Over };
        let Phase::Taken(mut message) = core::mem::replace(&mut open.phase, Phase::Queued) else { return Untaken::Over };
        refill(&mut message);
        open.taker = 0;
        let Some(caller) = open.caller.clone() else { return Untaken::Over };
        let side = self.side(at);
        let failure = if !side.figures.open && !left_out(Step::NothingGoesBack) {
            // Who closes the end fails the calls, or has done so.
            Some(Failure::Lost)
        } else if side.reserve().is_err() {
            Some(Failure::NotTaken)
        } else {
            None
        };
        if let Some(why) = failure {
            if let Some(open) = self.calls.get(id) {
                open.phase = Phase::Failed(why);
            }
            return Untaken::Failed(caller, message);
        }
        side.figures.queued = side.figures.queued.wrapping_add(1);
        side.figures.queued_bytes = side.figures.queued_bytes.saturating_add(u64::from(size.bytes));
        // reserved: by `reserve`, above.
        side.queue.push_front(Queued { message, size, call: Some(id) });
        Untaken::Back
    }

    /// [`Channel::first_request`], taken if `copy` says so.
    #[cfg(test)]
    pub(crate) fn take_request(&mut self, at: End, room: Size, by: u64, copy: impl FnOnce(&mut M, &W) -> bool) -> Option<Taken> {
        let mut first = self.first_request(at, room)?;
        let (message, caller) = first.parts()?;
        if copy(message, caller) { first.take(by) } else { None }
    }

    /// [`Channel::answer`], committed with what `fill` makes of the message.
    #[cfg(test)]
    pub(crate) fn answer_with(&mut self, at: End, id: CallId, size: Size, fill: impl FnOnce(&mut M)) -> Result<W, &'static str> {
        match self.answer(at, id, size) {
            Answering::Open(mut open) => {
                open.message().map(fill);
                open.commit().ok_or("nobody")
            }
            Answering::TooLarge => Err("too large"),
            Answering::Void => Err("void"),
        }
    }

    /// (5) at once: the reply to a call, if it is here, to be copied.
    #[inline(always)]
    pub fn reply(&mut self, id: CallId) -> Option<Replied<'_, M, W>> {
        self.calls.replied(id)
    }

    /// (4) at once: a call that was received at `at`, if it may be answered with a reply of this size, which is put into its room.
    #[inline(always)]
    pub fn answer(&mut self, at: End, id: CallId, size: Size) -> Answering<'_, M, W> {
        let Some(open) = self.calls.get(id).filter(|c| c.from == at.peer()) else { return Answering::Void };
        if !size.fits(open.room) {
            return Answering::TooLarge;
        }
        if matches!(open.phase, Phase::Taken(_)) { Answering::Open(Answerable { open, size }) } else { Answering::Void }
    }
}
