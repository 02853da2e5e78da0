//! Rule `places`: a file names no registry or mirror, and nothing about where it was written.
//!
//! Machines have their own mirrors; a name in a file overrides them or is dead elsewhere. The
//! words are put together here, so that this file does not name them either.

use super::{Finding, Tree};
use anyhow::Result;

/// Pieces of words that must not appear, to be joined.
const WORDS: &[(&[&str], &str)] = &[
    (&["crates", ".io/"], "a registry's host"),
    (&["index.", "crates"], "a registry's host"),
    (&["static.", "crates"], "a registry's host"),
    (&["static.", "rust-lang"], "a toolchain server"),
    (&["deb.", "debian.org"], "a mirror's host"),
    (&["ftp.", "debian.org"], "a mirror's host"),
    (&["snapshot.", "debian"], "a mirror's host"),
    (&["archive.", "ubuntu"], "a mirror's host"),
    (&["py", "pi.org"], "a registry's host"),
    (&["registry.", "npm"], "a registry's host"),
    (&["proxy.", "golang"], "a registry's host"),
    (&["/work", "/main"], "the folder it was written in"),
    (&["/work", "/shared"], "a folder of the workplace"),
    (&["/work", "/.library"], "a folder of the workplace"),
    (&["/tmp/", "brief"], "a folder of the workplace"),
    (&["REQUIREMENTS", ".md"], "a document that is not in the tree"),
    (&["DESIGN", ".md"], "a document that is not in the tree"),
    (&["TOOLCHAIN", ".md"], "a document that is not in the tree"),
    (&["LINUX-", "COSTS"], "a document that is not in the tree"),
];

/// The rule.
pub(super) fn run(tree: &Tree) -> Result<Vec<Finding>> {
    let words: Vec<(String, &str)> = WORDS.iter().map(|(w, why)| (w.concat(), *why)).collect();
    let mut findings = Vec::new();
    // Cargo writes its registry into the lock file.
    for source in tree.files.iter().filter(|f| !f.path.ends_with("Cargo.lock")) {
        for (line, number) in source.text.lines().zip(1..) {
            for (word, why) in words.iter().filter(|(w, _)| line.contains(w.as_str())) {
                findings.push(Finding::new(&source.path, number, format!("names {why} ({word})")));
            }
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_except_in_the_lock() {
        let url = format!("a\nhttps://{}{}x\n", "crates", ".io/");
        let tree = Tree::of(&[("README.md", &url), ("Cargo.lock", &url), ("b", "crates are fine\n")]);
        let found = run(&tree).expect("runs");
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().starts_with("README.md:2: names a registry"));
    }
}
