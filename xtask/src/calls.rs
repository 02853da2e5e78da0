//! `./x calls`: the two tables of calls as figures, as a document and as a C header.
//!
//! [`markdown`] is what `docs/calls.md` must be and [`header`] what `abi/include/rvos.h` (rule `docs`); `families.rs` says how the document
//! groups the numbers, `header.rs` makes the header of the native range.

mod families;
mod header;
mod markdown;

pub(crate) use header::render as header;
pub(crate) use markdown::render as markdown;

use abi::{Call, LINUX_CALLS, NATIVE_CALLS, State};
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::ExitCode;
use xtask::paths;

/// The generated document, from the root.
pub(crate) const DOC: &str = "docs/calls.md";
/// The generated header, from the root.
pub(crate) const HEADER: &str = "abi/include/rvos.h";

/// Options of `./x calls`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Write docs/calls.md and abi/include/rvos.h
    #[arg(long)]
    pub(crate) write: bool,
    /// Print a C header of the native calls instead
    #[arg(long)]
    pub(crate) header: bool,
}

/// Runs the verb.
pub(crate) fn run(args: Args) -> Result<ExitCode> {
    if args.header {
        print!("{}", header());
        return Ok(ExitCode::SUCCESS);
    }
    if args.write {
        for (name, text) in [(DOC, markdown()), (HEADER, header())] {
            let path = paths::tree().join(name);
            fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
        }
    }
    // A reader who has seen enough (`| head`) is no error.
    let _ = std::io::stdout().write_all(summary().as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// The counts, then every stub.
fn summary() -> String {
    let mut text = String::new();
    for (range, calls) in [("Linux", LINUX_CALLS), ("native", NATIVE_CALLS)] {
        let live = calls.iter().filter(|c| is_live(c)).count();
        let _ = writeln!(text, "{range}: {} calls, {live} live, {} stubs", calls.len(), calls.len() - live);
    }
    for call in LINUX_CALLS.iter().chain(NATIVE_CALLS).filter(|c| !is_live(c)) {
        let _ = writeln!(text, "stub {:4} {}", call.number, call.name);
    }
    text
}

/// Whether the call is implemented.
pub(crate) fn is_live(call: &Call) -> bool {
    call.state == State::Live
}
