//! Rule `docs`: `docs/calls.md` and `abi/include/rvos.h` are what the table of calls makes, listings are what the
//! named file says, and links lead to files.

use super::tree::Source;
use super::{Finding, Tree};
use crate::calls;
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// The rule.
pub(super) fn run(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings: Vec<_> = generated(tree, calls::DOC, &calls::markdown()).into_iter().collect();
    findings.extend(generated(tree, calls::HEADER, &calls::header()));
    for source in tree.files.iter().filter(|f| f.path.ends_with(".md")) {
        findings.extend(dead_links(&tree.root, source));
        findings.extend(stale_listings(tree, source));
    }
    Ok(findings)
}

/// Listings of a Markdown file that are not what they show. A fence of the form "```rust FILE" shows lines of that file; together the
/// fences of one document that name a file show all of it, in order, blank lines and its `//!` apart.
fn stale_listings(tree: &Tree, source: &Source) -> Vec<Finding> {
    let mut shown: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
    let mut of: Option<&str> = None;
    let mut fenced = false;
    for (line, number) in source.text.lines().zip(1..) {
        if let Some(words) = line.strip_prefix("```") {
            of = words.split_once(' ').map(|(_, file)| file.trim()).filter(|_| !fenced);
            fenced = !fenced;
        } else if let Some(file) = of {
            shown.entry(file).or_default().push((line, number));
        }
    }
    shown
        .into_iter()
        .filter_map(|(file, lines)| Some(Finding::new(&source.path, stale(tree, file, &lines)?, stale_why(file))))
        .collect()
}

fn stale_why(file: &str) -> String {
    format!("the listing is not what {file} says, or not all of it")
}

/// The first line of a listing that is not the file's.
fn stale(tree: &Tree, file: &str, shown: &[(&str, usize)]) -> Option<usize> {
    let last = shown.last().map_or(0, |(_, number)| *number);
    let Some(source) = tree.files.iter().find(|f| f.path == file) else { return Some(last) };
    let mut real = source.text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("//!"));
    let mut listed = shown.iter().filter(|(line, _)| !line.trim().is_empty());
    loop {
        match (real.next(), listed.next()) {
            (Some(line), Some((other, _))) if line == *other => {}
            (None, None) => return None,
            (_, Some((_, number))) => return Some(*number),
            (Some(_), None) => return Some(last),
        }
    }
}

fn generated(tree: &Tree, path: &str, wanted: &str) -> Option<Finding> {
    let written = tree.files.iter().find(|f| f.path == path);
    (written.is_none_or(|f| f.text != wanted)).then(|| Finding::new(path, 0, "is not what the table makes (./x calls --write)"))
}

/// Relative links of a Markdown file that lead nowhere.
fn dead_links(root: &Path, source: &Source) -> Vec<Finding> {
    let folder = Path::new(&source.path).parent().unwrap_or(Path::new(""));
    let mut findings = Vec::new();
    for (target, number) in links(&source.text) {
        if !root.join(folder).join(target).exists() {
            findings.push(Finding::new(&source.path, number, format!("the link to {target} leads nowhere")));
        }
    }
    findings
}

/// The targets of relative links, without their anchors, with their lines.
fn links(text: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (line, number) in text.lines().zip(1..) {
        fenced ^= line.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', '#', ' ']).next().unwrap_or("");
            if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                found.push((target, number));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_relative_links() {
        let text = "[a](b.md#c) [d](https://e/f)\n```\nx[0](y)\n```\n[g](h/)\n[i](#j)\n";
        assert_eq!(links(text), [("b.md", 1), ("h/", 5)]);
    }

    #[test]
    fn listings_are_the_files() {
        let listing = |text: &str| Source { path: "docs/a.md".to_owned(), text: text.to_owned() };
        let tree = Tree::of(&[("a.rs", "//! head\n\nfn a() {}\n\nfn b() {}\n")]);
        assert!(
            stale_listings(&tree, &listing("```rust a.rs\nfn a() {}\n```\nwords\n```rust a.rs\nfn b() {}\n```\n")).is_empty()
        );
        assert!(stale_listings(&tree, &listing("```rust\nfn c() {}\n```\n")).is_empty());
        let lines = |text: &str| stale_listings(&tree, &listing(text)).iter().map(|f| f.line).collect::<Vec<_>>();
        assert_eq!(lines("```rust a.rs\nfn a() {}\n```\n"), [2], "not all of it");
        assert_eq!(lines("x\n```rust a.rs\nfn a() { }\nfn b() {}\n```\n"), [3], "another");
        assert_eq!(lines("```rust b.rs\nfn a() {}\n```\n"), [2], "no such file");
    }

    #[test]
    fn stale_documents_are_found() {
        let tree = Tree::of(&[("docs/x.md", "old")]);
        assert!(generated(&tree, "docs/x.md", "new").is_some());
        assert!(generated(&tree, "docs/x.md", "old").is_none());
        assert!(generated(&tree, "docs/y.md", "new").is_some());
    }
}
