//! `test-runner`, on a machine for people `ktest`: runs tests on the target, one by one; the same binary on rvOS and on Linux.
//!
//! What to run comes from the arguments or a list file ([`list`]), and nothing
//! else is known about a test. Each runs in a session and a scratch directory
//! of its own, with a deadline ([`exec`], [`capture`]) and on rvOS a [`budget`]; then everything it left
//! running is killed ([`stragglers`]), and on rvOS the kernel's [`counters`]
//! must be back where they were. [`report`] has the lines that hosts read.
//!
//! ```text
//! ktest [--full] [--list FILE] [--dir DIR] [--only PATTERN] [--timeout S]
//!       [--peaks] [--mutants] [--mutate NR:MODE]... [NAME...]
//! ```

mod budget;
mod capture;
mod counters;
mod exec;
mod list;
mod mutants;
mod options;
mod report;
mod steady;
mod stragglers;
mod stretch;
mod wake;

use std::process::ExitCode;

use exec::{Outcome, Verdict};
use list::Test;
use options::{Options, Purpose};
use report::Tally;
use wake::Wake;

/// Runs the tests; 0 when all that were listed ran and none failed, else 1;
/// 2 when it is not clear what to run.
fn main() -> ExitCode {
    let options = match options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => return ExitCode::SUCCESS,
        Err(message) => return report::refuse(&message),
    };
    let tests = match options.tests() {
        Ok(tests) => tests,
        Err(message) => return report::refuse(&message),
    };
    steady::memory();
    stragglers::adopt_orphans();
    let wake = match Wake::install() {
        Ok(wake) => wake,
        Err(e) => return report::refuse(&format!("signal handlers: {e}")),
    };
    match options.purpose {
        Purpose::System => run_all(&options, &tests, &wake).finish(),
        Purpose::Mutants => mutants::run(&options, &tests, &wake),
    }
}

/// On several harts it takes a few until each has what it keeps for itself.
const WARM_UPS: usize = 8;

fn run_all(options: &Options, tests: &[Test], wake: &Wake) -> Tally {
    let mut tally = Tally::new(tests.len());
    // The first child makes the runner touch whatever it will touch later, so
    // that the counters before the first test already include it.
    // Whoever forwards what is printed touches memory of its own for that.
    println!("runner: {} tests", tests.len());
    let mut now = counters::read();
    for _ in 0..WARM_UPS {
        if !counters::present() {
            break;
        }
        // Process 1 carries it to the console and may touch memory for that.
        println!("runner: warms up");
        if run_one(options, &Test::warm_up(), wake, &mut now).leaks.is_empty() {
            break;
        }
    }
    for test in tests {
        if wake.asked_to_stop() {
            break;
        }
        let outcome = run_one(options, test, wake, &mut now);
        report::print(test, &outcome);
        if options.peaks {
            report::print_peaks(test, &outcome);
        }
        tally.add(&outcome);
    }
    tally
}

/// One test between two readings of the counters. `now` is the last one, from the end of the test before: after it the
/// result was printed, and on several harts whoever takes that may not be waiting again when this test begins.
fn run_one(options: &Options, test: &Test, wake: &Wake, now: &mut counters::Reading) -> Outcome {
    stretch::forget();
    let mut outcome = exec::run(options, test, &options.mutations, wake);
    if !matches!(outcome.verdict, Verdict::NotRun(_)) {
        let stretch = options.most_preempt_off_of(test).and_then(stretch::above);
        outcome.leaks = counters::leaks(now);
        outcome.leaks.extend(stretch);
    }
    outcome
}
