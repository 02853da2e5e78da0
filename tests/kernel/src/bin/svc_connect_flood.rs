//! svc_connect_flood: eight processes of one budget connect without end; a client of another budget waits for one of them at most.
//! timeout: 120
// calls: svc_bind svc_accept openat

use ktest::cgroup::Cgroup;
use ktest::service::Directory;
use rvos::{Bind, Deadline};
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};

const FLOODERS: usize = 8;
const ROUNDS: usize = 300;

fn main() -> io::Result<()> {
    if let Some(path) = std::env::args().nth(1) {
        return flood(&path);
    }
    let dir = Directory::mount("flood")?;
    let listener = dir.bind("busy", &Bind::default())?;
    let budget = Cgroup::new("flood")?;
    let path = dir.path().join("busy");
    let mut flooders = Vec::new();
    for _ in 0..FLOODERS {
        let mut child = Command::new(std::env::current_exe()?).arg(&path).stdin(Stdio::piped()).spawn()?;
        budget.set("cgroup.procs", &child.id().to_string())?;
        child.stdin.take().expect("a pipe").write_all(b"g")?;
        flooders.push(child);
    }
    let (mut own, mut others) = (0, 0);
    let me = std::process::id();
    for _ in 0..ROUNDS {
        // The flood is there before each round.
        let (_, peer) = listener.accept(Deadline::Never)?;
        assert_ne!(peer.pid, me);
        let _client = dir.connect("busy")?;
        let mut before = 0;
        loop {
            let (_, peer) = listener.accept(Deadline::Never)?;
            if peer.pid == me {
                own = peer.budget;
                break;
            }
            others = peer.budget;
            before += 1;
            assert!(before <= 1, "{before} connections of the flood were served first");
        }
    }
    assert_ne!(own, others, "the flood has a budget of its own");
    flooders.iter_mut().try_for_each(Child::kill)?;
    flooders.iter_mut().try_for_each(|child| child.wait().map(drop))
}

/// Connects until it is killed, keeping what it has as long as it can.
fn flood(path: &str) -> io::Result<()> {
    io::stdin().read_exact(&mut [0])?;
    let mut kept = Vec::new();
    loop {
        match rvos::connect(path) {
            Ok(end) => kept.push(end),
            Err(_) => kept.clear(),
        }
        if kept.len() > 200 {
            kept.clear();
        }
    }
}
