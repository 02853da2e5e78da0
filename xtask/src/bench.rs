//! `./x bench`: instructions per operation on rvOS beside Linux, and the gate on them.

use crate::test::tally::Tally;
use std::process::ExitCode;

/// Options of `./x bench`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {}

/// Runs the verb.
pub(crate) fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not yet: bench")
}

/// The gate as a stage of the tests.
pub(crate) fn gate() -> anyhow::Result<Tally> {
    anyhow::bail!("not yet: bench")
}
