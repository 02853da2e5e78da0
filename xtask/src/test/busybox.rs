//! BusyBox scripts: `tests/busybox/NAME.sh` must print on rvOS what it printed on Linux, `NAME.out`.
//!
//! All scripts run in one boot, each in a directory of its own and under a time-out, by a driver
//! script made here. `--bless-linux` runs them on Linux and writes the `.out` files.

use super::guest::{System, trouble};
use super::tally::Tally;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use xtask::paths;

/// Starts each line of the driver; a script has no reason to print it.
const MARK: &str = "@@busybox@@";
/// What the driver does with one script: its output, both streams, then its status.
const DRIVER: &str = "\
run() {
    mkdir -p /tmp/bb/$1; cd /tmp/bb/$1
    echo '@@busybox@@ start' $1
    timeout 120 sh /tests/busybox/$1.sh 2>&1 </dev/null
    status=$?
    echo; echo '@@busybox@@ end' $1 $status
    cd /; rm -rf /tmp/bb/$1
}
";

/// A script's golden file holds its output and status as one text.
type Outputs = BTreeMap<String, String>;

fn folder() -> PathBuf {
    paths::tree().join("tests/busybox")
}

/// The scripts' names, in order.
fn scripts(only: Option<&str>) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let Ok(entries) = fs::read_dir(folder()) else {
        return Ok(names);
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|e| e == "sh") && only.is_none_or(|part| name.contains(part)) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Runs the scripts on each system and compares.
pub(super) fn run(systems: &[System], only: Option<&str>) -> Result<Tally> {
    let mut tally = Tally::default();
    let names = scripts(only)?;
    if names.is_empty() {
        if only.is_none() {
            tally.fail("there are no scripts in tests/busybox");
        }
        return Ok(tally);
    }
    for system in systems {
        println!("-- tests/busybox on {}", system.name());
        let (outputs, problem) = outputs_on(*system, &names)?;
        let mut part = Tally::default();
        for name in &names {
            judge(name, outputs.get(name), &mut part);
        }
        if let Some(problem) = problem {
            part.fail(problem);
        }
        tally.add(system.name(), part);
    }
    Ok(tally)
}

fn judge(name: &str, output: Option<&String>, tally: &mut Tally) {
    let golden = fs::read_to_string(folder().join(format!("{name}.out")));
    match (golden, output) {
        (Err(_), _) => tally.fail(format!("{name}: has no .out file (./x test --bless-linux)")),
        (_, None) => tally.fail(format!("{name}: did not run to its end")),
        (Ok(golden), Some(output)) if golden == *output => tally.passed += 1,
        (Ok(golden), Some(output)) => tally.fail(format!("{name}: {}", first_difference(&golden, output))),
    }
}

fn first_difference(golden: &str, output: &str) -> String {
    let (mut want, mut got) = (golden.lines(), output.lines());
    for number in 1.. {
        let pair = (want.next(), got.next());
        if pair.0 != pair.1 {
            let text = |line: Option<&str>| line.map_or("the end".to_owned(), |l| format!("{l:?}"));
            return format!("line {number}: Linux says {}, here {}", text(pair.0), text(pair.1));
        }
        if pair.0.is_none() {
            break;
        }
    }
    "differs in its line ends".to_owned()
}

/// Runs the scripts on Linux and writes what they print.
pub(super) fn bless(only: Option<&str>) -> Result<Tally> {
    let names = scripts(only)?;
    let (outputs, problem) = outputs_on(System::Linux, &names)?;
    ensure!(problem.is_none(), "{}", problem.unwrap_or_default());
    let mut tally = Tally::default();
    for name in &names {
        let Some(output) = outputs.get(name) else {
            tally.fail(format!("{name}: did not run to its end"));
            continue;
        };
        let path = folder().join(format!("{name}.out"));
        fs::write(&path, output).with_context(|| format!("cannot write {}", path.display()))?;
        tally.passed += 1;
    }
    Ok(tally)
}

fn outputs_on(system: System, names: &[String]) -> Result<(Outputs, Option<String>)> {
    let mut driver = String::from(DRIVER);
    for name in names {
        let _ = writeln!(driver, "run {name}");
    }
    let outcome = system
        .builder()
        .add(folder(), "/tests/busybox")
        .add_bytes(driver, "/tests/busybox/.driver", 0o644)
        .args(["sh", "/tests/busybox/.driver"])
        .run()?;
    Ok((split(&String::from_utf8_lossy(&outcome.stdout)), trouble(&outcome)))
}

/// Splits the driver's output; a script without an end mark is left out.
fn split(text: &str) -> Outputs {
    let mut outputs = Outputs::new();
    let mut current: Option<(String, String)> = None;
    for line in text.split_inclusive('\n') {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [MARK, "start", name] => current = Some(((*name).to_owned(), String::new())),
            [MARK, "end", name, status] => {
                if let Some((started, mut output)) = current.take()
                    && started == *name
                {
                    let _ = writeln!(output, "exit {status}");
                    outputs.insert(started, output);
                }
            }
            _ => {
                if let Some((_, output)) = &mut current {
                    output.push_str(line);
                }
            }
        }
    }
    outputs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_split() {
        let text = "@@busybox@@ start a\nhello\n\n@@busybox@@ end a 0\n@@busybox@@ start b\nx\n";
        assert_eq!(split(text), Outputs::from([("a".into(), "hello\n\nexit 0\n".into())]));
    }

    #[test]
    fn differences_are_told() {
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), "line 2: Linux says \"b\", here \"c\"");
        assert_eq!(first_difference("a\n", "a\nc\n"), "line 2: Linux says the end, here \"c\"");
    }
}
