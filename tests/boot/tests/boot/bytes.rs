//! A scripted run's streams are byte-exact, both ways and apart.

use boot_tests::{guest, shell};

/// Every byte value, in an order without a short period.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn a_megabyte_both_ways() {
    let sent = noise(1 << 20);
    let outcome = guest().arg("cat").stdin(sent.clone()).run().expect("boots");
    assert_eq!(outcome.code(), 0, "{:?}", outcome.trouble);
    assert_eq!(outcome.stderr, b"");
    assert_eq!(outcome.stdout.len(), sent.len());
    assert!(outcome.stdout == sent, "bytes were changed");
}

#[test]
fn a_megabyte_on_standard_error() {
    let sent = noise(1 << 20);
    let outcome = shell("cat >&2; printf end").stdin(sent.clone()).run().expect("boots");
    assert_eq!(outcome.stdout, b"end");
    assert_eq!(outcome.stderr.len(), sent.len());
    assert!(outcome.stderr == sent, "bytes were changed");
}

#[test]
fn control_bytes_are_not_the_terminals() {
    // ^C, ^D, ^Z, ^S, CR and a lone frame header are data here.
    let sent = b"\x03\x04\x1a\x13\r\n\x01\0\0\x01RVOS\x02S\n\xff".to_vec();
    let outcome = guest().arg("cat").stdin(sent.clone()).run().expect("boots");
    assert_eq!(outcome.stdout, sent);
}

#[test]
fn no_stream_is_a_terminal() {
    let outcome = shell("for fd in 0 1 2; do [ -t $fd ] && echo $fd; done; echo none").run().expect("boots");
    assert_eq!(outcome.stdout, b"none\n");
}

#[test]
fn standard_input_may_stay_unread() {
    let outcome = shell("echo deaf; exit 5").stdin(noise(1 << 18)).run().expect("boots");
    assert_eq!((outcome.code(), outcome.stdout.as_slice()), (5, b"deaf\n".as_slice()));
}

#[test]
fn arguments_and_environment_arrive() {
    let outcome = guest()
        .args(["sh", "-c", "printf '%s|' \"$@\" \"$COLOUR\" \"$PWD\"", "sh", "a b", "", "ü\n"])
        .env("COLOUR", "dark blue")
        .cwd("/tmp")
        .run()
        .expect("boots");
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "a b||ü\n|dark blue|/tmp|");
}
