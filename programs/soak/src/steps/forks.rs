//! fork(2) and wait(2): memory that is copied on write, statuses, kills.

use fastrand::Rng;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};

use super::{Outcome, at, bytes, digest, expect_exit, fork_child, same};
use crate::worker::Context;

const PAGE_BYTES: usize = 4096;

/// Parent and children change the same pages, and each sees only its own changes.
pub(super) fn copy_on_write(rng: &mut Rng, _: &Context) -> Outcome {
    let pages = rng.usize(1..80);
    let mut memory = bytes(rng, pages * PAGE_BYTES);
    let mut children = Vec::new();
    for _ in 0..rng.usize(1..6) {
        let child_seed = rng.u64(..);
        let mut expected = memory.clone();
        scribble(&mut expected, child_seed);
        let wanted = digest(&expected);
        drop(expected);
        let pid = fork_child(|| {
            scribble(&mut memory, child_seed);
            u8::from(digest(&memory) != wanted)
        })?;
        children.push(pid);
        // The parent goes on writing while the child reads what was there.
        scribble(&mut memory, rng.u64(..));
    }
    let before = digest(&memory);
    for pid in children {
        expect_exit(pid, 0)?;
    }
    same("the parent's memory", digest(&memory), before)
}

/// Writes to some pages, as the seed says.
fn scribble(memory: &mut [u8], seed: u64) {
    let mut rng = Rng::with_seed(seed);
    for _ in 0..rng.usize(1..64) {
        let index = rng.usize(..memory.len());
        memory[index] = rng.u8(..);
    }
}

/// Each generation has children, and passes on the sum of what theirs returned.
pub(super) fn generations(rng: &mut Rng, _: &Context) -> Outcome {
    let (depth, width) = (rng.u8(1..4), rng.u8(1..4));
    // 1 + width + width² + … processes, each worth 1.
    let wanted = (0..=u32::from(depth)).map(|level| u32::from(width).pow(level)).sum::<u32>();
    let wanted = u8::try_from(wanted).map_err(at("too many for a status"))?;
    let pid = fork_child(|| generation(depth, width))?;
    expect_exit(pid, wanted)
}

fn generation(depth: u8, width: u8) -> u8 {
    if depth == 0 {
        return 1;
    }
    let children: Vec<_> = (0..width).map(|_| fork_child(|| generation(depth - 1, width))).collect();
    let statuses = children.into_iter().map(|child| match child.map(|pid| waitpid(pid, None)) {
        Ok(Ok(WaitStatus::Exited(_, status))) => u8::try_from(status).unwrap_or(0),
        _ => 0,
    });
    1 + statuses.sum::<u8>()
}

/// A child that computes for ever is killed by the signal that was sent.
pub(super) fn killed(rng: &mut Rng, _: &Context) -> Outcome {
    // None that another step has a handler for, as children inherit handlers.
    let signals = [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGALRM];
    let mut children = Vec::new();
    for _ in 0..rng.usize(1..8) {
        let signal = signals[rng.usize(..signals.len())];
        let busy = rng.bool();
        let pid = fork_child(|| if busy { compute() } else { sleep() })?;
        children.push((pid, signal));
    }
    for (pid, signal) in &children {
        kill(*pid, *signal).map_err(at("kill"))?;
    }
    for (pid, signal) in children {
        let status = waitpid(pid, None).map_err(at("waitpid"))?;
        same("wait status", status, WaitStatus::Signaled(pid, signal, false))?;
    }
    Ok(())
}

fn compute() -> u8 {
    let mut number = 1u64;
    loop {
        number = std::hint::black_box(number.wrapping_mul(3));
    }
}

fn sleep() -> u8 {
    std::thread::sleep(std::time::Duration::from_secs(1_000_000));
    0
}
