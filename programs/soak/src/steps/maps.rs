//! Address spaces: sparse and growing mappings, protections, deep stacks.

use std::collections::BTreeMap;
use std::thread;

use fastrand::Rng;
use memmap2::{Mmap, MmapMut};

use super::{Outcome, at, expect_exit, fork_child, same};
use crate::worker::Context;

const PAGE_BYTES: usize = 4096;

/// Anonymous mappings with a few pages touched: these hold what was written,
/// all others are zero, also after changes of protection and in a child.
pub(super) fn sparse(rng: &mut Rng, _: &Context) -> Outcome {
    let mut maps = Vec::new();
    for _ in 0..rng.usize(1..20) {
        let pages = rng.usize(1..2000);
        let map = MmapMut::map_anon(pages * PAGE_BYTES).map_err(at("mmap"))?;
        maps.push(touch(rng, map)?);
        if rng.u8(..4) == 0 {
            maps.swap_remove(rng.usize(..maps.len()));
        }
    }
    let pid = fork_child(|| u8::from(maps.iter().try_for_each(check).is_err()))?;
    maps.iter().try_for_each(check)?;
    expect_exit(pid, 0)
}

/// A read-only mapping and what stands at some offsets.
type Touched = (Mmap, BTreeMap<usize, u8>);

fn touch(rng: &mut Rng, mut map: MmapMut) -> Result<Touched, String> {
    let mut written = BTreeMap::new();
    for round in 0..rng.usize(1..4) {
        for _ in 0..rng.usize(1..20) {
            let (index, byte) = (rng.usize(..map.len()), rng.u8(..));
            map[index] = byte;
            written.insert(index, byte);
        }
        if round == 0 {
            let fixed = map.make_read_only().map_err(at("mprotect"))?;
            map = fixed.make_mut().map_err(at("mprotect"))?;
        }
    }
    Ok((map.make_read_only().map_err(at("mprotect"))?, written))
}

fn check((map, written): &Touched) -> Outcome {
    for (index, byte) in written {
        same("a byte that was written", map[*index], *byte)?;
    }
    // The neighbours of what was written share its page; every 64th page was
    // perhaps never touched at all.
    let neighbours = written.keys().map(|index| index ^ 1);
    let others = (0..map.len()).step_by(64 * PAGE_BYTES);
    for index in neighbours.chain(others).filter(|index| !written.contains_key(index) && *index < map.len()) {
        same("a byte that was not written", map[index], 0)?;
    }
    Ok(())
}

/// A vector that grows far beyond what malloc keeps moves by mremap(2).
pub(super) fn growing(rng: &mut Rng, _: &Context) -> Outcome {
    let mut numbers: Vec<u64> = Vec::new();
    for _ in 0..rng.usize(1..12) {
        let more = rng.usize(..60_000);
        let start = numbers.len();
        numbers.reserve_exact(more);
        numbers.extend((start..start + more).map(|n| n as u64 * 3));
        if rng.u8(..3) == 0 {
            numbers.truncate(rng.usize(..=numbers.len()));
            numbers.shrink_to_fit();
        }
        let right = numbers.iter().enumerate().all(|(n, number)| *number == n as u64 * 3);
        same("the numbers", right, true)?;
    }
    Ok(())
}

/// Recursion that uses most of a thread's stack, in several threads.
pub(super) fn stacks(rng: &mut Rng, _: &Context) -> Outcome {
    const FRAME_BYTES: usize = 1024;
    let mut handles = Vec::new();
    for _ in 0..rng.usize(1..6) {
        let depth = rng.usize(1..400);
        let stack = (depth + 64) * FRAME_BYTES * 4;
        let thread = thread::Builder::new().stack_size(stack).spawn(move || (descend(depth), depth));
        handles.push(thread.map_err(at("thread"))?);
    }
    for handle in handles {
        let (sum, depth) = handle.join().map_err(|_| "a thread panicked")?;
        same("sum over the stack", sum, depth * (depth + 1) / 2)?;
    }
    Ok(())
}

/// 1 + 2 + … + depth, with a page of every frame written before and read after.
fn descend(depth: usize) -> usize {
    let mut frame = [0usize; 128];
    std::hint::black_box(&mut frame)[depth % 128] = depth;
    let below = if depth == 0 { 0 } else { descend(depth - 1) };
    std::hint::black_box(&frame)[depth % 128] + below
}
