//! Starting the program of the session, and reaping whatever ends.

use std::process::Command;

use rustix::process::{Pid, WaitOptions, WaitStatus, wait};

use crate::cmdline;
use crate::session::Session;
use crate::stage::{self, Terminal};

/// The environment of every program, before the session's own.
const DEFAULT_ENV: [(&str, &str); 2] = [("PATH", "/sbin:/usr/sbin:/bin:/usr/bin"), ("HOME", "/root")];

/// The shell of a session that names no command. A leading `-` would make it a
/// login shell, which reads profiles that the user of a test did not write.
const SHELL: &str = "sh";

/// A command that runs `session`'s program through [`stage`].
pub(crate) fn command(session: &Session, terminal: Terminal) -> Command {
    let mut command = Command::new(stage::own_path());
    command.arg(stage::OPTION).arg(terminal.word());
    command.arg(session.cwd.as_deref().unwrap_or("/root".as_ref()));
    if session.args.is_empty() {
        command.arg(SHELL);
    }
    command.args(&session.args).env_clear().envs(DEFAULT_ENV);
    command.env("TERM", term(terminal));
    command.envs(session.env.iter().map(|(name, value)| (name, value)));
    command
}

fn term(terminal: Terminal) -> String {
    match terminal {
        Terminal::None => "dumb".to_owned(),
        // The serial line may have any terminal at its other end; if the host
        // does not say, vt102 is what they all understand.
        Terminal::Console => cmdline::Terminal::of_this_boot().kind.unwrap_or_else(|| "vt102".to_owned()),
    }
}

/// Reaps every child that has ended; the wait status of `main`, if it is among them.
pub(crate) fn reap(main: Pid) -> Option<WaitStatus> {
    let mut status = None;
    while let Some((pid, ended)) = reap_one() {
        if pid == main {
            status = Some(ended);
        }
    }
    status
}

/// Whether process 1 has children left after reaping those that ended.
pub(crate) fn reap_until_quiet() -> Remaining {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) => return Remaining::Some,
            Err(_) => return Remaining::None,
        }
    }
}

/// Are there children left?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remaining {
    /// None: every process but kernel threads is gone.
    None,
    /// At least one.
    Some,
}

fn reap_one() -> Option<(Pid, WaitStatus)> {
    loop {
        match wait(WaitOptions::NOHANG) {
            Err(rustix::io::Errno::INTR) => {}
            other => return other.ok().flatten(),
        }
    }
}
