//! Round trips of everything that has a form, arbitrary bytes at every parser, and a call from client to server.

use crate::{
    Bytes, Error, Later, List, Outlet, Packet, Reader, Room, Served, Service, Text, Transport, Wire, bitflags, emit, fuzz, parse,
    protocol,
};
use proptest::prelude::*;
use std::cell::RefCell;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::rc::Rc;

bitflags::bitflags! {
    /// How to open.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Opens: u32 {
        /// To read.
        const READ = 1;
        /// To write.
        const WRITE = 2;
    }
}
crate::bits!(Opens: u32);

/// A point.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
#[wire(size = 9)]
pub(crate) struct Point {
    /// Right.
    x: i32,
    /// Down.
    y: i32,
    /// Whether it is shown.
    shown: bool,
}

/// What happens in a window.
#[derive(Debug, Wire)]
#[wire(message = "test.event", version = 3, max = 600)]
pub(crate) enum Event<'a> {
    /// The pointer moved.
    #[wire(1)]
    Moved(Point),
    /// Text was typed.
    #[wire(2)]
    Typed {
        /// The text.
        text: Text<'a, 100>,
        /// The keys held.
        held: Option<Opens>,
    },
    /// Something was dropped on the window.
    #[wire(7)]
    Dropped(OwnedFd, Option<File>, List<'a, Point, 20>),
    /// It goes away.
    #[wire(9)]
    Closed,
}

/// Why it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
pub(crate) enum Refusal {
    /// Not a number.
    Zero = 4,
}

/// A service.
#[protocol(name = "test.calc", version = 2)]
pub(crate) trait Calc {
    /// The sum.
    #[wire(1)]
    fn sum(&mut self, values: List<'_, i64, 1000>) -> Result<i64, Refusal>;
    /// The quotient.
    #[wire(2, since = 2)]
    fn divide(&mut self, by: i64, value: i64) -> Result<i64, Refusal>;
    /// What was said, again.
    #[wire(3)]
    fn echo(&mut self, bytes: Bytes<'_, 64>, file: Option<OwnedFd>) -> Result<Bytes<'_, 64>, std::convert::Infallible>;
    /// Twice the number, when the time has come.
    #[wire(4)]
    fn twice(&mut self, reply: Later<u32, Refusal>, number: u32);
}

#[derive(Default)]
struct Server(Vec<u8>, Vec<(Later<u32, Refusal>, u32)>);

impl Calc for Server {
    fn sum(&mut self, values: List<'_, i64, 1000>) -> Result<i64, Refusal> {
        Ok(values.iter().fold(0, i64::wrapping_add))
    }

    fn divide(&mut self, by: i64, value: i64) -> Result<i64, Refusal> {
        value.checked_div(by).ok_or(Refusal::Zero)
    }

    fn echo(&mut self, bytes: Bytes<'_, 64>, _file: Option<OwnedFd>) -> Result<Bytes<'_, 64>, std::convert::Infallible> {
        self.0 = bytes.to_vec();
        Ok(Bytes::new(&self.0).expect("as long as before"))
    }

    fn twice(&mut self, reply: Later<u32, Refusal>, number: u32) {
        self.1.push((reply, number));
    }
}

fn no_outlet() -> Outlet {
    panic!("answered at once")
}

/// Client and server in one process.
struct Here(Server);

impl Transport for Here {
    fn call(&mut self, request: &mut Packet, reply: &mut Packet, room: Room) -> std::io::Result<()> {
        assert_eq!(CalcProtocol::serve(&mut self.0, request, reply, &mut no_outlet), Served::Now);
        assert!(reply.bytes.len() <= room.bytes && reply.descriptors.len() <= room.descriptors);
        Ok(())
    }
}

#[test]
fn calls_give_values_errors_and_faults() {
    let mut client = CalcClient::new(Here(Server::default()));
    let values = [1, 2, 39];
    assert_eq!(client.sum(List::new(&values).expect("three")).expect("a sum"), 42);
    assert!(matches!(client.divide(0, 1), Err(crate::CallError::Service(Refusal::Zero))));
    let null = File::open("/dev/null").expect("opens").into();
    assert_eq!(client.echo(Bytes::new(b"hello").expect("short"), Some(null)).expect("echoes").get(), b"hello");
}

#[test]
fn an_unreadable_request_is_answered_with_a_fault() {
    let mut server = Server::default();
    let good = {
        let mut packet = Packet::new();
        crate::call::emit_request(CalcRequest::Divide { by: 1, value: 2 }, &mut packet);
        packet.bytes
    };
    let ask = |change: &dyn Fn(&mut Vec<u8>), server: &mut Server| {
        let (mut packet, mut reply) = (Packet::new(), Packet::new());
        packet.bytes = good.clone();
        change(&mut packet.bytes);
        assert_eq!(CalcProtocol::serve(server, &mut packet, &mut reply, &mut no_outlet), Served::Now);
        reply.bytes
    };
    let fault = |bytes: &[u8]| (bytes[8], bytes[9]);
    assert_eq!(ask(&|_| {}, &mut server)[8], 0, "a value");
    assert_eq!(fault(&ask(&|b| b.truncate(3), &mut server)), (2, 1), "short header");
    assert_eq!(fault(&ask(&|b| b.push(0), &mut server)), (2, 1), "long");
    assert_eq!(fault(&ask(&|b| b[6] = 99, &mut server)), (2, 2), "unknown");
    assert_eq!(fault(&ask(&|b| b[4] = 1, &mut server)), (2, 2), "not yet in version 1");
    let newer = ask(&|b| b[4] = 3, &mut server);
    assert_eq!((fault(&newer), newer[11]), ((2, 3), 2), "a version that the server does not speak");
}

#[test]
fn answers_come_later_in_any_order() {
    let (mut server, answers) = (Server::default(), Rc::new(RefCell::new(Vec::new())));
    for number in 0..4 {
        let (mut packet, mut reply) = (Packet::new(), Packet::new());
        crate::call::emit_request(CalcRequest::Twice { number }, &mut packet);
        let sent = Rc::clone(&answers);
        let mut outlet = || -> Outlet {
            let sent = Rc::clone(&sent);
            Box::new(move |packet| sent.borrow_mut().push((number, packet)))
        };
        assert_eq!(CalcProtocol::serve(&mut server, &mut packet, &mut reply, &mut outlet), Served::Later);
        assert!(reply.bytes.is_empty() && answers.borrow().is_empty());
    }
    // The last first, one with an error, one with a value; two are let go of.
    for (reply, number) in server.1.drain(2..).rev() {
        reply.answer(if number == 2 { Err(Refusal::Zero) } else { Ok(2 * number) });
    }
    server.1.clear();
    let come: Vec<_> = answers.borrow().iter().map(|(number, packet)| (*number, packet.bytes[8], packet.bytes[9])).collect();
    assert_eq!(come, [(3, 0, 6), (2, 1, 4), (0, 2, 4), (1, 2, 4)], "request, kind of outcome, its first byte");
}

#[test]
fn bounds_bits_and_tags_are_checked() {
    assert_eq!(Text::<3>::new("four").err(), Some(Error::Bound));
    assert_eq!(bool::parse(&mut Reader::of(&[2])).err(), Some(Error::Bits));
    assert_eq!(Opens::parse(&mut Reader::of(&[4, 0, 0, 0])).err(), Some(Error::Bits));
    assert_eq!(Refusal::parse(&mut Reader::of(&[0])).err(), Some(Error::Tag));
    assert_eq!(Bytes::<3>::parse(&mut Reader::of(&[4, 0, 0, 0, 1, 2, 3, 4])).err(), Some(Error::Bound));
    assert_eq!(Text::<3>::parse(&mut Reader::of(&[1, 0, 0, 0, 0xff])).err(), Some(Error::Text));
    assert_eq!(<[u16; 2]>::parse(&mut Reader::of(&[1, 0, 0])).err(), Some(Error::Short));
    assert_eq!(OwnedFd::parse(&mut Reader::of(&[])).err(), Some(Error::NoDescriptor));
}

#[test]
fn descriptors_move_and_none_may_be_left_over() {
    let mut packet = Packet::new();
    let null = || OwnedFd::from(File::open("/dev/null").expect("opens"));
    emit(Event::Dropped(null(), None, List::new(&[]).expect("empty")), &mut packet);
    assert_eq!(packet.descriptors.len(), 1);
    packet.descriptors.push(null());
    assert_eq!(parse::<Event<'_>>(&mut packet).err(), Some(Error::ExtraDescriptors));
    assert!(packet.descriptors.is_empty(), "what was refused is closed");
}

#[test]
fn versions_and_protocols_are_told_apart() {
    let mut packet = Packet::new();
    emit(Event::Closed, &mut packet);
    packet.bytes[4] = 2;
    assert_eq!(parse::<Event<'_>>(&mut packet).err(), Some(Error::Version));
    packet.bytes[0] ^= 1;
    assert_eq!(parse::<Event<'_>>(&mut packet).err(), Some(Error::Protocol));
}

#[test]
fn the_description_is_a_page() {
    let page = CalcProtocol::DESCRIPTION.page();
    assert!(page.contains("| 2 | 2 | `divide(by: i64, value: i64)` | i64 | Refusal | 24 to 24 |"), "{page}");
    assert!(page.contains("- 4 `Zero`: Not a number."), "{page}");
}

proptest! {
    #[test]
    fn what_is_emitted_parses_to_the_same(data in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut packet = Packet::new();
        emit(Event::sample(&mut fuzz::Source::new(&data)), &mut packet);
        prop_assert!(packet.bytes.len() <= 8 + <Event<'_> as Wire<'_>>::MAX);
        prop_assert_eq!(fuzz::message_again::<Event<'_>>(&mut packet), Ok(()));
    }

    #[test]
    fn what_parses_was_emitted_so(data in prop::collection::vec(any::<u8>(), 0..64), tag in 0u8..10) {
        let mut packet = Packet::new();
        emit(Event::Closed, &mut packet);
        packet.bytes.truncate(8);
        packet.put(&[tag]);
        packet.put(&data);
        let _ = fuzz::message_again::<Event<'_>>(&mut packet);
    }

    #[test]
    fn the_fuzzer_of_a_protocol_finds_nothing(data in prop::collection::vec(any::<u8>(), 0..300)) {
        CalcProtocol::fuzz(&data);
        crate::math::MathProtocol::fuzz(&data);
    }
}
