//! The gate on the rows: `tests/bench/baseline.toml`, what each cost when it was last agreed to, and
//! `tests/bench/targets.toml`, what some may cost at most.

use super::rows::{Row, find};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use xtask::paths;

/// How much more than the baseline a row may cost.
const GATE: f64 = 1.03;
/// Rows below this are dominated by the loop around them.
const SMALLEST: f64 = 20.0;

/// The committed values.
pub(super) type Baseline = BTreeMap<String, f64>;

fn path(file: &str) -> PathBuf {
    paths::tree().join("tests/bench").join(file)
}

/// Reads the baseline.
pub(super) fn load() -> Result<Baseline> {
    read("baseline.toml")
}

/// Reads the targets.
pub(super) fn targets() -> Result<Baseline> {
    read("targets.toml")
}

fn read(file: &str) -> Result<Baseline> {
    let path = path(file);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| path.display().to_string())
}

/// Writes the rows as the new baseline.
pub(super) fn write(rows: &[Row]) -> Result<()> {
    let mut text = String::from(
        "# Instructions per operation on one hart, exact (`./x bench --baseline` writes this file).\n\
         # `./x bench --check` fails when a row costs 3 % more. A raised value needs a reason in its commit.\n",
    );
    let sorted: BTreeMap<&str, f64> = rows.iter().map(|r| (r.name.as_str(), r.value)).collect();
    for (name, value) in sorted {
        let _ = writeln!(text, "{name} = {value:.1}");
    }
    let path = path("baseline.toml");
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Holds rows against the targets: one line for each that is missed.
pub(super) fn missed(rows: &[Row], targets: &Baseline) -> Vec<String> {
    let missed = |(name, most): (&String, &f64)| match find(rows, name) {
        None => Some(format!("{name}: has a target, and is not measured")),
        Some(value) if value > *most => Some(format!("{name}: {value:.0}, the target is {most:.0}")),
        Some(_) => None,
    };
    targets.iter().filter_map(missed).collect()
}

/// Holds rows against the baseline: one line for each that is too dear, missing or new.
pub(super) fn judge(rows: &[Row], baseline: &Baseline) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, agreed) in baseline {
        match find(rows, name) {
            None => faults.push(format!("{name}: in the baseline, and not measured")),
            Some(value) if value > agreed * GATE && value > SMALLEST => {
                let more = (value / agreed - 1.0) * 100.0;
                faults.push(format!("{name}: {value:.0} instructions, {agreed:.0} agreed (+{more:.1} %)"));
            }
            Some(_) => {}
        }
    }
    for row in rows.iter().filter(|r| !baseline.contains_key(&r.name)) {
        faults.push(format!("{}: not in the baseline", row.name));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_hard() {
        let targets = Baseline::from([("a".into(), 1000.0)]);
        let row = |value| [Row { name: "a".into(), value }];
        assert!(missed(&row(1000.0), &targets).is_empty());
        assert_eq!(missed(&row(1001.0), &targets), ["a: 1001, the target is 1000"]);
        assert_eq!(missed(&[], &targets).len(), 1);
    }

    #[test]
    fn three_percent() {
        let row = |value| [Row { name: "a".into(), value }];
        let baseline = Baseline::from([("a".into(), 1000.0)]);
        assert!(judge(&row(1030.0), &baseline).is_empty());
        assert_eq!(judge(&row(1031.0), &baseline), ["a: 1031 instructions, 1000 agreed (+3.1 %)"]);
        assert_eq!(judge(&[], &baseline).len(), 1);
        assert_eq!(judge(&row(1.0), &Baseline::new()).len(), 1);
    }
}
