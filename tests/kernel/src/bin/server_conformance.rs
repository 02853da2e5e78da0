//! server_conformance: what every server must stand: two clients at once, a client that goes in the middle of a request, garbage,
//! a thousand clients who come and go.
//! timeout: 120
// calls: svc_bind svc_accept chan_call chan_reply_recv chan_send chan_recv

use ktest::Chance;
use ktest::service::{Directory, Running};
use rvos::{Bind, Deadline, End};
use std::io;
use std::time::Duration;
use wire::math::{MathClient, MathError};
use wire::{CallError, List, Packet};

fn main() -> io::Result<()> {
    let dir = Directory::mount("conformance")?;
    let listener = dir.bind("math", &Bind::default())?;
    let _service = Running::start("math", &listener)?;
    two_at_once(&dir)?;
    gone_in_mid_request(&dir)?;
    garbage(&dir)?;
    come_and_go(&dir)?;
    works(&dir)
}

/// A client finds the service in order.
fn works(dir: &Directory) -> io::Result<()> {
    let mut math = MathClient::new(dir.connect("math")?);
    assert_eq!(math.sum(List::new(&[1, 2, 39]).expect("short")).expect("a sum"), 42);
    Ok(())
}

/// Each has a session of its own.
fn two_at_once(dir: &Directory) -> io::Result<()> {
    let (mut a, mut b) = (MathClient::new(dir.connect("math")?), MathClient::new(dir.connect("math")?));
    assert_eq!(a.divide(84, 2).expect("a quotient"), 42);
    assert!(matches!(b.divide(1, 0), Err(CallError::Service(MathError::Zero))));
    assert_eq!(b.last().expect("no error"), None);
    assert_eq!(a.last().expect("no error"), Some(42));
    Ok(())
}

/// A client that calls with a deadline that is past, and one that sends and goes.
fn gone_in_mid_request(dir: &Directory) -> io::Result<()> {
    for round in 0..200_u64 {
        let end = dir.connect("math")?;
        let mut request = request();
        if round % 2 == 0 {
            let mut reply = Packet::new();
            let _ = end.call(&mut request, &mut reply, 64, Deadline::after(Duration::from_nanos(round * 500)));
        } else {
            end.send(&mut request, Deadline::Never)?;
        }
        drop(end);
    }
    works(dir)
}

/// A request that is in order: `last`.
fn request() -> Packet {
    let mut packet = Packet::new();
    wire::emit_request(wire::math::MathRequest::Last {}, &mut packet);
    packet
}

/// Every message gets an answer, and the session goes on.
fn garbage(dir: &Directory) -> io::Result<()> {
    let mut chance = Chance::new(7);
    let end = dir.connect("math")?;
    for round in 0..500 {
        let mut packet = if round % 2 == 0 { Packet::new() } else { request() };
        let noise: Vec<u8> = (0..chance.below(300)).map(|_| chance.draw().to_le_bytes()[0]).collect();
        packet.put(&noise);
        if round % 5 == 0 {
            packet.descriptors.push(std::fs::File::open("/dev/null")?.into());
        }
        let mut reply = Packet::new();
        if round % 3 == 0 {
            end.call(&mut packet, &mut reply, 64, Deadline::Never)?;
        } else {
            end.send(&mut packet, Deadline::Never)?;
            let _ = end.receive(&mut reply, Deadline::Never)?;
        }
        assert!(reply.bytes.len() >= 9, "an answer of {} bytes", reply.bytes.len());
    }
    let mut math = MathClient::new(end);
    assert_eq!(math.divide(9, 3).expect("a quotient"), 3);
    works(dir)
}

fn come_and_go(dir: &Directory) -> io::Result<()> {
    for round in 0..1000 {
        let end: End = dir.connect("math")?;
        if round % 10 == 0 {
            assert_eq!(MathClient::new(end).divide(round, 1).expect("a quotient"), round);
        }
    }
    works(dir)
}
