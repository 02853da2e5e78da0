//! Whole messages: the [`Header`] that says of which protocol and version they are, and [`Message`] for types that fill one.

use crate::fuzz::Source;
use crate::{Error, MAX_BYTES, MAX_DESCRIPTORS, Packet, Reader, Shape, Wire};

/// The first eight bytes of every message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// [`id`] of the protocol's name.
    pub protocol: u32,
    /// The version that the sender speaks.
    pub version: u16,
    /// What the message is within the protocol.
    pub tag: u16,
}

impl<'a> Wire<'a> for Header {
    const MIN: usize = 8;
    const MAX: usize = 8;
    const SHAPE: Shape = Shape::Plain("header");

    fn emit(self, to: &mut Packet) {
        self.protocol.emit(to);
        self.version.emit(to);
        self.tag.emit(to);
    }

    fn parse(from: &mut Reader<'a>) -> Result<Self, Error> {
        Ok(Self { protocol: u32::parse(from)?, version: u16::parse(from)?, tag: u16::parse(from)? })
    }

    fn sample(source: &mut Source<'a>) -> Self {
        Self { protocol: u32::sample(source), version: u16::sample(source), tag: u16::sample(source) }
    }
}

/// A type that is a whole message of a typed channel: `#[derive(Wire)]` with `#[wire(message = "NAME", version = N)]`.
pub trait Message<'a>: Wire<'a> {
    /// The protocol's name.
    const NAME: &'static str;
    /// The version that both ends must speak.
    const VERSION: u16;
    /// Fails to compile when no message could hold the type.
    const FITS: () =
        assert!(Self::MAX + Header::MAX <= MAX_BYTES && Self::DESCRIPTORS <= MAX_DESCRIPTORS, "larger than a message can be");
}

/// A message type whatever it borrows from; derived with [`Message`]. It names what a typed channel carries.
pub trait Kind {
    /// The type, borrowing for `'a`.
    type Value<'a>: Message<'a>;
}

/// The number that stands for a protocol's name in messages (FNV-1a, 32 bits).
#[must_use]
pub const fn id(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let mut hash = 0x811c_9dc5_u32;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}

/// Makes the packet hold this message.
pub fn emit<'a, M: Message<'a>>(message: M, to: &mut Packet) {
    let () = M::FITS;
    to.clear();
    Header { protocol: const { id(M::NAME) }, version: M::VERSION, tag: 0 }.emit(to);
    message.emit(to);
}

/// The message that the packet holds. Its descriptors move out; on an error they are closed.
///
/// # Errors
/// When it is not exactly a message of type `M`.
pub fn parse<'a, M: Message<'a>>(from: &'a mut Packet) -> Result<M, Error> {
    let () = M::FITS;
    let mut reader = from.reader();
    let header = Header::parse(&mut reader)?;
    if header.protocol != const { id(M::NAME) } {
        return Err(Error::Protocol);
    }
    if header.version != M::VERSION {
        return Err(Error::Version);
    }
    if header.tag != 0 {
        return Err(Error::Tag);
    }
    let message = M::parse(&mut reader)?;
    reader.finish()?;
    Ok(message)
}
