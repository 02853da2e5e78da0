//! The two sides of a message: [`Packet`], which is filled, and [`Reader`], which takes apart; [`Wire`] is what can go through both.

use crate::Shape;
use crate::fuzz::Source;
use std::fmt;
use std::os::fd::OwnedFd;

/// The most bytes that a message holds.
pub const MAX_BYTES: usize = 64 * 1024;

/// The most descriptors that a message carries.
pub const MAX_DESCRIPTORS: usize = 64;

/// A type with a form in messages. `'a` is how long the bytes live that a decoded value borrows from.
///
/// Derived for structs and enums. `parse` accepts exactly what `emit` writes.
pub trait Wire<'a>: Sized {
    /// The fewest bytes of a value.
    const MIN: usize;
    /// The most bytes of a value.
    const MAX: usize;
    /// The most descriptors of a value.
    const DESCRIPTORS: usize = 0;
    /// What the value looks like, for people.
    const SHAPE: Shape;

    /// Writes the value; its descriptors move into the packet.
    fn emit(self, to: &mut Packet);

    /// Takes a value off the front.
    ///
    /// # Errors
    /// When the bytes or the descriptors are not those of a value.
    fn parse(from: &mut Reader<'a>) -> Result<Self, Error>;

    /// Makes some value out of arbitrary bytes, for tests.
    fn sample(source: &mut Source<'a>) -> Self;
}

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The message ends within a value.
    Short,
    /// There are bytes after the last value.
    Long,
    /// A length or count is above its bound.
    Bound,
    /// No variant has this tag.
    Tag,
    /// Bits are set that mean nothing, or a truth value is neither 0 nor 1.
    Bits,
    /// Text that is not UTF-8.
    Text,
    /// The message carries fewer descriptors than it says.
    NoDescriptor,
    /// The message carries more descriptors than it says.
    ExtraDescriptors,
    /// The message is one of another protocol.
    Protocol,
    /// The message is of another version.
    Version,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Short => "the message ends within a value",
            Error::Long => "bytes after the last value",
            Error::Bound => "a length above its bound",
            Error::Tag => "an unknown tag",
            Error::Bits => "unknown bits",
            Error::Text => "text that is not UTF-8",
            Error::NoDescriptor => "a descriptor is missing",
            Error::ExtraDescriptors => "descriptors too many",
            Error::Protocol => "a message of another protocol",
            Error::Version => "a message of another version",
        })
    }
}

impl std::error::Error for Error {}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        std::io::Error::new(std::io::ErrorKind::InvalidData, error)
    }
}

/// The bytes and descriptors of one message; kept and used again, so that a loop of messages allocates once.
#[derive(Debug, Default)]
pub struct Packet {
    /// What is read and written.
    pub bytes: Vec<u8>,
    /// What moves along.
    pub descriptors: Vec<OwnedFd>,
}

impl Packet {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties it; descriptors in it are closed.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.descriptors.clear();
    }

    /// Appends bytes.
    pub fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Opens it for parsing: the values borrow the bytes and own the descriptors. What is not taken is closed.
    pub fn reader(&mut self) -> Reader<'_> {
        Reader { rest: &self.bytes, descriptors: std::mem::take(&mut self.descriptors).into_iter() }
    }
}

/// What is left of a message while it is taken apart.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    descriptors: std::vec::IntoIter<OwnedFd>,
}

impl<'a> Reader<'a> {
    /// A reader of bytes without descriptors.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, descriptors: Vec::new().into_iter() }
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Error::Short`].
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Error::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// [`Error::Short`].
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Error::Short)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The next descriptor.
    ///
    /// # Errors
    /// [`Error::NoDescriptor`].
    pub fn descriptor(&mut self) -> Result<OwnedFd, Error> {
        self.descriptors.next().ok_or(Error::NoDescriptor)
    }

    /// Ends the message.
    ///
    /// # Errors
    /// When bytes or descriptors are left.
    pub fn finish(self) -> Result<(), Error> {
        match (self.rest, self.descriptors.len()) {
            ([], 0) => Ok(()),
            ([], _) => Err(Error::ExtraDescriptors),
            _ => Err(Error::Long),
        }
    }
}
