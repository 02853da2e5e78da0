//! The on-target test runner reports each kind of bad test as such: failing, crashing, hanging, leaking, missing.

use boot_tests::{guest, on_linux};
use std::path::PathBuf;
use xtask::builds;
use xtask::guest::{GuestBuilder, Outcome};

fn program(name: &str) -> PathBuf {
    let built = builds::packages(&["test-runner"]).expect("builds");
    built.into_iter().find(|(n, _)| n == name).expect("both programs are built").1
}

/// A guest in which the runner runs this list.
fn runner<'a>(list: &str) -> GuestBuilder<'a> {
    guest()
        .smp(2)
        .add(program("test-runner"), "/bin/test-runner")
        .add(program("runner-fixture"), "/tests/linux/runner-fixture")
        .add_bytes(list, "/tests/list", 0o644)
        .args(["test-runner", "--list", "/tests/list"])
}

fn report(list: &str) -> (Outcome, String) {
    let outcome = runner(list).run().expect("boots");
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    (outcome, text)
}

#[track_caller]
fn has_line(text: &str, start: &str) {
    assert!(text.lines().any(|l| l.starts_with(start)), "no line {start:?} in:\n{text}");
}

/// F22: a test that fails in any way is not a pass, and the runner says how.
#[test]
fn bad_tests_are_reported() {
    let (outcome, text) = report(
        "runner-fixture arg=pass\nrunner-fixture arg=fail\nrunner-fixture arg=crash\n\
         runner-fixture arg=hang timeout_s=3\nrunner-fixture arg=skip\nrunner-fixture arg=leak\n",
    );
    has_line(&text, "PASS runner-fixture pass");
    has_line(&text, "FAIL runner-fixture fail: exit status 3");
    has_line(&text, "FAIL runner-fixture crash: killed by signal 11");
    has_line(&text, "TIMEOUT runner-fixture hang: 3 s");
    has_line(&text, "SKIP runner-fixture skip: ");
    if on_linux() {
        has_line(&text, "runner: 6 run of 6 listed, 2 passed, 3 failed, 1 skipped");
    } else {
        has_line(&text, "LEAK runner-fixture leak: ");
        has_line(&text, "runner: 6 run of 6 listed, 1 passed, 4 failed, 1 skipped");
    }
    assert_eq!(outcome.code(), 1);
}

/// What leaked or hung is gone for the next test: only the guilty one is reported.
#[test]
fn the_next_test_starts_clean() {
    let (_, text) = report("runner-fixture arg=leak\nrunner-fixture arg=hang timeout_s=2\nrunner-fixture arg=pass\n");
    has_line(&text, "PASS runner-fixture pass");
}

/// A test that takes more than it may has failed, though it passed; one that takes everything is stopped, and the next begins
/// with a budget of its own.
#[test]
fn a_budget_is_kept() {
    if on_linux() {
        return;
    }
    let (outcome, text) = report(
        "runner-fixture arg=hog\nrunner-fixture arg=glutton\nrunner-fixture arg=crowd\n\
         runner-fixture arg=hog arg=granted budget=memory:80M\nrunner-fixture arg=pass\n",
    );
    has_line(&text, "FAIL runner-fixture hog: it took ");
    has_line(&text, "FAIL runner-fixture glutton: killed by signal 9; it took ");
    has_line(&text, "FAIL runner-fixture crowd: it took 140 of pids, its budget has 128");
    has_line(&text, "PASS runner-fixture hog granted");
    has_line(&text, "PASS runner-fixture pass");
    has_line(&text, "runner: 5 run of 5 listed, 2 passed, 3 failed, 0 skipped");
    assert_eq!(outcome.code(), 1);
}

/// F34: a list that cannot be run to its end is a failure.
#[test]
fn a_missing_test_is_reported() {
    let (outcome, text) = report("runner-fixture arg=pass\nno_such_test\n");
    has_line(&text, "FAIL no_such_test: ");
    has_line(&text, "runner: 1 run of 2 listed, 1 passed, 1 failed, 0 skipped");
    assert_eq!(outcome.code(), 1);
}

#[test]
fn an_empty_list_is_refused() {
    let (outcome, text) = report("# nothing\n");
    assert_eq!(outcome.code(), 2, "{text}");
}
