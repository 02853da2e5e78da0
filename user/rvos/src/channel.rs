//! Channels: [`End`] carries packets, [`Channel`] messages of one type each way.

use crate::{Deadline, error};
use abi::{ChanCreate, ChanInfo, Errno, chan_flag};
use rt::{Args, Descriptors, Terms};
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};
use wire::{Kind, Packet, Room, Transport};

/// Bytes that a receiver makes room for at first; a larger message says what it needs.
const ROOM: usize = 1024;

/// One end of a channel.
#[derive(Debug)]
pub struct End(OwnedFd);

/// What the kernel says about a message that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Received {
    /// The call to reply to; `None` if nobody waits for an answer.
    pub call: Option<u64>,
    /// The process that sent it; such a number is never used twice.
    pub process: u64,
    /// That process's budget.
    pub budget: u64,
}

impl End {
    /// The two ends of a new channel.
    ///
    /// # Errors
    /// `EDQUOT`, `EMFILE`, `ENOMEM`.
    pub fn pair() -> io::Result<(End, End)> {
        let mut ends = rt::create(&ChanCreate::default()).map_err(error)?;
        let mut ends = ends.take();
        match (ends.next(), ends.next()) {
            (Some(a), Some(b)) => Ok((End(a), End(b))),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Sends what the packet holds. On success it is empty; on failure nothing has moved.
    ///
    /// # Errors
    /// `EPIPE` when the peer is gone; `WouldBlock`, `TimedOut`.
    pub fn send(&self, packet: &mut Packet, deadline: Deadline) -> io::Result<()> {
        let fds = numbers(packet);
        let mut args = Args::send(&packet.bytes, &fds, deadline.terms());
        rt::by_descriptor(self.0.as_fd(), &mut args).map_err(error)?;
        moved(packet);
        Ok(())
    }

    /// Receives a message into the packet.
    ///
    /// # Errors
    /// `EPIPE` when nothing is queued and the peer is gone; `WouldBlock`, `TimedOut`; `EMFILE` when its descriptors have no
    /// room: it stays queued then.
    pub fn receive(&self, packet: &mut Packet, deadline: Deadline) -> io::Result<Received> {
        packet.clear();
        let mut room = ROOM.max(packet.bytes.capacity());
        loop {
            packet.bytes.resize(room, 0);
            let mut fds = Descriptors::default();
            let mut args = Args::receive(&mut packet.bytes, &mut fds, deadline.terms());
            let result = rt::by_descriptor(self.0.as_fd(), &mut args);
            let info = args.raw().info;
            match result {
                Err(Errno::EMSGSIZE) if length(info.bytes_len) > room => room = length(info.bytes_len),
                Err(errno) => {
                    packet.clear();
                    return Err(error(errno));
                }
                Ok(_) => {
                    packet.bytes.truncate(length(info.bytes_len));
                    packet.descriptors.extend(fds.take());
                    return Ok(received(&info));
                }
            }
        }
    }

    /// Sends the request and waits for its reply, which has so much room. On failure, a request that has not left is in its packet
    /// as before; one that has left is gone with its descriptors, and the packet is empty.
    ///
    /// # Errors
    /// `EPIPE` when the server is gone, `ECONNRESET` when it went with the request; `TimedOut`.
    pub fn call(&self, request: &mut Packet, reply: &mut Packet, room: impl Into<Room>, deadline: Deadline) -> io::Result<()> {
        let Room { bytes, descriptors } = room.into();
        reply.clear();
        reply.bytes.resize(bytes, 0);
        let (sent, mut fds) = (numbers(request), Descriptors::at_most(u32::try_from(descriptors).unwrap_or(u32::MAX)));
        let mut args = Args::call(&request.bytes, &sent, &mut reply.bytes, &mut fds, deadline.terms());
        let result = rt::by_descriptor(self.0.as_fd(), &mut args);
        let (has_left, length) = (args.raw().call != 0, length(args.raw().bytes_len));
        match result {
            Ok(_) => {
                moved(request);
                reply.bytes.truncate(length);
                reply.descriptors.extend(fds.take());
                Ok(())
            }
            Err(errno) => {
                reply.clear();
                // Its numbers may be another thread's descriptors by now.
                if has_left {
                    moved(request);
                }
                Err(error(errno))
            }
        }
    }

    /// Answers a call, which never waits. On success the packet is empty, also when nobody waited for the reply any more: it is
    /// destroyed then. On failure nothing has moved.
    ///
    /// # Errors
    /// When the reply is larger than the caller made room for.
    pub fn reply(&self, call: u64, packet: &mut Packet) -> io::Result<()> {
        let (fds, mut none) = (numbers(packet), Descriptors::default());
        let terms = Terms { deadline_ns: 0, flags: chan_flag::REPLY_ONLY };
        let mut args = Args::reply(call, (&packet.bytes, &fds), &mut [], &mut none, terms);
        rt::by_descriptor(self.0.as_fd(), &mut args).map_err(error)?;
        moved(packet);
        Ok(())
    }
}

fn length(bytes: u32) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn received(info: &ChanInfo) -> Received {
    Received { call: (info.call != 0).then_some(info.call), process: info.process, budget: info.budget }
}

fn numbers(packet: &Packet) -> Vec<i32> {
    packet.descriptors.iter().map(AsRawFd::as_raw_fd).collect()
}

/// The message has left this process: its descriptors are numbers without a meaning now.
fn moved(packet: &mut Packet) {
    for fd in packet.descriptors.drain(..) {
        let _ = fd.into_raw_fd();
    }
    packet.bytes.clear();
}

impl From<OwnedFd> for End {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl From<End> for OwnedFd {
    fn from(end: End) -> Self {
        end.0
    }
}

impl AsFd for End {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Transport for End {
    fn call(&mut self, request: &mut Packet, reply: &mut Packet, room: Room) -> io::Result<()> {
        End::call(self, request, reply, room, Deadline::Never)
    }
}

wire::descriptor! {
    End, "channel";
}

/// An end that sends messages of type `S` and receives messages of type `R`, and nothing else.
#[derive(Debug)]
pub struct Channel<S, R> {
    end: End,
    carries: PhantomData<fn(S) -> R>,
}

impl<S: Kind, R: Kind> Channel<S, R> {
    /// The two ends of a new channel; what one sends the other receives.
    ///
    /// # Errors
    /// As [`End::pair`].
    pub fn pair() -> io::Result<(Channel<S, R>, Channel<R, S>)> {
        End::pair().map(|(a, b)| (Channel::from(a), Channel::from(b)))
    }

    /// Sends a message. If that fails, the descriptors in it are closed.
    ///
    /// # Errors
    /// As [`End::send`].
    pub fn send(&self, message: S::Value<'_>, deadline: Deadline) -> io::Result<()> {
        let mut packet = Packet::new();
        wire::emit(message, &mut packet);
        self.end.send(&mut packet, deadline)
    }

    /// Receives a message, which borrows from the packet.
    ///
    /// # Errors
    /// As [`End::receive`]; `InvalidData` for what is no message of type `R`.
    pub fn receive<'p>(&self, packet: &'p mut Packet, deadline: Deadline) -> io::Result<R::Value<'p>> {
        let _ = self.end.receive(packet, deadline)?;
        Ok(wire::parse(packet)?)
    }
}

impl<S, R> From<End> for Channel<S, R> {
    fn from(end: End) -> Self {
        Self { end, carries: PhantomData }
    }
}

impl<S, R> From<Channel<S, R>> for End {
    fn from(channel: Channel<S, R>) -> Self {
        channel.end
    }
}
