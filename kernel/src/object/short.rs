//! The short way of a call: requests and replies of at most [`SHORT`] bytes without descriptors, which are copied through the
//! stack, so that each side takes the channel's lock once. Whatever is otherwise goes the long way (`call`, `channel`).

use super::call::Request;
use super::channel::{ChannelEnd, Next, WRITABLE, ended};
use super::message::{self, INLINE, SHORT, Words};
use crate::linux::Stop;
use crate::see::Waits;
use crate::task::Thread;
use crate::task::wait::{self, First, Interrupt};
use abi::{ChanInfo, Errno};
use alloc::boxed::Box;
use core::sync::atomic::Ordering;
use logic_channel::{Answered, CallId, Size, Taken, Untaken};
use mem::user;
use zerocopy::IntoBytes;

/// Whether it is short.
#[inline(always)]
pub(crate) const fn is_short(size: Size) -> bool {
    size.bytes as usize <= SHORT && size.fds == 0
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
        Some(from) if len != 0 => user::copy_out(to, from).map_err(|_| Errno::EFAULT),
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
}

/// What came of receiving.
pub(crate) enum Got {
    /// A short request.
    Request(Taken),
    /// Something else is there, or nothing and the caller does not wait.
    Other,
    /// The reply is larger than its caller's room.
    TooLarge,
}

impl ChannelEnd {
    /// Sends a short request; gives the call's number, and the receiver that is to run next. `None`: it has to go the long way.
    #[inline(always)]
    pub(crate) fn begin_short(&self, me: &Thread, request: &Request<'_>, words: &Words) -> Option<(CallId, Next)> {
        let (process, budget) = (me.process().id(), me.budget_id.load(Ordering::Relaxed));
        // Who answers wakes this thread from here on.
        me.wait.arm();
        let mut state = self.channel.state.lock();
        let mut message = match state.take_spare() {
            Some(m) => m,
            none => {
                core::mem::forget(none);
                return None;
            }
        };
        (message.process, message.budget) = (process, budget);
        *message.words_mut() = *words;
        me.calling.taken_by(state.logic.receiver(self.end.peer()));
        // Point of no return, once it is queued.
        match state.logic.call(self.end, message, request.size, request.room, || me.to_ref()) {
            Ok(id) => Some((id, self.channel.tell(state, self.end.peer(), super::channel::READABLE))),
            Err(refused) => {
                let doomed = state.keep(refused.message);
                drop(state);
                message::destroy_any(doomed);
                None
            }
        }
    }

    /// Sends `reply`, and receives a short request, waiting for one.
    #[inline(always)]
    pub(crate) fn receive_short(
        &self,
        me: &Thread,
        room: Size,
        deadline_ns: Option<u64>,
        reply: &mut ShortReply,
        words: &mut Words,
        info: &mut ChanInfo,
    ) -> Result<Got, Stop> {
        let by = me.process();
        let (id, budget) = (by.id(), me.budget_id.load(Ordering::Relaxed));
        // Asleep or not, the caller runs next.
        let mut next = None;
        let mut placed = false;
        let on = self.waits(Waits::ChannelReceive);
        let got = wait::sleep_on_handing(me, on, deadline_ns, Interrupt::AnySignal, First::Try, &mut next, |next| {
            let mut state = self.channel.state.lock();
            if let Some(call) = reply.id.take() {
                let fill = |m: &mut Box<message::Message>| {
                    (m.process, m.budget) = (id, budget);
                    *m.words_mut() = *words;
                };
                match state.logic.answer(self.end, call, reply.size, fill) {
                    Answered::To(caller) => {
                        reply.arrived = true;
                        core::mem::forget(next.replace(caller));
                    }
                    Answered::TooLarge => return Ok(Some(Got::TooLarge)),
                    Answered::Void => {}
                }
            }
            let taken = state.logic.take_request(self.end, room, id, |m, size, caller| {
                let short = is_short(size);
                if short {
                    *words = *m.words();
                    (info.process, info.budget) = (m.process, m.budget);
                    caller.calling.taken_by(id);
                }
                short
            });
            if let Some(taken) = taken {
                placed = placed && !state.leave_place(self.end, me);
                return Ok(Some(Got::Request(taken)));
            }
            let place = state.may_wait(self.end, me);
            if !place {
                placed = placed && !state.leave_place(self.end, me);
                return Ok(Some(Got::Other));
            }
            placed = true;
            Ok(None)
        });
        match got {
            Ok(got) => {
                if let Got::Request(taken) = &got {
                    by.attrs.serves.store(1, Ordering::Relaxed);
                    self.took(taken, info);
                }
                Ok(got)
            }
            Err(e) => {
                if placed && !self.channel.state.lock().leave_place(self.end, me) {
                    // Woken for a message, and leaving without it.
                    self.pass_on();
                }
                Err(ended(e))
            }
        }
    }

    #[inline(always)]
    fn took(&self, taken: &Taken, info: &mut ChanInfo) {
        info.bytes_len = taken.size.bytes;
        info.call = taken.call.number();
        (info.reply_bytes, info.reply_fds) = (taken.reply_room.bytes, taken.reply_room.fds);
        if taken.made_room {
            self.channel.tell_all(self.end.peer(), WRITABLE);
        }
    }

    /// A short request could not be delivered: it goes back to where it was.
    #[cold]
    #[inline(never)]
    pub(crate) fn put_request_back(&self, taken: &Taken) {
        let mut state = self.channel.state.lock();
        match state.logic.untake_request(self.end, taken.call, taken.size) {
            Untaken::Back => {
                if let Some(t) = self.channel.tell(state, self.end, super::channel::READABLE) {
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

/// Whether a reply of this room can be kept with a short request.
#[inline(always)]
pub(crate) const fn has_short_room(room: Size) -> bool {
    room.bytes as usize <= INLINE && room.fds == 0
}
