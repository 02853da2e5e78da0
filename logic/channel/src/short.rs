//! The short way of a call: a request and a reply that are copied whole under the lock, so that each side takes it once.
//!
//! The steps are those of the crate's text, some of them together; a request that could not be delivered after all goes back by
//! [`Channel::untake_request`]. Neighbour: `channel`.

use crate::calls::{CallId, Failure, Phase};
use crate::mutation::{Step, left_out};
use crate::{Channel, End, Queued, Size};

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

/// Whether a call was answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Answered<W> {
    /// Its caller is to be woken after unlock.
    To(W),
    /// The reply may not be as large.
    TooLarge,
    /// Nobody waits for it any more, or somebody else answers it.
    Void,
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
    /// (2) and (3) at once: the first message at `at`, if it is a request that fits into `room` and `copy`, which sees it and
    /// its caller, says that it was taken. What is left of the message stays with the call.
    #[inline(always)]
    pub fn take_request(&mut self, at: End, room: Size, by: u64, copy: impl FnOnce(&mut M, Size, &W) -> bool) -> Option<Taken> {
        let limits = self.limits;
        let (side, calls) = match at {
            End::A => (&mut self.a, &mut self.calls),
            End::B => (&mut self.b, &mut self.calls),
        };
        let first = side.queue.front_mut()?;
        let open = calls.get(first.call?)?;
        let fits = first.size.fits(room) && matches!(open.phase, Phase::Queued);
        if !fits || !copy(&mut first.message, first.size, &open.caller) {
            return None;
        }
        let Queued { message, size, .. } = side.queue.pop_front()?;
        side.figures.receiver = by;
        let made_room = side.release(size, limits);
        // It was queued: nothing is to be dropped.
        core::mem::forget(core::mem::replace(&mut open.phase, Phase::Taken(message)));
        open.taker = by;
        Some(Taken { call: open.id(), size, reply_room: open.room, made_room })
    }

    /// Takes [`Channel::take_request`] back, as far as the call still waits: then `refill` gives the message what was taken out.
    #[cold]
    pub fn untake_request(&mut self, at: End, id: CallId, size: Size, refill: impl FnOnce(&mut M)) -> Untaken<M, W> {
        let Some(open) = self.calls.get(id).filter(|c| matches!(c.phase, Phase::Taken(_))) else { return Untaken::Over };
        let Phase::Taken(mut message) = core::mem::replace(&mut open.phase, Phase::Queued) else { return Untaken::Over };
        refill(&mut message);
        open.taker = 0;
        let caller = open.caller.clone();
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

    /// (4) at once: answers a call that was received at `at` with a reply of this size, which `fill` puts into its room.
    #[inline(always)]
    pub fn answer(&mut self, at: End, id: CallId, size: Size, fill: impl FnOnce(&mut M)) -> Answered<W> {
        let Some(open) = self.calls.get(id).filter(|c| c.from == at.peer()) else { return Answered::Void };
        if !size.fits(open.room) {
            return Answered::TooLarge;
        }
        match core::mem::replace(&mut open.phase, Phase::InHand) {
            Phase::Taken(mut message) => {
                fill(&mut message);
                // It was in hand: nothing is to be dropped.
                core::mem::forget(core::mem::replace(&mut open.phase, Phase::Replied(message, size)));
                Answered::To(open.caller.clone())
            }
            other => {
                open.phase = other;
                Answered::Void
            }
        }
    }
}
