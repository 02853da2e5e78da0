//! Shows channels: for each end who holds it, what waits there, what ever came and went, and who holds the peer.
//!
//! `chstat [-p PID]` reads `/proc/rvos/channels`, which has a line for each descriptor; here is one for each end. PID: only
//! channels of which that process holds an end.
#![forbid(unsafe_code)]

mod ends;

use std::io::Write;
use std::process::ExitCode;

const CHANNELS: &str = "/proc/rvos/channels";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("chstat: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    const USAGE: &str = "usage: chstat [-p PID]";
    let words: Vec<String> = std::env::args().skip(1).collect();
    let pid = match words.as_slice() {
        [] => None,
        [flag, pid] if flag == "-p" => Some(pid.parse().map_err(|_| format!("{pid} is no number"))?),
        _ => return Err(USAGE.to_owned()),
    };
    let text = std::fs::read_to_string(CHANNELS).map_err(|e| format!("{CHANNELS}: {e}"))?;
    let name = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).map(|t| t.trim().to_owned()).unwrap_or_default();
    let table = ends::table(&text, pid, &name)?;
    match std::io::stdout().lock().write_all(table.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e.to_string()),
        _ => Ok(()),
    }
}
