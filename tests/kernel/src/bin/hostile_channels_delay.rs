//! hostile_channels_delay: one process makes channels and fills their queues until it is refused, keeps all, and goes on trying. Another one, in a
//! budget of equal weight, meanwhile spawns, connects and calls without an error; on one hart, where time is exact, none of these takes
//! more than the double, which is what is due to it (F2).
//! timeout: 120
//! budget: channels:max memory:max fds:max
// calls: chan_create chan_call spawn budget_create budget_join

use ktest::process::{self, clock_ns};
use ktest::service::{Directory, Running};
use rvos::{Bind, Budget, Deadline, End, Ended, NewBudget, Resource, Start};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use wire::math::MathClient;
use wire::{List, Packet};

/// Channels that the hostile budget has.
const CHANNELS: u64 = 400;
const ROUNDS: usize = 40;
const EDQUOT: i32 = 122;

/// How long the neighbour's rounds took, in nanoseconds.
struct Figures {
    mean: u64,
    longest: u64,
}

fn main() -> io::Result<()> {
    if std::env::args().nth(1).is_some() {
        return Ok(());
    }
    let dir = Directory::mount("hostile")?;
    let ours = NewBudget::new().make()?;
    let alone = neighbour(&dir, &ours)?;

    let theirs = NewBudget::new().limit(Resource::Channels, CHANNELS).limit(Resource::Descriptors, 4 * CHANNELS).make()?;
    let (mut full, mut say) = io::pipe()?;
    let hog = process::start(|| i32::from(hog(&theirs, &mut say).is_err()));
    let begun = neighbour(&dir, &ours)?;
    full.read_exact(&mut [0])?;
    let kept = theirs.usage()?;
    assert_eq!((kept.now(Resource::Channels), kept.refused(Resource::Channels) > 0), (CHANNELS, true));
    let beside = neighbour(&dir, &ours)?;
    assert_eq!(theirs.usage()?.now(Resource::Channels), CHANNELS, "it keeps them");
    theirs.kill()?;
    assert_eq!(process::wait(hog), process::End::Signal(9));

    println!("mean {} ns alone, {} while it takes, {} beside it", alone.mean, begun.mean, beside.mean);
    println!("longest {} ns alone, {} while it takes, {} beside it", alone.longest, begun.longest, beside.longest);
    if std::thread::available_parallelism()?.get() == 1 {
        // The half of the hart, and a slice in which it waits for its turn once.
        assert!(begun.mean <= alone.mean * 22 / 10 && beside.mean <= alone.mean * 22 / 10, "a delay above the double");
        assert!(beside.longest <= alone.longest * 2 + SLICE_NS, "a round waits for more than one slice");
    }
    Ok(())
}

/// What the other one may run at a stretch.
const SLICE_NS: u64 = 8_000_000;

/// Takes all channels, then tries on for ever. Its messages fill what queues it has.
fn hog(budget: &Budget, full: &mut io::PipeWriter) -> io::Result<()> {
    budget.join()?;
    let mut ends = Vec::new();
    loop {
        match End::pair() {
            Ok(pair) => ends.push(pair),
            Err(e) if e.raw_os_error() == Some(EDQUOT) => break,
            Err(e) => return Err(e),
        }
    }
    for (end, _) in &ends {
        let send = || end.send(&mut Packet { bytes: vec![7; 4096], ..Packet::default() }, Deadline::Now);
        while send().is_ok() {}
    }
    full.write_all(b"f")?;
    loop {
        assert!(End::pair().is_err_and(|e| e.raw_os_error() == Some(EDQUOT)));
    }
}

/// A process that spawns, connects and calls, in a budget of its own with its service.
fn neighbour(dir: &Directory, budget: &Budget) -> io::Result<Figures> {
    let (mut figures, mut tell) = io::pipe()?;
    let child = process::start(|| match budget.join().and_then(|()| rounds(dir)) {
        Ok(Figures { mean, longest }) => i32::from(writeln!(tell, "{mean} {longest}").is_err()),
        Err(error) => {
            eprintln!("the neighbour is refused: {error}");
            1
        }
    });
    drop(tell);
    assert_eq!(process::wait(child), process::End::Exit(0));
    let mut text = String::new();
    figures.read_to_string(&mut text)?;
    let mut numbers = text.split_whitespace().map(|n| n.parse().expect("a number"));
    Ok(Figures { mean: numbers.next().expect("two"), longest: numbers.next().expect("two") })
}

fn rounds(dir: &Directory) -> io::Result<Figures> {
    let listener = dir.bind("math", &Bind::default())?;
    let service = Running::start("math", &listener)?;
    // The service is up, and what is read for the first time is there.
    round(dir)?;
    let mut longest = 0;
    let start = clock_ns(libc::CLOCK_MONOTONIC);
    for _ in 0..ROUNDS {
        let begun = clock_ns(libc::CLOCK_MONOTONIC);
        round(dir)?;
        longest = longest.max(clock_ns(libc::CLOCK_MONOTONIC) - begun);
    }
    let mean = (clock_ns(libc::CLOCK_MONOTONIC) - start) / ROUNDS as u64;
    drop(service);
    Ok(Figures { mean, longest })
}

fn round(dir: &Directory) -> io::Result<()> {
    let (program, streams) = (File::open("/proc/self/exe")?, io::stderr());
    let start =
        (0..3).fold(Start::new(program.as_fd()).args(["hostile_channels_delay", "child"])?, |s, fd| s.fd(streams.as_fd(), fd));
    assert_eq!(start.spawn()?.wait(Deadline::Never)?, Ended::Exited(0));
    let mut math = MathClient::new(dir.connect("math")?);
    for n in 0..10 {
        assert_eq!(math.sum(List::new(&[n, 1]).expect("short")).map_err(io::Error::other)?, n + 1);
    }
    Ok(())
}
