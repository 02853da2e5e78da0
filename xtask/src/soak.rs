//! `./x soak`: everything at once for minutes, from a seed that repeats it.
//!
//! The work is done by the guest's program `/bin/soak`; this gives it seed and time, and judges its end, and that it says how much
//! it did. With `--budgets` it is the test `budget_conserved` that runs, with a number of steps: a million, unless told
//! otherwise. With `--boots` machines come up and go down ([`boots`]).

mod boots;

use crate::test::guest::runner;
use anyhow::{Context, Result};
use clap::Args as ClapArgs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use xtask::builds::{self, Profile};
use xtask::guest::{Ending, Guest, GuestBuilder};

/// Time beyond what was asked for, to boot, to stop and to check.
const MARGIN: Duration = Duration::from_secs(120);
/// What the test itself may take beyond it: a part of the margin.
const LAST_STEPS: Duration = Duration::from_secs(90);
/// The tests of `--budgets` and `--ipc`.
const BUDGETS: &str = "budget_conserved";
const TORTURE: &str = "ipc_torture";
/// Time for each of its steps, on a slow machine.
const STEP: Duration = Duration::from_millis(10);

/// Options of `./x soak`.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// How long
    #[arg(long, default_value_t = 10.0, value_name = "N")]
    minutes: f64,
    /// The seed of an earlier run, to repeat it
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Number of harts
    #[arg(long, default_value_t = 4, value_name = "N")]
    smp: u32,
    /// Virtual time counts instructions: the same from run to run, with one hart
    #[arg(long)]
    icount: bool,
    /// Memory
    #[arg(long, default_value = "512M", value_name = "SIZE")]
    mem: String,
    /// How the kernel is built
    #[arg(long, value_enum, default_value_t = Profile::Checked)]
    profile: Profile,
    /// Channels alone: processes that create, send, move, call and close at random, and are killed (ipc_torture)
    #[arg(long, conflicts_with_all = ["linux", "budgets"])]
    ipc: bool,
    /// On Linux in place of rvOS
    #[arg(long, conflicts_with = "budgets")]
    linux: bool,
    /// That charges to budgets are the sum of what is there, after each of so many random steps
    #[arg(long, value_name = "STEPS", num_args = 0..=1, default_missing_value = "1000000")]
    budgets: Option<u64>,
    /// So many machines one after another, with different memory and harts
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "200", conflicts_with_all = ["ipc", "budgets"])]
    boots: Option<u32>,
}

/// What runs in the guest, for how long at most.
fn guest<'a>(args: &Args, seed: u64) -> Result<(GuestBuilder<'a>, Duration)> {
    let guest = Guest::builder().smp(args.smp).mem(&args.mem).profile(args.profile).linux(args.linux).icount(args.icount);
    if let Some(steps) = args.budgets {
        println!("soak: seed {seed}, {steps} steps, {} harts", args.smp);
        let time = MARGIN + STEP * u32::try_from(steps)?;
        let guest = guest.add(test(BUDGETS)?, format!("/tests/linux/{BUDGETS}"));
        return Ok((under_runner(guest, &format!("{BUDGETS} arg={seed} arg={steps}"), time)?, time));
    }
    let time = Duration::try_from_secs_f64(args.minutes * 60.0)?;
    let seconds = time.as_secs();
    println!("soak: seed {seed}, {seconds} s, {} harts", args.smp);
    if args.ipc {
        let guest = guest.add(test(TORTURE)?, format!("/tests/linux/{TORTURE}"));
        return Ok((under_runner(guest, &format!("{TORTURE} arg={seed} arg={seconds}"), time)?, time));
    }
    let line = format!("/bin/soak arg=--seed arg={seed} arg=--seconds arg={seconds}");
    Ok((under_runner(guest, &line, time)?, time))
}

/// Runs the soak program and prints its seed, so that a failure can be repeated.
pub(crate) fn run(args: Args) -> Result<ExitCode> {
    let seed = args.seed.unwrap_or_else(seed_from_clock);
    if let Some(count) = args.boots {
        return boots::run(&args, seed, count);
    }
    let (guest, time) = guest(&args, seed)?;
    let echo = |bytes: &[u8]| {
        // Nobody to tell if standard output is gone.
        let mut out = std::io::stdout();
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    };
    let outcome = guest.timeout(time + MARGIN).on_stdout(echo).on_stderr(echo).run()?;
    if outcome.status == Ending::Exited(0) {
        println!("soak: passed, seed {seed}");
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(trouble) = &outcome.trouble {
        println!("{}", String::from_utf8_lossy(&outcome.console));
        println!("soak: {trouble}");
    }
    println!(
        "soak: FAILED with status {}; ./x soak{} --seed {seed} repeats it",
        outcome.code(),
        args.budgets.map_or(if args.ipc { " --ipc".to_owned() } else { String::new() }, |n| format!(" --budgets {n}"))
    );
    Ok(ExitCode::from(outcome.code()))
}

/// A test of the kernel's own features, built for the guest.
fn test(name: &str) -> Result<PathBuf> {
    let found = builds::packages(&["ktest"])?.into_iter().find(|(built, _)| built == name);
    Ok(found.with_context(|| format!("cargo built no {name}"))?.1)
}

/// The program of this line under the runner, so that afterwards every counter is where it was. It may take all there is.
fn under_runner<'a>(guest: GuestBuilder<'a>, line: &str, time: Duration) -> Result<GuestBuilder<'a>> {
    let list = format!("{line} timeout_s={} budget=none\n", (time + LAST_STEPS).as_secs());
    let guest = guest.add(runner()?, "/bin/ktest").add_bytes(list, "/tests/list", 0o644);
    Ok(guest.args(["ktest", "--echo"]))
}

fn seed_from_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos()) ^ since.as_secs()
}
