//! F10: for each call, the n-th kernel allocation fails, for all n: an error for the caller or a success, no panic, no hang, nothing lost.
//!
//! rvOS alone can do this (`debug_fail_alloc`, checked profile); elsewhere it skips. Each sweep runs in a child with a world of its own, and when that
//! child is gone the kernel's counters must be where they were. A page that user mode touches and that cannot be had ends the process, as on Linux: then
//! `/proc/vmstat` must count it, and another child goes on behind that allocation. Beside the calls there are whole actions (fork, exec, threads, page
//! faults, pipes, deep paths). Prints calls × failures injected.

use abi::{Blocks, Call, nr};
use hostile::{Danger, Prepared, System, World, child, chosen_calls, danger, raw_call, show};
use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

mod actions;

const ENOSYS: isize = -38;
/// No call needs more; one that seems to is a loop.
const MOST: usize = 2000;
/// What an allocation that fails may turn into.
const ERRORS: [i32; 9] = [
    libc::ENOMEM,
    libc::EAGAIN,
    libc::EMFILE,
    libc::ENFILE,
    libc::ENOSPC,
    libc::EDQUOT,
    libc::ENOBUFS,
    libc::ENOLCK,
    libc::EFAULT,
];

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("--exit") {
        return ExitCode::SUCCESS;
    }
    if System::current() == System::Linux || fail_alloc(0) == ENOSYS {
        return without_failures();
    }
    steady();
    let calls: Vec<_> = chosen_calls(System::Rvos).into_iter().filter(|call| danger(call.name) == Danger::None).collect();
    let (mut injected, mut wrong) = (0, 0);
    for call in &calls {
        let (count, failures) =
            guarded(call.name, || sweep(Duration::from_secs(20), |first, report| sweep_call(call, first, report)));
        injected += count;
        wrong += failures;
    }
    let all = std::env::args().skip(1).all(|a| a.starts_with('-'));
    let actions: &[actions::Action] = if all { actions::ALL } else { &[] };
    for (name, action) in actions {
        let (count, failures) =
            guarded(name, || sweep(Duration::from_secs(60), |first, report| sweep_action(*action, first, report)));
        injected += count;
        wrong += failures;
    }
    println!("alloc_failure_sweep: {} calls and {} actions × {injected} failures, {wrong} wrong", calls.len(), actions.len());
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Elsewhere the actions at least show that they work.
fn without_failures() -> ExitCode {
    let world = World::new();
    let failed: Vec<_> = actions::ALL.iter().filter(|(_, action)| !action()).map(|(name, _)| *name).collect();
    world.remove();
    println!("alloc_failure_sweep: this kernel cannot make allocations fail; actions that fail by themselves: {failed:?}");
    if failed.is_empty() { ExitCode::from(77) } else { ExitCode::FAILURE }
}

/// The n-th allocation from the next call on fails; returns how many there were since this was last asked.
fn fail_alloc(n: usize) -> isize {
    raw_call(nr::debug_fail_alloc, &[n, 0, 0, 0, 0, 0])
}

/// Makes this process's own memory as large as it will get, and adopts what children leave behind, so that counters tell of the sweeps alone.
fn steady() {
    const HEAP_BYTES: usize = 512 * 1024;
    const STACK_BYTES: usize = 64 * 1024;
    // SAFETY: these set parameters of the allocator and of the process; no other thread exists.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
    }
    drop(std::hint::black_box(vec![1u8; HEAP_BYTES]));
    touch_stack::<STACK_BYTES>();
    // The first child makes this process touch what it will touch later.
    let _ = (counters(), sweep(Duration::from_secs(20), |_, report| report.about_to("nothing", false)), counters());
}

#[inline(never)]
fn touch_stack<const BYTES: usize>() {
    std::hint::black_box([1u8; BYTES]);
}

/// Runs one sweep and compares the kernel's counters around it.
fn guarded(name: &str, sweep: impl FnOnce() -> child::Outcome) -> (u64, usize) {
    let before = counters();
    let mut outcome = sweep();
    outcome.failures.extend(difference(&before, &counters()));
    if std::env::args().any(|a| a == "-v") {
        println!("{name}: {} failures injected", outcome.strict);
    }
    for failure in &outcome.failures {
        println!("{name}: {failure}");
    }
    (outcome.strict, outcome.failures.len())
}

/// Runs `trials(first allocation to fail)` in a child, and again in another behind each failure that rightly ended it.
fn sweep(quiet: Duration, trials: impl Fn(usize, &mut child::Report)) -> child::Outcome {
    let base = format!("/tmp/sweep-{}", std::process::id());
    let mut whole = child::Outcome::default();
    let mut first = 1;
    loop {
        let kills = oom_kills();
        let part = child::attempt(quiet, |report| trials(first, report));
        reap_adopted();
        // A child that died left its files.
        World::remove_names(&base);
        whole.values += part.values;
        whole.strict += part.strict;
        whole.failures.extend(part.failures);
        let Some((status, last)) = part.death else { return whole };
        let failed = last.strip_prefix(ALLOCATION).and_then(|n| n.parse::<usize>().ok());
        match failed.filter(|_| status == libc::SIGKILL && oom_kills() > kills) {
            Some(n) => first = n + 1,
            None => {
                whole.failures.push(format!("the caller died with status {status:#x}: {last}"));
                return whole;
            }
        }
    }
}

/// What a report says before each trial.
const ALLOCATION: &str = "allocation ";

/// Ends and reaps what a sweep's child left behind.
fn reap_adopted() {
    // SAFETY: waits for children of our own.
    while unsafe { libc::waitpid(-1, std::ptr::null_mut(), 0) } > 0 {}
}

/// Processes that the kernel ended for want of memory.
fn oom_kills() -> u64 {
    let text = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    line.and_then(|n| n.trim().parse().ok()).unwrap_or(0)
}

/// The child's own world.
fn own_world() -> World {
    World::at(&format!("/tmp/sweep-{}", std::os::unix::process::parent_id()))
}

/// `/proc/rvos/counters` after the caches were emptied: lines of name and value.
fn counters() -> BTreeMap<String, i64> {
    let _ = fs::write("/proc/rvos/control", "drain");
    let text = fs::read_to_string("/proc/rvos/counters").unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, value)| Some((name.to_owned(), value.trim().parse().ok()?)))
        .collect()
}

fn difference(before: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) -> Vec<String> {
    let changed = |(name, value): (&String, &i64)| {
        let now = after.get(name).copied().unwrap_or_default();
        (now != *value).then(|| format!("counter {name} went from {value} to {now}"))
    };
    before.iter().filter_map(changed).collect()
}

fn sweep_call(call: &'static Call, first: usize, report: &mut child::Report) {
    let world = own_world();
    let prepared = Prepared::new(&world, call);
    let first_free = world.next_free();
    world.reset();
    report.about_to("no failure", false);
    let good = prepared.make(&prepared.args, first_free);
    for n in first..=MOST {
        world.reset();
        prepared.refill();
        report.about_to(&format!("{ALLOCATION}{n}"), true);
        let _ = fail_alloc(n);
        let result = prepared.make(&prepared.args, first_free);
        let seen = fail_alloc(0);
        if result < 0 && world.next_free() != first_free {
            report.failure(&format!("allocation {n}: {} left a descriptor behind", show(result)));
            let _ = raw_call(nr::close, &[first_free.unsigned_abs() as usize, 0, 0, 0, 0, 0]);
        }
        let documented = ERRORS.iter().any(|&e| result == -(e as isize)) || call.errors.iter().any(|e| result == -(*e as isize));
        if result < 0 && result != good && !documented && call.blocks == Blocks::No {
            report.failure(&format!("allocation {n}: {}", show(result)));
        }
        if seen < n as isize {
            world.remove();
            return; // there was no n-th one
        }
    }
    report.failure(&format!("still allocates after {MOST} failures"));
}

fn sweep_action(action: fn() -> bool, first: usize, report: &mut child::Report) {
    let world = own_world();
    report.about_to("no failure", false);
    if !action() {
        report.failure("fails without any injected failure");
        return;
    }
    for n in first..=MOST {
        report.about_to(&format!("{ALLOCATION}{n}"), true);
        let _ = fail_alloc(n);
        let _ = action();
        if fail_alloc(0) < n as isize {
            world.remove();
            return;
        }
    }
    report.failure(&format!("still allocates after {MOST} failures"));
}
