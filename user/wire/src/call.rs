//! Calls: a request with a tag, and its reply, which is a value, an error of the service or a [`Fault`] of the protocol.
//!
//! [`Requests`] and the functions here are what the code that [`crate::protocol`] makes stands on.

use crate::fuzz::Source;
use crate::{Error, Header, Outlet, Packet, Reader, Served, Shape, Wire};
use std::{fmt, io};

/// In a reply's header, beside the tag of its request.
const REPLY: u16 = 0x8000;

/// All requests of one protocol; made by [`crate::protocol`].
pub trait Requests<'a>: Sized {
    /// [`crate::id`] of the protocol's name.
    const ID: u32;
    /// The newest version that this side speaks.
    const VERSION: u16;
    /// Tag and first version of every request.
    const TAGS: &'static [(u16, u16)];

    /// The request's tag.
    fn tag(&self) -> u16;
    /// Writes the arguments.
    fn emit_body(self, to: &mut Packet);
    /// Reads the arguments of the request with this tag.
    ///
    /// # Errors
    /// As [`Wire::parse`]; [`Error::Tag`] for a tag that is none.
    fn parse_body(tag: u16, from: &mut Reader<'a>) -> Result<Self, Error>;
    /// Makes some request with this tag, for tests.
    fn sample(tag: u16, source: &mut Source<'a>) -> Option<Self>;
}

/// What a server says about a request that it cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not a message of this protocol.
    Malformed,
    /// The server knows no such request.
    Unknown,
    /// The server speaks versions up to this one.
    Version(u16),
    /// The server let go of the request without an answer.
    Unanswered,
}

impl<'a> Wire<'a> for Fault {
    const MIN: usize = 4;
    const MAX: usize = 4;
    const SHAPE: Shape = Shape::Plain("fault");

    fn emit(self, to: &mut Packet) {
        let (code, version) = match self {
            Fault::Malformed => (1_u16, 0),
            Fault::Unknown => (2, 0),
            Fault::Version(version) => (3, version),
            Fault::Unanswered => (4, 0),
        };
        code.emit(to);
        version.emit(to);
    }

    fn parse(from: &mut Reader<'a>) -> Result<Self, Error> {
        match (u16::parse(from)?, u16::parse(from)?) {
            (1, 0) => Ok(Fault::Malformed),
            (2, 0) => Ok(Fault::Unknown),
            (3, version) => Ok(Fault::Version(version)),
            (4, 0) => Ok(Fault::Unanswered),
            _ => Err(Error::Tag),
        }
    }

    fn sample(source: &mut Source<'a>) -> Self {
        match source.byte() % 4 {
            0 => Fault::Malformed,
            1 => Fault::Unknown,
            2 => Fault::Unanswered,
            _ => Fault::Version(u16::sample(source)),
        }
    }
}

/// Why a call gave no value. `E` is the service's own error.
#[derive(Debug)]
pub enum CallError<E> {
    /// The service did the request and says no.
    Service(E),
    /// The service could not read the request.
    Fault(Fault),
    /// The reply could not be read.
    Reply(Error),
    /// The request or the reply did not get through: the service is gone, the deadline is past.
    Transport(io::Error),
}

impl<E: fmt::Debug> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Service(error) => write!(f, "the service refuses: {error:?}"),
            CallError::Fault(fault) => write!(f, "the service cannot read the request: {fault:?}"),
            CallError::Reply(error) => write!(f, "unreadable reply: {error}"),
            CallError::Transport(error) => write!(f, "no reply: {error}"),
        }
    }
}

impl<E: fmt::Debug> std::error::Error for CallError<E> {}

/// How large a reply may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes.
    pub bytes: usize,
    /// Descriptors: numbers for so many are kept free until the reply is there.
    pub descriptors: usize,
}

impl From<usize> for Room {
    /// Bytes alone.
    fn from(bytes: usize) -> Self {
        Self { bytes, descriptors: 0 }
    }
}

/// What carries a request to a server and its reply back.
pub trait Transport {
    /// Sends the request, which moves out of its packet, and puts the reply into the other, for which there is so much room.
    ///
    /// # Errors
    /// When there is no reply.
    fn call(&mut self, request: &mut Packet, reply: &mut Packet, room: Room) -> io::Result<()>;
}

impl<T: Transport + ?Sized> Transport for &mut T {
    fn call(&mut self, request: &mut Packet, reply: &mut Packet, room: Room) -> io::Result<()> {
        (**self).call(request, reply, room)
    }
}

/// The packets of a client, which are used again for every call.
#[derive(Debug, Default)]
pub struct Desk {
    request: Packet,
    reply: Packet,
}

/// A protocol, as a server needs it: what to do with a message of a client with this session. Made by [`crate::protocol`].
pub trait Service<S: ?Sized> {
    /// The protocol's name.
    const NAME: &'static str;

    /// Takes the request apart and has the session do it. What came of it is in `reply`, or goes through an `outlet` later.
    fn serve(session: &mut S, request: &mut Packet, reply: &mut Packet, outlet: &mut dyn FnMut() -> Outlet) -> Served;
}

/// Makes the packet hold this request.
pub fn emit_request<'a, R: Requests<'a>>(request: R, to: &mut Packet) {
    to.clear();
    Header { protocol: R::ID, version: R::VERSION, tag: request.tag() }.emit(to);
    request.emit_body(to);
}

/// The request that a packet holds, with its header; or the reply's header and what to say in it.
///
/// # Errors
/// When the packet holds no request that this side can serve.
pub fn parse_request<'a, R: Requests<'a>>(from: &'a mut Packet) -> Result<R, (Header, Fault)> {
    let mut reader = from.reader();
    let nothing = Header { protocol: R::ID, version: R::VERSION, tag: 0 };
    let header = Header::parse(&mut reader).map_err(|_| (nothing, Fault::Malformed))?;
    if header.protocol != R::ID {
        return Err((nothing, Fault::Malformed));
    }
    if header.version > R::VERSION || header.version == 0 {
        return Err((header, Fault::Version(R::VERSION)));
    }
    let known = R::TAGS.iter().any(|&(tag, since)| tag == header.tag && since <= header.version);
    if !known {
        return Err((header, Fault::Unknown));
    }
    let request = R::parse_body(header.tag, &mut reader).map_err(|_| (header, Fault::Malformed))?;
    reader.finish().map_err(|_| (header, Fault::Malformed))?;
    Ok(request)
}

/// A reply before it is written: a value or the service's error, or a fault.
pub(crate) enum Outcome<T, E> {
    Value(T),
    Service(E),
    Fault(Fault),
}

impl<'a, T: Wire<'a>, E: Wire<'a>> Wire<'a> for Outcome<T, E> {
    const MIN: usize = 1;
    const MAX: usize = 1 + max(max(T::MAX, E::MAX), Fault::MAX);
    const DESCRIPTORS: usize = max(T::DESCRIPTORS, E::DESCRIPTORS);
    const SHAPE: Shape = Shape::Plain("outcome");

    fn emit(self, to: &mut Packet) {
        match self {
            Outcome::Value(value) => {
                to.put(&[0]);
                value.emit(to);
            }
            Outcome::Service(error) => {
                to.put(&[1]);
                error.emit(to);
            }
            Outcome::Fault(fault) => {
                to.put(&[2]);
                fault.emit(to);
            }
        }
    }

    fn parse(from: &mut Reader<'a>) -> Result<Self, Error> {
        match u8::parse(from)? {
            0 => T::parse(from).map(Outcome::Value),
            1 => E::parse(from).map(Outcome::Service),
            2 => Fault::parse(from).map(Outcome::Fault),
            _ => Err(Error::Tag),
        }
    }

    fn sample(source: &mut Source<'a>) -> Self {
        // Some services have no errors, so none is made here.
        if source.byte() & 1 == 0 { Outcome::Value(T::sample(source)) } else { Outcome::Fault(Fault::sample(source)) }
    }
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// Makes the packet hold the reply to a request with this tag.
pub fn answer<'a, T: Wire<'a>, E: Wire<'a>>(id: u32, version: u16, tag: u16, result: Result<T, E>, to: &mut Packet) {
    const { assert!(9 + max(max(T::MAX, E::MAX), 4) <= crate::MAX_BYTES, "a reply larger than a message can be") };
    to.clear();
    Header { protocol: id, version, tag: tag | REPLY }.emit(to);
    match result {
        Ok(value) => Outcome::<T, E>::Value(value).emit(to),
        Err(error) => Outcome::<T, E>::Service(error).emit(to),
    }
}

/// Makes the packet hold the reply to a request that could not be read.
pub fn answer_fault(about: Header, fault: Fault, to: &mut Packet) {
    to.clear();
    Header { tag: about.tag | REPLY, ..about }.emit(to);
    Outcome::<(), ()>::Fault(fault).emit(to);
}

/// The client's side of a call: sends the request, takes the reply apart.
///
/// # Errors
/// See [`CallError`].
pub fn ask<'a, 'r, R, T, E>(transport: &mut impl Transport, request: R, desk: &'r mut Desk) -> Result<T, CallError<E>>
where
    R: Requests<'a>,
    T: Wire<'r>,
    E: Wire<'r>,
{
    let tag = request.tag();
    emit_request(request, &mut desk.request);
    let room = Room { bytes: Header::MAX + Outcome::<T, E>::MAX, descriptors: Outcome::<T, E>::DESCRIPTORS };
    transport.call(&mut desk.request, &mut desk.reply, room).map_err(CallError::Transport)?;
    match parse_reply(R::ID, tag, &mut desk.reply).map_err(CallError::Reply)? {
        Outcome::Value(value) => Ok(value),
        Outcome::Service(error) => Err(CallError::Service(error)),
        Outcome::Fault(fault) => Err(CallError::Fault(fault)),
    }
}

/// The reply that the packet holds.
pub(crate) fn parse_reply<'r, T: Wire<'r>, E: Wire<'r>>(
    id: u32,
    tag: u16,
    packet: &'r mut Packet,
) -> Result<Outcome<T, E>, Error> {
    let mut reader = packet.reader();
    let header = Header::parse(&mut reader)?;
    if header.protocol != id {
        return Err(Error::Protocol);
    }
    // A fault about what had no readable header has no tag.
    let expected = header.tag == tag | REPLY || header.tag == REPLY;
    if !expected {
        return Err(Error::Tag);
    }
    let outcome = Outcome::parse(&mut reader)?;
    reader.finish()?;
    Ok(outcome)
}
