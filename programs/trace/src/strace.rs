//! The calls of a program. The kernel writes them to a pipe (`/proc/PID/calls`); `logic-traceview` makes lines of them.

use crate::{Options, Outcome, code_of};
use logic_traceview::Calls;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::thread;

/// The verb of the process that is going to be the program: `trace --become PIPE PROGRAM …`.
pub(crate) const CHILD: &str = "--become";

/// Runs a program, or looks at one, and writes its calls until it and all that it started have ended.
pub(crate) fn run(options: &Options) -> Outcome {
    let (mut reader, writer) = std::io::pipe()?;
    let mut out: Box<dyn Write> = match &options.output {
        Some(path) => Box::new(File::create(path)?),
        None => Box::new(std::io::stderr()),
    };
    if let Some(pid) = options.pid {
        fs::write(format!("/proc/{pid}/calls"), writer.as_raw_fd().to_string())?;
        drop(writer);
        copy(&mut reader, &mut *out, true)?;
        return Ok(ExitCode::SUCCESS);
    }
    // Between fork and exec only the program itself can say where its calls go: it opens our end of the pipe by name.
    let pipe = format!("/proc/{}/fd/{}", std::process::id(), writer.as_raw_fd());
    let mut child = Command::new("/proc/self/exe").arg(CHILD).arg(pipe).args(&options.program).spawn()?;
    let waiter = thread::spawn(move || {
        let status = child.wait();
        drop(writer);
        status
    });
    copy(&mut reader, &mut *out, false)?;
    let status = waiter.join().map_err(|_| "nobody waited for the program")??;
    Ok(code_of(status))
}

/// Becomes the program, with all calls written to the pipe from now on.
pub(crate) fn become_traced(mut args: impl Iterator<Item = String>) -> Outcome {
    let (Some(pipe), Some(program)) = (args.next(), args.next()) else {
        return Err("usage: trace --become PIPE PROGRAM …".into());
    };
    let pipe = OpenOptions::new().write(true).open(pipe)?;
    let number = pipe.as_raw_fd().to_string();
    let mut command = Command::new(&program);
    command.args(args);
    fs::write("/proc/self/calls", number)?;
    // The pipe is closed by exec: the program has no descriptor that it would not have without us.
    let e = command.exec();
    // What failed is no call of the program.
    fs::write("/proc/self/calls", "-1")?;
    Err(format!("{program}: {e}").into())
}

/// Makes lines of what comes. A program that is started begins with its execve.
fn copy(reader: &mut impl Read, out: &mut dyn Write, mut begun: bool) -> std::io::Result<()> {
    let mut calls = Calls::new();
    let mut bytes = vec![0; 64 << 10];
    let mut text = String::new();
    loop {
        let n = reader.read(&mut bytes)?;
        if n == 0 {
            return Ok(());
        }
        calls.take(bytes.get(..n).unwrap_or_default(), &mut text);
        if !begun {
            let Some(at) = text.find("execve(") else {
                // Whole lines are over; the last one may become it.
                text.drain(..text.rfind('\n').map_or(0, |end| end + 1));
                continue;
            };
            text.drain(..at);
            begun = true;
        }
        out.write_all(text.as_bytes())?;
        text.clear();
    }
}
