//! What the viewers of timelines ask of a file: that it is JSON, and that what begins also ends, innermost first.

use serde_json::Value;
use std::collections::BTreeMap;

/// The events of a file in the format of Chrome's tracing.
pub(crate) fn events(text: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("no JSON: {e}: {text}"));
    file["traceEvents"].as_array().expect("a list of events").clone()
}

/// Follows each row of the timeline; gives how many stretches there were.
pub(crate) fn check_nesting(events: &[Value]) -> usize {
    let mut rows: BTreeMap<(i64, i64), (f64, Vec<String>)> = BTreeMap::new();
    let mut stretches = 0;
    for e in events {
        let kind = e["ph"].as_str().expect("a kind");
        let (pid, tid) = (e["pid"].as_i64().expect("a process"), e["tid"].as_i64().unwrap_or(-1));
        if kind == "M" {
            continue;
        }
        let (last, open) = rows.entry((pid, tid)).or_default();
        let time = e["ts"].as_f64().expect("a time");
        assert!(time >= *last, "time goes back at {e}");
        *last = time;
        match kind {
            "B" => open.push(e["name"].as_str().expect("a name").to_owned()),
            "E" => {
                let begun = open.pop();
                assert!(begun.is_some(), "an end without a beginning: {e}");
                if let (Some(begun), Some(ended)) = (&begun, e["name"].as_str()) {
                    assert_eq!(begun, ended, "ends what is not the innermost: {e}");
                }
                stretches += 1;
            }
            _ => {}
        }
    }
    for (row, (_, open)) in rows {
        assert!(open.is_empty(), "{row:?} never ends {open:?}");
    }
    stretches
}
