//! packet_ownership: whoever has a packet's descriptors after a call or a reply that failed, each is closed exactly once. A request that has
//! not left is in its packet as before; one that has left is gone with all that it carried, whatever the error says.
//! timeout: 60
// calls: chan_call chan_reply_recv chan_send chan_recv

use ktest::process;
use rvos::{Deadline, End};
use std::io::{self, PipeReader, Read};
use std::os::fd::OwnedFd;
use std::time::Duration;
use wire::Packet;

const TIMES: usize = 100;
const EPIPE: i32 = 32;
const ECONNRESET: i32 = 104;

fn main() -> io::Result<()> {
    let before = open_descriptors()?;
    for time in 0..TIMES {
        let count = time % 4;
        before_it_leaves(count)?;
        queued_when_the_server_goes(count)?;
        taken_when_the_server_goes(count)?;
        late_reply(count)?;
    }
    assert_eq!(open_descriptors()?, before, "descriptors are left, or too many are closed");
    Ok(())
}

fn open_descriptors() -> io::Result<usize> {
    Ok(std::fs::read_dir("/proc/self/fd")?.count())
}

/// A packet with so many writing ends of a pipe, and the reading end.
fn packet(count: usize) -> io::Result<(PipeReader, Packet)> {
    let (reader, writer) = io::pipe()?;
    let mut descriptors: Vec<OwnedFd> = Vec::new();
    for _ in 0..count {
        descriptors.push(writer.try_clone()?.into());
    }
    Ok((reader, Packet { bytes: b"request".to_vec(), descriptors }))
}

fn is(result: &io::Result<()>, wanted: i32) {
    assert_eq!(result.as_ref().err().and_then(io::Error::raw_os_error), Some(wanted));
}

/// All that the packet carried is closed.
fn is_gone(packet: &Packet, mut reader: PipeReader) -> io::Result<()> {
    assert!(packet.descriptors.is_empty(), "they are numbers of nothing");
    assert_eq!(reader.read(&mut [0])?, 0);
    Ok(())
}

fn before_it_leaves(count: usize) -> io::Result<()> {
    let (end, peer) = End::pair()?;
    let (_reader, mut request) = packet(count)?;
    drop(peer);
    let result = end.call(&mut request, &mut Packet::new(), 64, Deadline::Never);
    is(&result, EPIPE);
    assert_eq!((request.bytes.as_slice(), request.descriptors.len()), (&b"request"[..], count), "it stays in its packet");
    // A deadline while there is no room.
    let (end, _peer) = End::pair()?;
    let full = || Packet { bytes: b"full".to_vec(), descriptors: Vec::new() };
    while end.send(&mut full(), Deadline::Now).is_ok() {}
    let result = end.call(&mut request, &mut Packet::new(), 64, Deadline::after(Duration::from_micros(50)));
    assert_eq!(result.map_err(|e| e.kind()), Err(io::ErrorKind::TimedOut));
    assert_eq!(request.descriptors.len(), count);
    Ok(())
}

fn queued_when_the_server_goes(count: usize) -> io::Result<()> {
    let (end, peer) = End::pair()?;
    let (reader, mut request) = packet(count)?;
    // The deadline comes with the request in the queue.
    let result = end.call(&mut request, &mut Packet::new(), 64, Deadline::after(Duration::from_micros(50)));
    assert_eq!(result.map_err(|e| e.kind()), Err(io::ErrorKind::TimedOut));
    is_gone(&request, reader)?;
    drop(peer);
    Ok(())
}

fn taken_when_the_server_goes(count: usize) -> io::Result<()> {
    let (end, peer) = End::pair()?;
    let (reader, mut request) = packet(count)?;
    let server = process::start(|| {
        let _ = peer.receive(&mut Packet::new(), Deadline::Never);
        0
    });
    drop(peer);
    let result = end.call(&mut request, &mut Packet::new(), 64, Deadline::Never);
    is(&result, ECONNRESET);
    assert_eq!(process::wait(server), process::End::Exit(0));
    is_gone(&request, reader)
}

/// The reply to a caller who has left is destroyed with what it carries.
fn late_reply(count: usize) -> io::Result<()> {
    let (end, peer) = End::pair()?;
    let client = process::start(|| {
        let mut request = Packet { bytes: b"request".to_vec(), descriptors: Vec::new() };
        i32::from(end.call(&mut request, &mut Packet::new(), 64, Deadline::Never).is_ok())
    });
    let mut got = Packet::new();
    let received = peer.receive(&mut got, Deadline::Never)?;
    rvos::Process::open(client.unsigned_abs())?.kill()?;
    assert_eq!(process::wait(client), process::End::Signal(9));
    let (reader, mut reply) = packet(count)?;
    peer.reply(received.call.unwrap_or(0), &mut reply)?;
    is_gone(&reply, reader)
}
