//! Rules `authority` and `call-tests`: the table is whole, and tests name what is live.
//!
//! A test names its calls in a comment line `// calls: NAME NAME …` at its top; boot tests and
//! BusyBox scripts do not count, since they cannot be run against one broken call.

use super::{Finding, Tree};
use crate::calls::is_live;
use abi::{Call, LINUX_CALLS, NATIVE_CALLS};
use anyhow::Result;
use std::collections::HashSet;

const LINUX_TABLE: &str = "abi/src/linux_calls.rs";

/// Calls that no contract test can name, with the reason.
const UNTESTABLE: &[(&str, &str)] = &[
    ("debug_mutate", "the instrument of the mutation run itself, shown by its fixtures"),
    ("debug_fail_alloc", "the instrument of alloc_failure_sweep"),
];

/// Rule `authority`.
pub(super) fn authority(tree: &Tree) -> Result<Vec<Finding>> {
    let calls = LINUX_CALLS.iter().chain(NATIVE_CALLS);
    let findings = calls.filter_map(|call| {
        let why = incomplete(call)?;
        Some(Finding::new(LINUX_TABLE, line_of(tree, call.name), format!("{}: {why}", call.name)))
    });
    Ok(findings.collect())
}

/// What a row lacks. An authority is always there, or the row would not compile.
fn incomplete(call: &Call) -> Option<&'static str> {
    let descriptors = call.args.iter().filter(|a| a.kind.is_descriptor()).count();
    if call.rights.len() != descriptors {
        Some("does not name the rights of each descriptor argument")
    } else if call.doc.len() < 10 {
        Some("is not documented")
    } else if call.authority == abi::Authority::Descriptor && descriptors == 0 {
        Some("takes its power from a descriptor, and takes no descriptor")
    } else {
        None
    }
}

/// Rule `call-tests`.
pub(super) fn tested(tree: &Tree) -> Result<Vec<Finding>> {
    let live = LINUX_CALLS.iter().chain(NATIVE_CALLS).filter(|c| is_live(c));
    let testable = live.filter(|c| UNTESTABLE.iter().all(|(name, _)| *name != c.name));
    Ok(untested(tree, testable.map(|c| c.name)))
}

/// Which of the `live` calls no test names, and what tests name wrongly.
fn untested(tree: &Tree, live: impl Iterator<Item = &'static str>) -> Vec<Finding> {
    let tests = tree.under("tests/linux/").filter(|f| f.path.ends_with(".c"));
    let mut findings = Vec::new();
    let mut named = HashSet::new();
    for test in tests {
        let calls = calls_named(&test.text);
        if calls.is_empty() {
            findings.push(Finding::new(&test.path, 1, "has no `// calls:` line"));
        }
        for (call, line) in calls {
            if abi::call_by_name(call).is_none() {
                findings.push(Finding::new(&test.path, line, format!("`{call}` is in no table")));
            }
            named.insert(call);
        }
    }
    for call in live.filter(|c| !named.contains(c)) {
        findings.push(Finding::new(LINUX_TABLE, line_of(tree, call), format!("{call}: live, and no test names it")));
    }
    findings
}

/// The calls that a test names, with the line.
pub(crate) fn calls_named(text: &str) -> Vec<(&str, usize)> {
    let mut named = Vec::new();
    for (line, number) in text.lines().zip(1..).take(30) {
        if let Some(names) = line.strip_prefix("// calls:") {
            let words = names.split([' ', ',']).filter(|w| !w.is_empty());
            named.extend(words.map(|w| (w, number)));
        }
    }
    named
}

/// Where the call's row stands, 0 if it is not found.
fn line_of(tree: &Tree, name: &str) -> usize {
    let Some(table) = tree.files.iter().find(|f| f.path == LINUX_TABLE) else {
        return 0;
    };
    let row = format!(" {name}(");
    let mut lines = table.text.lines().zip(1..);
    lines.find(|(l, _)| l.contains(&row)).map_or(0, |(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_calls_line() {
        let text = "// dup(2): x.\n// calls: dup dup3,fcntl\n// timeout: 9\n";
        assert_eq!(calls_named(text), [("dup", 2), ("dup3", 2), ("fcntl", 2)]);
    }

    #[test]
    fn unknown_and_missing_names_are_found() {
        let tree = Tree::of(&[
            ("tests/linux/a.c", "// calls: dup nonsense\n"),
            ("tests/linux/b.c", "int main;\n"),
            (LINUX_TABLE, "x\n  24 dup3(a)\n"),
        ]);
        let found: Vec<_> = untested(&tree, ["dup", "dup3"].into_iter()).iter().map(ToString::to_string).collect();
        assert!(found.contains(&"tests/linux/a.c:1: `nonsense` is in no table".to_owned()));
        assert!(found.contains(&"tests/linux/b.c:1: has no `// calls:` line".to_owned()));
        assert!(found.contains(&"abi/src/linux_calls.rs:2: dup3: live, and no test names it".to_owned()));
    }
}
