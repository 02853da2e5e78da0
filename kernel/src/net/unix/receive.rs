//! Receiving: a packet is taken into the hand, emptied without a lock, and then consumed or put back.

use super::{Creds, Kind, Patience, READABLE, Role, Socket, discard};
use crate::fs::buffer::Buffer;
use crate::linux::Stop;
use crate::object::inflight;
use crate::object::message::Message;
use crate::task::wait;
use abi::Errno;
use alloc::boxed::Box;
use arrayvec::ArrayVec;
use core::sync::atomic::Ordering;
use logic_waits::Events;
use mem::Ref;

/// Packets of a stream that one look (MSG_PEEK) sees.
const LOOK: usize = 8;

/// What is done with what packets carry besides bytes.
pub(crate) trait Carried {
    /// One packet, whose bytes were copied. If this fails it counts as not received.
    fn packet(&mut self, packet: &mut Message, peek: bool) -> Result<(), Errno>;
    /// Whether a packet of another sender than that of the first is left for the next call.
    fn minds_sender(&self) -> bool {
        false
    }
}

/// How to receive.
pub(crate) struct Receiving<'a> {
    /// Whether it may wait.
    pub(crate) patience: Patience<'a>,
    /// MSG_PEEK: what is received stays.
    pub(crate) peek: bool,
    /// MSG_WAITALL: a stream fills the buffer.
    pub(crate) all: bool,
}

/// What was received.
#[derive(Default)]
pub(crate) struct Got {
    /// Bytes copied.
    pub(crate) len: usize,
    /// Bytes that the message had.
    pub(crate) whole: usize,
    /// Who sent it.
    pub(crate) from: Option<Ref<Socket>>,
    /// Whether something came; otherwise it is the end.
    pub(crate) came: bool,
}

/// A packet in hand, and how much of it was read before.
type Taken = Option<(Box<Message>, usize)>;

impl Message {
    /// Who sent it, if it went through a socket.
    pub(crate) fn creds(&self) -> Option<Creds> {
        self.envelope.as_ref().map(|e| e.creds)
    }
    fn len(&self) -> usize {
        self.envelope.as_ref().map_or(0, |e| e.len as usize)
    }
    fn sender(&self) -> Option<Ref<Socket>> {
        self.envelope.as_ref().map(|e| e.sent.sender.clone())
    }
}

impl Socket {
    /// Receives into `to`.
    pub(crate) fn receive(&self, how: &Receiving<'_>, to: &mut Buffer<'_>, carried: &mut dyn Carried) -> Result<Got, Stop> {
        {
            let state = self.state.lock();
            match (self.kind, state.role) {
                (Kind::Stream, Role::Fresh | Role::Connecting | Role::Listening) => return Err(Errno::EINVAL.into()),
                (Kind::Messages, Role::Fresh | Role::Connecting | Role::Listening) => return Err(Errno::ENOTCONN.into()),
                _ => {}
            }
        }
        if self.kind == Kind::Stream { self.receive_stream(how, to, carried) } else { self.receive_whole(how, to, carried) }
    }

    /// Takes the first packet into the hand; `None`: there is none yet. Of a stream one reader does so at a time: `reads` says
    /// that it is this one, `came` that it has received something.
    fn take(&self, reads: bool, came: bool) -> Option<Result<Taken, Errno>> {
        let mut state = self.state.lock();
        let stream = self.kind == Kind::Stream;
        if !stream && let Some(e) = state.error.take() {
            return Some(Err(e));
        }
        if state.reading && !reads {
            return None;
        }
        if let Some(packet) = state.inbox.pop_front() {
            // Also when none comes out of it: what is behind moves up.
            self.flight.changes();
            state.in_hand = state.in_hand.saturating_add(1);
            state.reading = stream;
            let from = if reads { 0 } else { state.taken };
            return Some(Ok(Some((packet, from))));
        }
        if !came && let Some(e) = state.error.take() {
            return Some(Err(e));
        }
        if state.no_more_in { Some(Ok(None)) } else { None }
    }

    fn take_waiting(&self, how: &Receiving<'_>) -> Result<Taken, Stop> {
        match self.take(false, false) {
            Some(result) => Ok(result?),
            None => how.patience.wait(self, Events::IN, self.options().receive_ns, || self.take(false, false)),
        }
    }

    /// A packet in hand goes back to where it was, `taken` bytes of it read.
    fn put_back(&self, packet: Box<Message>, taken: usize) {
        let mut state = self.state.lock();
        state.in_hand = state.in_hand.saturating_sub(1);
        if state.role == Role::Closed {
            drop(state);
            return discard(packet);
        }
        state.taken = taken;
        if !packet.fds.is_empty() {
            inflight::waits_again(&packet, &self.flight);
        }
        // reserved: whoever added one meanwhile kept room for those in hand.
        state.inbox.push_front(packet);
    }

    /// A packet in hand has been read.
    fn consume(&self, packet: Box<Message>) {
        let room = {
            let mut state = self.state.lock();
            state.in_hand = state.in_hand.saturating_sub(1);
            state.bytes = state.bytes.saturating_sub(packet.len());
            state.taken = 0;
            !state.room.is_empty() || !state.held_up.is_empty()
        };
        discard(packet);
        if room {
            self.tell_room();
        }
    }

    /// This reader is done, which `reads` a stream or came to nothing: the next may read what is left.
    fn pass_on_reading(&self, reads: bool) {
        let left = {
            let mut state = self.state.lock();
            state.reading &= !reads;
            !state.reading && !state.observers.is_empty() && (!state.inbox.is_empty() || state.no_more_in)
        };
        if left {
            wait::pass_on(self, READABLE);
        }
    }

    fn receive_whole(&self, how: &Receiving<'_>, to: &mut Buffer<'_>, carried: &mut dyn Carried) -> Result<Got, Stop> {
        let Some((mut packet, _)) = self.take_waiting(how)? else { return Ok(Got::default()) };
        let whole = packet.len();
        let wanted = whole.min(to.left());
        let len = packet.pour_from(to, 0, whole.min(wanted));
        let got = Got { len, whole, from: packet.sender(), came: true };
        let done = if len < wanted { Err(Errno::EFAULT) } else { carried.packet(&mut packet, how.peek) };
        if how.peek || done.is_err() {
            self.put_back(packet, 0);
            self.pass_on_reading(false);
        } else {
            self.consume(packet);
        }
        done?;
        Ok(got)
    }

    fn receive_stream(&self, how: &Receiving<'_>, to: &mut Buffer<'_>, carried: &mut dyn Carried) -> Result<Got, Stop> {
        let mut got = Got::default();
        if to.left() == 0 {
            return Ok(got);
        }
        let mut looked: ArrayVec<(Box<Message>, usize), LOOK> = ArrayVec::new();
        let (mut sender, mut reads) = (None, false);
        let mut result = Ok(());
        loop {
            let next =
                if got.came { self.take(reads, true).unwrap_or(Ok(None)).map_err(Stop::from) } else { self.take_waiting(how) };
            let (mut packet, from) = match next {
                Ok(Some(taken)) => taken,
                Ok(None) if got.came && !how.peek && to.left() != 0 && (how.all || self.wants(got.len)) => {
                    // Others read meanwhile, so that a wake-up is of use to whoever has it.
                    self.pass_on_reading(core::mem::take(&mut reads));
                    if self.wait_for_more(how) {
                        continue;
                    }
                    break;
                }
                Ok(None) => break,
                Err(e) => {
                    result = Err(e);
                    break;
                }
            };
            reads = true;
            if got.came && carried.minds_sender() && sender != packet.creds() {
                self.put_back(packet, from);
                break;
            }
            sender = packet.creds();
            let before = got.len;
            let ended = self.read_packet(how, to, carried, &mut got, &mut packet, from);
            let read = from.saturating_add(got.len - before);
            let all = read >= packet.len();
            let carries = ended == Ok(true);
            match ended {
                Err(e) => {
                    self.put_back(packet, from);
                    result = Err(e.into());
                    break;
                }
                Ok(_) if how.peek => {
                    // reserved: the loop ends when it is full.
                    looked.push((packet, from));
                    if looked.is_full() || !all {
                        break;
                    }
                }
                Ok(_) if all => self.consume(packet),
                Ok(_) => {
                    let fds = core::mem::take(&mut packet.fds);
                    let passed = packet.envelope.as_mut().and_then(|e| e.passed.take());
                    self.put_back(packet, read);
                    drop((fds, passed));
                    break;
                }
            }
            if carries || to.left() == 0 {
                break;
            }
        }
        while let Some((packet, from)) = looked.pop() {
            self.put_back(packet, from);
        }
        self.pass_on_reading(reads);
        match result {
            Err(e) if !got.came => Err(e),
            _ => Ok(got),
        }
    }

    /// Copies what is left of a packet in hand, as far as there is room. Whether it carries descriptors.
    fn read_packet(
        &self,
        how: &Receiving<'_>,
        to: &mut Buffer<'_>,
        carried: &mut dyn Carried,
        got: &mut Got,
        packet: &mut Message,
        from: usize,
    ) -> Result<bool, Errno> {
        let wanted = packet.len().saturating_sub(from).min(to.left());
        let start = to.mark();
        let n = packet.pour_from(to, from, from.saturating_add(wanted));
        if n == 0 && wanted != 0 {
            return Err(Errno::EFAULT);
        }
        let carries = !packet.fds.is_empty();
        if let Err(e) = carried.packet(packet, how.peek) {
            to.go_back(start);
            return Err(e);
        }
        if !got.came {
            got.from = packet.sender();
        }
        got.came = true;
        got.len += n;
        got.whole = got.len;
        Ok(carries)
    }

    /// Whether a read is not content with so many bytes.
    fn wants(&self, len: usize) -> bool {
        len < self.least.load(Ordering::Relaxed) as usize
    }

    /// MSG_WAITALL: waits until there is more, and nobody else reads. False: no more comes, or not in time.
    fn wait_for_more(&self, how: &Receiving<'_>) -> bool {
        let look = || {
            let state = self.state.lock();
            let there = !state.inbox.is_empty();
            (!state.reading && (there || state.no_more_in)).then_some(Ok(there))
        };
        how.patience.wait(self, Events::IN, self.options().receive_ns, look) == Ok(true)
    }
}
