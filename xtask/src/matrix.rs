//! `./x matrix`: what a neighbour notices when a budget is taken to its end, for each resource; written to `docs/exhaustion.md`.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::process::ExitCode;
use std::time::Duration;
use xtask::builds::{self, Profile};
use xtask::guest::{Ending, Guest};
use xtask::paths;

/// Where it is written.
const PATH: &str = "docs/exhaustion.md";
/// Wall time for all resources.
const LIMIT: Duration = Duration::from_mins(20);

/// `./x matrix`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these resources; prints, and writes nothing
    resources: Vec<String>,
}

/// Runs the verb.
pub(crate) fn run(args: Args) -> Result<ExitCode> {
    let built = builds::packages(&["ktest"])?;
    let (_, program) = built.into_iter().find(|(name, _)| name == "exhaustion").context("cargo built no exhaustion")?;
    let mut guest = Guest::builder().mem("1G").profile(Profile::Release).smp(1).icount(true).timeout(LIMIT);
    guest = guest.add(program, "/bin/exhaustion").args(["exhaustion"]);
    if args.resources.is_empty() {
        guest = guest.args(["all"]);
    }
    for resource in &args.resources {
        guest = guest.args([resource]);
    }
    eprintln!("x: taking all of each resource …");
    let outcome = guest.run()?;
    let text = String::from_utf8_lossy(&outcome.stdout);
    print!("{text}");
    ensure!(matches!(outcome.status, Ending::Exited(0)), "{}", String::from_utf8_lossy(&outcome.stderr));
    if args.resources.is_empty() {
        let path = paths::tree().join(PATH);
        fs::write(&path, document(&text)).with_context(|| format!("cannot write {}", path.display()))?;
        println!("written to {PATH}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The page, of the lines that the program printed.
fn document(lines: &str) -> String {
    let mut text = String::from(INTRODUCTION);
    for line in lines.lines().skip(1) {
        let cells: Vec<&str> = line.split_whitespace().collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

const INTRODUCTION: &str = "\
# When a budget is taken to its end

Made by `./x matrix`. For each resource, eight processes in one budget (32 MiB, 200 processes and threads, 3,000 descriptors, 500
channels, 3,000 messages and 8 MiB in flight) take all they can, let go and begin anew (`tests/kernel/src/bin/exhaustion`). Beside them a neighbour in a budget of equal
weight does a fixed job of processes, memory, files and pipes, on the one hart that there is; time is counted in instructions.

*ends* is how often a hostile process was refused with the error that programs expect there, *killed* how many were ended inside
their budget because its memory was full. *run* is the neighbour's own processor time and *elapsed* its time from beginning to end,
each as a multiple of what the job takes alone: half of the hart is 2.

| resource | ends | killed | run | elapsed |
|---|---|---|---|---|
";

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn a_line_is_a_row() {
        let text = document("resource ends killed run elapsed\nmemory   0    8     1.00     2.06\n");
        assert!(text.ends_with("|---|\n| memory | 0 | 8 | 1.00 | 2.06 |\n"));
    }
}
