//! `tests/linux/expectations.toml`: the known differences, each with its reason.
//!
//! ```toml
//! [test_name]
//! on = "rvos"        # or "linux", "musl" (rvOS with musl's library), or "any"
//! expect = "fail"    # or "skip" (the test itself says so), or "later" (not run there yet)
//! reason = "why, and what would end it"
//! ```
//! An entry that is no longer true fails the run, so that the file cannot go stale.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use xtask::paths;

/// What a test is expected to do instead of passing.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Fail,
    Skip,
    /// Not run there yet: what it needs does not exist, or it would stop the guest. Counted as skipped.
    Later,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    on: String,
    expect: Outcome,
    reason: String,
}

/// The differences of one system.
#[derive(Debug, Default)]
pub(crate) struct Expectations {
    entries: BTreeMap<String, Outcome>,
}

impl Expectations {
    /// Reads the file; `system` is `rvos`, `musl` or `linux`. Names that are not tests are refused.
    pub(crate) fn load(system: &str, tests: &[&str]) -> Result<Self> {
        let path = paths::tree().join("tests/linux/expectations.toml");
        let Ok(text) = fs::read_to_string(&path) else {
            return Ok(Self::default());
        };
        let known = Self::parse(&text, system).with_context(|| path.display().to_string())?;
        for name in known.entries.keys() {
            ensure!(tests.contains(&name.as_str()), "{}: there is no test {name}", path.display());
        }
        Ok(known)
    }

    pub(super) fn parse(text: &str, system: &str) -> Result<Self> {
        let all: BTreeMap<String, Entry> = toml::from_str(text)?;
        let mut entries = BTreeMap::new();
        for (name, entry) in all {
            ensure!(entry.reason.len() >= 15, "{name} has no reason");
            ensure!(["rvos", "linux", "musl", "any"].contains(&entry.on.as_str()), "{name}: no such system: {}", entry.on);
            if entry.on == system || entry.on == "any" {
                entries.insert(name, entry.expect);
            }
        }
        Ok(Self { entries })
    }

    /// What is expected of this test, if not that it passes.
    pub(crate) fn of(&self, name: &str) -> Option<Outcome> {
        self.entries.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_and_reasons() {
        let text = "[a]\non = \"linux\"\nexpect = \"fail\"\nreason = \"Linux hangs here, see the source\"\n";
        assert_eq!(Expectations::parse(text, "linux").expect("parses").of("a"), Some(Outcome::Fail));
        assert_eq!(Expectations::parse(text, "rvos").expect("parses").of("a"), None);
        assert!(Expectations::parse(&text.replace("Linux hangs here, see the source", ""), "rvos").is_err());
    }
}
