//! How a run ends: the program's status, a signal, a time-out, and the door `./x run` around it.

use boot_tests::{guest, on_linux, shell};
use std::process::{Command, Stdio};
use std::time::Duration;
use xtask::guest::Ending;
use xtask::paths;

#[test]
fn status_passes_through() {
    for status in [0_u8, 1, 7, 255] {
        let outcome = shell(&format!("exit {status}")).run().expect("boots");
        assert_eq!(outcome.status, Ending::Exited(status), "{:?}", outcome.trouble);
    }
}

#[test]
fn a_signal_is_128_plus_its_number() {
    for (name, number) in [("KILL", 9_u8), ("TERM", 15), ("SEGV", 11)] {
        let outcome = shell(&format!("kill -{name} $$")).run().expect("boots");
        assert_eq!(outcome.status, Ending::Killed(number));
        assert_eq!(outcome.code(), 128 + number);
    }
}

#[test]
fn a_missing_program_is_127() {
    let outcome = guest().arg("no-such-program").run().expect("boots");
    assert_eq!(outcome.code(), 127);
    assert!(String::from_utf8_lossy(&outcome.stderr).contains("no-such-program"));
    assert_eq!(outcome.stdout, b"");
}

#[test]
fn a_timeout_is_124() {
    let limit = Duration::from_secs(if on_linux() { 20 } else { 10 });
    let outcome = shell("echo started; sleep 100000").timeout(limit).run().expect("boots");
    assert_eq!(outcome.status, Ending::TimedOut);
    assert_eq!(outcome.code(), 124);
    assert_eq!(outcome.stdout, b"started\n");
}

#[test]
fn a_background_child_does_not_hold_the_run() {
    let outcome = shell("sleep 100000 & echo done; exit 3").run().expect("boots");
    assert_eq!((outcome.code(), outcome.stdout.as_slice()), (3, b"done\n".as_slice()));
}

/// The door itself, for 1, 2 and 4 harts: the status, and nothing on standard output beyond the program's.
#[test]
fn the_door_passes_a_pipeline_through() {
    for harts in ["1", "2", "4"] {
        let mut door = Command::new(paths::tree().join("x"));
        door.args(if on_linux() { ["linux", "run"].as_slice() } else { &["run"] });
        door.args(["--smp", harts, "--timeout", "170", "--"]);
        door.args(["sh", "-c", "seq 1 200000 | sort -rn | tail -1; exit 7"]);
        let output = door.stdin(Stdio::null()).output().expect("starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n", "{errors}");
        assert_eq!(output.status.code(), Some(7), "{errors}");
    }
}

#[test]
fn the_door_says_126_when_it_cannot_begin() {
    let mut door = Command::new(paths::tree().join("x"));
    door.args(["run", "--initramfs", "/nonexistent/file"]);
    let output = door.stdin(Stdio::null()).output().expect("starts");
    assert_eq!(output.status.code(), Some(126));
    assert_eq!(output.stdout, b"");
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nonexistent/file"));
}

/// A machine with more harts than the kernel uses runs on those it uses.
#[test]
fn harts_beyond_the_most_are_left_alone() {
    if on_linux() {
        return;
    }
    let outcome = shell("grep -c ^processor /proc/cpuinfo").smp(24).run().expect("boots");
    assert_eq!(outcome.stdout, b"16\n", "{:?}", outcome.trouble);
}

#[test]
fn the_door_refuses_machines_that_cannot_be() {
    for (option, value) in [("--smp", "0"), ("--smp", "99"), ("--mem", "10M"), ("--mem", "some")] {
        let mut door = Command::new(paths::tree().join("x"));
        let output = door.args(["run", option, value, "--", "true"]).stdin(Stdio::null()).output().expect("starts");
        assert_eq!(output.status.code(), Some(2), "{option} {value}");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(&format!("'{value}'")), "{errors}");
    }
}
