//! `./x test --mutants`: does a test notice when the call that it names is broken?
//!
//! Each test runs once for each call on its `// calls:` line and each way to break it: the call
//! answers ENOSYS, or 0 without acting. A run that still passes is a survivor, and a failure here.
//! On rvOS the kernel breaks the call (`debug_mutate`) and the runner drives it, in virtual time, so
//! that a test which hangs costs little; on Linux a seccomp filter breaks it
//! (`tests/linux-mutants/mutate.c`) and the shell drives it. One boot either way.

use super::expectations::Expectations;
use super::guest::{System, guest, listen, trouble};
use super::libc::Libc;
use super::programs::{self, Suite};
use super::tally::Tally;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;
use xtask::paths;

/// Mutations that no test can notice, with the reason.
const ALLOWED: &str = "tests/linux/survivors.toml";
/// The two ways to break a call, as `mutate` and the runner take them.
const MODES: [(&str, &str); 2] = [("1", "ENOSYS"), ("2", "no-op")];

#[derive(Deserialize)]
struct Survivor {
    reason: String,
}

/// Runs all mutations on one system.
pub(super) fn run(system: System, only: Option<&str>) -> Result<Tally> {
    let tests = tests(system, only)?;
    let wanted = mutations(&tests);
    let suite = programs::build(tests, "mutants", Libc::Glibc)?;
    println!("-- {} mutations of {} tests on {}", wanted.len(), suite.tests.len(), system.name());
    let builder = guest(system, &suite)?.timeout(Duration::from_mins(60));
    let builder = if system == System::Linux {
        let mutate = programs::build_program("mutate", &[paths::tree().join("tests/linux-mutants/mutate.c")], &[])?;
        builder.add(mutate, "/bin/mutate").add_bytes(script(&suite), "/tests/mutants.sh", 0o644).args(["sh", "/tests/mutants.sh"])
    } else {
        builder.add_bytes(list(&suite), "/tests/list", 0o644).args(["test-runner", "--mutants"])
    };
    let (text, outcome) = listen(builder)?;
    let mut tally = judge(&text, &wanted, &allowed()?);
    if let Some(trouble) = trouble(&outcome) {
        tally.fail(trouble);
    }
    Ok(tally)
}

/// The tests that name calls and that this system is expected to pass.
fn tests(system: System, only: Option<&str>) -> Result<Vec<programs::Test>> {
    let all = programs::find(None)?;
    let names: Vec<&str> = all.iter().map(|t| t.name.as_str()).collect();
    let known = Expectations::load(system.key(), &names)?;
    let fits =
        |t: &programs::Test| programs::is_meant(only, &t.name) && known.of(&t.name).is_none() && t.calls().next().is_some();
    Ok(all.iter().filter(|t| fits(t)).cloned().collect())
}

/// The runner's list with the calls to break.
fn list(suite: &Suite) -> String {
    let mut text = String::new();
    for test in &suite.tests {
        text.push_str(programs::list_line(test).trim_end());
        for (call, number) in test.calls().filter_map(|c| Some((c, abi::call_by_name(c)?.number))) {
            let _ = write!(text, " mutate={call}:{number}");
        }
        text.push('\n');
    }
    text
}

/// `TEST CALL MODE` for every run.
fn mutations(tests: &[programs::Test]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for test in tests {
        for call in test.calls() {
            all.extend(MODES.map(|(_, mode)| format!("{} {call} {mode}", test.name)));
        }
    }
    all
}

/// Linux's part: `KILLED TEST CALL MODE` or `SURVIVED …` for every run.
fn script(suite: &Suite) -> String {
    let mut text = String::from("cd /tmp\ntry() {\n    number=$1 mode=$2; shift 2\n");
    // A test that hangs on a broken call has noticed; so has one that skips or cannot even start.
    text.push_str("    if timeout -s KILL 20 mutate $number $mode /tests/linux/$1 >/dev/null 2>&1 </dev/null\n");
    text.push_str("    then echo SURVIVED $*; else echo KILLED $*; fi\n}\n");
    for test in &suite.tests {
        for call in test.calls() {
            let Some(number) = abi::call_by_name(call).map(|c| c.number) else {
                continue;
            };
            for (mode, name) in MODES {
                let _ = writeln!(text, "try {number} {mode} {} {call} {name}", test.name);
            }
        }
    }
    text.push_str("echo DONE\n");
    text
}

fn allowed() -> Result<BTreeMap<String, Survivor>> {
    match fs::read_to_string(paths::tree().join(ALLOWED)) {
        Ok(text) => toml::from_str(&text).context(ALLOWED),
        Err(_) => Ok(BTreeMap::new()),
    }
}

fn judge(text: &str, wanted: &BTreeSet<String>, allowed: &BTreeMap<String, Survivor>) -> Tally {
    let mut tally = Tally::default();
    let lines = |word: &str| -> BTreeSet<&str> { text.lines().filter_map(|l| l.strip_prefix(word)?.strip_prefix(' ')).collect() };
    let (killed, survived) = (lines("KILLED"), lines("SURVIVED"));
    for mutation in wanted.iter().map(String::as_str) {
        let excused = allowed.get(mutation).is_some_and(|s| s.reason.len() >= 15);
        match (killed.contains(mutation), survived.contains(mutation)) {
            (true, false) if excused => tally.fail(format!("{mutation}: is noticed, and {ALLOWED} says otherwise")),
            (true, false) => tally.passed += 1,
            (false, true) if excused => tally.skipped += 1,
            (false, true) => tally.fail(format!("{mutation}: survives")),
            _ => tally.fail(format!("{mutation}: was not run")),
        }
    }
    for broken in text.lines().filter(|l| l.starts_with("BROKEN ")) {
        tally.fail(broken);
    }
    if !text.lines().any(|l| l == "DONE") {
        tally.fail("the mutation run did not get to its end");
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survivors_fail_unless_excused() {
        let wanted = ["a dup ENOSYS", "a dup no-op", "b dup ENOSYS"].map(String::from).into();
        let text = "KILLED a dup ENOSYS\nSURVIVED a dup no-op\nDONE\n";
        let none = BTreeMap::new();
        let tally = judge(text, &wanted, &none);
        assert_eq!(tally.passed, 1);
        assert_eq!(tally.failures, ["a dup no-op: survives", "b dup ENOSYS: was not run"]);
        let excuse = Survivor { reason: "cannot be told from outside".into() };
        let tally = judge(text, &wanted, &BTreeMap::from([("a dup no-op".into(), excuse)]));
        assert_eq!((tally.skipped, tally.failures.len()), (1, 1));
    }
}
