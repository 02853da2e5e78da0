//! exhaustion: for each resource that is charged, eight processes in one budget take all they can, again and again, while a
//! neighbour in a budget of equal weight does a fixed job. They see an error or are killed inside their budget; the neighbour
//! finishes, and under exact emulation is hardly slower than with half of a hart. Prints the matrix.
//!
//!     exhaustion [RESOURCE]... | all
//!
//! Without a word it takes some, in a full run of the tests and for `./x matrix` all.
//!
//! timeout: 300
// calls: mkdirat write

mod takers;

use ktest::Shared;
use ktest::cgroup::Cgroup;
use ktest::process::{self, End};
use rvos::{NewBudget, Resource};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use takers::{Ended, TAKERS, Taker};

/// Processes that take at once.
const HOSTILE: usize = 8;
/// What is taken when nothing is asked for.
const USUAL: [&str; 4] = ["memory", "descriptors", "messages", "processes"];
/// The hostile budget.
const LIMITS: [(&str, &str); 4] = [("memory.max", "33554432"), ("pids.max", "200"), ("fds.max", "3000"), ("channels.max", "500")];
/// What cgroups have no files for: the hostile processes are in a budget below that one.
const MORE_LIMITS: [(Resource, u64); 2] = [(Resource::Messages, 3000), (Resource::Bytes, 8 << 20)];

/// What the processes of one round tell each other.
struct Board {
    stop: AtomicBool,
    /// Times that the end of a resource was reached.
    ends: AtomicU32,
    /// An error that is not one of those that a program expects there.
    wrong: AtomicU32,
    /// What the neighbour's job took.
    run_ns: AtomicU64,
    elapsed_ns: AtomicU64,
}

fn main() {
    let mut chosen: Vec<String> = std::env::args().skip(1).collect();
    if chosen.is_empty() {
        let full = std::env::var_os("KTEST_FULL").is_some();
        chosen.extend(if full { vec!["all".to_owned()] } else { USUAL.map(String::from).to_vec() });
    }
    let all = chosen == ["all"];
    let harts = std::thread::available_parallelism().map_or(1, usize::from);
    let alone = measure(None);
    println!("{:18} {:>8} {:>8} {:>8} {:>8}", "resource", "ends", "killed", "run", "elapsed");
    let mut bad = 0;
    for taker in TAKERS.iter().filter(|t| all || chosen.iter().any(|c| c == t.name)) {
        let beside = measure(Some(taker));
        let (run, elapsed) = (ratio(beside.run_ns, alone.run_ns), ratio(beside.elapsed_ns, alone.elapsed_ns));
        println!("{:18} {:>8} {:>8} {run:>8.2} {elapsed:>8.2}", taker.name, beside.ends, beside.killed);
        let good = beside.ends + beside.killed > 0 && beside.wrong == 0;
        // With several harts others run at once with the neighbour, and its instructions take longer.
        if !good || harts == 1 && (run > 1.10 || elapsed > 2.2) {
            println!("{:18} is wrong: last unexpected error {}", taker.name, beside.wrong);
            bad += 1;
        }
    }
    assert_eq!(bad, 0, "the budget does not hold");
}

fn ratio(a: u64, b: u64) -> f64 {
    a as f64 / b as f64
}

/// What one round showed.
struct Figures {
    ends: u32,
    killed: u32,
    wrong: u32,
    run_ns: u64,
    elapsed_ns: u64,
}

/// The neighbour's job beside eight processes that take, or alone.
fn measure(taker: Option<&Taker>) -> Figures {
    // SAFETY: atomics, for which zeros are values.
    let board = unsafe { Shared::<Board>::zeroed() }.expect("memory");
    let neighbour = Cgroup::new("neighbour").expect("a budget");
    let hostile = Cgroup::new("hostile").expect("a budget");
    for (file, value) in LIMITS {
        hostile.set(file, value).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    let chief = taker.map(|taker| process::start(|| run_hostile(taker, &hostile, &board)));
    // The job begins when the resource has run out for the first time.
    while taker.is_some() && board.ends.load(SeqCst) == 0 && hostile.keyed("memory.events", "oom_kill").unwrap_or(0) == 0 {
        std::thread::yield_now();
    }
    let worker = process::start(|| {
        neighbour.join().expect("joining");
        let (run, start) = (process::run_ns(), process::clock_ns(libc::CLOCK_MONOTONIC));
        job();
        board.run_ns.store(process::run_ns() - run, SeqCst);
        board.elapsed_ns.store(process::clock_ns(libc::CLOCK_MONOTONIC) - start, SeqCst);
        0
    });
    assert_eq!(process::wait(worker), End::Exit(0), "the neighbour's job");
    board.stop.store(true, SeqCst);
    let killed = hostile.keyed("memory.events", "oom_kill").expect("memory.events") as u32;
    if let Some(chief) = chief {
        hostile.kill().expect("cgroup.kill");
        let end = process::wait(chief);
        assert!(matches!(end, End::Signal(libc::SIGKILL)), "the hostile processes ended by themselves: {end:?}");
        while hostile.keyed("cgroup.events", "populated").expect("cgroup.events") != 0 {
            std::thread::yield_now();
        }
    }
    takers::remove_files().expect("the files of those who were killed");
    let read = |n: &AtomicU64| n.load(SeqCst);
    let (ends, wrong) = (board.ends.load(SeqCst), board.wrong.load(SeqCst));
    Figures { ends, killed, wrong, run_ns: read(&board.run_ns), elapsed_ns: read(&board.elapsed_ns) }
}

/// The chief of the hostile processes: whoever of them is killed for memory is replaced. It ends when it is killed.
fn run_hostile(taker: &Taker, budget: &Cgroup, board: &Board) -> i32 {
    budget.join().expect("joining");
    let limits = MORE_LIMITS.into_iter().fold(NewBudget::new(), |new, (of, most)| new.limit(of, most));
    limits.make().and_then(|inner| inner.join()).expect("a budget");
    // The largest is killed first: not the one that has nothing.
    let mut workers = 0;
    loop {
        // Those that run may have left nothing for another one.
        while workers < HOSTILE && process::try_start(|| take(taker, board)).is_ok() {
            workers += 1;
        }
        let mut status = 0;
        // SAFETY: the kernel writes one number.
        if unsafe { libc::waitpid(-1, &raw mut status, 0) } > 0 {
            workers -= 1;
        }
    }
}

/// Takes all there is, lets go of it, and begins anew.
fn take(taker: &Taker, board: &Board) -> i32 {
    takers::raise_own_limits();
    while !board.stop.load(SeqCst) {
        match (taker.take)() {
            Ended::Refused(errno) if taker.errors.contains(&errno) => _ = board.ends.fetch_add(1, SeqCst),
            Ended::Refused(errno) => board.wrong.store(errno.unsigned_abs(), SeqCst),
        }
    }
    0
}

/// What the neighbour does: processes, memory, a file and a pipe.
fn job() {
    let path = format!("/tmp/job.{}", std::process::id());
    for round in 0..40_u8 {
        fs::write(&path, vec![round; 40_000]).expect("a file");
        let read = fs::read(&path).expect("a file");
        assert!(read.iter().all(|byte| *byte == round));
        let child = process::start(|| i32::from(vec![round; 100_000].iter().any(|byte| *byte != round)));
        assert_eq!(process::wait(child), End::Exit(0));
        let (mut reader, mut writer) = std::io::pipe().expect("a pipe");
        std::io::Write::write_all(&mut writer, &[round; 1000]).expect("a write");
        let mut back = [0; 1000];
        std::io::Read::read_exact(&mut reader, &mut back).expect("a read");
        assert_eq!(back, [round; 1000]);
    }
    fs::remove_file(&path).expect("the file");
}
