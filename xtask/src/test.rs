//! `./x test`: every test there is, stage by stage, and one line of totals at the end.
//!
//! Stages: `host` (cargo's tests and the models), `check` (the rules of the tree), `boot` (tests that
//! boot guests), `linux` (the contract tests on rvOS), `busybox` (scripts held against Linux). With
//! `--linux` the contract tests run on the oracle instead. What was found and did not run has failed.

mod busybox;
mod expectations;
pub(crate) mod guest;
mod host;
mod libc;
mod mutants;
pub(crate) mod programs;
mod report;
pub(crate) mod tally;

use crate::bench;
use crate::check::{self, Tree};
use anyhow::Result;
use guest::{Amount, System};
use std::process::ExitCode;
use std::time::Instant;
use tally::Tally;
use xtask::paths;

/// Options of `./x test`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only tests whose name contains this; contract tests: or one of several, with commas
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    /// Only what runs on the host: unit tests, models, rules
    #[arg(long)]
    host: bool,
    /// Only what runs in a guest: boot tests, contract tests, scripts
    #[arg(long)]
    guest: bool,
    /// With --guest: only the runs with four harts, without the exact ones
    #[arg(long, requires = "guest")]
    smp: bool,
    /// Only this stage of those: host, models, check, linux, boot, busybox, musl …
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// The contract tests and scripts on Debian's Linux: is the test right?
    #[arg(long)]
    linux: bool,
    /// Everything, on Linux too, and the gate on instruction counts
    #[arg(long)]
    full: bool,
    /// Break each call that a test names: does the test notice? (with --linux: on Linux)
    #[arg(long)]
    mutants: bool,
    /// Run the scripts on Linux and keep what they print as what is right
    #[arg(long)]
    bless_linux: bool,
}

/// A stage: its name, and what it runs.
type Stage<'a> = (&'static str, Box<dyn Fn() -> Result<Tally> + 'a>);

/// Runs the verb.
pub(crate) fn run(args: Args) -> Result<ExitCode> {
    let mut all = Tally::default();
    for (name, stage) in stages(&args).into_iter().filter(|(name, _)| args.stage.as_deref().is_none_or(|s| s == *name)) {
        println!("== {name}");
        let start = Instant::now();
        let tally = stage().unwrap_or_else(|error| {
            // A stage that cannot run is not one that found nothing.
            let mut tally = Tally::default();
            tally.fail(format!("{error:#}"));
            tally
        });
        println!("== {name}: {tally} ({:.0} s)", start.elapsed().as_secs_f64());
        all.add(name, tally);
    }
    for failure in &all.failures {
        println!("FAILED {failure}");
    }
    println!("{all}");
    Ok(if all.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const RVOS: &[System] = &[System::RvosExact, System::RvosSmp];
const LINUX: &[System] = &[System::Linux];

fn stages(args: &Args) -> Vec<Stage<'_>> {
    let only = args.only.as_deref();
    if args.bless_linux {
        return vec![("bless", Box::new(move || busybox::bless(only)))];
    }
    if args.mutants {
        let system = if args.linux { System::Linux } else { System::RvosExact };
        return vec![("mutants", Box::new(move || mutants::run(system, only)))];
    }
    let amount = if args.full { Amount::Full } else { Amount::Quick };
    let everything = args.full || !(args.host || args.guest || args.linux);
    let mut stages: Vec<Stage<'_>> = Vec::new();
    if args.host || everything {
        stages.push(("host", Box::new(move || host::unit(&Tree::load(&paths::tree())?, only, args.full))));
        stages.push(("models", Box::new(move || host::models(&Tree::load(&paths::tree())?, only, args.full))));
        if only.is_none() {
            stages.push(("check", Box::new(rules)));
        }
    }
    if args.guest || everything {
        let suite = if args.smp { &RVOS[1..] } else { RVOS };
        stages.push(("boot", Box::new(move || host::boot(only, args.full))));
        stages.push(("linux", Box::new(move || guest::run(suite, only, amount))));
        // Minutes of copying through pipes: once is enough, on the harts that really run at once.
        let systems = if args.full { suite } else { &RVOS[1..] };
        stages.push(("busybox", Box::new(move || busybox::run(systems, only))));
        if only.is_none() {
            stages.push(("flat", Box::new(bench::flat)));
        }
    }
    if args.full || args.stage.as_deref() == Some("musl") {
        stages.push(("musl", Box::new(move || guest::run(&[System::RvosMusl], only, amount))));
    }
    if args.linux || args.full {
        stages.push(("oracle", Box::new(move || guest::run(LINUX, only, amount))));
        stages.push(("oracle-busybox", Box::new(move || busybox::run(LINUX, only))));
    }
    if args.full && only.is_none() {
        stages.push(("bench", Box::new(bench::gate)));
    }
    stages
}

/// The rules of the tree, each as a test.
fn rules() -> Result<Tally> {
    let counts = check::run_rules(&Tree::load(&paths::tree())?, &check::Args::default());
    let mut tally = Tally { passed: counts.held, ..Tally::default() };
    for rule in counts.broken {
        tally.fail(rule);
    }
    Ok(tally)
}
