//! What the kernel notes in its trace rings.

use crate::{Options, Outcome, code_of};
use logic_trace::{Event, RECORD_BYTES, Record};
use logic_traceview::{order, timeline};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::{Command, ExitCode};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

const TRACE: &str = "/proc/rvos/trace";
const NOTED: &str = "/proc/rvos/trace_events";
/// How often the rings are emptied: they hold 2,048 records of each hart.
const EVERY: Duration = Duration::from_millis(5);

/// Notes what happens while a program runs.
pub(crate) fn record(options: &Options) -> Outcome {
    let wanted = options.events.as_deref().unwrap_or("all").replace(',', " ");
    let mut trace = File::open(TRACE)?;
    // What happened before is nobody's.
    read_all(&mut trace, &mut Vec::new())?;
    let names = names();
    fs::write(NOTED, wanted)?;
    let (stop, stopped) = mpsc::channel::<()>();
    let reader = thread::spawn(move || -> std::io::Result<Vec<Record>> {
        let mut records = Vec::new();
        while matches!(stopped.recv_timeout(EVERY), Err(RecvTimeoutError::Timeout)) {
            read_all(&mut trace, &mut records)?;
        }
        read_all(&mut trace, &mut records)?;
        Ok(records)
    });
    let (program, args) = options.program.split_first().ok_or("no program")?;
    let status = Command::new(program).args(args).status();
    fs::write(NOTED, "none")?;
    drop(stop);
    let mut records = reader.join().map_err(|_| "nobody read the trace")??;
    let status = status.map_err(|e| format!("{program}: {e}"))?;
    order(&mut records);
    let json = timeline(&records, names);
    match &options.output {
        Some(path) => fs::write(path, json)?,
        None => std::io::stdout().write_all(json.as_bytes())?,
    }
    Ok(code_of(status))
}

/// Prints what the rings hold.
pub(crate) fn show() -> Outcome {
    let mut records = Vec::new();
    read_all(&mut File::open(TRACE)?, &mut records)?;
    order(&mut records);
    let mut out = std::io::stdout().lock();
    for r in &records {
        let what = Event::from_number(r.event).map_or_else(|| format!("event {}", r.event), |e| format!("{e:?}"));
        writeln!(
            out,
            "{:>12}.{:03} hart {} {:>6} {what} {:#x} {:#x}",
            r.time_ns / 1000,
            r.time_ns % 1000,
            r.hart,
            r.tid,
            r.a,
            r.b
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads until there is nothing new.
fn read_all(trace: &mut File, to: &mut Vec<Record>) -> std::io::Result<()> {
    let mut bytes = vec![0; RECORD_BYTES * 512];
    loop {
        let n = trace.read(&mut bytes)?;
        if n == 0 {
            return Ok(());
        }
        let (records, _) = bytes.get(..n).unwrap_or_default().as_chunks::<RECORD_BYTES>();
        to.extend(records.iter().map(Record::from_bytes));
    }
}

/// The names of the threads that are there already.
fn names() -> Vec<(u32, String)> {
    let numbers = |dir: &str| -> Vec<u32> {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect()
    };
    let threads = numbers("/proc").into_iter().flat_map(|pid| numbers(&format!("/proc/{pid}/task")));
    threads.filter_map(|tid| Some((tid, fs::read_to_string(format!("/proc/{tid}/comm")).ok()?.trim().to_string()))).collect()
}
