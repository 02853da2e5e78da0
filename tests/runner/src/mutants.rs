//! Do the tests notice a kernel that is broken on purpose?
//!
//! Each test runs once as it is, and must pass; then once for each call that
//! it names and each way to break it (rvOS's `debug_mutate`). A line a run:
//! `KILLED TEST CALL WAY` when the test did not pass, `SURVIVED …` when it did;
//! `BROKEN TEST: WHY` when there was nothing to compare with. `DONE` ends it.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::exec::{self, Verdict};
use crate::list::Test;
use crate::options::{Mutation, Options};
use crate::wake::Wake;

/// The ways to break a call, with their names.
const WAYS: [(i64, &str); 2] = [(1, "ENOSYS"), (2, "no-op")];

/// A broken run may take this many times as long as the good one, and this much longer.
const FACTOR: u32 = 3;
const GRACE: Duration = Duration::from_millis(500);

/// Runs all mutations of all tests.
pub(crate) fn run(options: &Options, tests: &[Test], wake: &Wake) -> ExitCode {
    let mut good = true;
    for test in tests {
        if wake.asked_to_stop() {
            return ExitCode::FAILURE;
        }
        good &= run_test(options, test, wake);
    }
    println!("DONE");
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_test(options: &Options, test: &Test, wake: &Wake) -> bool {
    let name = test.title();
    let start = Instant::now();
    let whole = exec::run(options, test, &[], wake);
    if whole.verdict != Verdict::Passed {
        println!("BROKEN {name}: {:?}", whole.verdict);
        return false;
    }
    let limit = test.timeout.unwrap_or(options.timeout).min(start.elapsed() * FACTOR + GRACE);
    let test = Test { timeout: Some(limit), ..test.clone() };
    let mut good = true;
    for (call, nr) in &test.calls {
        for (mode, way) in WAYS {
            let outcome = exec::run(options, &test, &[Mutation { nr: *nr, mode }], wake);
            let word = match outcome.verdict {
                Verdict::Passed => "SURVIVED",
                Verdict::NotRun(_) => "NOT-RUN",
                _ => "KILLED",
            };
            good &= word == "KILLED";
            println!("{word} {name} {call} {way}");
        }
    }
    good
}
