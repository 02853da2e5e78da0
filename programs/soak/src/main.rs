//! `soak`: everything at once, at random, each result checked, from a seed that repeats it.
//!
//! ```text
//! soak [--seed S] [--minutes N | --seconds N | --rounds N] [--workers N] [--hang-seconds N]
//! soak --seed S --worker K [--step N] [--rounds N]      one worker, or one step of it, again
//! ```
//!
//! The [`supervisor`] starts the workers, each a process of its own, watches
//! that they get on and says how far they are. A [`worker`] runs one step after
//! another; what step N of worker K does follows from the seed, K and N alone,
//! whatever the others do. The steps are in [`steps`], by family. The first
//! wrong result ends everything with the command that repeats the step.

#![forbid(unsafe_code)]

mod options;
mod steps;
mod supervisor;
mod watch;
mod worker;

use std::process::ExitCode;

use options::{Options, Role};

/// 0 when every result was right, 1 when one was wrong or something hung, 2
/// for a command line that makes no sense.
fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match options::parse(&words) {
        Ok(Role::Supervisor(options)) => supervisor::run(&options),
        Ok(Role::Worker(options, which)) => worker::run(&options, which),
        Ok(Role::Helper(what)) => steps::exec::helper(&what),
        Err(message) => {
            eprintln!("soak: {message}\n{}", Options::USAGE);
            ExitCode::from(2)
        }
    }
}
