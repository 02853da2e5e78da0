//! `init`: process 1, on rvOS and on Linux alike.
//!
//! It mounts the pseudo file systems, reads `/etc/rvos/session` ([`session`])
//! and then either gives the console to a shell or a program ([`terminal`])
//! or relays one program's standard streams over the console in frames
//! ([`relay`]). Orphans are reaped throughout; the machine goes down in
//! [`shutdown`]. Every program is started through a second run of this same
//! binary ([`stage`]), which makes the session and reports what exec said.
//!
//! Services are looked after in a thread of their own ([`services`]); the rest is one thread. There is no unsafe code. The only
//! kernel services used are poll, read, write, termios, spawn, wait and signals.

#![forbid(unsafe_code)]

mod boxes;
mod children;
mod cmdline;
mod console;
mod frame;
mod log;
mod mounts;
mod pipes;
mod power;
mod relay;
mod services;
mod session;
mod shutdown;
mod signals;
mod stage;
mod terminal;

use std::env;
use std::process::{self, ExitCode};

use rustix::mm::MlockAllFlags;

use console::Console;
use power::Power;
use session::{Mode, Session};
use signals::Signals;

/// Where the host leaves the description of a run.
const SESSION_PATH: &str = "/etc/rvos/session";

/// Process 1 proper, or, as `init --stage …`, the step between spawn and exec.
fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    match args.next() {
        Some(word) if word == stage::OPTION => return stage::run(args),
        Some(word) if word == stage::SERVICE => return stage::serve(args),
        _ => {}
    }
    if process::id() != 1 {
        eprintln!("init: this program only works as process 1");
        return ExitCode::FAILURE;
    }
    // Process 1 never waits for a page later, and never ends for want of one.
    if let Err(e) = rustix::mm::mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE) {
        log::line(&format!("mlockall: {e}"));
    }
    mounts::mount_all();
    set_host_name();
    let signals = Signals::install().inspect_err(|e| log::line(&format!("signal handlers: {e}"))).ok();
    let services = services::start();
    let power = signals.as_ref().map_or(Power::Off, |signals| {
        run_session(signals).unwrap_or_else(|message| {
            log::line(&message);
            Power::Off
        })
    });
    shutdown::down(power, services, signals.as_ref())
}

/// Runs what the session file asks for; says how the machine is to end.
fn run_session(signals: &Signals) -> Result<Power, String> {
    let session = load_session()?;
    let console = Console::open().map_err(|e| format!("/dev/console: {e}"))?;
    match session.mode {
        Mode::Relay => relay::run(&console, &session, signals),
        Mode::Program | Mode::ShellOnce | Mode::ShellAgain => terminal::run(&console, &session, signals),
    }
}

/// The session file's content; its absence means an interactive shell.
fn load_session() -> Result<Session, String> {
    match std::fs::read(SESSION_PATH) {
        Ok(bytes) => session::parse(&bytes).map_err(|e| format!("{SESSION_PATH}: {e}")),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Session::default()),
        Err(e) => Err(format!("{SESSION_PATH}: {e}")),
    }
}

/// Sets the host name from `/etc/hostname`, else `rvos`.
fn set_host_name() {
    let text = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let name = match text.trim() {
        "" => "rvos",
        name => name,
    };
    if let Err(e) = rustix::system::sethostname(name.as_bytes()) {
        log::line(&format!("host name {name}: {e}"));
    }
}
