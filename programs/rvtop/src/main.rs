//! Shows processes with their use of the processor, their memory and what they wait for; budgets; and channels.
//!
//! - `rvtop [-n ROUNDS] [-d SECONDS]` – processes and the tree of budgets, again and again.
//! - `rvtop budgets`, `rvtop channels`, `rvtop blocked` – one table, once.
#![forbid(unsafe_code)]

mod processes;
mod tables;

use processes::History;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("rvtop: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let (mut rounds, mut seconds) = (u64::MAX, 1u64);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || -> Result<u64, Box<dyn std::error::Error>> {
            let text = args.next().ok_or_else(|| format!("{arg} wants a number"))?;
            Ok(text.parse().map_err(|_| format!("{arg} wants a number"))?)
        };
        match arg.as_str() {
            "-n" => rounds = value()?,
            "-d" => seconds = value()?.max(1),
            "budgets" => return print(&tables::budgets()?),
            "channels" => return print(&tables::columns("/proc/rvos/channels")?),
            "blocked" => return print(&tables::columns("/proc/rvos/blocked")?),
            _ => return Err(format!("{arg}: usage: rvtop [-n ROUNDS] [-d SECONDS], or rvtop budgets|channels|blocked").into()),
        }
    }
    let mut history = History::default();
    history.sample()?;
    for _ in 0..rounds {
        thread::sleep(Duration::from_secs(seconds));
        history.sample()?;
        let clear = if std::io::stdout().is_terminal() { "\x1b[H\x1b[J" } else { "" };
        print(&format!("{clear}{}\n{}", history.table()?, tables::budgets()?))?;
    }
    Ok(())
}

/// Writes a text at once; a reader that has gone is no error.
fn print(text: &str) -> Result<(), Box<dyn std::error::Error>> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => Ok(other?),
    }
}
