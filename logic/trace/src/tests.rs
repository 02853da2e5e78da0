//! The ring beside a plain list; records, sets and histograms there and back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests may panic")]

use std::vec::Vec;

use logic_shim::Core;
use proptest::prelude::*;

use super::*;

fn record(n: u64) -> Record {
    Record { time_ns: n, event: (n % 11) as u8, hart: (n % 4) as u8, tid: n as u32, a: !n, b: n << 7 }
}

proptest! {
    /// What a reader gets is what a list of everything says, but for what is too old.
    #[test]
    fn ring_is_the_end_of_a_list(order in 0u32..5, steps in prop::collection::vec((0u64..40, 0usize..40), 1..20)) {
        let ring = Ring::<Core>::try_new(order).unwrap();
        let size = 1u64 << order;
        let (mut written, mut read) = (0u64, 0u64);
        for (puts, room) in steps {
            for _ in 0..puts {
                ring.put(record(written));
                written += 1;
            }
            let mut out = std::vec![record(0); room];
            let taken = ring.take(read, &mut out);
            let first = read.max(written.saturating_sub(size));
            let want: Vec<_> = (first..written).take(room).map(record).collect();
            prop_assert_eq!(taken.lost, first - read);
            prop_assert_eq!(&out[..taken.given], &want[..]);
            prop_assert_eq!(taken.next, first + want.len() as u64);
            read = taken.next;
        }
        prop_assert_eq!(ring.written(), written);
    }

    #[test]
    fn records_are_the_same_from_bytes(time_ns: u64, event: u8, hart: u8, tid: u32, a: u64, b: u64) {
        let record = Record { time_ns, event, hart, tid, a, b };
        prop_assert_eq!(Record::from_bytes(&record.to_bytes()), record);
    }

    #[test]
    fn call_records_are_the_same_from_bytes(tid: u32, time_ns: u64, number: u64, result: i64, args: [u64; 7],
            parts in prop::collection::vec((0u8..6, any::<bool>(), prop::collection::vec(any::<u8>(), 0..60)), 0..5)) {
        let mut bytes = [0; 512];
        let mut at = CALL_HEADER_BYTES;
        for (index, cut, part) in &parts {
            at = put_part(&mut bytes, at, *index, *cut, part);
        }
        let record = CallRecord { size: at as u16, phase: Phase::End, tid, time_ns, number, result, args };
        bytes[..CALL_HEADER_BYTES].copy_from_slice(&record.to_bytes());
        prop_assert_eq!(CallRecord::from_bytes(&bytes), Some(record));
        let got: Vec<_> = CallRecord::parts(&bytes[..at]).map(|(i, cut, p)| (i as u8, cut, p.to_vec())).collect();
        prop_assert_eq!(got, parts);
    }

    /// A reader of garbage ends.
    #[test]
    fn garbage_has_an_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = CallRecord::from_bytes(&bytes);
        prop_assert!(CallRecord::parts(&bytes).count() <= 300);
    }

    #[test]
    fn buckets_hold_what_they_say(ns: u64) {
        let bucket = bucket_of(ns);
        prop_assert!(bucket_start_ns(bucket) <= ns);
        prop_assert!(bucket + 1 == BUCKETS || ns < bucket_start_ns(bucket + 1));
    }
}

#[test]
fn sets_by_name() {
    assert_eq!(EventSet::parse("switch call\n"), Some(EventSet(5)));
    assert_eq!(EventSet::parse("all").unwrap().names().count(), EventSet::NAMES.len());
    assert_eq!(EventSet::parse(""), Some(EventSet(0)));
    assert_eq!(EventSet::parse("switches"), None);
    for (number, event) in Event::ALL.iter().enumerate() {
        assert_eq!(*event as usize, number);
    }
}

#[test]
fn histogram_counts() {
    let histogram = Histogram::empty();
    for ns in [0, 63, 64, 127, 128, 16_383, 16_384, u64::MAX] {
        histogram.record(ns);
    }
    let counts: Vec<_> = (0..BUCKETS).map(|b| histogram.count(b)).collect();
    assert_eq!((counts[0], counts[1], counts[2], counts[8], counts[9], counts[BUCKETS - 1]), (2, 2, 1, 1, 1, 1));
    assert_eq!(histogram.sum_and_most_ns().1, u64::MAX);
}
