//! Shows what programs and the kernel do.
//!
//! - `trace [-o FILE] [--] PROGRAM …` – the calls of a program and of all that it starts, a line each, as strace(1) does.
//! - `trace -p PID` – those of a process that runs already, until it ends.
//! - `trace record [-e EVENTS] [-o FILE] [--] PROGRAM …` – what happens in the kernel while a program runs, as a timeline
//!   for Perfetto or `chrome://tracing`. EVENTS are names of `/proc/rvos/trace_events`, with commas; all without it.
//! - `trace show` – what the trace rings hold, a line each.

#![forbid(unsafe_code)]

mod events;
mod strace;

use std::process::ExitCode;

/// What the arguments ask for, apart from the verb.
#[derive(Default)]
struct Options {
    /// Where the result goes; standard error without it.
    output: Option<String>,
    /// Events to note.
    events: Option<String>,
    /// A process that runs already.
    pid: Option<u32>,
    /// The program with its arguments.
    program: Vec<String>,
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).peekable();
    let verb = match args.peek().map(String::as_str) {
        Some("record" | "show" | strace::CHILD) => args.next(),
        _ => None,
    };
    let result = match verb.as_deref() {
        Some("show") => events::show(),
        Some(strace::CHILD) => strace::become_traced(args),
        Some(_) => options(args).and_then(|o| events::record(&o)),
        None => options(args).and_then(|o| strace::run(&o)),
    };
    match result {
        Ok(code) => code,
        Err(e) => {
            eprintln!("trace: {e}");
            ExitCode::FAILURE
        }
    }
}

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

fn options(mut args: impl Iterator<Item = String>) -> Result<Options, Box<dyn std::error::Error>> {
    let mut options = Options::default();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value"));
        match arg.as_str() {
            "-o" => options.output = Some(value()?),
            "-e" => options.events = Some(value()?),
            "-p" => options.pid = Some(value()?.parse().map_err(|_| "-p wants a number")?),
            "--" => options.program = args.by_ref().collect(),
            flag if flag.starts_with('-') => return Err(format!("{flag}: no such option").into()),
            _ => options.program = std::iter::once(arg).chain(args.by_ref()).collect(),
        }
    }
    if options.program.is_empty() && options.pid.is_none() {
        return Err("usage: trace [record] [-o FILE] [-e EVENTS] [--] PROGRAM …, trace -p PID, or trace show".into());
    }
    Ok(options)
}

/// The status that stands for how a program ended.
fn code_of(status: std::process::ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
