//! The lines that the host reads, on standard output.
//!
//! A line a test: `PASS NAME`, `FAIL NAME: WHY`, `TIMEOUT NAME: N s`,
//! `SKIP NAME: WHY`; `LEAK NAME: COUNTER a->b, …`, alone where the test had
//! passed and after its own line otherwise. What a test printed follows its
//! line, indented by four, unless it passed or was skipped. The last line is
//! `runner: N run of M listed, P passed, F failed, S skipped`.

use std::process::ExitCode;

use crate::exec::{Outcome, Verdict};
use crate::list::Test;

/// Prints the lines of one test.
pub(crate) fn print(test: &Test, outcome: &Outcome) {
    let title = test.title();
    let leaks = outcome.leaks.join(", ");
    match &outcome.verdict {
        Verdict::Passed if leaks.is_empty() => println!("PASS {title}"),
        Verdict::Passed => {}
        Verdict::Failed(why) | Verdict::NotRun(why) => println!("FAIL {title}: {why}"),
        Verdict::TimedOut(after) => println!("TIMEOUT {title}: {} s", after.as_secs()),
        Verdict::Skipped(why) => println!("SKIP {title}: {why}"),
    }
    if !leaks.is_empty() {
        println!("LEAK {title}: {leaks}");
    }
    if failed(outcome) {
        for line in outcome.output.lines() {
            println!("    {line}");
        }
    }
}

/// Prints what a test took at most.
pub(crate) fn print_peaks(test: &Test, outcome: &Outcome) {
    if let Some(peaks) = &outcome.peaks {
        println!("PEAK {}:{peaks}", test.title());
    }
}

/// Says on standard error why there is nothing to run; the exit status is 2.
pub(crate) fn refuse(message: &str) -> ExitCode {
    eprintln!("test-runner: {message}");
    ExitCode::from(2)
}

/// How many came out how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    listed: usize,
    run: usize,
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Tally {
    /// Nothing ran yet.
    pub(crate) fn new(listed: usize) -> Self {
        Self { listed, run: 0, passed: 0, failed: 0, skipped: 0 }
    }

    /// Counts one test in exactly one of passed, failed and skipped.
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        self.run += usize::from(!matches!(outcome.verdict, Verdict::NotRun(_)));
        match (failed(outcome), &outcome.verdict) {
            (true, _) => self.failed += 1,
            (false, Verdict::Skipped(_)) => self.skipped += 1,
            (false, _) => self.passed += 1,
        }
    }

    /// Prints the last line. Fewer tests run than listed is a failure, too.
    pub(crate) fn finish(self) -> ExitCode {
        let Self { listed, run, passed, failed, skipped } = self;
        println!("runner: {run} run of {listed} listed, {passed} passed, {failed} failed, {skipped} skipped");
        if failed == 0 && run == listed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn failed(outcome: &Outcome) -> bool {
    !outcome.leaks.is_empty() || !matches!(outcome.verdict, Verdict::Passed | Verdict::Skipped(_))
}
