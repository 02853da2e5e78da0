//! Rules `format`, `clippy-host` and `clippy-kernel`: what rustfmt and clippy say, as findings.
//!
//! Clippy runs twice: with the ordinary lints over what runs on the host or in user mode, and with
//! `xtask/kernel-lints` (banned allocators) over the kernel and all it links, for its own target.

use super::layers::packages;
use super::tree::Layer;
use super::{Finding, Tree};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::path::Path;
use std::process::Output;
use xtask::builds::{KERNEL_TARGET, cargo_command};

/// Rule `format`.
pub(super) fn format(tree: &Tree) -> Result<Vec<Finding>> {
    let output = cargo(&["fmt", "--all", "--check", "--", "-l"])?;
    let listed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let findings: Vec<_> =
        listed.lines().map(|path| Finding::new(strip(&tree.root, path), 0, "not as `cargo fmt` leaves it")).collect();
    ensure!(output.status.success() || !findings.is_empty(), "cargo fmt: {errors}");
    Ok(findings)
}

/// Rule `clippy-host`.
pub(super) fn clippy_host(tree: &Tree) -> Result<Vec<Finding>> {
    let mut arguments = vec!["clippy", "--all-targets", "--message-format=json"];
    let packages = packages(&tree.root)?;
    let host = packages.iter().filter(|p| {
        let home = super::layers::folder(&tree.root, p);
        !matches!(Layer::of(&home), Some(Layer::Kernel | Layer::KernelUnsafe))
    });
    for package in host {
        arguments.extend(["-p", &package.name]);
    }
    diagnostics(&tree.root, &cargo(&arguments)?)
}

/// Rule `clippy-kernel`.
pub(super) fn clippy_kernel(tree: &Tree) -> Result<Vec<Finding>> {
    let output = cargo_command()
        .args(["clippy", "-p", "kernel", "--target", KERNEL_TARGET, "--message-format=json"])
        .env("CLIPPY_CONF_DIR", tree.root.join("xtask/kernel-lints"))
        .output()
        .context("run cargo clippy")?;
    diagnostics(&tree.root, &output)
}

fn cargo(arguments: &[&str]) -> Result<Output> {
    let output = cargo_command().args(arguments).output();
    output.with_context(|| format!("run cargo {}", arguments.first().unwrap_or(&"")))
}

fn strip<'a>(root: &Path, path: &'a str) -> &'a str {
    let root = root.to_string_lossy();
    path.strip_prefix(&*root).map_or(path, |p| p.trim_start_matches('/'))
}

/// A line of cargo's JSON output, as far as it matters.
#[derive(Deserialize)]
struct Line {
    message: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct Diagnostic {
    message: String,
    level: String,
    code: Option<Code>,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    line_start: usize,
    is_primary: bool,
}

fn diagnostics(root: &Path, output: &Output) -> Result<Vec<Finding>> {
    let text = String::from_utf8_lossy(&output.stdout);
    let findings = findings_of(&text, &root.to_string_lossy());
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() || !findings.is_empty(), "cargo clippy in {}: {errors}", root.display());
    Ok(findings)
}

/// Every warning and error at a place of the tree; what a macro of an outside crate expands to is not ours.
///
/// Warnings are not made errors, so that one crate's do not hide those of the crates above it.
fn findings_of(json_lines: &str, root: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> = json_lines
        .lines()
        .filter_map(|l| serde_json::from_str::<Line>(l).ok()?.message)
        .filter(|d| d.level == "error" || d.level == "warning")
        .filter_map(|d| {
            let span = d.spans.iter().find(|s| s.is_primary)?;
            let code = d.code.as_ref().map_or("rustc", |c| c.code.as_str());
            let message = format!("{} [{code}]", d.message.replace('\n', " "));
            let inside = span.file_name.strip_prefix(root).map(|p| p.trim_start_matches('/'));
            let file = inside.unwrap_or(&span.file_name);
            (!file.starts_with('/')).then(|| Finding::new(file, span.line_start, message))
        })
        .collect();
    // A library is linted once for itself and once for its tests.
    findings.dedup();
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_become_findings() {
        let json = r#"{"reason":"compiler-artifact"}
{"reason":"compiler-message","message":{"message":"use of a disallowed method","level":"error","code":{"code":"clippy::disallowed_methods"},"spans":[{"file_name":"logic/a/src/lib.rs","line_start":7,"is_primary":true}]}}
{"reason":"compiler-message","message":{"message":"not ours","level":"error","code":null,"spans":[{"file_name":"/x/y.rs","line_start":7,"is_primary":true}]}}
{"reason":"compiler-message","message":{"message":"aborting","level":"error","code":null,"spans":[]}}
not json"#;
        let found = findings_of(json, "/r");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to_string(), "logic/a/src/lib.rs:7: use of a disallowed method [clippy::disallowed_methods]");
    }
}
