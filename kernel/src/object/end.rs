//! A channel's end as a file: read(2), write(2), sendmsg(2), poll(2), and what `/proc` shows of it. Neighbour: `channel`.

use super::channel::{Channel, ChannelEnd, Next, READABLE, Sending, WRITABLE};
use super::inflight::{self, Carrier};
use super::message::{self, Message};
use crate::fs::buffer::Buffer;
use crate::fs::file::{Descriptor, File, Io, O_RDWR, OpenFile};
use crate::fs::table::{self, Passed};
use crate::linux::{CallResult, Stop};
use crate::see::{On, Waits};
use crate::task::Thread;
use crate::task::wait::{Observers, Watch};
use abi::Errno;
use alloc::boxed::Box;
use alloc::vec::Vec;
use logic_channel::{End, Figures, Limits, MAX_BYTES, MAX_FDS, Size};
use logic_waits::Events;
use mem::{NoMemory, Ref, user};
use ref_cast::RefCast;

/// A channel as the file that one of its ends is.
#[derive(RefCast)]
#[repr(transparent)]
pub(super) struct Side<const B: bool>(Channel);

impl<const B: bool> Side<B> {
    /// The channel.
    #[inline(always)]
    pub(super) const fn channel(&self) -> &Channel {
        &self.0
    }
    /// Which of its ends this is.
    #[inline(always)]
    pub(super) const fn end(&self) -> End {
        if B { End::B } else { End::A }
    }
    #[inline(always)]
    const fn this(&self) -> ChannelEnd<'_> {
        ChannelEnd { channel: &self.0, end: self.end() }
    }
}

impl<const B: bool> File for Side<B> {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        self.this().read(io, to)
    }
    fn write(&self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        self.this().write(io, from)
    }
    fn poll(&self, _of: &OpenFile) -> Events {
        self.this().poll()
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(self)
    }
    fn ioctl(&self, _io: &Io<'_>, request: u32, arg: usize) -> Result<usize, Stop> {
        self.this().ioctl(request, arg)
    }
    fn last_close(&self, _of: &OpenFile) {
        self.this().on_last_close();
    }
    fn ends_wait(&self, _of: &OpenFile, on: On) -> bool {
        matches!(on.waits, Waits::ChannelReceive | Waits::ChannelSend | Waits::ChannelCall)
            && on.id == self.0.number(self.end().peer())
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = write!(out, "channel:[{}]", self.0.id);
    }
    fn as_channel(&self) -> Option<ChannelEnd<'_>> {
        Some(self.this())
    }
    fn carrier(&self) -> Option<&dyn Carrier> {
        Some(self)
    }
}

impl<const B: bool> Watch for Side<B> {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        self.this().with_observers(f);
    }
    fn on(&self, events: Events) -> On {
        self.this().on(events)
    }
}

impl ChannelEnd<'_> {
    /// Whether both are one end of one channel.
    pub(super) fn is(self, other: ChannelEnd<'_>) -> bool {
        core::ptr::eq(self.channel, other.channel) && self.end == other.end
    }

    #[inline(never)]
    fn read(self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        let room = Size { bytes: to.left().min(MAX_BYTES as usize) as u32, fds: 0 };
        let Some(d) = self.read_message(io, room)? else { return Ok(0) };
        let len = d.size.bytes as usize;
        if let Err(e) = d.message.pour(to, len) {
            self.put_back(d);
            return Err(e.into());
        }
        self.finish(d.message, d.size, None);
        Ok(len)
    }

    #[inline(never)]
    fn write(self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        let len = from.left();
        if len > MAX_BYTES as usize {
            return Err(Errno::EMSGSIZE.into());
        }
        let start = from.mark();
        let size = Size { bytes: len as u32, fds: 0 };
        let how = Sending { fds: &[], nonblock: io.nonblock, deadline_ns: None };
        let sent = self.send(io.me, size, &how, &mut |m| {
            from.go_back(start);
            m.fill(from)
        });
        if sent == Err(Stop::Errno(Errno::EPIPE)) {
            crate::task::signal::send_to_self(io.me, crate::task::signal::SIGPIPE);
        }
        sent.map(|()| len)
    }

    #[inline(never)]
    fn poll(self) -> Events {
        let state = self.channel.state.lock();
        let logic = &state.logic;
        let mut e = Events::empty();
        let over = !logic.peer_open(self.end);
        if over {
            e |= Events::HUP | Events::RDHUP;
        }
        if over || logic.front(self.end).is_some() {
            e |= READABLE;
        }
        if logic.writable(self.end) {
            e |= WRITABLE;
        }
        e
    }

    #[inline(never)]
    fn ioctl(self, request: u32, arg: usize) -> Result<usize, Stop> {
        const FIONREAD: u32 = 0x541b;
        if request != FIONREAD {
            return Err(Errno::ENOTTY.into());
        }
        let first = self.channel.state.lock().logic.front(self.end);
        user::write(arg, &first.map_or(0, |(size, _)| size.bytes))?;
        Ok(0)
    }
}

impl ChannelEnd<'_> {
    #[inline(always)]
    fn on_last_close(self) {
        let (spare, quiet) = {
            let mut state = self.channel.state.lock();
            state.logic.close(self.end);
            (state.take_spare(), state.ends_quietly())
        };
        if spare.is_some() || !quiet {
            self.end_loudly(spare, quiet);
        }
    }

    #[inline(never)]
    fn end_loudly(self, spare: Option<Box<Message>>, quiet: bool) {
        let channel = self.channel;
        drop(spare);
        if quiet {
            return;
        }
        loop {
            let drained = {
                let mut state = channel.state.lock();
                channel.flight(self.end).changes();
                state.logic.drain(self.end)
            };
            match drained {
                Some(m) => message::destroy(m),
                None => break,
            }
        }
        self.fail_calls(0);
        channel.tell_all(self.end.peer(), READABLE | WRITABLE | Events::HUP | Events::RDHUP);
        channel.tell_all(self.end, READABLE | WRITABLE | Events::HUP);
    }

    /// Whether nothing will ever come here any more.
    pub(crate) fn is_over(self) -> bool {
        let state = self.channel.state.lock();
        !state.logic.peer_open(self.end) && state.logic.front(self.end).is_none()
    }

    /// Fails the calls that a closed end was to answer, or those that the process `taker` has consumed.
    pub(crate) fn fail_calls(self, taker: u64) {
        let mut at = 0;
        loop {
            let failed = self.channel.state.lock().logic.next_failed(at, taker);
            let Some((next, found)) = failed else { return };
            at = next;
            if let Some((caller, held)) = found {
                caller.wake();
                if let Some(m) = held {
                    message::destroy(m);
                }
            }
        }
    }

    /// sendmsg(2): sends what is left in `from`, with copies of descriptors.
    pub(crate) fn send_copies(
        self,
        me: &Thread,
        nonblock: bool,
        signal: bool,
        fds: &[Passed],
        from: &mut Buffer<'_>,
    ) -> CallResult {
        let len = from.left();
        if len > MAX_BYTES as usize || fds.len() > MAX_FDS as usize {
            return Err(Errno::EMSGSIZE.into());
        }
        let start = from.mark();
        let size = Size { bytes: len as u32, fds: fds.len() as u32 };
        let sent = self.send(me, size, &Sending { fds: &[], nonblock, deadline_ns: None }, &mut |m| {
            from.go_back(start);
            m.fill(from)?;
            table::copy(fds, &mut m.fds)
        });
        if signal && sent == Err(Stop::Errno(Errno::EPIPE)) {
            crate::task::signal::send_to_self(me, crate::task::signal::SIGPIPE);
        }
        sent.map(|()| len)
    }

    /// Queues a message with copies of descriptors, which others may let go of meanwhile.
    #[inline(never)]
    pub(super) fn push_copies(self, message: Box<Message>, size: Size) -> Result<((), Next), (Errno, Box<Message>)> {
        self.push(message, |l, m| {
            inflight::waits_again(&m, self.channel.flight(self.end.peer()));
            l.send(self.end, m, size)
        })
    }

    /// recvmsg(2): one message, which stays unless it fits as a whole. `install` takes its descriptors, of which `most` fit.
    pub(crate) fn receive_message(
        self,
        io: &Io<'_>,
        most: usize,
        to: &mut Buffer<'_>,
        install: &mut dyn FnMut(&mut Vec<Passed>) -> Result<(), Errno>,
    ) -> CallResult {
        let room = Size { bytes: to.left().min(MAX_BYTES as usize) as u32, fds: most.min(MAX_FDS as usize) as u32 };
        let Some(mut d) = self.read_message(io, room)? else { return Ok(0) };
        let len = d.size.bytes as usize;
        let poured = d.message.pour(to, len);
        if let Err(e) = poured.and_then(|()| if d.size.fds == 0 { Ok(()) } else { install(&mut d.message.fds) }) {
            self.put_back(d);
            return Err(e.into());
        }
        self.finish(d.message, d.size, None);
        Ok(len)
    }
}

/// What `/proc/rvos/channels` tells of an end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndFigures {
    /// The channel's number.
    pub(crate) channel: u64,
    /// `a` or `b`.
    pub(crate) end: char,
    /// What waits to be received here, and what ever came.
    pub(crate) inward: Figures,
    /// The same of the other end.
    pub(crate) outward: Figures,
    /// Calls that are open, in both directions.
    pub(crate) calls: u32,
}

impl ChannelEnd<'_> {
    /// Its figures at this moment.
    pub(crate) fn figures(self) -> EndFigures {
        let state = self.channel.state.lock();
        EndFigures {
            channel: self.channel.id,
            end: if self.end == End::A { 'a' } else { 'b' },
            inward: state.logic.figures(self.end),
            outward: state.logic.figures(self.end.peer()),
            calls: state.logic.open_calls(),
        }
    }
}

/// A channel's two ends.
#[inline(always)]
pub(crate) fn pair(me: &Thread, limits: Limits) -> Result<(Descriptor, Descriptor), Errno> {
    let channel = Channel::try_new(me, limits)?;
    pair_of(channel).map_err(|NoMemory| Errno::ENOMEM)
}

#[inline(always)]
fn pair_of(channel: Ref<Channel>) -> Result<(Descriptor, Descriptor), NoMemory> {
    let a = OpenFile::open_here(channel.clone().unsize(|c| Side::<false>::ref_cast(c)), None, O_RDWR)?;
    let b = OpenFile::open_here(channel.clone().unsize(|c| Side::<true>::ref_cast(c)), None, O_RDWR)?;
    let files = [&a, &b].map(|file| Some(Ref::downgrade(file.open_file())));
    // There were none, so that nothing is to be dropped.
    core::mem::forget(core::mem::replace(&mut channel.state.lock().files, files));
    Ok((a, b))
}
