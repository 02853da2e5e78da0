//! `./x soak`: everything at once for minutes, from a seed that repeats it.
//!
//! The work is done by the guest's program `/bin/soak`; this gives it seed and time, and judges its end.

use anyhow::Result;
use clap::Args as ClapArgs;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use xtask::builds::Profile;
use xtask::guest::{Ending, Guest};

/// Time beyond what was asked for, to boot, to stop and to check.
const MARGIN: Duration = Duration::from_secs(120);

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
    /// Memory
    #[arg(long, default_value = "512M", value_name = "SIZE")]
    mem: String,
    /// How the kernel is built
    #[arg(long, value_enum, default_value_t = Profile::Checked)]
    profile: Profile,
    /// On Linux in place of rvOS
    #[arg(long)]
    linux: bool,
}

/// Runs the soak program and prints its seed, so that a failure can be repeated.
pub(crate) fn run(args: Args) -> Result<ExitCode> {
    let seed = args.seed.unwrap_or_else(seed_from_clock);
    let time = Duration::try_from_secs_f64(args.minutes * 60.0)?;
    println!("soak: seed {seed}, {} s, {} harts", time.as_secs(), args.smp);
    let echo = |bytes: &[u8]| {
        // Nobody to tell if standard output is gone.
        let mut out = std::io::stdout();
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    };
    let outcome = Guest::builder()
        .smp(args.smp)
        .mem(args.mem)
        .profile(args.profile)
        .linux(args.linux)
        .args(["soak", "--seed", &seed.to_string(), "--seconds", &time.as_secs().to_string()])
        .timeout(time + MARGIN)
        .on_stdout(echo)
        .on_stderr(echo)
        .run()?;
    if outcome.status == Ending::Exited(0) {
        println!("soak: passed, seed {seed}");
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(trouble) = &outcome.trouble {
        println!("{}", String::from_utf8_lossy(&outcome.console));
        println!("soak: {trouble}");
    }
    println!("soak: FAILED with status {}; ./x soak --seed {seed} repeats it", outcome.code());
    Ok(ExitCode::from(outcome.code()))
}

fn seed_from_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos()) ^ since.as_secs()
}
