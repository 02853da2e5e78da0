//! What cargo runs on the host: unit tests, models under loom, and the tests that boot guests.
//!
//! Cargo's own words are read: the line of each test, the totals of each binary, and how many
//! binaries were started, so that one which dies without totals is a failure.

use super::tally::Tally;
use crate::check::{HostPart, Tree, host_packages};
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use xtask::builds::cargo_command;
use xtask::paths;

/// How many cases proptest tries, and how many of them a full run wants.
const CASES: &str = "PROPTEST_CASES";
const FULL_CASES: &str = "3000";

/// Whether the output is shown as it comes, for what takes minutes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    Failures,
    All,
}

/// Unit and property tests of everything that builds for the host.
///
/// With `full` each property is tried with many more cases, the fuzzers of all decoders among them.
pub(super) fn unit(tree: &Tree, only: Option<&str>, full: bool) -> Result<Tally> {
    let packages = host_packages(tree, HostPart::Units)?;
    let mut command = cargo_command();
    command.args(["test", "--no-fail-fast"]);
    for package in &packages {
        command.args(["-p", package]);
    }
    command.arg("--").args(only);
    if full && std::env::var_os(CASES).is_none() {
        command.env(CASES, FULL_CASES);
    }
    run(command, Show::Failures)
}

/// The models: the same crates built with `--cfg loom`, in a target directory of their own.
///
/// A model is a test with `model` in its path; a crate that has them and runs none has failed. With `full` those that take minutes too.
pub(super) fn models(tree: &Tree, only: Option<&str>, full: bool) -> Result<Tally> {
    let mut tally = Tally::default();
    for package in host_packages(tree, HostPart::Models)? {
        let mut command = cargo_command();
        command
            .args(["test", "--release", "--lib", "--no-fail-fast", "-p", &package])
            .arg("--target-dir")
            .arg(paths::scratch()?.join("loom"))
            .args(["--", "model"])
            .args(full.then_some("--include-ignored"))
            .env("RUSTFLAGS", "--cfg loom");
        let mut part = run(command, Show::Failures)?;
        if only.is_none() && part.passed + part.failures.len() == 0 {
            part.fail("has models, and none was run");
        }
        tally.add(&package, part);
    }
    Ok(tally)
}

/// The tests that boot guests; with `full` those that take minutes too.
pub(super) fn boot(only: Option<&str>, full: bool) -> Result<Tally> {
    let mut command = cargo_command();
    command.args(["test", "--no-fail-fast", "-p", "boot-tests", "--"]);
    // Each guest keeps one host core busy, some two.
    command.args(["--test-threads", "2"]).args(full.then_some("--include-ignored")).args(only);
    run(command, Show::All)
}

fn run(mut command: Command, show: Show) -> Result<Tally> {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cannot start cargo")?;
    let mut stderr = child.stderr.take().context("no pipe")?;
    let messages = thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stderr.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let mut output = String::new();
    for line in BufReader::new(child.stdout.take().context("no pipe")?).lines() {
        let line = line.unwrap_or_else(|_| "(not UTF-8)".into());
        if show == Show::All && line.starts_with("test ") {
            println!("  {line}");
            let _ = std::io::stdout().flush();
        }
        output.push_str(&line);
        output.push('\n');
    }
    let good = child.wait()?.success();
    let messages = messages.join().unwrap_or_default();
    let tally = judge(&output, &messages, good);
    if !tally.failures.is_empty() {
        println!("{output}\n{messages}");
    }
    Ok(tally)
}

/// Reads cargo's standard output and error.
fn judge(output: &str, messages: &str, good: bool) -> Tally {
    let mut tally = Tally::default();
    let mut totals = 0;
    for line in output.lines() {
        if let Some(result) = line.strip_prefix("test result: ") {
            totals += 1;
            tally.passed += number_before(result, " passed");
            tally.skipped += number_before(result, " ignored");
        } else if let Some(name) = line.strip_prefix("test ").and_then(|l| l.strip_suffix(" ... FAILED")) {
            tally.fail(name);
        }
    }
    let started = |l: &&str| {
        let line = l.trim_start();
        line.starts_with("Running ") || line.starts_with("Doc-tests ")
    };
    let binaries = messages.lines().filter(started).count();
    if binaries > totals {
        tally.fail(format!("{} of {binaries} test binaries ended without totals", binaries - totals));
    }
    if !good && tally.failures.is_empty() {
        let last = messages.lines().rev().find(|l| l.starts_with("error")).unwrap_or("no message");
        tally.fail(format!("cargo test failed: {last}"));
    }
    tally
}

/// The number right before `word`, 0 if there is none.
fn number_before(text: &str, word: &str) -> usize {
    let head = text.split(word).next().filter(|head| head.len() < text.len());
    let number = head.and_then(|h| h.rsplit([' ', ';']).next());
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &str = "test a::b ... ok\ntest a::c ... FAILED\n\
        test result: FAILED. 12 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.1s\n";

    #[test]
    fn totals_are_read() {
        let tally = judge(RESULT, "     Running unittests src/lib.rs (x)\n", false);
        assert_eq!((tally.passed, tally.skipped), (12, 2));
        assert_eq!(tally.failures, ["a::c"]);
    }

    #[test]
    fn a_binary_that_dies_is_a_failure() {
        let messages = "     Running unittests src/lib.rs (x)\n     Running tests/y.rs (y)\n";
        assert_eq!(judge(RESULT, messages, false).failures.len(), 2);
    }

    #[test]
    fn what_does_not_compile_is_a_failure() {
        let tally = judge("", "error[E0425]: no\nerror: could not compile `x`\n", false);
        assert_eq!(tally.failures, ["cargo test failed: error: could not compile `x`"]);
        assert!(judge("", "", true).failures.is_empty());
    }
}
