//! How a run ends: the program's status, a signal, a time-out, and the door `./x run` around it.

use boot_tests::{guest, on_linux, shell};
use std::io::{BufRead, BufReader};
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

/// One clear sentence on standard error, before anything is booted.
#[test]
fn the_door_says_126_when_it_cannot_begin() {
    for (options, sentence) in [
        (["--initramfs", "/nonexistent/file"], "/nonexistent/file"),
        (["--rootfs", "/etc/passwd"], "/etc/passwd is neither a directory nor a tar archive"),
        (["--rootfs", "/nonexistent/dir"], "/nonexistent/dir"),
        (["--add", "/nonexistent/tree:/x"], "/nonexistent/tree"),
        (["--add", "no-colon"], "HOST:GUEST is wanted"),
        (["--disk", "image"], "--disk: not yet"),
    ] {
        let mut door = Command::new(paths::tree().join("x"));
        let output = door.arg("run").args(options).args(["--", "true"]).stdin(Stdio::null()).output().expect("starts");
        assert_eq!(output.status.code(), Some(126), "{options:?}");
        assert_eq!(output.stdout, b"");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(sentence) && errors.lines().count() == 1, "{errors}");
    }
}

/// What is no program: not found is 127, found and not to be run 126, as a shell has it.
#[test]
fn a_file_that_is_no_program_is_126() {
    for (name, status) in [("/tmp", 126_u8), ("/etc/passwd", 126), ("/nonexistent", 127), ("", 127)] {
        let outcome = guest().arg(name).run().expect("boots");
        assert_eq!((outcome.code(), outcome.stdout.as_slice()), (status, b"".as_slice()), "{name}");
    }
}

/// A caller with odd standard streams, or none of the environment that a login gives, gets the same.
#[test]
fn the_door_takes_odd_streams_and_environments() {
    for (line, status, output) in [
        ("run -- cat <&-", 0, ""),
        ("run -- cat </", 0, ""),
        ("run -- sh -c 'wc -c; exit 4' <x", 4, "SIZE"),
        ("run -- echo hi 2>&-", 0, "hi"),
    ] {
        let tree = paths::tree();
        let size = std::fs::metadata(tree.join("x")).expect("is there").len().to_string();
        let mut door = Command::new("sh");
        let line = line.replace("run", if on_linux() { "./x linux run" } else { "./x run" });
        door.args(["-c", &line]).current_dir(&tree).env_remove("TERM");
        let got = door.output().expect("starts");
        let (out, errors) = (String::from_utf8_lossy(&got.stdout), String::from_utf8_lossy(&got.stderr));
        assert_eq!(
            (got.status.code(), out.trim_end()),
            (Some(status), output.replace("SIZE", &size).as_str()),
            "{line}: {errors}"
        );
    }
}

/// A signal that asks the door to end ends the guest with it.
#[test]
fn a_signal_to_the_door_ends_the_guest() {
    let mut door = Command::new(paths::tree().join("x"));
    door.args(if on_linux() { ["linux", "run"].as_slice() } else { &["run"] });
    door.args(["--", "sh", "-c", "echo up; sleep 100000"]);
    let mut child = door.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("starts");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    assert_eq!(line, "up\n");
    // The shell's own: there may be no other.
    let asked = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status().expect("starts");
    assert!(asked.success());
    assert_eq!(child.wait().expect("ends").code(), Some(143));
    // The end of its output: nobody else holds the pipe.
    assert_eq!(output.read_line(&mut line).expect("the end"), 0);
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
