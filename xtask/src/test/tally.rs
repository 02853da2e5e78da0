//! [`Tally`]: what passed, failed and was skipped, and the one line at the end that CI reads.

use std::fmt;

/// Counts of one stage or of all.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) skipped: usize,
    /// One line for each failure: where it was and what is wrong.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// Records a failure.
    pub(crate) fn fail(&mut self, what: impl Into<String>) {
        self.failures.push(what.into());
    }

    /// Adds another stage's counts, its failures marked with the stage's name.
    pub(crate) fn add(&mut self, stage: &str, other: Tally) {
        self.passed += other.passed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures.into_iter().map(|f| format!("{stage}: {f}")));
    }

    /// Whether something ran and nothing failed: no test at all is no success.
    pub(crate) fn is_good(&self) -> bool {
        self.failures.is_empty() && self.passed > 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failures.len())?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_plain() {
        let mut all = Tally::default();
        assert!(!all.is_good());
        all.add("host", Tally { passed: 3, skipped: 0, failures: vec![] });
        assert!(all.is_good());
        assert_eq!(all.to_string(), "3 passed, 0 failed");
        all.add("boot", Tally { passed: 1, skipped: 2, failures: vec!["x".into()] });
        assert_eq!(all.to_string(), "4 passed, 1 failed, 2 skipped");
        assert_eq!(all.failures, ["boot: x"]);
        assert!(!all.is_good());
    }
}
