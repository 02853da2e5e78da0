//! never_reads_replies: clients that take no answer, neither to messages nor, stopped in the middle of them, to calls. Who answers does not
//! wait, and what waits to be taken is paid by the client; for a server of the system and for the kernel's channels themselves.
//! timeout: 60
// calls: chan_call chan_reply_recv chan_send budget_usage svc_accept

use ktest::process;
use ktest::service::Directory;
use rvos::{Bind, Budget, Charged, Deadline, End, Listener, NewBudget, Process, Resource, Signal, Start};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use wire::math::{MathClient, MathRequest};
use wire::{List, Packet};

/// Messages that a channel holds.
const QUEUED: usize = 64;
const CLIENTS: usize = 32;
const REPLY: usize = 64 * 1024;

fn main() -> io::Result<()> {
    for _ in 0..10 {
        of_a_channel()?;
    }
    of_a_server()
}

/// What a budget pays for messages, without those below it.
fn pays(all: &Charged, below: &Charged) -> [u64; 3] {
    [Resource::Messages, Resource::Bytes, Resource::Channels].map(|of| all.now(of) - below.now(of))
}

/// Starts a process in a budget that does this until it is killed.
fn client(budget: &Budget, does: impl FnOnce() -> io::Result<()>) -> io::Result<Process> {
    let pid = process::start(|| i32::from(budget.join().and_then(|()| does()).is_err()));
    Process::open(pid.unsigned_abs())
}

/// Stops a process; it stands still when this returns.
fn stop(process: &Process) -> io::Result<()> {
    process.signal(Signal::STOP)?;
    let pid = i32::try_from(process.pid()?).expect("a number");
    // SAFETY: nothing is written.
    assert_eq!(unsafe { libc::waitpid(pid, std::ptr::null_mut(), libc::WUNTRACED) }, pid);
    Ok(())
}

fn of_a_channel() -> io::Result<()> {
    let dir = Directory::mount("unread")?;
    let listener = dir.bind("here", &Bind::default())?;
    let theirs = NewBudget::new().make()?;
    let child = client(&theirs, || {
        let mut request = Packet { bytes: b"all of it".to_vec(), ..Packet::default() };
        dir.connect("here")?.call(&mut request, &mut Packet::new(), REPLY, Deadline::Never)
    })?;
    let (end, _) = listener.accept(Deadline::Never)?;
    let mut packet = Packet::new();
    let call = end.receive(&mut packet, Deadline::Never)?.call.expect("it calls");
    stop(&child)?;
    let before = pays(&Budget::own_usage()?, &theirs.usage()?);
    end.reply(call, &mut Packet { bytes: vec![1; REPLY], ..Packet::default() })?;
    let mut sent = 0;
    while end.send(&mut Packet { bytes: vec![2; 1024], ..Packet::default() }, Deadline::Now).is_ok() {
        sent += 1;
    }
    assert_eq!(sent, QUEUED, "as many as a queue holds");
    let charged = theirs.usage()?;
    assert_eq!(pays(&Budget::own_usage()?, &charged), before, "who answers pays nothing");
    assert!(charged.now(Resource::Messages) > QUEUED as u64 && charged.now(Resource::Bytes) >= REPLY as u64);
    child.kill()?;
    let _ = child.wait(Deadline::Never)?;
    assert_eq!(end.send(&mut packet, Deadline::Now).err().map(|e| e.kind()), Some(io::ErrorKind::BrokenPipe));
    drop(end);
    let left = theirs.usage()?;
    let left = [Resource::Messages, Resource::Bytes, Resource::Channels].map(|of| left.now(of));
    assert_eq!(left, [0; 3], "what waited is gone");
    Ok(())
}

fn of_a_server() -> io::Result<()> {
    let dir = Directory::mount("unread")?;
    let listener = dir.bind("math", &Bind::default())?;
    let (ours, theirs) = (NewBudget::new().make()?, NewBudget::new().make()?);
    let service = start(&listener, &ours)?;
    served(&dir)?;
    let before = ours.usage()?.now(Resource::Pages);
    // They send requests, and read nothing.
    let mut silent = Vec::new();
    for _ in 0..CLIENTS {
        silent.push(flood(&dir)?);
        served(&dir)?;
    }
    // They call, and are stopped at some moment.
    let mut callers = Vec::new();
    for _ in 0..CLIENTS {
        let child = client(&theirs, || {
            let mut math = MathClient::new(dir.connect("math")?);
            loop {
                let _ = math.divide(84, 2).map_err(io::Error::other)?;
            }
        })?;
        served(&dir)?;
        stop(&child)?;
        served(&dir)?;
        callers.push(child);
    }
    let used = ours.usage()?;
    let messages = [Resource::Messages, Resource::Bytes, Resource::Channels].map(|of| (used.now(of), used.peak(of)));
    assert_eq!(messages, [(0, 0); 3], "the server pays for no message and no channel");
    let pages = used.now(Resource::Pages).saturating_sub(before);
    assert!(pages <= 2 * CLIENTS as u64, "{pages} pages for {CLIENTS} clients of each kind");
    for child in callers {
        child.kill()?;
        let _ = child.wait(Deadline::Never)?;
    }
    drop(silent);
    served(&dir)?;
    service.kill()?;
    let _ = service.wait(Deadline::Never)?;
    Ok(())
}

fn start(listener: &Listener, budget: &Budget) -> io::Result<Process> {
    let (program, errors) = (File::open("/lib/rvos/math")?, io::stderr());
    let start = Start::new(program.as_fd()).args(["math"])?.budget(budget.as_fd());
    start.fd(listener.as_fd(), 0).fd(errors.as_fd(), 1).fd(errors.as_fd(), 2).spawn()
}

/// A client that has sent until the server read no more.
fn flood(dir: &Directory) -> io::Result<End> {
    let end = dir.connect("math")?;
    let mut sent = 0;
    loop {
        let mut packet = Packet::new();
        wire::emit_request(MathRequest::Last {}, &mut packet);
        match end.send(&mut packet, Deadline::Now) {
            Ok(()) => sent += 1,
            Err(e) if e.kind() != io::ErrorKind::WouldBlock => return Err(e),
            // As many answers as its queue holds, one that the server keeps, and the queue of requests.
            Err(_) if sent == 2 * QUEUED + 1 => return Ok(end),
            Err(_) => served(dir)?,
        }
    }
}

/// Another client is served meanwhile.
fn served(dir: &Directory) -> io::Result<()> {
    let mut math = MathClient::new(dir.connect("math")?);
    for n in 0..5 {
        assert_eq!(math.sum(List::new(&[n, 1]).expect("short")).expect("a sum"), n + 1);
    }
    Ok(())
}
