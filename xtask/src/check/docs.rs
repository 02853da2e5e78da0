//! Rule `docs`: `docs/calls.md` and `abi/include/rvos.h` are what the table of calls makes, and links lead to files.

use super::tree::Source;
use super::{Finding, Tree};
use crate::calls;
use anyhow::Result;
use std::path::Path;

/// The rule.
pub(super) fn run(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings: Vec<_> = generated(tree, calls::DOC, &calls::markdown()).into_iter().collect();
    findings.extend(generated(tree, calls::HEADER, &calls::header()));
    for source in tree.files.iter().filter(|f| f.path.ends_with(".md")) {
        findings.extend(dead_links(&tree.root, source));
    }
    Ok(findings)
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
    fn stale_documents_are_found() {
        let tree = Tree::of(&[("docs/x.md", "old")]);
        assert!(generated(&tree, "docs/x.md", "new").is_some());
        assert!(generated(&tree, "docs/x.md", "old").is_none());
        assert!(generated(&tree, "docs/y.md", "new").is_some());
    }
}
