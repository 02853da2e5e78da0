//! `./x VERB`: every door of the project behind one binary.
//!
//! Each verb is a module with `Args` and `run`; what they share is the library beside this file.
#![forbid(unsafe_code)]

mod bench;
mod calls;
mod check;
mod doctor;
mod gdb;
mod image;
mod matrix;
mod run;
mod soak;
mod test;

use clap::{Parser, Subcommand};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

#[derive(Parser)]
#[command(name = "x", about = "Builds, runs and tests rvOS", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Boot rvOS to a shell, or run one program in it
    Run(run::Args),
    /// The same on Debian's Linux for riscv64
    #[command(subcommand)]
    Linux(Linux),
    /// Host tests, on-target tests, boot tests
    Test(test::Args),
    /// The rules of the tree: layers, lengths, unsafe list, formatting, lints
    Check(check::Args),
    /// Measure rvOS beside Linux
    Bench(bench::Args),
    /// What the set-up found, in which version, and what is missing
    Doctor(doctor::Args),
    /// A guest that waits for a debugger, and the debugger if there is one
    Gdb(run::Args),
    /// Build kernel and initramfs and print where they are
    Image(run::Args),
    /// What a neighbour notices when a budget is taken to its end, for each resource
    Matrix(matrix::Args),
    /// Everything at once for minutes, from a seed that repeats it
    Soak(soak::Args),
    /// The table of calls, and what still answers ENOSYS
    Calls(calls::Args),
}

#[derive(Subcommand)]
enum Linux {
    /// Boot Linux to a shell, or run one program in it; options as for `./x run`
    Run(run::Args),
    /// Download the kernel and print its path
    Fetch,
}

fn main() -> ExitCode {
    if std::env::var_os("RVOS_SETUP").is_none() {
        return through_the_door();
    }
    let result = match Cli::parse().verb {
        Verb::Run(args) => run::run(args),
        Verb::Linux(Linux::Run(args)) => run::run_linux(args),
        Verb::Linux(Linux::Fetch) => xtask::paths::fetched("linux").map(|path| {
            println!("{}", path.display());
            ExitCode::SUCCESS
        }),
        Verb::Doctor(args) => doctor::run(args),
        Verb::Gdb(args) => gdb::run(args),
        Verb::Image(args) => image::run(args),
        Verb::Soak(args) => soak::run(args),
        Verb::Test(args) => test::run(args),
        Verb::Check(args) => check::run(args),
        Verb::Bench(args) => bench::run(args),
        Verb::Matrix(args) => matrix::run(args),
        Verb::Calls(args) => calls::run(args),
    };
    result.unwrap_or_else(|error| {
        eprintln!("x: {error:#}");
        ExitCode::FAILURE
    })
}

/// `cargo xtask` by itself knows nothing of the set-up: `./x` sees to that and comes back here.
fn through_the_door() -> ExitCode {
    let error = Command::new(xtask::paths::tree().join("x")).args(std::env::args_os().skip(1)).exec();
    eprintln!("x: cannot run ./x: {error}");
    ExitCode::FAILURE
}
