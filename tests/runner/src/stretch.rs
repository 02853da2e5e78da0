//! How long preemption was off: where time is exact, a test that keeps it off for longer than it may be fails.

const FILE: &str = "/proc/rvos/preempt_off";

/// Begins anew.
pub(crate) fn forget() {
    // A kernel without the file has nothing to forget.
    let _ = std::fs::write(FILE, "0");
}

/// The longest stretch since then, with where it ended, if it is above `most_ns`.
pub(crate) fn above(most_ns: u64) -> Option<String> {
    describe(&std::fs::read_to_string(FILE).ok()?, most_ns)
}

fn describe(text: &str, most_ns: u64) -> Option<String> {
    let mut lines = text.lines();
    let ns: u64 = lines.next()?.strip_prefix("longest_ns ")?.parse().ok()?;
    let places: Vec<&str> = lines.filter_map(|l| l.split_whitespace().nth(1)).skip(1).take(8).collect();
    (ns > most_ns).then(|| format!("preemption was off for {ns} ns, above {most_ns}, until {}", places.join(" < ")))
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn only_what_is_too_long() {
        let text = "longest_ns 2000\n  0x10 noting+0x1\n  0x20 inner+0x2\n  0x30 outer+0x3\n";
        assert_eq!(describe(text, 2000), None);
        let told = describe(text, 1999).expect("too long");
        assert_eq!(told, "preemption was off for 2000 ns, above 1999, until inner+0x2 < outer+0x3");
        assert_eq!(describe("", 0), None);
    }
}
