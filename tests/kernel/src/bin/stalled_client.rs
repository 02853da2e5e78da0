//! stalled_client: clients that send and never take an answer hurt nobody but themselves, for every service.
//! timeout: 60
// calls: chan_send chan_call svc_accept

use ktest::service::{Directory, Running};
use rvos::{Bind, Deadline};
use std::io;
use wire::math::{MathClient, MathRequest};
use wire::{List, Packet};

/// More than channel and outbox of the server hold.
const FLOOD: usize = 10_000;

fn main() -> io::Result<()> {
    let dir = Directory::mount("stalled")?;
    let listener = dir.bind("math", &Bind::default())?;
    let _service = Running::start("math", &listener)?;
    let mut stalled = Vec::new();
    for _ in 0..8 {
        let end = dir.connect("math")?;
        let mut sent = 0;
        while sent < FLOOD {
            let mut packet = Packet::new();
            wire::emit_request(MathRequest::Last {}, &mut packet);
            match end.send(&mut packet, Deadline::Now) {
                Ok(()) => sent += 1,
                // The server may still be reading: it is stalled once it reads no more.
                Err(e) if e.kind() == io::ErrorKind::WouldBlock && sent > 2 * 64 => break,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => served(&dir)?,
                Err(e) => return Err(e),
            }
        }
        assert!(sent < FLOOD, "the server takes {sent} requests of a client that takes no answer");
        stalled.push(end);
        served(&dir)?;
    }
    // Once a client takes its answers it is served again.
    let end = stalled.pop().expect("eight clients");
    let mut packet = Packet::new();
    for _ in 0..2 * 64 {
        let _ = end.receive(&mut packet, Deadline::Never)?;
    }
    Ok(())
}

/// Another client is served meanwhile.
fn served(dir: &Directory) -> io::Result<()> {
    let mut math = MathClient::new(dir.connect("math")?);
    for n in 0..20 {
        assert_eq!(math.sum(List::new(&[n, 1]).expect("short")).expect("a sum"), n + 1);
    }
    Ok(())
}
