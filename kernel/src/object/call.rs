//! Calls on channels: a request, and the caller's wait for its reply.
//!
//! The caller hands its hart to the receiver that waits, and the receiver back with the reply (`sched::hand_over`). A signal
//! does not end a call: its number is noted with the caller ([`Calling`]), the handler runs, and the wait goes on. The call is
//! cancelled with its thread, or when too many others have been interrupted since.

use super::channel::{Channel, ChannelEnd, Logic, Next, ended, refusal};
use super::message::{self, Message, Words};
use super::short::{Sender, is_short};
use crate::fs::file::OpenFile;
use crate::fs::table::Passed;
use crate::linux::Stop;
use crate::see::Waits;
use crate::task::wait::{Ended, Handing};
use crate::task::{Process, Thread, ids};
use abi::Errno;
use alloc::boxed::Box;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_channel::{Begun, CallId, Failure, Outcome, Size};
use logic_waits::Events;
use mem::Ref;
use sync::{SpinLock, levels};

/// Calls of a thread that signal handlers may interrupt, one inside the handler of the other.
const NESTED: usize = 4;

/// An open call.
type Open = (Ref<OpenFile>, CallId);

/// What a thread calls.
pub(crate) struct Calling {
    /// The channel, 0 for none.
    channel: AtomicU64,
    /// The call's number.
    number: AtomicU64,
    /// The process that received the request, or that receives at the other end as a rule; 0 for nobody yet.
    to: AtomicU64,
    /// Interrupted calls, the latest first.
    interrupted: SpinLock<[Option<Open>; NESTED], levels::ThreadRefs>,
}

/// An edge of who waits for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    /// The channel.
    pub(crate) channel: u64,
    /// The call's number.
    pub(crate) number: u64,
    /// Who is to answer.
    pub(crate) to: u64,
}

impl Calling {
    /// Nothing.
    pub(crate) const fn new() -> Self {
        Calling {
            channel: AtomicU64::new(0),
            number: AtomicU64::new(0),
            to: AtomicU64::new(0),
            interrupted: SpinLock::new([const { None }; NESTED]),
        }
    }
    #[inline]
    fn begin(&self, channel: u64, number: u64) {
        self.number.store(number, Ordering::Relaxed);
        self.channel.store(channel, Ordering::Relaxed);
    }
    #[inline]
    fn end(&self) {
        self.channel.store(0, Ordering::Relaxed);
    }
    /// The request was received, or will be by this process as a rule.
    #[inline]
    pub(super) fn taken_by(&self, process: u64) {
        self.to.store(process, Ordering::Relaxed);
    }
    /// Whom it waits for.
    pub(crate) fn edge(&self) -> Option<Edge> {
        let load = |a: &AtomicU64| a.load(Ordering::Relaxed);
        let channel = load(&self.channel);
        (channel != 0).then(|| Edge { channel, number: load(&self.number), to: load(&self.to) })
    }
    fn interrupt(&self, end: ChannelEnd<'_>, id: CallId) {
        let Some(file) = end.channel.file_of(end.end) else { return end.channel.cancel(id) };
        let mut oldest = Some((file, id));
        {
            let mut list = self.interrupted.lock();
            for place in list.iter_mut() {
                core::mem::swap(place, &mut oldest);
                if oldest.is_none() {
                    break;
                }
            }
        }
        cancel(oldest);
    }
    fn resume(&self, end: ChannelEnd<'_>, id: CallId) -> bool {
        let is_of = |file: &OpenFile| file.file.as_channel().is_some_and(|e| e.is(end));
        let mut list = self.interrupted.lock();
        let place = list.iter_mut().find(|p| p.as_ref().is_some_and(|(file, i)| *i == id && is_of(file)));
        let found = place.and_then(Option::take);
        drop(list);
        found.is_some()
    }
    /// Ends the interrupted calls: the thread ends, or what it runs does.
    pub(crate) fn end_interrupted(&self) {
        loop {
            let next = self.interrupted.lock().iter_mut().find_map(Option::take);
            if next.is_none() {
                return;
            }
            cancel(next);
        }
    }
}

/// Cancels a call.
fn cancel(call: Option<Open>) {
    if let Some((file, id)) = call
        && let Some(end) = file.file.as_channel()
    {
        end.channel.cancel(id);
    }
}

impl Channel {
    fn cancel(&self, id: CallId) {
        let held = {
            let mut state = self.state.lock();
            // The request may leave either queue.
            self.flight(logic_channel::End::A).changes();
            self.flight(logic_channel::End::B).changes();
            state.logic.cancel(id)
        };
        if held.made_room {
            for end in [logic_channel::End::A, logic_channel::End::B] {
                self.tell_all(end, Events::OUT | Events::WRNORM);
            }
        }
        if let Some(m) = held.message {
            message::destroy(m);
        }
    }
}

/// A request.
pub(crate) struct Request<'a> {
    /// Its size.
    pub(crate) size: Size,
    /// Where its bytes are, in user memory.
    pub(crate) bytes: usize,
    /// The descriptors that move.
    pub(crate) fds: &'a [i32],
    /// How large the reply may be.
    pub(crate) room: Size,
    /// Whether it must not wait for room.
    pub(crate) nonblock: bool,
    /// When to give up.
    pub(crate) deadline_ns: Option<u64>,
}

/// What a short reply brought.
pub(crate) struct Brought {
    /// Its bytes.
    pub(crate) words: Words,
    /// Its size.
    pub(crate) size: Size,
    /// The descriptor that came with it.
    pub(crate) passed: Option<Passed>,
}

/// The end of a call.
pub(crate) enum Answer {
    /// A reply.
    Reply(Box<Message>, Size),
    /// A short reply, which is where it was wanted.
    Short,
    /// A signal's handler is to run, then the wait goes on.
    Interrupted,
}

/// A reply on its way.
pub(crate) struct Reply {
    staged: Option<(CallId, Box<Message>, Size)>,
    /// It came too late, and is to be destroyed.
    late: Option<Box<Message>>,
    /// It reached the caller.
    arrived: bool,
}

impl Reply {
    /// None.
    pub(crate) const fn none() -> Reply {
        Reply { staged: None, late: None, arrived: false }
    }
    /// One that was sent already.
    pub(crate) const fn sent(arrived: bool) -> Reply {
        Reply { staged: None, late: None, arrived }
    }
    /// Whether it is still to be committed.
    #[inline]
    pub(super) const fn is_staged(&self) -> bool {
        self.staged.is_some()
    }
    /// Ends the call; gives the caller, who is to run.
    #[inline]
    pub(super) fn commit(&mut self, logic: &mut Logic) -> Next {
        let (id, message, size) = self.staged.take()?;
        match logic.commit_reply(id, message, size) {
            Ok(caller) => {
                self.arrived = true;
                Some(caller)
            }
            Err(late) => {
                self.late = Some(late);
                None
            }
        }
    }
    pub(super) const fn take_late(&mut self) -> Option<Box<Message>> {
        self.late.take()
    }
    /// Whether it reached the caller.
    pub(crate) const fn arrived(&self) -> bool {
        self.arrived
    }
}

impl ChannelEnd<'_> {
    /// Sends a request; gives the call's number, and the receiver that is to run next.
    #[inline]
    pub(crate) fn begin_call(self, me: &Thread, request: &Request<'_>) -> Result<(CallId, Next), Stop> {
        self.when_there_is_room(me, request.size, request.nonblock, request.deadline_ns, || self.try_call(me, request))
    }

    fn try_call(self, me: &Thread, request: &Request<'_>) -> Result<(CallId, Next), Errno> {
        let both = Size { bytes: request.size.bytes.max(request.room.bytes), fds: request.size.fds.max(request.room.fds) };
        let ready = {
            let mut state = self.channel.state.lock();
            state.logic.room(self.end, request.size).map(|()| state.take_spare())
        };
        // The caller pays for the room for its reply, not the channel's creator.
        let mut message = match ready.map_err(refusal)? {
            Some(mut spare) => {
                spare.reserve(|| me.process().budget(), both)?;
                spare
            }
            None => Message::try_new(&me.process().budget(), both)?,
        };
        Sender::of(me).sign(&mut message);
        if let Err(e) = message.copy_in(request.bytes, request.size.bytes as usize) {
            self.discard(message);
            return Err(e);
        }
        // Who answers wakes this thread from here on.
        me.wait.arm();
        // Point of no return, once it is queued.
        let open = |l: &mut Logic, m| {
            me.calling.taken_by(l.receiver(self.end.peer()));
            l.call(self.end, m, request.size, request.room, || me.to_ref())
        };
        let sent = match request.fds {
            [] => self.push(message, open),
            fds => self.push_with(&me.files(), fds, message, |l| l.prepare_call(self.end, request.size), open),
        };
        sent.map_err(|(e, message)| {
            self.discard(message);
            e
        })
    }

    /// Waits until the call is over; `next` runs meanwhile. A short reply goes to `short`. With `armed` the thread armed its wait
    /// cell before it sent the request, and sleeps before it looks.
    #[inline(always)]
    pub(crate) fn end_call(
        self,
        me: &Thread,
        id: CallId,
        deadline_ns: Option<u64>,
        armed: bool,
        next: Next,
        short: &mut Brought,
    ) -> Result<Answer, Stop> {
        me.calling.begin(self.channel.id, id.number());
        let on = self.waits(Waits::ChannelCall);
        let mut wait = Handing::new(deadline_ns, next);
        let mut look = !armed;
        if look {
            wait.arm(me);
        }
        let over = loop {
            if look {
                if self.take_short_reply(id, short) {
                    wait.end(me);
                    me.calling.end();
                    return Ok(Answer::Short);
                }
                if let Some(over) = self.poll_call(id) {
                    break Ok(over);
                }
            }
            look = true;
            if let Err(e) = wait.sleep(me, on) {
                break Err(e);
            }
        };
        self.end_otherwise(me, id, wait, over)
    }

    #[inline(never)]
    fn end_otherwise(
        self,
        me: &Thread,
        id: CallId,
        mut wait: Handing,
        over: Result<Result<Answer, Failure>, Ended>,
    ) -> Result<Answer, Stop> {
        wait.end(me);
        me.calling.end();
        match over {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(Failure::NotTaken)) => Err(Errno::EPIPE.into()),
            Ok(Err(Failure::Lost)) => Err(Errno::ECONNRESET.into()),
            Err(Ended::Signal) => {
                me.calling.interrupt(self, id);
                Ok(Answer::Interrupted)
            }
            Err(e) => {
                self.channel.cancel(id);
                Err(ended(e))
            }
        }
    }

    /// Takes the reply to a call, if it is here and short, and ends the call.
    #[inline(always)]
    fn take_short_reply(self, id: CallId, short: &mut Brought) -> bool {
        let mut state = self.channel.state.lock();
        let Some(mut reply) = state.logic.reply(id) else { return false };
        if !is_short(reply.size) {
            return false;
        }
        short.size = reply.size;
        if let Some(message) = reply.message() {
            message.give_words(&mut short.words, short.size.bytes);
            if short.size.fds != 0 {
                short.passed = message.fds.pop();
            }
        }
        let doomed = match reply.end() {
            Some(message) => state.keep(message),
            None => None,
        };
        state.unlock();
        message::destroy_any(doomed);
        true
    }

    /// How a call stands, if it is over.
    #[inline(never)]
    fn poll_call(self, id: CallId) -> Option<Result<Answer, Failure>> {
        match self.channel.state.lock().logic.poll_call(id) {
            Outcome::Pending => None,
            Outcome::Failed(why) => Some(Err(why)),
            Outcome::Reply(message, size) => Some(Ok(Answer::Reply(message, size))),
        }
    }

    /// Goes on with a call that a signal interrupted. EINVAL: there is none of this number; EMSGSIZE: there would be less room
    /// than its reply may need, and it stays as it is.
    pub(crate) fn resume_call(self, me: &Thread, id: CallId, room: Size) -> Result<(), Errno> {
        if self.channel.state.lock().logic.reply_room(id).is_some_and(|needed| !needed.fits(room)) {
            return Err(Errno::EMSGSIZE);
        }
        if me.calling.resume(self, id) { Ok(()) } else { Err(Errno::EINVAL) }
    }

    /// Ends a call that a signal interrupted.
    pub(crate) fn give_up_call(self, me: &Thread, id: CallId) {
        if me.calling.resume(self, id) {
            self.channel.cancel(id);
        }
    }

    /// Makes a reply ready; it is committed by [`Reply::commit`], under the channel's lock. If the call ended before, the reply
    /// is destroyed.
    #[inline]
    pub(crate) fn reply(self, me: &Thread, id: CallId, size: Size, bytes: usize, fds: &[i32]) -> Result<Reply, Errno> {
        let begun = self.channel.state.lock().logic.begin_reply(self.end, id, size);
        let mut message = match begun {
            Begun::Room(message) => message,
            Begun::TooLarge(_) => return Err(Errno::EMSGSIZE),
            Begun::Void => {
                let files = me.files();
                fds.iter().for_each(|fd| drop(files.remove(*fd)));
                return Ok(Reply::none());
            }
        };
        if let Err(e) = message.copy_in(bytes, size.bytes as usize) {
            self.abort(id, message);
            return Err(e);
        }
        Sender::of(me).sign(&mut message);
        if !fds.is_empty() {
            let moved = me.files().move_out(fds, message, |mut message, take| {
                take(&mut message.fds);
                message
            });
            message = match moved {
                Ok(message) => message,
                Err((e, message)) => {
                    self.abort(id, message);
                    return Err(e);
                }
            };
        }
        Ok(Reply { staged: Some((id, message, size)), late: None, arrived: false })
    }

    /// Sends a reply; its caller is woken.
    pub(crate) fn send_reply(self, reply: &mut Reply) {
        let caller = reply.commit(&mut self.channel.state.lock().logic);
        if let Some(t) = caller {
            t.wake();
        }
        if let Some(late) = reply.take_late() {
            message::destroy(late);
        }
    }

    fn abort(self, id: CallId, message: Box<Message>) {
        let late = self.channel.state.lock().logic.abort_reply(id, message);
        if let Some(m) = late {
            message::destroy(m);
        }
    }

    /// Whether a call from `me` would close a circle of processes that wait for each other's answers.
    pub(crate) fn closes_circle(self, me: &Process) -> bool {
        let receiver = self.channel.state.lock().logic.receiver(self.end.peer());
        waits_for(receiver, me.id())
    }
}

/// Whether a process is another, or waits for an answer of it, perhaps through others.
pub(crate) fn waits_for(process: u64, other: u64) -> bool {
    const LONGEST: usize = 64;
    let mut at = process;
    for _ in 0..LONGEST {
        if at == other {
            return true;
        }
        match callee(at) {
            Some(next) => at = next,
            None => return false,
        }
    }
    false
}

/// The process whose answer a process waits for.
fn callee(process: u64) -> Option<u64> {
    let mut from = 0;
    while let Some((pid, p)) = ids::next_process(from) {
        from = pid.saturating_add(1);
        if p.id() == process {
            let mut to = None;
            p.each_thread(|t| to = to.or(t.calling.edge().map(|e| e.to)));
            return to.filter(|to| *to != 0);
        }
    }
    None
}

/// A thread ends. If nobody is left who could answer the requests that its process received, they fail, also if the channel's
/// end lives on elsewhere.
pub(crate) fn server_ends(me: &Thread) {
    let process = me.process();
    if process.attrs.serves.load(Ordering::Relaxed) == 0 {
        return;
    }
    if process.live_threads.load(Ordering::Acquire) > 1 && process.state.lock().ending.is_none() {
        return;
    }
    let files = me.files();
    let mut from = 0;
    while let Some(fd) = files.next_used(from) {
        from = fd as usize + 1;
        if let Ok(of) = files.get(fd, abi::Rights::NONE)
            && let Some(end) = of.file.as_channel()
        {
            end.fail_calls(process.id());
        }
    }
}
