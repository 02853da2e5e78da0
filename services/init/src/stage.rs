//! The step between spawn and exec, as a program: `init --stage KIND CWD NAME ARG…` and `init --service BUDGET NAME ARG…`.
//!
//! Spawned by process 1 with the streams and the environment in place, it makes
//! a session of its own, takes the terminal if it is to have one, changes
//! directory, and becomes the program. What cannot be done is said on its
//! standard error, which is where the user looks, and its status is a shell's:
//! 127 not found, 126 cannot be run. Being a program, it needs no code between
//! fork and exec, which would be unsafe.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The first argument that makes `init` this.
pub(crate) const OPTION: &str = "--stage";

/// The first argument that makes `init` the beginning of a service.
pub(crate) const SERVICE: &str = "--service";

const NOT_FOUND: u8 = 127;
const CANNOT_RUN: u8 = 126;

/// Whether the program has the console as its controlling terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terminal {
    /// Its standard streams are the console, which it controls.
    Console,
    /// It has none.
    None,
}

impl Terminal {
    /// The word on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::None => "none",
        }
    }
}

/// Becomes the program; returns only when that failed.
pub(crate) fn run(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let (Some(kind), Some(cwd), Some(name)) = (args.next(), args.next(), args.next()) else {
        return fail(CANNOT_RUN, "usage: init --stage console|none CWD NAME ARG...");
    };
    if let Err(e) = rustix::process::setsid() {
        return fail(CANNOT_RUN, &format!("setsid: {e}"));
    }
    if kind == Terminal::Console.word() {
        // The program runs without job control if this fails, as a shell does.
        if let Err(e) = rustix::process::ioctl_tiocsctty(io::stdin()) {
            complain(&format!("controlling terminal: {e}"));
        }
    }
    if let Err(e) = std::env::set_current_dir(&cwd) {
        return fail(CANNOT_RUN, &format!("{}: {e}", cwd.display()));
    }
    let error = Command::new(&name).args(args).exec();
    match error.kind() {
        ErrorKind::NotFound => fail(NOT_FOUND, &format!("{}: not found", name.display())),
        _ => fail(CANNOT_RUN, &format!("{}: {error}", name.display())),
    }
}

/// Enters a budget and becomes the service; returns only when that failed. Nobody reads its streams: the log is told.
pub(crate) fn serve(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let (Some(budget), Some(name)) = (args.next(), args.next()) else {
        return ExitCode::from(CANNOT_RUN);
    };
    let log = |what: &str| {
        let text = format!("init: service {}: {what}\n", name.display());
        let _ = std::fs::write("/dev/kmsg", text);
        ExitCode::from(CANNOT_RUN)
    };
    if let Err(e) = rustix::process::setsid() {
        return log(&format!("setsid: {e}"));
    }
    if let Err(e) = std::fs::write(Path::new(&budget).join("cgroup.procs"), "0") {
        return log(&format!("{}: {e}", budget.display()));
    }
    log(&Command::new(&name).args(args).exec().to_string())
}

/// This program's file.
pub(crate) fn own_path() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/init"))
}

fn fail(status: u8, message: &str) -> ExitCode {
    complain(message);
    ExitCode::from(status)
}

fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "init: {message}");
}
