//! A fuzzer for every message and protocol: arbitrary bytes in, broken promises out.
//!
//! [`message_again`], [`requests`] and [`reply`] panic when parsing and emitting are not each other's inverse. They are made for a fuzzing
//! engine and for property tests alike; [`crate::protocol`] makes a function `fuzz` of them for the protocol.

use crate::call::{Outcome, emit_request, parse_reply};
use crate::{Error, Message, Packet, Requests, Wire, emit, parse, parse_request};
use std::fs::File;
use std::os::fd::OwnedFd;

/// Arbitrary bytes, from which values are made; zeros when they are used up.
#[derive(Clone, Debug)]
pub struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    /// A source of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let [byte] = self.array();
        byte
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let (taken, rest) = self.0.split_at_checked(N).unwrap_or((self.0, &[]));
        for (to, from) in array.iter_mut().zip(taken) {
            *to = *from;
        }
        self.0 = rest;
        array
    }

    /// Some bytes, `most` at most.
    pub fn bytes(&mut self, most: usize) -> &'a [u8] {
        let wanted = usize::from(u16::from_le_bytes(self.array()));
        let count = wanted.min(most).min(self.0.len());
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    /// A descriptor.
    ///
    /// # Panics
    /// When `/dev/null` cannot be opened.
    pub fn descriptor(&mut self) -> OwnedFd {
        File::open("/dev/null").expect("/dev/null").into()
    }
}

fn packet_of(bytes: &[u8]) -> Packet {
    Packet { bytes: bytes.to_vec(), descriptors: Vec::new() }
}

/// Tries a packet as a message: if it is accepted, emitting gives the same bytes and descriptors.
///
/// # Errors
/// Why it is no message.
///
/// # Panics
/// When the type breaks that promise.
pub fn message_again<'p, M: Message<'p>>(packet: &'p mut Packet) -> Result<(), Error> {
    let before = packet.bytes.clone();
    let count = packet.descriptors.len();
    let mut again = Packet::new();
    emit(parse::<M>(packet)?, &mut again);
    assert_eq!(again.bytes, before, "{} accepts what it does not emit", M::NAME);
    assert_eq!(again.descriptors.len(), count, "{} loses descriptors", M::NAME);
    Ok(())
}

/// Tries bytes as a request, then a request made from them. `R` and `S` are one type with two lifetimes.
///
/// # Panics
/// When the protocol breaks a promise.
pub fn requests<'s, S: Requests<'s>>(data: &'s [u8], again: fn(&mut Packet) -> bool) {
    let _ = again(&mut packet_of(data));
    let mut source = Source::new(data);
    let at = usize::from(source.byte()) % S::TAGS.len().max(1);
    let Some(&(tag, _)) = S::TAGS.get(at) else { return };
    let Some(request) = S::sample(tag, &mut source) else { return };
    let mut packet = Packet::new();
    emit_request(request, &mut packet);
    // A header of this protocol in front of arbitrary bytes reaches the parsers of the arguments.
    let mut headed = packet_of(packet.bytes.get(..8).unwrap_or_default());
    headed.put(data);
    assert!(again(&mut packet), "request {tag} is not accepted as it was emitted");
    let _ = again(&mut headed);
}

/// Tries a packet as a request: if it is accepted, emitting gives the same bytes but for an older version.
///
/// # Panics
/// When the protocol breaks that promise.
pub fn request_again<'p, R: Requests<'p>>(packet: &'p mut Packet) -> bool {
    let before = packet.bytes.clone();
    let count = packet.descriptors.len();
    let Ok(request) = parse_request::<R>(packet) else { return false };
    let mut again = Packet::new();
    emit_request(request, &mut again);
    let (version, rest) = (4..6, 6..);
    assert_eq!(again.bytes.get(..4), before.get(..4));
    assert!(again.bytes.get(version.clone()) >= before.get(version) || R::VERSION > 255);
    assert_eq!(again.bytes.get(rest.clone()), before.get(rest), "a request is accepted that is never emitted");
    assert_eq!(again.descriptors.len(), count, "a request loses descriptors");
    true
}

/// Tries bytes as the reply of a method: if it is accepted, emitting gives the same bytes.
///
/// # Panics
/// When the types of the method break that promise.
pub fn reply<'p, T: Wire<'p>, E: Wire<'p>>(id: u32, tag: u16, packet: &'p mut Packet) {
    let before = packet.bytes.clone();
    let Ok(outcome) = parse_reply::<T, E>(id, tag, packet) else { return };
    let mut again = packet_of(before.get(..8).unwrap_or_default());
    Outcome::emit(outcome, &mut again);
    assert_eq!(again.bytes, before, "a reply is accepted that is never emitted");
}

/// A packet with the header of a reply before arbitrary bytes.
#[must_use]
pub fn reply_packet(id: u32, version: u16, tag: u16, data: &[u8]) -> Packet {
    let mut packet = Packet::new();
    crate::Header { protocol: id, version, tag: tag | 0x8000 }.emit(&mut packet);
    packet.put(data);
    packet
}
