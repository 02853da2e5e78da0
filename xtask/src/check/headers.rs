//! Rule `headers`: a file says in its first line what it is.

use super::{Finding, Tree};
use anyhow::Result;

/// Words that a header must not consist of.
const EMPTY: [&str; 3] = ["Placeholder.", "TODO", "tbd"];

/// The rule.
pub(super) fn run(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for source in tree.rust() {
        let first = source.text.lines().next().unwrap_or("");
        match first.strip_prefix("//!").map(str::trim) {
            None => findings.push(Finding::new(&source.path, 1, "does not open with `//!`")),
            // What `tests.rs` is, its name says.
            Some(text) if EMPTY.contains(&text) || (text.len() < 10 && !source.is_test()) => {
                findings.push(Finding::new(&source.path, 1, "its header says nothing"));
            }
            Some(_) => {}
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_there_and_says_something() {
        let tree = Tree::of(&[
            ("a.rs", "fn f() {}\n"),
            ("b.rs", "//! Placeholder.\n"),
            ("c.rs", "//! Frames: who owns which page.\n"),
            ("d.c", "int x;\n"),
        ]);
        let found = run(&tree).expect("runs");
        let files: Vec<_> = found.iter().map(|f| f.file.as_str()).collect();
        assert_eq!(files, ["a.rs", "b.rs"]);
    }
}
