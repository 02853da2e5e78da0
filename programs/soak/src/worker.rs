//! One worker: steps, one after another, each told to the supervisor before it begins.
//!
//! A line on standard output for each: `NUMBER NAME`. At the end `done COUNT`,
//! or `wrong NUMBER NAME: WHY` and exit status 1.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use fastrand::Rng;

use crate::options::{Limit, Options, Which};
use crate::steps;

/// What a step needs to know about where it runs.
#[derive(Debug)]
pub(crate) struct Context {
    /// An empty directory for the worker's files.
    pub(crate) dir: PathBuf,
}

/// Runs one step, or steps until the limit.
pub(crate) fn run(options: &Options, which: Which) -> ExitCode {
    let dir = std::env::temp_dir().join(format!("soak.{}.{}", which.worker, std::process::id()));
    if let Err(e) = std::fs::create_dir_all(&dir) {
        say(&format!("wrong 0 start: {}: {e}", dir.display()));
        return ExitCode::FAILURE;
    }
    let context = Context { dir };
    let result = match which.step {
        Some(step) => one(options, which, step, &context),
        None => many(options, which, &context),
    };
    let _ = std::fs::remove_dir_all(&context.dir);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&format!("wrong {message}"));
            ExitCode::FAILURE
        }
    }
}

fn many(options: &Options, which: Which, context: &Context) -> Result<(), String> {
    let start = Instant::now();
    let mut step = 0;
    loop {
        let over = match options.limit {
            Limit::Time(time) => start.elapsed() >= time,
            Limit::Rounds(rounds) => step >= rounds,
        };
        if over {
            say(&format!("done {step}"));
            return Ok(());
        }
        one(options, which, step, context)?;
        step += 1;
    }
}

fn one(options: &Options, which: Which, step: u64, context: &Context) -> Result<(), String> {
    let mut rng = Rng::with_seed(mix(options.seed, which.worker, step));
    let (name, run) = steps::choose(&mut rng);
    say(&format!("{step} {name}"));
    run(&mut rng, context).map_err(|e| format!("{step} {name}: {e}"))
}

/// A step's own seed. Consecutive numbers must not give similar streams, so
/// they go through the finalizer of splitmix64.
fn mix(seed: u64, worker: u32, step: u64) -> u64 {
    let mut z = seed ^ (u64::from(worker) << 48) ^ step;
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One write, so that lines of a worker and of what it forks do not mix.
fn say(line: &str) {
    // If the supervisor is gone, the next step's own pipes will still work, and
    // the time limit ends this.
    let _ = std::io::stdout().write_all(format!("{line}\n").as_bytes());
}
