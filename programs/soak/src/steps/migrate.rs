//! Threads that move from hart to hart while they compute.

use std::thread;

use fastrand::Rng;
use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::unistd::Pid;

use super::{Outcome, at, same};
use crate::worker::Context;

/// The thread that calls.
const SELF: Pid = Pid::from_raw(0);

/// Each thread goes where it is told, and its floating point state with it.
pub(super) fn hops(rng: &mut Rng, _: &Context) -> Outcome {
    let harts = allowed()?;
    let mut handles = Vec::new();
    for _ in 0..rng.usize(1..6) {
        let route: Vec<usize> = (0..rng.usize(1..40)).map(|_| harts[rng.usize(..harts.len())]).collect();
        let start = rng.f64();
        handles.push(thread::spawn(move || travel(&route, start)));
    }
    handles.into_iter().try_for_each(|handle| handle.join().map_err(|_| "a thread panicked".to_owned())?)?;
    same("the first thread's harts", allowed()?, harts)
}

fn allowed() -> Result<Vec<usize>, String> {
    let set = sched_getaffinity(SELF).map_err(at("sched_getaffinity"))?;
    let harts = (0..CpuSet::count()).filter(|hart| set.is_set(*hart).unwrap_or(false));
    let harts: Vec<usize> = harts.collect();
    if harts.is_empty() { Err("no hart is allowed".to_owned()) } else { Ok(harts) }
}

fn travel(route: &[usize], start: f64) -> Outcome {
    let mut moving = start;
    for hart in route {
        let mut set = CpuSet::new();
        set.set(*hart).map_err(at("hart number"))?;
        sched_setaffinity(SELF, &set).map_err(at("sched_setaffinity"))?;
        same("hart", sched_getcpu().map_err(at("getcpu"))?, *hart)?;
        moving = compute(moving);
        same("hart after computing", sched_getcpu().map_err(at("getcpu"))?, *hart)?;
    }
    let at_rest = route.iter().fold(start, |number, _| compute(number));
    // The same operations in the same order: equal to the last bit.
    same("result", moving.to_bits(), at_rest.to_bits())
}

fn compute(start: f64) -> f64 {
    (1..2000).fold(start, |number, n| (number + f64::from(n)).sqrt() * 1.000_1 + number / 3.0)
}
