//! killed_in_mid_calls: a server is killed in the middle of 1,000 open calls. Each of them fails: with ECONNRESET if the server had taken the
//! request, with EPIPE if not; none hangs, and nothing is left.
//! timeout: 120
//! budget: pids:1200 memory:max fds:max
// calls: chan_call chan_recv

use ktest::process;
use rvos::{Deadline, End, EventSet, Interest, Process, Signal};
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::thread;
use wire::Packet;

const CALLS: usize = 1000;
const EPIPE: i32 = 32;
const ECONNRESET: i32 = 104;

fn main() -> io::Result<()> {
    for taken in [CALLS, CALLS / 2, 0] {
        once(taken)?;
    }
    Ok(())
}

/// The server takes this many requests before it goes.
fn once(taken: usize) -> io::Result<()> {
    // Channels of their own and one that all share, by turns.
    let (shared, other) = End::pair()?;
    let mut pairs = Vec::new();
    for _ in 0..CALLS / 10 {
        pairs.push(End::pair()?);
    }
    let (mut ready, mut say) = io::pipe()?;
    let ends: Vec<&End> = pairs.iter().map(|(_, end)| end).chain([&other]).collect();
    let server = process::start(|| i32::from(serve(&ends, taken, &mut say).is_err()));
    drop(say);
    let (clients, servers): (Vec<End>, Vec<End>) = pairs.into_iter().unzip();
    drop((servers, other));
    let clients: Vec<Arc<End>> = clients.into_iter().chain([shared]).map(Arc::new).collect();
    let mut calls = Vec::new();
    for number in 0..CALLS {
        let end = Arc::clone(&clients[if number % 2 == 0 { clients.len() - 1 } else { number / 2 % clients.len() }]);
        calls.push(thread::Builder::new().stack_size(64 * 1024).spawn(move || call(&end))?);
    }
    ready.read_exact(&mut [0])?;
    let process = Process::open(server.unsigned_abs())?;
    process.signal(Signal::KILL)?;
    let (mut reset, mut refused) = (0, 0);
    for call in calls {
        match call.join().expect("no panic") {
            ECONNRESET => reset += 1,
            EPIPE => refused += 1,
            other => panic!("a call ends with error {other}"),
        }
    }
    assert_eq!((reset, refused), (taken, CALLS - taken));
    assert_eq!(process::wait(server), process::End::Signal(9));
    println!("{taken} requests taken: {reset} calls reset, {refused} refused");
    Ok(())
}

/// Takes requests wherever there are some, and answers none.
fn serve(ends: &[&End], taken: usize, say: &mut io::PipeWriter) -> io::Result<()> {
    let set = EventSet::new()?;
    for (key, end) in ends.iter().enumerate() {
        set.add(end, key as u64, Interest::READ)?;
    }
    let (mut left, mut packet, mut ready) = (taken, Packet::new(), Vec::new());
    while left > 0 {
        ready.clear();
        set.wait(&mut ready, Deadline::Never)?;
        for event in ready.iter().take(left) {
            let end = ends.get(event.key as usize).expect("one of those");
            left -= usize::from(end.receive(&mut packet, Deadline::Now).is_ok());
        }
    }
    say.write_all(b"k")?;
    loop {
        thread::park();
    }
}

/// The error that the call ends with.
fn call(end: &End) -> i32 {
    let mut request = Packet { bytes: b"request".to_vec(), ..Packet::default() };
    let result = end.call(&mut request, &mut Packet::new(), 64, Deadline::Never);
    let error = result.err().and_then(|e| e.raw_os_error()).unwrap_or(0);
    if error != EPIPE && error != ECONNRESET {
        // The server may wait for this request for ever.
        println!("a call ends with error {error}");
    }
    error
}
