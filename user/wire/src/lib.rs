//! Messages between processes as types: what is emitted parses back to the same, and what parses was emitted so.
//!
//! - [`Wire`] is what has a form in a message: numbers, [`Bytes`], [`Text`], [`List`], descriptors, sets of bits ([`bits!`]), and
//!   structs and enums by `#[derive(Wire)]`. Every type knows its least and greatest size when compiled.
//! - [`Message`] is a type that fills a whole message, with protocol and version in a [`Header`] before it.
//! - [`protocol`] turns a trait into a service: the trait itself is the server's side, and a module beside it holds the requests,
//!   a client, the dispatch of a server, a description for the book ([`Protocol`]) and a fuzzer. A method with a [`Later`] is answered
//!   when the server can.
//!
//! The form is canonical: little endian, no padding, fields in their order, descriptors apart and in order. Unknown tags, unknown bits,
//! bytes or descriptors too many are refused. So a parser that accepts bytes and an emitter that gives them back check each other
//! ([`fuzz`]). Decoding borrows from the packet and copies nothing.
#![forbid(unsafe_code)]

// The derive names the crate from outside; its own tests are inside.
extern crate self as wire;

mod bounded;
mod call;
mod codec;
mod describe;
mod descriptors;
pub mod fuzz;
mod later;
pub mod math;
mod message;
mod plain;

#[cfg(test)]
mod tests;

pub use bitflags;
pub use bounded::{Bytes, List, Text};
pub use call::{
    CallError, Desk, Fault, Requests, Room, Service, Transport, answer, answer_fault, ask, emit_request, parse_request,
};
pub use codec::{Error, MAX_BYTES, MAX_DESCRIPTORS, Packet, Reader, Wire};
pub use describe::{Case, Field, Method, Protocol, Shape};
pub use later::{Later, Outlet, Served};
pub use message::{Header, Kind, Message, emit, id, parse};
pub use wire_derive::{Wire, protocol};
