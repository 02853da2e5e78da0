//! Lines of calls, and the timeline: it parses, and what begins ends.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests may panic")]

use std::collections::BTreeMap;
use std::string::{String, ToString};
use std::vec::Vec;

use logic_trace::{CALL_HEADER_BYTES, CallRecord, Event, Phase, Record, put_part};
use proptest::prelude::*;
use serde_json::Value;

use crate::{Calls, order, timeline};

fn number(name: &str) -> u64 {
    abi::call_by_name(name).unwrap().number as u64
}

fn record(phase: Phase, tid: u32, name: &str, args: &[u64], result: i64, parts: &[(u8, bool, &[u8])]) -> Vec<u8> {
    let mut bytes = [0; 1024];
    let mut at = CALL_HEADER_BYTES;
    for (index, cut, part) in parts {
        at = put_part(&mut bytes, at, *index, *cut, part);
    }
    let mut all = [0; 7];
    all[..args.len()].copy_from_slice(args);
    let number = if name.is_empty() { 0 } else { number(name) };
    let header = CallRecord { size: at as u16, phase, tid, time_ns: 0, number, result, args: all };
    bytes[..CALL_HEADER_BYTES].copy_from_slice(&header.to_bytes());
    bytes[..at].to_vec()
}

fn both(tid: u32, name: &str, args: &[u64], result: i64, before: &[(u8, bool, &[u8])], after: &[(u8, bool, &[u8])]) -> Vec<u8> {
    let mut bytes = record(Phase::Begin, tid, name, args, 0, before);
    bytes.extend(record(Phase::End, tid, name, args, result, after));
    bytes
}

fn text(bytes: &[u8]) -> String {
    let mut out = String::new();
    Calls::new().take(bytes, &mut out);
    out
}

const CWD: u64 = -100i64 as u64;

#[test]
fn calls_as_lines() {
    let open = both(5, "openat", &[CWD, 0x1000, 0o2_000_000, 0], 3, &[(1, false, b"/etc/passwd")], &[]);
    assert_eq!(text(&open), "openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY|O_CLOEXEC, 0) = 3\n");
    let missing = both(5, "openat", &[CWD, 0x1000, 0o101, 0o644], -2, &[(1, false, b"a\"\n\x011")], &[]);
    let want = "openat(AT_FDCWD, \"a\\\"\\n\\0011\", O_WRONLY|O_CREAT, 0644) = -1 ENOENT (No such file or directory)\n";
    assert_eq!(text(&missing), want);
    let read = both(5, "read", &[3, 0x1000, 100], 5, &[], &[(1, true, b"hello")]);
    assert_eq!(text(&read), "read(3, \"hello\"..., 100) = 5\n");
    let sleep = both(5, "nanosleep", &[0x10, 0], 0, &[(0, false, &[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0])], &[]);
    assert_eq!(text(&sleep), "nanosleep({tv_sec=1, tv_nsec=2}, NULL) = 0\n");
    let pipe = both(5, "pipe2", &[0x10, 0o4000], 0, &[], &[(0, false, &[3, 0, 0, 0, 4, 0, 0, 0])]);
    assert_eq!(text(&pipe), "pipe2([3, 4], O_NONBLOCK) = 0\n");
    let exec = both(5, "execve", &[1, 2, 3], 0, &[(0, false, b"/bin/ls"), (1, false, b"ls\0-l\0"), (2, true, b"A=1\0")], &[]);
    assert_eq!(text(&exec), "execve(\"/bin/ls\", [\"ls\", \"-l\"], [\"A=1\", ...]) = 0\n");
    let kill = both(5, "kill", &[7, 15], 0, &[], &[]);
    assert_eq!(text(&kill), "kill(7, SIGTERM) = 0\n");
}

#[test]
fn threads_between_each_other() {
    let mut bytes = record(Phase::Begin, 5, "wait4", &[u64::MAX, 0, 0, 0], 0, &[]);
    bytes.extend(both(6, "getpid", &[], 6, &[], &[]));
    bytes.extend(record(Phase::Begin, 6, "exit_group", &[3], 0, &[]));
    bytes.extend(record(Phase::Gone, 6, "", &[], 0x300, &[]));
    bytes.extend(record(Phase::End, 5, "wait4", &[u64::MAX, 0, 0, 0], 6, &[]));
    let want = "wait4(-1 <unfinished ...>\n[6] getpid() = 6\n[6] exit_group(3) = ?\n[6] +++ exited with 3 +++\n\
                [5] <... wait4 resumed>, NULL, 0, NULL) = 6\n";
    assert_eq!(text(&bytes), want);
}

proptest! {
    /// Pieces of any size give what the whole gives.
    #[test]
    fn pieces_are_put_together(cuts in prop::collection::vec(1usize..200, 1..20)) {
        let mut bytes = Vec::new();
        for i in 0..6 {
            bytes.extend(both(5 + i % 2, "write", &[1, 0x1000, 3], 3, &[(1, false, b"abc")], &[]));
        }
        let mut calls = Calls::new();
        let (mut out, mut at) = (String::new(), 0);
        for cut in cuts.iter().cycle() {
            let end = (at + cut).min(bytes.len());
            calls.take(&bytes[at..end], &mut out);
            at = end;
            if at == bytes.len() {
                break;
            }
        }
        prop_assert_eq!(out, text(&bytes));
    }

    /// Whatever was noted, in whatever order: the timeline is JSON, and on each track what begins ends, inside out.
    #[test]
    fn timelines_parse_and_nest(events in prop::collection::vec((0u8..12, 0u8..3, 0u32..5, 0u64..300, 0u64..6, 0u64..50), 0..80)) {
        let mut time_ns = 0;
        let mut records: Vec<_> = events.iter().map(|(event, hart, tid, a, b, step)| {
            time_ns += step;
            Record { time_ns, event: *event, hart: *hart, tid: *tid, a: *a, b: *b }
        }).collect();
        order(&mut records);
        check(&timeline(&records, [(1, "a\"b\u{1}".to_string())]));
    }
}

fn check(json: &str) {
    let value: Value = serde_json::from_str(json).unwrap();
    let mut open: BTreeMap<(u64, u64), Vec<String>> = BTreeMap::new();
    let mut last = 0.0;
    for event in value["traceEvents"].as_array().unwrap() {
        let track = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
        let name = event["name"].as_str().unwrap().to_string();
        let phase = event["ph"].as_str().unwrap();
        if phase != "M" {
            let time = event["ts"].as_f64().unwrap();
            assert!(time >= last, "time goes back");
            last = time;
        }
        match phase {
            "B" => open.entry(track).or_default().push(name),
            "E" => assert!(open.entry(track).or_default().pop().is_some(), "{name} ends and has not begun"),
            _ => {}
        }
    }
    assert!(open.values().all(Vec::is_empty), "{open:?} never ends");
}

#[test]
fn a_ping_pong() {
    let at = |time_ns, event: Event, tid, a, b| Record { time_ns, event: event as u8, hart: 0, tid, a, b };
    let name = u64::from_le_bytes(*b"ping\0\0\0\0");
    let records = [
        at(0, Event::Name, 7, name, 0),
        at(10, Event::Switch, 0, 7, 2),
        at(20, Event::CallBegin, 7, number("write"), 4),
        at(30, Event::Wake, 7, 8, 0),
        at(40, Event::CallEnd, 7, number("write"), 1),
        at(50, Event::Switch, 7, 8, 2),
    ];
    let json = timeline(&records, []);
    check(&json);
    assert!(json.contains("{\"ph\":\"B\",\"name\":\"ping 7\",\"ts\":0.010,\"pid\":1000000,\"tid\":0}"), "{json}");
    assert!(json.contains("{\"ph\":\"E\",\"name\":\"write\",\"ts\":0.040,\"pid\":1000001,\"tid\":7}"), "{json}");
    assert!(json.contains("\"left\":\"sleeps\""), "{json}");
}
