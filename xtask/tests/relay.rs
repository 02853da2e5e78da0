//! The relay between host and guest, with a shell script in QEMU's place.

use std::process::Command;
use std::time::{Duration, Instant};
use xtask::relay::{End, Finished, Relay, Sink, Source, Wire};

/// The magic and "ready for standard input", for printf(1).
const START: &str = r"boot noise\n\001RVOS\002S\n\004\000\000";
/// "Exited with 7", for printf(1).
const EXIT_7: &str = r"\003\004\000\000\007\000\000";

fn relay(wire: Wire, stdin: &[u8], limit: Duration) -> Relay<'static> {
    Relay {
        wire,
        stdin: Source::Bytes(stdin.to_vec()),
        stdout: Sink::Memory(Vec::new()),
        stderr: Sink::Memory(Vec::new()),
        deadline: Some(Instant::now() + limit),
        signals: None,
    }
}

fn run(wire: Wire, stdin: &[u8], script: &str) -> Finished<'static> {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]);
    relay(wire, stdin, Duration::from_secs(30)).run(shell).expect("sh starts")
}

fn stdout<'a>(finished: &'a Finished<'_>) -> &'a [u8] {
    match &finished.stdout {
        Sink::Memory(bytes) => bytes,
        Sink::Fd(_) | Sink::Callback(_) => &[],
    }
}

#[test]
fn output_and_status() {
    let script = format!(r"printf '{START}\001\002\000hi\002\001\000e{EXIT_7}'");
    let finished = run(Wire::Session, b"", &script);
    assert_eq!(finished.end, End::Stopped { status: Some(0x700), qemu: Some(0) });
    assert_eq!(stdout(&finished), b"hi");
    assert_eq!(finished.boot.as_deref(), Some(b"boot noise\n".as_slice()));
    assert!(matches!(finished.stderr, Sink::Memory(bytes) if bytes == b"e"));
}

#[test]
fn standard_input_comes_in_frames() {
    let script = format!(r"printf '{START}'; head -c 1506 >&2; printf '{EXIT_7}'");
    let finished = run(Wire::Session, &[b'x'; 1500], &script);
    // Frames of 1024 and 476 bytes, then EOF.
    let expected = [&[0, 4], [b'x'; 1024].as_slice(), &[0xdc, 1], &[b'x'; 476], &[0, 0]].concat();
    assert_eq!(finished.qemu_stderr, expected);
}

#[test]
fn standard_input_waits_for_credit() {
    // Ready for 3 bytes only: a frame of 3, and nothing more.
    let script = format!(r"printf '\001RVOS\002S\n\004\004\000\003\000\000\000'; head -c 5 >&2; printf '{EXIT_7}'");
    let finished = run(Wire::Session, b"abcdef", &script);
    assert_eq!(finished.end, End::Stopped { status: Some(0x700), qemu: Some(0) });
    assert_eq!(finished.qemu_stderr, b"\x03\0abc");
}

#[test]
fn a_guest_that_reads_nothing_and_writes_much() {
    let frame = r"\001\000\020";
    let script = format!(
        "printf '{START}'; i=0; while [ $i -lt 512 ]; do printf '{frame}'; head -c 4096 /dev/zero; i=$((i+1)); done; printf '{EXIT_7}'"
    );
    let finished = run(Wire::Session, &vec![1; 4 << 20], &script);
    assert_eq!(finished.end, End::Stopped { status: Some(0x700), qemu: Some(0) });
    assert_eq!(stdout(&finished).len(), 512 * 4096);
}

#[test]
fn a_machine_that_stops_without_a_status() {
    let finished = run(Wire::Session, b"", &format!("printf '{START}'; echo 'kernel panic'; exit 125"));
    assert_eq!(finished.end, End::Stopped { status: None, qemu: Some(125) });
    assert_eq!(finished.noise, b"kernel panic\n");
}

#[test]
fn time_is_over() {
    let start = Instant::now();
    let mut sleep = Command::new("sleep");
    sleep.arg("60");
    let finished = relay(Wire::Session, b"", Duration::from_millis(300)).run(sleep).expect("sleep starts");
    assert_eq!(finished.end, End::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn the_plain_console_is_byte_exact() {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let finished = run(Wire::Console, &bytes, "head -c 100000");
    assert_eq!(stdout(&finished), bytes);
    assert_eq!(finished.end, End::Stopped { status: None, qemu: Some(0) });
}
