//! Against a naive timer that notes each expiry by itself, and single cases.

#![allow(clippy::arithmetic_side_effects, reason = "a test may panic")]

use crate::{From, Now, OnJump, Read, Scale, Setting, Start, TimerFd};
use proptest::prelude::*;
use std::vec::Vec;

fn at(monotonic_ns: u64) -> Now {
    Now { monotonic_ns, real_offset_ns: 1000 }
}

const RELATIVE: Start = Start { scale: Scale::Monotonic, from: From::Now, on_jump: OnJump::GoOn };

#[test]
fn once() {
    let mut t = TimerFd::new(at(0));
    assert_eq!(t.read(at(5)), Read::Nothing);
    assert_eq!(t.set(RELATIVE, Setting { left_ns: 10, interval_ns: 0 }, at(5)).0, Setting::default());
    assert_eq!(t.deadline_ns(at(5)), Some(15));
    assert!(!t.expired(at(14)));
    assert_eq!(t.setting(at(14)).left_ns, 1);
    assert!(t.expired(at(15)));
    assert!(!t.expired(at(15)));
    assert_eq!(t.deadline_ns(at(15)), None);
    assert_eq!(t.read(at(99)), Read::Expired(1));
    assert_eq!(t.read(at(99)), Read::Nothing);
    assert_eq!(t.setting(at(99)), Setting::default());
}

#[test]
fn periods_that_nobody_read() {
    let mut t = TimerFd::new(at(0));
    let _ = t.set(RELATIVE, Setting { left_ns: 10, interval_ns: 3 }, at(0));
    assert!(t.expired(at(11)));
    assert_eq!(t.deadline_ns(at(11)), None);
    assert_eq!(t.read(at(16)), Read::Expired(3));
    assert_eq!(t.deadline_ns(at(16)), Some(19));
    assert!(t.expired(at(19)));
    assert_eq!(t.setting(at(25)), Setting { left_ns: 3, interval_ns: 3 });
    // The end of a period that nobody has counted yet is no disarming.
    assert_eq!([28, 29, 31].map(|now| t.setting(at(now)).left_ns), [3, 2, 3]);
    assert_eq!(t.read(at(25)), Read::Expired(3));
}

#[test]
fn a_jump_cancels_once() {
    let mut t = TimerFd::new(at(0));
    let start = Start { scale: Scale::Real, from: From::Zero, on_jump: OnJump::Cancel };
    let _ = t.set(start, Setting { left_ns: 5000, interval_ns: 0 }, at(0));
    assert_eq!(t.deadline_ns(at(0)), Some(4000));
    assert!(!t.clock_set(at(1)));
    let jumped = Now { monotonic_ns: 1, real_offset_ns: 4000 };
    assert!(t.clock_set(jumped));
    assert_eq!(t.ticks(), 1);
    assert_eq!(t.deadline_ns(jumped), Some(1000));
    assert_eq!(t.read(jumped), Read::Canceled);
    assert_eq!(t.read(jumped), Read::Nothing);
    assert_eq!(t.deadline_ns(jumped), Some(1000));
    assert!(t.clock_set(at(2)));
    assert!(t.set(start, Setting { left_ns: 6000, interval_ns: 0 }, at(2)).1.is_err());
    assert_eq!(t.deadline_ns(at(2)), Some(5000));
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Set(u64, u64),
    Read,
    Get,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..50u64).prop_map(Step::Pass),
        (0..40u64, 0..20u64).prop_map(|(left, interval)| Step::Set(left, interval)),
        Just(Step::Read),
        Just(Step::Get),
    ]
}

proptest! {
    /// Whatever happens in between, a read tells how many expiries came since the last one.
    #[test]
    fn counts_like_the_naive_one(steps in proptest::collection::vec(step(), 0..60)) {
        let mut now = 0;
        let mut t = TimerFd::new(at(0));
        let mut expiries: Vec<u64> = Vec::new();
        let horizon = 50 * 60 + 100;
        for s in steps {
            match s {
                Step::Pass(ns) => {
                    let end = now + ns;
                    while let Some(due) = t.deadline_ns(at(now)).filter(|d| *d <= end) {
                        now = now.max(due);
                        prop_assert!(t.expired(at(now)));
                    }
                    now = end;
                }
                Step::Set(left, interval) => {
                    let _ = t.set(RELATIVE, Setting { left_ns: left, interval_ns: interval }, at(now));
                    expiries.clear();
                    if left != 0 {
                        expiries.push(now + left);
                        while interval != 0 && expiries.last().is_some_and(|e| e + interval < horizon) {
                            let next = expiries.last().map_or(0, |e| e + interval);
                            expiries.push(next);
                        }
                    }
                }
                Step::Read => {
                    let passed = expiries.iter().filter(|e| **e <= now).count() as u64;
                    expiries.retain(|e| *e > now);
                    let want = if passed == 0 { Read::Nothing } else { Read::Expired(passed) };
                    prop_assert_eq!(t.read(at(now)), want);
                }
                Step::Get => {
                    let left = expiries.iter().find(|e| **e > now).map_or(0, |e| e - now);
                    prop_assert_eq!(t.setting(at(now)).left_ns, left);
                }
            }
        }
    }
}
