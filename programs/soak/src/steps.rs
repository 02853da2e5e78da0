//! The steps of a worker by family, and what several families use.

pub(crate) mod exec;
mod files;
mod forks;
mod maps;
mod migrate;
mod pipes;
mod signals;
mod threads;
mod timers;

use fastrand::Rng;
use fork::{Fork, fork};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use signal_hook::low_level::exit;

use crate::worker::Context;

/// What a step returns: what was wrong.
pub(crate) type Outcome = Result<(), String>;

/// A step.
pub(crate) type Step = fn(&mut Rng, &Context) -> Outcome;

const STEPS: [(&str, Step); 21] = [
    ("forks::copy_on_write", forks::copy_on_write),
    ("forks::generations", forks::generations),
    ("forks::killed", forks::killed),
    ("exec::digest", exec::digest_one),
    ("exec::crowd", exec::crowd),
    ("threads::sums", threads::sums),
    ("threads::turns", threads::turns),
    ("threads::mailboxes", threads::mailboxes),
    ("threads::forkers", threads::forkers),
    ("signals::counted", signals::counted),
    ("signals::blocked", signals::blocked),
    ("signals::stopped", signals::stopped),
    ("signals::interrupted_read", signals::interrupted_read),
    ("pipes::chain", pipes::chain),
    ("pipes::records", pipes::records),
    ("maps::sparse", maps::sparse),
    ("maps::growing", maps::growing),
    ("maps::stacks", maps::stacks),
    ("migrate::hops", migrate::hops),
    ("timers::sleeps", timers::sleeps),
    ("files::model", files::model),
];

/// Which step these random numbers lead to.
pub(crate) fn choose(rng: &mut Rng) -> (&'static str, Step) {
    STEPS[rng.usize(..STEPS.len())]
}

/// All kinds of steps.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|(name, _)| *name)
}

/// Fails unless the two are equal.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Outcome {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found:?}, not {wanted:?}")) }
}

/// The text of an error, with what was attempted.
pub(crate) fn at<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> String {
    move |e| format!("{what}: {e}")
}

/// A child that runs `work`, whose result is its exit status.
pub(crate) fn fork_child(work: impl FnOnce() -> u8) -> Result<Pid, String> {
    match fork().map_err(at("fork"))? {
        Fork::Parent(pid) => Ok(Pid::from_raw(pid)),
        // _exit(2): the child may be one of several threads that forked, and
        // must take no lock that another of them held (fork(2)).
        Fork::Child => exit(i32::from(work())),
    }
}

/// Waits for a child that must exit with this status.
pub(crate) fn expect_exit(pid: Pid, status: u8) -> Outcome {
    same("wait status", waitpid(pid, None).map_err(at("waitpid"))?, WaitStatus::Exited(pid, i32::from(status)))
}

/// FNV-1a, to compare a lot of bytes by eight.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Random bytes.
pub(crate) fn bytes(rng: &mut Rng, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    rng.fill(&mut bytes);
    bytes
}
