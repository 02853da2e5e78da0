//! nouns: every noun of the library `rvos` does what its documentation says: channels, processes, Worlds, budgets, memory and mappings,
//! sets of events, timers, rights, services.
//! timeout: 60
// calls: chan_create chan_send chan_recv chan_call chan_reply_recv spawn fd_restrict budget_create budget_limit budget_usage budget_watch
// calls: budget_kill svc_bind svc_accept svc_connect

use ktest::service::Directory;
use rvos::{
    Access, Bind, Budget, Channel, Deadline, End, Ended, Event, EventSet, Grant, Interest, Mapping, Memory, NewBudget, Process,
    Resource, Rights, Seals, Signal, Start, Timer, World, connect_by, restrict,
};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;
use wire::{Packet, Wire};

fn main() -> io::Result<()> {
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("wait") => return io::Read::read(&mut io::stdin(), &mut [0]).map(drop),
        Some("world") => return inside(),
        Some("full") => {
            let opened: Result<Vec<File>, _> = (0..64).map(|_| File::open("/dev/null")).collect();
            std::process::exit(if opened.err().and_then(|e| e.raw_os_error()) == Some(24) { 0 } else { 1 });
        }
        Some(code) => std::process::exit(code.parse().expect("a status")),
    }
    channels()?;
    processes()?;
    worlds()?;
    budgets()?;
    memory()?;
    events()?;
    rights()?;
    services()
}

fn fails<T>(result: io::Result<T>, wanted: i32) {
    assert_eq!(result.err().and_then(|e| e.raw_os_error()), Some(wanted), "another error, or none");
}

const EPERM: i32 = 1;
const ECHILD: i32 = 10;
const EAGAIN: i32 = 11;
const EACCES: i32 = 13;
const EBUSY: i32 = 16;
const EINVAL: i32 = 22;
const EPIPE: i32 = 32;
const ETIMEDOUT: i32 = 110;
const EDQUOT: i32 = 122;
const ESRCH: i32 = 3;

/// A message with a descriptor in it.
#[derive(Debug, Wire)]
#[wire(message = "nouns.parcel", version = 1)]
struct Parcel {
    /// A number.
    number: u32,
    /// A channel.
    end: End,
}

fn channels() -> io::Result<()> {
    let (a, b) = Channel::<Parcel, Parcel>::pair()?;
    let (inner, other) = End::pair()?;
    a.send(Parcel { number: 7, end: inner }, Deadline::Never)?;
    let mut packet = Packet::new();
    let parcel: Parcel = b.receive(&mut packet, Deadline::Now)?;
    assert_eq!(parcel.number, 7);
    let mut message = Packet { bytes: b"through".to_vec(), ..Packet::default() };
    parcel.end.send(&mut message, Deadline::Never)?;
    let who = other.receive(&mut packet, Deadline::Never)?;
    assert_eq!((packet.bytes.as_slice(), who.call), (b"through".as_slice(), None));
    fails(other.receive(&mut packet, Deadline::Now), EAGAIN);
    fails(other.receive(&mut packet, Deadline::after(Duration::from_millis(1))), ETIMEDOUT);
    drop(parcel);
    fails(other.receive(&mut packet, Deadline::Never), EPIPE);
    Ok(())
}

/// This program again, with this argument.
fn again<'a>(program: &'a File, word: &str) -> io::Result<Start<'a>> {
    Start::new(program.as_fd()).args(["nouns", word])
}

fn me() -> io::Result<File> {
    File::open("/proc/self/exe")
}

fn processes() -> io::Result<()> {
    let (program, (input, hold)) = (me()?, io::pipe()?);
    assert_eq!(again(&program, "37")?.spawn()?.wait(Deadline::Never)?, Ended::Exited(37));
    let child = again(&program, "wait")?.fd(input.as_fd(), 0).spawn()?;
    fails(child.wait(Deadline::Now), EAGAIN);
    fails(child.ended(Deadline::after(Duration::from_millis(1))), ETIMEDOUT);
    assert!(child.usage()?.pages > 0);
    let by_number = Process::open(child.pid()?)?;
    by_number.signal(Signal::TERM)?;
    by_number.ended(Deadline::Never)?;
    assert_eq!(child.wait(Deadline::Never)?, Ended::Killed(15));
    fails(child.kill(), ESRCH);
    fails(child.wait(Deadline::Never), ECHILD);
    fails(child.usage(), ESRCH);
    drop(hold);
    Ok(())
}

/// What a process finds in the World that `worlds` made for it.
fn inside() -> io::Result<()> {
    assert_eq!(std::process::id(), 1, "a scope of its own");
    assert!(File::open("/proc/self/exe").is_err(), "no files");
    assert!(std::fs::read_dir("/").is_err_and(|e| e.raw_os_error() == Some(EACCES)) || std::fs::read_dir("/")?.next().is_none());
    assert!(std::net::UdpSocket::bind("127.0.0.1:0").is_err(), "no network");
    Ok(())
}

fn worlds() -> io::Result<()> {
    let (program, errors) = (me()?, io::stderr());
    let narrow = World::new().no_files().own_processes().own_names().no_network();
    // A program with `std` wants its three streams, and finds no file for those that are missing.
    let again = |word| Ok::<_, io::Error>((0..3).fold(again(&program, word)?, |start, fd| start.fd(errors.as_fd(), fd)));
    let child = again("world")?.world(narrow).spawn()?;
    assert_eq!(child.wait(Deadline::Never)?, Ended::Exited(0));
    let directory = File::open("/tmp")?;
    for world in [World::new().root(directory.as_fd()), World::new().all_grants().own_mounts(), World::new().grant(Grant::Power)]
    {
        assert_eq!(again("5")?.world(world).directory(directory.as_fd()).spawn()?.wait(Deadline::Never)?, Ended::Exited(5));
    }
    Ok(())
}

fn budgets() -> io::Result<()> {
    let budget = NewBudget::new().limit(Resource::Descriptors, 16).weight(50).make()?;
    assert_eq!(budget.usage()?.limit(Resource::Descriptors), Some(16));
    assert_eq!(budget.usage()?.limit(Resource::Processes), None);
    let program = me()?;
    let errors = io::stderr();
    let full = again(&program, "full")?.fd(errors.as_fd(), 2).budget(budget.as_fd()).spawn()?;
    assert_eq!(full.wait(Deadline::Never)?, Ended::Exited(0));
    let used = budget.usage()?;
    assert!(used.refused(Resource::Descriptors) > 0 && used.peak(Resource::Descriptors) >= 10);
    assert_eq!((used.now(Resource::Descriptors), used.processes(), used.killed()), (0, 0, 0));
    assert_ne!(used.id(), Budget::own_usage()?.id());

    let outer =
        NewBudget::new().carve(Resource::Processes, 4).cap(Duration::from_millis(50), Duration::from_millis(100)).make()?;
    fails(NewBudget::new().carve(Resource::Processes, 5).below(&outer), EDQUOT);
    let inner = NewBudget::new().carve(Resource::Processes, 3).below(&outer)?;
    fails(outer.set_limit(Resource::Processes, Some(2)), EBUSY);
    inner.set_limit(Resource::Processes, Some(1))?;

    // A process in it makes the descriptor readable, and goes with it.
    inner.watch(Resource::Processes, 1)?;
    let set = EventSet::new()?;
    set.add(&inner, 9, Interest::READ)?;
    assert_eq!(next(&set, Deadline::Now)?, None);
    let (input, _hold) = io::pipe()?;
    let child = again(&program, "wait")?.fd(input.as_fd(), 0).budget(inner.as_fd()).spawn()?;
    assert_eq!(next(&set, Deadline::Never)?.map(|event| event.key), Some(9));
    fails(again(&program, "0")?.budget(inner.as_fd()).spawn(), EDQUOT);
    inner.kill()?;
    assert_eq!(child.wait(Deadline::Never)?, Ended::Killed(9));
    Ok(())
}

fn memory() -> io::Result<()> {
    let memory = Memory::new("nouns", 10_000)?;
    memory.write(b"before", 9_000)?;
    let mapping = Mapping::new(&memory, Access::ReadWrite)?;
    let mut text = [0; 6];
    mapping.read(&mut text, 9_000)?;
    assert_eq!(&text, b"before");
    mapping.write(b"mapped", 5_000)?;
    memory.read(&mut text, 5_000)?;
    assert_eq!((&text, mapping.size()), (b"mapped", 10_000));
    assert!(mapping.read(&mut text, 9_999).is_err());
    fails(memory.seal(Seals::WRITE), EBUSY);
    memory.seal(Seals::SHRINK)?;
    drop(mapping);
    memory.seal(Seals::WRITE | Seals::GROW)?;
    assert_eq!(memory.seals()?, Seals::SHRINK | Seals::WRITE | Seals::GROW);
    fails(memory.write(b"late", 0), EPERM);
    assert!(Mapping::new(&memory, Access::ReadWrite).is_err());
    let mapping = Mapping::new(&memory, Access::Read)?;
    drop(memory);
    mapping.read(&mut text, 9_000)?;
    assert_eq!(&text, b"before");
    assert!(mapping.write(b"x", 0).is_err_and(|e| e.kind() == io::ErrorKind::PermissionDenied));
    Ok(())
}

fn next(set: &EventSet, deadline: Deadline) -> io::Result<Option<Event>> {
    let mut events = Vec::new();
    set.wait(&mut events, deadline)?;
    assert!(events.len() <= 1);
    Ok(events.pop())
}

fn events() -> io::Result<()> {
    let (set, (a, b), timer) = (EventSet::new()?, End::pair()?, Timer::new()?);
    set.add(&a, 1, Interest::READ.edge())?;
    set.add(&timer, 2, Interest::READ)?;
    assert_eq!(next(&set, Deadline::after(Duration::from_millis(1)))?, None);
    timer.fire(Deadline::after(Duration::from_millis(2)))?;
    assert_eq!(next(&set, Deadline::Never)?.map(|e| (e.key, e.readable())), Some((2, true)));
    assert_eq!((timer.fired()?, timer.fired()?), (1, 0));
    timer.repeat(Duration::from_millis(1))?;
    assert_eq!(next(&set, Deadline::Never)?.map(|e| e.key), Some(2));
    timer.fire(Deadline::Never)?;
    timer.fired()?;
    b.send(&mut Packet { bytes: vec![1], ..Packet::default() }, Deadline::Never)?;
    assert_eq!(next(&set, Deadline::Never)?.map(|e| (e.key, e.readable(), e.ended())), Some((1, true, false)));
    assert_eq!(next(&set, Deadline::Now)?, None, "an edge is told once");
    set.change(&a, 3, Interest::READ.and(Interest::WRITE).once())?;
    assert_eq!(next(&set, Deadline::Never)?.map(|e| (e.key, e.readable(), e.writable())), Some((3, true, true)));
    assert_eq!(next(&set, Deadline::Now)?, None);
    set.change(&a, 4, Interest::END)?;
    drop(b);
    assert_eq!(next(&set, Deadline::Never)?.map(|e| (e.key, e.ended())), Some((4, true)));
    set.remove(&a)?;
    assert_eq!(next(&set, Deadline::Now)?, None);
    Ok(())
}

fn rights() -> io::Result<()> {
    let (a, b) = End::pair()?;
    let left = restrict(&a, Rights::READ | Rights::WAIT)?;
    assert_eq!(left, Rights::READ | Rights::WAIT);
    assert!(a.send(&mut Packet::new(), Deadline::Now).is_err());
    b.send(&mut Packet { bytes: b"in".to_vec(), ..Packet::default() }, Deadline::Never)?;
    let mut packet = Packet::new();
    let _ = a.receive(&mut packet, Deadline::Never)?;
    fails(OwnedFd::from(a).try_clone(), EACCES);
    fails(restrict(&b, Rights::from_bits_retain(1 << 31)), EINVAL);
    Ok(())
}

fn services() -> io::Result<()> {
    let dir = Directory::mount("nouns")?;
    let listener = dir.bind("one", &Bind { connections: 1, wait: Duration::from_millis(1) })?;
    let names = File::open(dir.path())?;
    let first = connect_by(&names, "one", Deadline::Never)?;
    fails(connect_by(&names, "one", Deadline::Now), EAGAIN);
    fails(connect_by(&names, "one", Deadline::after(Duration::from_millis(1))), ETIMEDOUT);
    let (end, peer) = listener.accept(Deadline::Never)?;
    assert_eq!(peer.pid, std::process::id());
    fails(listener.accept(Deadline::Now), EAGAIN);
    let server = std::thread::spawn(move || -> io::Result<()> {
        let mut packet = Packet::new();
        let call = end.receive(&mut packet, Deadline::Never)?.call.expect("a call");
        end.reply(call, &mut packet)
    });
    let (mut request, mut reply) = (Packet { bytes: b"echo".to_vec(), ..Packet::default() }, Packet::new());
    first.call(&mut request, &mut reply, 16, Deadline::Never)?;
    assert_eq!(reply.bytes, b"echo");
    server.join().expect("no panic")
}
