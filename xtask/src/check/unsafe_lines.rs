//! Rule `unsafe-lines`: the four unsafe crates are as long as `xtask/unsafe-lines.toml` says, and no longer.
//!
//! Counted are lines of code (no blanks, no comments, no tests) of Rust and assembly. The file is
//! committed, so growth shows in the review; `./x check --bless` rewrites the numbers, and the
//! reason beside each is for the author to keep true.

use super::tree::{Source, UNSAFE_FOLDERS};
use super::{Finding, Tree, code};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

/// The most lines that all of them together may have.
const MOST: usize = 4_000;

const FILE: &str = "xtask/unsafe-lines.toml";

/// An entry of the committed file.
#[derive(Deserialize)]
struct Entry {
    lines: usize,
    reason: String,
}

type Counts = BTreeMap<String, usize>;
type Committed = BTreeMap<String, Entry>;

/// The rule.
pub(super) fn run(tree: &Tree) -> Result<Vec<Finding>> {
    let counted = count(tree)?;
    let committed = match tree.files.iter().find(|f| f.path == FILE) {
        Some(source) => toml::from_str(&source.text).context(FILE)?,
        None => Committed::new(),
    };
    Ok(judge(&counted, &committed))
}

/// Writes the numbers of today into the committed file, keeping the reasons.
pub(super) fn bless(tree: &Tree) -> Result<()> {
    let path = tree.root.join(FILE);
    let old: Committed = match fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).context(FILE)?,
        Err(_) => Committed::new(),
    };
    let mut text = String::from(
        "# Lines of code (no blanks, comments or tests) of the crates that may use `unsafe`.\n\
         # `./x check --bless` writes the numbers; the reason says what the lines are for.\n",
    );
    for (name, lines) in count(tree)? {
        let reason = old.get(&name).map_or("to be given", |e| e.reason.as_str());
        write!(text, "\n[{name:?}]\nlines = {lines}\nreason = {reason:?}\n")?;
    }
    fs::write(&path, text).with_context(|| format!("write {}", path.display()))
}

fn count(tree: &Tree) -> Result<Counts> {
    let mut counts = Counts::new();
    for folder in UNSAFE_FOLDERS {
        let mut lines = 0;
        for source in tree.under(folder).filter(|s| !s.is_test()) {
            lines += count_file(source)?;
        }
        if lines > 0 {
            counts.insert(folder.trim_end_matches('/').to_owned(), lines);
        }
    }
    Ok(counts)
}

fn count_file(source: &Source) -> Result<usize> {
    if source.path.ends_with(".S") || source.path.ends_with(".s") {
        return Ok(code::code_lines(source.text.lines().filter(|l| !l.trim().starts_with('#'))));
    }
    if !source.is_rust() {
        return Ok(0);
    }
    let tests = code::test_lines(&code::parse(source)?);
    let kept = source.text.lines().zip(1..);
    let kept = kept.filter(|(_, number)| !tests.iter().any(|t| t.contains(number)));
    Ok(code::code_lines(kept.map(|(line, _)| line)))
}

fn judge(counted: &Counts, committed: &Committed) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, lines) in counted {
        let message = match committed.get(name) {
            None => format!("{name} has {lines} lines and no entry"),
            Some(entry) if entry.lines != *lines => {
                format!("{name} has {lines} lines, the file says {}", entry.lines)
            }
            Some(entry) if entry.reason.len() < 20 => format!("{name} has no reason"),
            Some(_) => continue,
        };
        findings.push(Finding::new(FILE, 0, format!("{message} (./x check --bless)")));
    }
    let total: usize = counted.values().sum();
    if total > MOST {
        findings.push(Finding::new(FILE, 0, format!("{total} lines in all, {MOST} at most")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(lines: usize) -> Entry {
        Entry { lines, reason: "boot, trap and switch code".into() }
    }

    #[test]
    fn counts_neither_tests_nor_comments() {
        let tree = Tree::of(&[
            ("kernel/mem/src/lib.rs", "//! m\nfn a() {}\n\n#[cfg(test)]\nmod t {\n fn b() {}\n}\n"),
            ("kernel/mem/src/x.S", "# note\n  nop\n"),
            ("kernel/mem/src/tests.rs", "fn c() {}\n"),
        ]);
        let counts = count(&tree).expect("counts");
        assert_eq!(counts, Counts::from([("kernel/mem".to_owned(), 2)]));
    }

    #[test]
    fn growth_and_excess_are_found() {
        let counts = |n| Counts::from([("kernel/mem".to_owned(), n)]);
        let file = |n| Committed::from([("kernel/mem".to_owned(), entry(n))]);
        assert!(judge(&counts(10), &file(10)).is_empty());
        assert_eq!(judge(&counts(11), &file(10)).len(), 1);
        assert_eq!(judge(&counts(9), &file(10)).len(), 1);
        assert_eq!(judge(&counts(4001), &file(4001)).len(), 1);
        assert_eq!(judge(&counts(1), &Committed::new()).len(), 1);
    }
}
