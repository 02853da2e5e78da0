//! Rules `file-length` and `function-length`: small enough to read in one sitting.

use super::tree::Source;
use super::{Finding, Tree, code};
use anyhow::Result;

/// The most lines of a file.
const FILE_LINES: usize = 600;
/// The most lines of code of a function.
const FUNCTION_LINES: usize = 70;
/// Files that are one table: a row per call, no logic. Splitting one would hide it.
const TABLES: [&str; 2] = ["abi/src/linux_calls.rs", "abi/src/native_calls.rs"];
/// Examples of the book, short enough that a reader has both in view: a service and its client.
const EXAMPLES: [(&str, usize); 2] = [("services/math/src/main.rs", 99), ("programs/calc/src/main.rs", 19)];
/// What is held to the length, by ending.
const ENDINGS: [&str; 6] = [".rs", ".c", ".h", ".S", ".sh", ".py"];

/// Rule `file-length`.
pub(super) fn files(tree: &Tree) -> Result<Vec<Finding>> {
    Ok(tree.files.iter().filter_map(judge_file).collect())
}

fn judge_file(source: &Source) -> Option<Finding> {
    let held = ENDINGS.iter().any(|e| source.path.ends_with(e));
    if !held || source.is_test() || TABLES.contains(&source.path.as_str()) {
        return None;
    }
    let lines = source.text.lines().count();
    let most = EXAMPLES.iter().find(|(path, _)| *path == source.path).map_or(FILE_LINES, |(_, most)| *most);
    let message = format!("{lines} lines, {most} at most");
    (lines > most).then(|| Finding::new(&source.path, 0, message))
}

/// Rule `function-length`.
pub(super) fn functions(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for source in tree.rust() {
        judge_functions(source, &mut findings)?;
    }
    Ok(findings)
}

fn judge_functions(source: &Source, findings: &mut Vec<Finding>) -> Result<()> {
    let file = code::parse(source)?;
    for function in code::functions(source, &file).iter().filter(|f| !f.test) {
        // Signature and closing brace are not counted.
        let lines = code::code_lines(code::slice(&source.text, &body_lines(function)));
        if lines > FUNCTION_LINES {
            let message = format!("`{}` has {lines} lines of code, {FUNCTION_LINES} at most", function.name);
            findings.push(Finding::new(&source.path, *function.lines.start(), message));
        }
    }
    Ok(())
}

fn body_lines(function: &code::Function<'_>) -> std::ops::RangeInclusive<usize> {
    let braces = function.body.brace_token.span;
    let first = braces.open().start().line + 1;
    first..=braces.close().start().line.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: String) -> Source {
        Source { path: path.into(), text }
    }

    #[test]
    fn long_files_are_found_save_tests() {
        let long = "//\n".repeat(601);
        assert!(judge_file(&source("logic/a/src/lib.rs", long.clone())).is_some());
        assert!(judge_file(&source("logic/a/src/tests.rs", long.clone())).is_none());
        assert!(judge_file(&source("logic/a/src/lib.rs", long[3..].to_owned())).is_none());
        let client = |lines: usize| source("programs/calc/src/main.rs", "//\n".repeat(lines));
        assert!(judge_file(&client(19)).is_none() && judge_file(&client(20)).is_some());
    }

    #[test]
    fn long_functions_are_found_by_lines_of_code() {
        let body = |n: usize| format!("fn f() {{\n{}// note\n\n}}\n", "    a();\n".repeat(n));
        let count = |n| {
            let mut found = Vec::new();
            judge_functions(&source("xtask/src/a.rs", body(n)), &mut found).expect("parses");
            found.len()
        };
        assert_eq!(count(70), 0);
        assert_eq!(count(71), 1);
    }
}
