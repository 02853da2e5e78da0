//! `./x bench`: instructions per operation on rvOS beside Linux, and the gate on them.
//!
//! One static program, `tests/bench/bench.c`, prints `ROW name value` lines on both systems under exact
//! instruction counting; `tests/bench/smp.c` does so for several harts under multi-threaded emulation.
//! [`run`] writes `docs/performance.md`; with `--check` it holds the rows against the baseline instead.

mod baseline;
mod document;
mod rows;

use crate::check::image_bytes;
use crate::test::programs;
use crate::test::tally::Tally;
use anyhow::{Context, Result, ensure};
use document::{Circumstances, Pair};
use rows::Row;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;
use xtask::builds::{self, Profile};
use xtask::guest::{Ending, Guest, Outcome};
use xtask::{machine, paths};

/// Wall time for one program on one system.
const LIMIT: Duration = Duration::from_mins(10);

/// Linux's loopback is down until someone says otherwise; where there is none, its rows are `n/a`.
const START: &str = "ifconfig lo up 2>/dev/null; exec rvos-bench \"$@\"";

/// The row of [`idle_memory`].
const MEMORY: &str = "start_memory_kib";

/// Options of `./x bench`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only this row (may be repeated); prints, and writes nothing
    #[arg(long, value_name = "ROW")]
    only: Vec<String>,
    /// Only this system; prints, and writes nothing
    #[arg(long, value_enum, conflicts_with_all = ["check", "baseline"])]
    on: Option<System>,
    /// Hold rvOS against tests/bench/baseline.toml, no row may cost 3 % more, and against tests/bench/targets.toml
    #[arg(long)]
    check: bool,
    /// Write today's rows as the baseline
    #[arg(long, conflicts_with = "only")]
    baseline: bool,
    /// Leave the rows for several harts out
    #[arg(long)]
    no_smp: bool,
}

/// Where a program is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum System {
    /// Our kernel, as shipped
    Rvos,
    /// Debian's kernel
    Linux,
}

/// How a program is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One hart, counted in instructions.
    Exact,
    /// Four harts that really run at once.
    Smp,
}

impl Kind {
    fn program(self) -> &'static str {
        match self {
            Kind::Exact => "bench",
            Kind::Smp => "smp",
        }
    }

    /// The program's sources: `smp.c` for several harts, all others of the folder for one.
    fn sources(self) -> Result<Vec<PathBuf>> {
        let folder = paths::tree().join("tests/bench");
        let mut sources = Vec::new();
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            let source = path.extension().is_some_and(|e| e == "c" || e == "S");
            let smp = path.file_stem().is_some_and(|n| n == "smp");
            if source && smp == (self == Kind::Smp) {
                sources.push(path);
            }
        }
        sources.sort();
        Ok(sources)
    }
}

/// Runs the verb.
pub(crate) fn run(args: Args) -> Result<ExitCode> {
    if args.check {
        let tally = gate()?;
        for failure in &tally.failures {
            println!("FAILED {failure}");
        }
        println!("{tally}");
        return Ok(if tally.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let only = args.only.as_slice();
    if let Some(system) = args.on {
        for row in measure(system, Kind::Exact, only)?.0 {
            println!("{:24} {:>12.1}", row.name, row.value);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (rvos, rvos_outcome) = measure(System::Rvos, Kind::Exact, only)?;
    let (linux, _) = measure(System::Linux, Kind::Exact, only)?;
    let exact = Pair { rvos, linux };
    let smp = if args.no_smp || !only.is_empty() {
        Pair { rvos: Vec::new(), linux: Vec::new() }
    } else {
        Pair { rvos: measure(System::Rvos, Kind::Smp, &[])?.0, linux: measure(System::Linux, Kind::Smp, &[])?.0 }
    };
    let text = document::render(&exact, &smp, &circumstances(&rvos_outcome)?);
    println!("{text}");
    if only.is_empty() {
        let path = paths::tree().join(document::PATH);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if args.baseline {
        baseline::write(&exact.rvos)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The gate, as a stage of the tests: one test for each row of the baseline, and for each target.
pub(crate) fn gate() -> Result<Tally> {
    let (agreed, targets) = (baseline::load()?, baseline::targets()?);
    let (rows, _) = measure(System::Rvos, Kind::Exact, &[])?;
    let mut failures = baseline::judge(&rows, &agreed);
    failures.extend(baseline::missed(&rows, &targets));
    let tests = agreed.len().saturating_add(targets.len());
    Ok(Tally { passed: tests.saturating_sub(failures.len()), skipped: 0, failures })
}

/// Objects beside which an operation is measured, in the names of rows.
const BESIDE: [&str; 3] = ["beside_10_", "beside_1000_", "beside_10000_"];
/// Kinds of objects, and how much more an operation may cost beside 10,000 of them than beside 10. Mappings, interests and the names of
/// processes are found in trees, which are ten steps deeper then, the lowest free descriptor in one of words of 64 bits.
const KINDS: [(&str, f64); 7] =
    [("fds", 1.35), ("maps", 1.75), ("files", 1.1), ("pipes", 1.1), ("zombies", 1.25), ("interests", 1.1), ("added", 1.6)];

/// What an operation costs does not grow with the number of other objects: one test for each kind of object.
pub(crate) fn flat() -> Result<Tally> {
    let names: Vec<String> = KINDS.iter().flat_map(|(kind, _)| BESIDE.map(|beside| format!("{beside}{kind}"))).collect();
    let (rows, _) = measure(System::Rvos, Kind::Exact, &names)?;
    let mut tally = Tally::default();
    for (kind, bound) in KINDS {
        let costs = BESIDE.map(|beside| rows.iter().find(|r| r.name == format!("{beside}{kind}")).map(|r| r.value));
        match costs {
            [Some(few), Some(some), Some(many)] if few.max(some).max(many) <= few * bound => tally.passed += 1,
            costs => tally.fail(format!("{kind}: beside 10, 1,000 and 10,000 it costs {costs:?}")),
        }
    }
    Ok(tally)
}

fn measure(system: System, kind: Kind, only: &[String]) -> Result<(Vec<Row>, Outcome)> {
    let program = programs::build_program(kind.program(), &kind.sources()?, &["-O2"])?;
    let guest = Guest::builder().mem("512M").profile(Profile::Release).timeout(LIMIT);
    let guest = guest.linux(system == System::Linux).icount(kind == Kind::Exact);
    let guest = guest.smp(if kind == Kind::Exact { 1 } else { 4 });
    let guest = guest.add(program, "/bin/rvos-bench").args(["sh", "-c", START, "rvos-bench"]);
    let guest = only.iter().fold(guest, |g, row| g.args(["--only", row]));
    eprintln!("x: measuring {} on {system:?} …", kind.program());
    let outcome = guest.run()?;
    let text = String::from_utf8_lossy(&outcome.stdout);
    let good = matches!(outcome.status, Ending::Exited(0));
    let console = String::from_utf8_lossy(&outcome.console);
    let errors = String::from_utf8_lossy(&outcome.stderr);
    // A list that was cut short must not look like a result.
    ensure!(good, "{} on {system:?} ended with {:?}:\n{text}{errors}{console}", kind.program(), outcome.status);
    let mut rows = if kind == Kind::Exact { rows::parse(&text)? } else { rows::parse_smp(&text)? };
    if kind == Kind::Exact && (only.is_empty() || only.iter().any(|row| row == MEMORY)) {
        rows.push(Row { name: MEMORY.to_owned(), value: idle_memory(system)? });
    }
    ensure!(!rows.is_empty(), "{} on {system:?} printed no row", kind.program());
    Ok((rows, outcome))
}

/// KiB of 512 MiB that are not free when the shell starts a first program.
fn idle_memory(system: System) -> Result<f64> {
    const KIB: f64 = 512.0 * 1024.0;
    let guest = Guest::builder().mem("512M").profile(Profile::Release).timeout(LIMIT).linux(system == System::Linux);
    let outcome = guest.icount(true).smp(1).args(["sh", "-c", "cat /proc/meminfo"]).run()?;
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    let free = after(&text, "MemFree:").parse::<f64>().with_context(|| format!("no free memory in {text}"))?;
    Ok(KIB - free)
}

fn circumstances(outcome: &Outcome) -> Result<Circumstances> {
    let kernel = builds::kernel(Profile::Release)?;
    let qemu = Command::new(machine::qemu()).arg("--version").output().context("cannot start QEMU")?;
    let qemu = String::from_utf8_lossy(&qemu.stdout).into_owned();
    let release = Guest::builder().smp(1).linux(true).timeout(LIMIT).args(["uname", "-r"]).run()?;
    let console = String::from_utf8_lossy(&outcome.console).into_owned();
    Ok(Circumstances {
        qemu: after(&qemu, "version ").to_owned(),
        opensbi: after(&console, "OpenSBI v").to_owned(),
        linux: String::from_utf8_lossy(&release.stdout).trim().to_owned(),
        image_bytes: image_bytes(&fs::read(kernel)?)?,
    })
}

/// The word after `key`.
fn after<'a>(text: &'a str, key: &str) -> &'a str {
    let rest = text.split_once(key).map_or("", |(_, rest)| rest);
    rest.split_whitespace().next().unwrap_or("unknown")
}
