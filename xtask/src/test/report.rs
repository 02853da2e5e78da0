//! What the on-target runner prints, read and held against what was to be run.
//!
//! A line for each test (`PASS name`, `FAIL name: why`, `TIMEOUT name: N s`, `LEAK name: what`,
//! `SKIP name: reason`), and at the end `runner: N run of M listed, P passed, F failed, S skipped`.
//! A test that has no line was not run, and that is a failure, whatever the totals say.

use super::expectations::{Expectations, Outcome};
use super::tally::Tally;
use std::collections::HashMap;

/// How one test ended, as the runner saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Skip(String),
    /// `FAIL`, `TIMEOUT` or `LEAK`, with the reason.
    Fail(String),
}

/// The runner's totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) run: usize,
    pub(crate) listed: usize,
}

/// The whole report.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) verdicts: Vec<(String, Verdict)>,
    pub(crate) totals: Option<Totals>,
}

/// Reads a report; lines of another form are the runner's own remarks.
pub(crate) fn parse(text: &str) -> Report {
    let mut report = Report::default();
    for line in text.lines() {
        if let Some(totals) = line.strip_prefix("runner: ").and_then(parse_totals) {
            report.totals = Some(totals);
        } else if let Some(verdict) = parse_verdict(line) {
            report.verdicts.push(verdict);
        }
    }
    report
}

fn parse_totals(text: &str) -> Option<Totals> {
    let mut words = text.split_whitespace();
    let run = words.next()?.parse().ok()?;
    let listed = words.nth(2)?.parse().ok()?;
    Some(Totals { run, listed })
}

fn parse_verdict(line: &str) -> Option<(String, Verdict)> {
    let (word, rest) = line.split_once(' ')?;
    let (name, why) = rest.split_once(": ").unwrap_or((rest, ""));
    let verdict = match word {
        "PASS" => Verdict::Pass,
        "SKIP" => Verdict::Skip(why.to_owned()),
        "FAIL" | "TIMEOUT" | "LEAK" => Verdict::Fail(format!("{word} {why}").trim_end().to_owned()),
        _ => return None,
    };
    Some((name.to_owned(), verdict))
}

/// Holds the report against the tests that were to be run and the known differences.
pub(crate) fn judge(report: &Report, wanted: &[&str], known: &Expectations) -> Tally {
    let mut tally = Tally::default();
    let verdicts: HashMap<&str, &Verdict> = report.verdicts.iter().map(|(n, v)| (n.as_str(), v)).collect();
    for name in wanted {
        let expected = known.of(name);
        match (verdicts.get(name), expected) {
            (None, _) => tally.fail(format!("{name}: listed and not run")),
            (Some(Verdict::Pass), None) => tally.passed += 1,
            (Some(Verdict::Pass), Some(_)) => {
                tally.fail(format!("{name}: passes, and expectations.toml says otherwise"));
            }
            (Some(Verdict::Skip(_)), Some(Outcome::Skip)) | (Some(Verdict::Fail(_)), Some(Outcome::Fail)) => {
                tally.skipped += 1;
            }
            (Some(Verdict::Skip(why)), _) => {
                tally.fail(format!("{name}: skipped without an entry in expectations.toml: {why}"));
            }
            (Some(Verdict::Fail(why)), _) => tally.fail(format!("{name}: {why}")),
        }
    }
    for (name, _) in report.verdicts.iter().filter(|(n, _)| !wanted.contains(&n.as_str())) {
        tally.fail(format!("{name}: run, and not known here"));
    }
    match report.totals {
        None => tally.fail("the runner did not get to its totals"),
        Some(totals) if totals.run != totals.listed || totals.listed != wanted.len() => {
            let (run, listed) = (totals.run, totals.listed);
            tally.fail(format!("{run} tests run of {listed} listed, {} wanted", wanted.len()));
        }
        Some(_) => {}
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "kernel noise\nPASS a\nFAIL b: x is 3, want 4\nTIMEOUT c: 10 s\nSKIP d: no net\n\
        runner: 4 run of 4 listed, 1 passed, 2 failed, 1 skipped\n";

    fn known() -> Expectations {
        Expectations::parse("[d]\non = \"rvos\"\nexpect = \"skip\"\nreason = \"there is no network yet\"\n", "rvos")
            .expect("parses")
    }

    #[test]
    fn lines_are_read() {
        let report = parse(TEXT);
        assert_eq!(report.totals, Some(Totals { run: 4, listed: 4 }));
        assert_eq!(report.verdicts[0], ("a".into(), Verdict::Pass));
        assert_eq!(report.verdicts[1].1, Verdict::Fail("FAIL x is 3, want 4".into()));
        assert_eq!(report.verdicts[2], ("c".into(), Verdict::Fail("TIMEOUT 10 s".into())));
    }

    #[test]
    fn the_good_case() {
        let tally = judge(&parse(TEXT), &["a", "b", "c", "d"], &known());
        assert_eq!((tally.passed, tally.failures.len(), tally.skipped), (1, 2, 1));
    }

    #[test]
    fn fewer_than_listed_is_a_failure() {
        let text = "PASS a\nrunner: 1 run of 1 listed, 1 passed, 0 failed, 0 skipped\n";
        let tally = judge(&parse(text), &["a", "b"], &Expectations::default());
        assert_eq!(tally.failures.len(), 2);
        let tally = judge(&parse("PASS a\nPASS b\n"), &["a", "b"], &Expectations::default());
        assert_eq!(tally.failures, ["the runner did not get to its totals"]);
    }

    #[test]
    fn a_silent_skip_and_a_stale_expectation_are_failures() {
        let tally = judge(&parse(TEXT), &["a", "b", "c", "d"], &Expectations::default());
        assert!(tally.failures.iter().any(|f| f.starts_with("d: skipped without")));
        let text = "PASS d\nrunner: 1 run of 1 listed, 1 passed, 0 failed, 0 skipped\n";
        let tally = judge(&parse(text), &["d"], &known());
        assert_eq!(tally.failures.len(), 1);
    }
}
