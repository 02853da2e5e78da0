//! Rule `stubs`: a call that is not there yet answers ENOSYS through one macro, and nothing else does.
//!
//! Looks at tokens: in the kernel and what it links, the word `ENOSYS` stands only in the files of
//! [`DOORS`], and `todo!` and `unimplemented!` nowhere.

use super::tree::{Layer, Source};
use super::{Finding, Tree};
use anyhow::Result;
use proc_macro2::{TokenStream, TokenTree};
use std::str::FromStr;

/// Where a number without a call, a stub, or a mutated call is answered.
/// futex(2) itself answers ENOSYS to an operation that it does not know.
const DOORS: [&str; 5] = [
    "kernel/src/linux/mod.rs",
    "kernel/src/linux/mutate.rs",
    "kernel/src/linux/futex.rs",
    "kernel/src/native/mod.rs",
    "kernel/src/native/debug.rs",
];

/// The rule.
pub(super) fn run(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for source in tree.rust().filter(|s| !s.is_test()) {
        let layer = Layer::of(&source.path);
        if matches!(layer, Some(Layer::Kernel | Layer::KernelUnsafe | Layer::Logic))
            && let Ok(tokens) = TokenStream::from_str(&source.text)
        {
            look(source, tokens, &mut findings);
        }
    }
    Ok(findings)
}

fn look(source: &Source, tokens: TokenStream, findings: &mut Vec<Finding>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => look(source, group.stream(), findings),
            TokenTree::Ident(word) => {
                let line = word.span().start().line;
                let called = matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '!');
                if word == "ENOSYS" && !DOORS.contains(&source.path.as_str()) {
                    let message = "answers ENOSYS outside the stub macro and the dispatcher";
                    findings.push(Finding::new(&source.path, line, message));
                } else if called && (word == "todo" || word == "unimplemented") {
                    findings.push(Finding::new(&source.path, line, "unfinished code"));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enosys_has_its_doors() {
        let text = "//! ENOSYS\nfn f() -> Errno {\n    Errno::ENOSYS\n}\n";
        let tree = Tree::of(&[
            ("kernel/src/linux/io.rs", text),
            ("kernel/src/linux/mod.rs", text),
            ("tests/boot/src/lib.rs", text),
            ("logic/a/src/lib.rs", "fn f() {\n    todo!()\n}\n"),
        ]);
        let found: Vec<_> = run(&tree).expect("runs").iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("kernel/src/linux/io.rs:3: "));
        assert!(found[1].starts_with("logic/a/src/lib.rs:2: "));
    }
}
