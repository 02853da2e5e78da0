//! Rule `unsafe-list`: the keyword stands in four crates, and every other crate forbids it.
//!
//! Looks at tokens, so macros are seen as well, and comments and names such as `unsafe_code` are not.

use super::layers::{Package, packages};
use super::tree::{Source, may_be_unsafe};
use super::{Finding, Tree};
use anyhow::Result;
use proc_macro2::{TokenStream, TokenTree};
use std::path::Path;
use std::str::FromStr;

/// The rule.
pub(super) fn run(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = keywords(tree);
    findings.extend(roots(tree, &packages(&tree.root)?));
    Ok(findings)
}

fn keywords(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.rust().filter(|s| !may_be_unsafe(&s.path)) {
        match TokenStream::from_str(&source.text) {
            Ok(tokens) => look(source, tokens, &mut findings),
            Err(e) => findings.push(Finding::new(&source.path, e.span().start().line, e.to_string())),
        }
    }
    findings
}

fn look(source: &Source, tokens: TokenStream, findings: &mut Vec<Finding>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => look(source, group.stream(), findings),
            TokenTree::Ident(word) if word == "unsafe" => findings.push(Finding::new(
                &source.path,
                word.span().start().line,
                "`unsafe` outside kernel/{arch,sync,mem} and user/rt",
            )),
            _ => {}
        }
    }
}

/// Each crate outside the list says so to the compiler, which sees what expands from macros.
fn roots(tree: &Tree, packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let targets = packages.iter().flat_map(|p| &p.targets);
    for target in targets.filter(|t| t.kind.iter().any(|k| k == "lib" || k == "bin")) {
        let path = Path::new(&target.src_path);
        let path = path.strip_prefix(&tree.root).unwrap_or(path).display().to_string();
        if may_be_unsafe(&path) {
            continue;
        }
        let Some(source) = tree.files.iter().find(|f| f.path == path) else {
            continue;
        };
        if !forbids(source) {
            findings.push(Finding::new(&path, 0, "lacks #![forbid(unsafe_code)]"));
        }
    }
    findings
}

fn forbids(source: &Source) -> bool {
    let text = &source.text;
    // The kernel's own crate may only deny, as linker attributes need an allowance there.
    text.contains("#![forbid(unsafe_code)]") || (source.path == "kernel/src/main.rs" && text.contains("#![deny(unsafe_code)]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_code_and_macros_not_comments() {
        let tree = Tree::of(&[
            ("logic/a/src/lib.rs", "//! unsafe\n#![forbid(unsafe_code)]\nfn f() {}\n"),
            ("kernel/src/main.rs", "fn f() {\n    m!({ unsafe { g() } });\n}\n"),
            ("kernel/mem/src/lib.rs", "unsafe fn f() {}\n"),
        ]);
        let found = keywords(&tree);
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().starts_with("kernel/src/main.rs:2: "));
    }

    #[test]
    fn wants_the_crate_attribute() {
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
        assert!(!forbids(&source("logic/a/src/lib.rs", "#![deny(unsafe_code)]")));
        assert!(forbids(&source("logic/a/src/lib.rs", "#![forbid(unsafe_code)]")));
        assert!(forbids(&source("kernel/src/main.rs", "#![deny(unsafe_code)]")));
    }
}
