//! The kernel's counters of what is allocated, on rvOS; Linux has none.
//!
//! `/proc/rvos/counters` has a line `name value` for each. Writing `drain` to
//! `/proc/rvos/control` first waits until nobody works on what is over and empties
//! the caches, so that what is left is in use. After a test every counter must be what it was before.

use std::collections::BTreeMap;

const COUNTERS: &str = "/proc/rvos/counters";
const CONTROL: &str = "/proc/rvos/control";

/// The counters by name, or why they could not be read.
pub(crate) type Reading = Option<Result<Snapshot, String>>;

/// All counters at one time.
pub(crate) type Snapshot = BTreeMap<String, i64>;

/// Does this kernel have counters?
pub(crate) fn present() -> bool {
    std::path::Path::new(COUNTERS).exists()
}

/// Empties the kernel's caches and reads all counters; `None` where there are none.
pub(crate) fn read() -> Reading {
    present().then(|| {
        std::fs::write(CONTROL, "drain").map_err(|e| format!("{CONTROL}: {e}"))?;
        let text = std::fs::read_to_string(COUNTERS).map_err(|e| format!("{COUNTERS}: {e}"))?;
        parse(&text)
    })
}

/// The differences to now, a text for each; empty is as it should be. What was read now takes the place of `before`.
pub(crate) fn leaks(reading: &mut Reading) -> Vec<String> {
    let before = match reading.take() {
        None => return Vec::new(),
        Some(Err(message)) => {
            *reading = read();
            return vec![message];
        }
        Some(Ok(before)) => before,
    };
    *reading = read();
    match &*reading {
        None => vec![format!("{COUNTERS} is gone")],
        Some(Err(message)) => vec![message.clone()],
        Some(Ok(after)) => differences(&before, after),
    }
}

fn parse(text: &str) -> Result<Snapshot, String> {
    let parse_line = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_owned(), value.trim().parse().ok()?))
    };
    let bad = |line: &str| format!("{COUNTERS}: bad line {line:?}");
    let counters: Snapshot = text.lines().map(|line| parse_line(line).ok_or_else(|| bad(line))).collect::<Result<_, _>>()?;
    if counters.is_empty() { Err(format!("{COUNTERS}: empty")) } else { Ok(counters) }
}

fn differences(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let value = |counters: &Snapshot, name: &str| counters.get(name).map_or("none".to_owned(), i64::to_string);
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let differs = |name: &&&String| before.get(**name) != after.get(**name);
    let text = |name: &String| format!("{name} {}->{}", value(before, name), value(after, name));
    names.iter().filter(differs).map(|name| text(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::{differences, parse};

    #[test]
    fn differences_name_both_values() {
        let before = parse("frames 100\npipes 0\ngone 1\n").expect("valid");
        let after = parse("frames 103\npipes 0\nnew 2\n").expect("valid");
        assert_eq!(differences(&before, &after), ["frames 100->103", "gone 1->none", "new none->2"]);
        assert!(differences(&before, &before).is_empty());
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(parse("frames\n").is_err());
        assert!(parse("frames many\n").is_err());
        assert!(parse("").is_err());
    }
}
