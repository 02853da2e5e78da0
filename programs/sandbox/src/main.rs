//! Starts a Linux program with only what it is given: files, memory, processes, processor time, no grants over the machine.
//!
//! `sandbox [--mem SIZE] [--pids N] [--cpu PERCENT%] [--fds N] [--ro PATH]… [--rw PATH]… [--no-net] -- PROGRAM [ARGS]`
//!
//! - `--ro`, `--rw`: a file or directory that the program sees, at the same path; `--ro FROM:AT` shows it at another. Besides
//!   these there are the program's own file, `/proc` of its own processes, an empty `/tmp`, and in `/dev` null, zero, full,
//!   random and urandom.
//! - `--mem 64M`, `--pids 8`, `--cpu 20%`, `--fds 100`: the most that it and all that it starts take together.
//!
//! The program is process 1 of its own pid scope: with it all that it started ends. How it ended is told in one line on
//! standard error; the exit status is the program's, or 128 and the signal, or 125 if it could not be started.
//!
//! `options` – what was asked for; `root` – the files; `limits` – the budget, as a cgroup; `run` – start, wait, report.

#![forbid(unsafe_code)]

mod limits;
mod options;
mod root;
mod run;

use std::process::ExitCode;

/// The sandbox itself failed.
const FAILED: u8 = 125;

fn main() -> ExitCode {
    let result = options::parse(std::env::args().skip(1)).and_then(|o| run::run(&o));
    match result {
        Ok(code) => ExitCode::from(code),
        Err(e) => {
            eprintln!("sandbox: {e}");
            ExitCode::from(FAILED)
        }
    }
}
