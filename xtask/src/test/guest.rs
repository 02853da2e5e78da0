//! The contract tests in a guest: the same programs and the same runner on rvOS and on Linux.
//!
//! [`System`] says where and how; the runner's lines are shown as they come and judged by `report.rs`.

use super::expectations::{Expectations, Outcome as Expected};
use super::libc::Libc;
use super::programs::{self, Suite};
use super::report;
use super::tally::Tally;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::time::Duration;
use xtask::builds::{self, Profile};
use xtask::guest::{Ending, Guest, GuestBuilder, Outcome};

/// Wall time for one run of the whole list.
const LIMIT: Duration = Duration::from_mins(15);

/// The same, with all that the tests can do.
const FULL_LIMIT: Duration = Duration::from_mins(40);

/// How much is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// What a change needs.
    Quick,
    /// Everything there is.
    Full,
}

/// Where tests run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// rvOS on one hart, time counted in instructions: exact.
    RvosExact,
    /// rvOS on four harts that really run at once.
    RvosSmp,
    /// The same, with programs that are linked with musl.
    RvosMusl,
    /// Debian's Linux, four harts.
    Linux,
}

impl System {
    /// The stage's name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            System::RvosExact => "rvOS, 1 hart",
            System::RvosSmp => "rvOS, 4 harts",
            System::RvosMusl => "rvOS, 4 harts, musl",
            System::Linux => "Linux",
        }
    }

    /// The name in `expectations.toml`.
    pub(super) fn key(self) -> &'static str {
        match self {
            System::RvosExact | System::RvosSmp => "rvos",
            System::RvosMusl => "musl",
            System::Linux => "linux",
        }
    }

    fn libc(self) -> Libc {
        if self == System::RvosMusl { Libc::Musl } else { Libc::Glibc }
    }

    /// A guest of this kind, with room for the tests.
    pub(crate) fn builder<'a>(self) -> GuestBuilder<'a> {
        let builder = Guest::builder().mem("1G").profile(Profile::Checked).timeout(LIMIT);
        match self {
            System::RvosExact => builder.smp(1).icount(true),
            System::RvosSmp | System::RvosMusl => builder.smp(4),
            System::Linux => builder.smp(4).linux(true),
        }
    }
}

/// Where an instruction takes a nanosecond: the longest that preemption may be off. 100,000 are wanted; after
/// storms of processes and threads a way through `sched::leave` takes up to 151,000.
const MOST_PREEMPT_OFF_NS: u64 = 200_000;
/// Tests that know of a longer one: thousands of orphans handed over at once, a table of thousands of descriptors copied, and
/// names of functions unpacked for who reads them.
const LONGER_NS: [(&str, u64); 3] = [("fork_flood", 8_000_000), ("fragmented_memory", 500_000), ("latency_counts", 2_000_000)];

/// The runner, built for the guest.
pub(crate) fn runner() -> Result<PathBuf> {
    let built = builds::packages(&["test-runner"])?;
    let found = built.into_iter().find(|(name, _)| name == "test-runner");
    Ok(found.context("cargo built no test-runner")?.1)
}

/// Builds the tests and runs them on each of the systems.
pub(super) fn run(systems: &[System], only: Option<&str>, amount: Amount) -> Result<Tally> {
    let all = programs::find(None)?;
    let names: Vec<String> = all.iter().map(|t| t.name.clone()).collect();
    let tests: Vec<_> = all.into_iter().filter(|t| programs::is_meant(only, &t.name)).collect();
    let mut tally = Tally::default();
    if tests.is_empty() {
        return Ok(tally);
    }
    let known_names: Vec<&str> = names.iter().map(String::as_str).collect();
    for system in systems {
        let known = Expectations::load(system.key(), &known_names)?;
        let (later, now): (Vec<_>, Vec<_>) = tests
            .iter()
            .filter(|t| t.is_c() || system.libc() == Libc::Glibc)
            .filter(|t| system != &System::Linux || !t.is_native())
            .filter(|t| amount == Amount::Full || !t.is_full())
            .cloned()
            .partition(|t| known.of(&t.name) == Some(Expected::Later));
        println!("-- tests/linux on {}: {} tests, {} not yet", system.name(), now.len(), later.len());
        tally.skipped += later.len();
        if !now.is_empty() {
            let suite = programs::build(now, "suite", system.libc())?;
            tally.add(system.name(), run_suite(*system, &suite, &known, amount)?);
        }
    }
    Ok(tally)
}

/// A guest of rvOS in which a person can type `ktest`: all tests that are to pass, their list, and the runner.
pub(crate) fn with_tests(builder: GuestBuilder<'static>) -> Result<GuestBuilder<'static>> {
    let all = programs::find(None)?;
    let names: Vec<&str> = all.iter().map(|t| t.name.as_str()).collect();
    let known = Expectations::load(System::RvosExact.key(), &names)?;
    let now = all.iter().filter(|t| known.of(&t.name) != Some(Expected::Later)).cloned().collect();
    let suite = programs::build(now, "ktest", Libc::Glibc)?;
    Ok(builder.add(&suite.dir, "/tests/linux").add(runner()?, "/bin/ktest"))
}

fn run_suite(system: System, suite: &Suite, known: &Expectations, amount: Amount) -> Result<Tally> {
    let mut words = vec!["test-runner".to_owned(), "--list".to_owned(), "/tests/linux/list".to_owned()];
    if amount == Amount::Full {
        words.push("--full".to_owned());
    }
    if system == System::RvosExact {
        words.extend(["--most-preempt-off".to_owned(), MOST_PREEMPT_OFF_NS.to_string()]);
        for (name, ns) in LONGER_NS {
            words.extend(["--preempt-off-of".to_owned(), format!("{name}={ns}")]);
        }
    }
    let limit = if amount == Amount::Full { FULL_LIMIT } else { LIMIT };
    let (text, outcome) = listen(guest(system, suite)?.args(words).timeout(limit))?;
    let wanted: Vec<&str> = suite.tests.iter().map(|t| t.name.as_str()).collect();
    let mut tally = report::judge(&report::parse(&text), &wanted, known);
    if let Some(trouble) = trouble(&outcome) {
        tally.fail(trouble);
    }
    Ok(tally)
}

/// A guest with the suite in `/tests/linux` and the runner in `/bin`.
pub(super) fn guest<'a>(system: System, suite: &Suite) -> Result<GuestBuilder<'a>> {
    ensure!(!suite.tests.is_empty(), "no test to run");
    Ok(system.builder().add(&suite.dir, "/tests/linux").add(runner()?, "/bin/test-runner"))
}

/// Runs a guest, showing the program's lines other than passes, and answers all it printed.
pub(super) fn listen(builder: GuestBuilder<'_>) -> Result<(String, Outcome)> {
    let mut bytes = Vec::new();
    let mut line = Vec::new();
    let outcome = builder
        .on_stdout(|new| {
            bytes.extend_from_slice(new);
            line.extend_from_slice(new);
            while let Some(end) = line.iter().position(|b| *b == b'\n') {
                let whole: Vec<u8> = line.drain(..=end).collect();
                if !whole.starts_with(b"PASS ") && !whole.starts_with(b"KILLED ") {
                    print!("   {}", String::from_utf8_lossy(&whole));
                }
            }
        })
        .run()?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), outcome))
}

/// What is wrong with the guest itself, with the end of what its console said.
pub(super) fn trouble(outcome: &Outcome) -> Option<String> {
    // The runner's own status says only that tests failed.
    if matches!(outcome.status, Ending::Exited(_)) {
        return None;
    }
    let console = String::from_utf8_lossy(&outcome.console);
    let lines: Vec<&str> = console.lines().collect();
    let last = lines.get(lines.len().saturating_sub(60)..).unwrap_or_default().join("\n     ");
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    let why = outcome.trouble.as_deref().unwrap_or("the runner was killed");
    Some(format!("{why} ({:?})\n     {last}\n{stderr}", outcome.status))
}
