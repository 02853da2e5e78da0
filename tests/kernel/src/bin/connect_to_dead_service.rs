//! connect_to_dead_service: the service goes at each step of a connection's life, 10,000 times each in full, and comes back under the same
//! name; then at any moment, beside a client that connects and calls; then as a process that is killed at each step, beside a client
//! in another. Every use of what is left is an error, and nothing is lost.
//! timeout: 300
// calls: svc_bind svc_accept chan_send chan_recv chan_call

use ktest::Shared;
use ktest::process::{self, End as Ended};
use ktest::service::Directory;
use rvos::{Bind, Deadline, End, Listener};
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use wire::Packet;

/// For each step: quick, and in full.
const TIMES: (usize, usize) = (1_000, 10_000);
/// With a client that runs beside the service.
const RACES: (usize, usize) = (1_000, 10_000);
/// Processes that are killed, for each of five steps.
const KILLS: (usize, usize) = (100, 2_000);

const EPIPE: i32 = 32;
const ECONNRESET: i32 = 104;
const ECONNREFUSED: i32 = 111;

/// When the service goes.
#[derive(Clone, Copy, Debug)]
enum Step {
    BeforeConnecting,
    BeforeAccepting,
    BeforeTheRequest,
    BeforeReceiving,
    BeforeReplying,
    AfterReplying,
}

fn main() -> io::Result<()> {
    let dir = Directory::mount("dead")?;
    let null = std::fs::File::open("/dev/null")?;
    let steps = [
        Step::BeforeConnecting,
        Step::BeforeAccepting,
        Step::BeforeTheRequest,
        Step::BeforeReceiving,
        Step::BeforeReplying,
        Step::AfterReplying,
    ];
    for step in steps {
        for time in 0..ktest::amount(TIMES.0, TIMES.1) {
            // Some requests carry a descriptor, which goes with them.
            let carried = if time % 4 == 0 { Some(null.try_clone()?) } else { None };
            once(&dir, step, carried)?;
        }
    }
    race(&dir, &null)?;
    killed(&dir, &null)
}

fn fails(result: io::Result<impl Sized>, wanted: i32) {
    let error = result.err().and_then(|e| e.raw_os_error());
    assert_eq!(error, Some(wanted), "another error, or none");
}

fn message(carried: Option<std::fs::File>) -> Packet {
    Packet { bytes: b"request".to_vec(), descriptors: carried.into_iter().map(Into::into).collect() }
}

/// One life of a service, in one thread.
fn once(dir: &Directory, step: Step, carried: Option<std::fs::File>) -> io::Result<()> {
    let listener = dir.bind("dead", &Bind::default())?;
    if matches!(step, Step::BeforeConnecting) {
        drop(listener);
        fails(dir.connect("dead"), ECONNREFUSED);
        return Ok(());
    }
    let client = dir.connect("dead")?;
    let mut packet = Packet::new();
    if matches!(step, Step::BeforeAccepting) {
        drop(listener);
        fails(client.send(&mut message(carried), Deadline::Never), EPIPE);
        return Ok(());
    }
    let (service, _) = listener.accept(Deadline::Never)?;
    drop(listener);
    if matches!(step, Step::BeforeTheRequest) {
        drop(service);
        fails(client.send(&mut message(carried), Deadline::Never), EPIPE);
        return Ok(());
    }
    client.send(&mut message(carried), Deadline::Never)?;
    if !matches!(step, Step::BeforeReceiving) {
        let _ = service.receive(&mut packet, Deadline::Never)?;
    }
    if matches!(step, Step::AfterReplying) {
        service.send(&mut packet, Deadline::Never)?;
        drop(service);
        let _ = client.receive(&mut packet, Deadline::Never)?;
        assert_eq!(packet.bytes, b"request", "what was sent before the end arrives");
    } else {
        drop(service);
    }
    fails(client.receive(&mut packet, Deadline::Never), EPIPE);
    Ok(())
}

/// A client connects and calls while services come and go.
fn race(dir: &Directory, null: &std::fs::File) -> io::Result<()> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let client = scope.spawn(|| connect_and_call(dir, null, &over));
        for round in 0..ktest::amount(RACES.0, RACES.1) {
            let served = dir.bind("dead", &Bind::default()).and_then(|listener| serve(&listener, round));
            served.expect("the service does its part");
        }
        over.store(true, Ordering::Release);
        client.join().expect("the client saw nothing wrong");
    });
    Ok(())
}

/// What a client does until it is over, and how often it ended how.
fn connect_and_call(dir: &Directory, null: &std::fs::File, over: &AtomicBool) {
    let (mut answered, mut refused, mut broken) = (0_usize, 0_usize, 0_usize);
    while !over.load(Ordering::Acquire) {
        let carried = if (answered + broken).is_multiple_of(2) { null.try_clone().ok() } else { None };
        let (mut request, mut reply) = (message(carried), Packet::new());
        let called = dir.connect("dead").and_then(|c| c.call(&mut request, &mut reply, 64, Deadline::Never));
        match called.map_err(|e| e.raw_os_error()) {
            Ok(()) => answered += 1,
            Err(Some(ECONNREFUSED)) => {
                refused += 1;
                thread::yield_now();
            }
            Err(Some(EPIPE | ECONNRESET)) => broken += 1,
            Err(other) => panic!("a call to a dead service fails with {other:?}"),
        }
    }
    println!("{answered} answered, {refused} refused, {broken} broken");
    assert!(answered > 0 && broken > 0, "the service was never met");
}

/// The service is a process, and is killed as soon as it has come to a step; the next one binds the same name.
fn killed(dir: &Directory, null: &std::fs::File) -> io::Result<()> {
    // SAFETY: an atomic, for which zero is a value.
    let over = unsafe { Shared::<AtomicBool>::zeroed() }?;
    let client = process::start(|| {
        connect_and_call(dir, null, &over);
        0
    });
    for step in 0..5 {
        for _ in 0..ktest::amount(KILLS.0, KILLS.1) {
            let (mut come, mut say) = io::pipe()?;
            let service = process::start(|| i32::from(serve_to(dir, step, &mut say).is_err()));
            drop(say);
            come.read_exact(&mut [0])?;
            rvos::Process::open(service.unsigned_abs())?.kill()?;
            assert_eq!(process::wait(service), Ended::Signal(9));
        }
    }
    over.store(true, Ordering::Release);
    assert_eq!(process::wait(client), Ended::Exit(0), "the client saw something wrong");
    Ok(())
}

/// Bound, accepted, received, replied, accepted again: says that it has come to that, and does nothing more.
fn serve_to(dir: &Directory, step: u32, say: &mut io::PipeWriter) -> io::Result<()> {
    let listener = dir.bind("dead", &Bind::default())?;
    let mut ends = Vec::new();
    let mut packet = Packet::new();
    let mut call = None;
    for next in 1..=step {
        match next {
            1 | 4 => ends.push(listener.accept(Deadline::Never)?.0),
            2 => call = ends[0].receive(&mut packet, Deadline::Never)?.call,
            _ => {
                packet.descriptors.clear();
                ends[0].reply(call.take().expect("a call"), &mut packet)?;
            }
        }
    }
    say.write_all(b"s")?;
    loop {
        thread::park();
    }
}

/// Accepts one client, or goes without, and goes at some step.
fn serve(listener: &Listener, round: usize) -> io::Result<()> {
    if round % 7 == 6 {
        thread::yield_now();
        return Ok(());
    }
    let (end, _): (End, _) = listener.accept(Deadline::Never)?;
    if round.is_multiple_of(3) {
        return Ok(());
    }
    let mut packet = Packet::new();
    let received = end.receive(&mut packet, Deadline::Never)?;
    if let Some(call) = received.call.filter(|_| round % 3 == 1) {
        // The client has no room for what came with the request.
        packet.descriptors.clear();
        end.reply(call, &mut packet)?;
    }
    Ok(())
}
