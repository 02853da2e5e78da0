//! A shell or a program on the console, as its controlling terminal.
//!
//! The host passes the console through both ways. After a program
//! (`mode=tty`) the magic and one exit frame follow, so that the host learns
//! the status; a shell's status is nobody's.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, WaitStatus};

use crate::boxes::Outbox;
use crate::children;
use crate::cmdline;
use crate::console::Console;
use crate::frame::{Kind, MAGIC};
use crate::log;
use crate::power::Power;
use crate::session::{Mode, Session};
use crate::signals::Signals;
use crate::stage::Terminal;

/// A shell that ends sooner than this is not started again at once: it would
/// fill the console with its complaint.
const RESPAWN_PAUSE: Duration = Duration::from_secs(1);

/// How one run of the program ended.
enum End {
    /// By itself, or by a signal.
    Status(WaitStatus),
    /// The machine is to go down; the program may still run.
    Power(Power),
}

/// Runs the program until the session is over; says how the machine is to end.
pub(crate) fn run(console: &Console, session: &Session, signals: &Signals) -> Result<Power, String> {
    if let Some((rows, columns)) = cmdline::Terminal::of_this_boot().size {
        console.set_size(rows, columns);
    }
    loop {
        let started = Instant::now();
        let status = match run_once(console, session, signals)? {
            End::Status(status) => status,
            End::Power(power) => return Ok(power),
        };
        match session.mode {
            Mode::ShellAgain => pause(started),
            Mode::Program => {
                send_status(console, status);
                return Ok(Power::Off);
            }
            Mode::Relay | Mode::ShellOnce => {
                log::line("the shell ended, powering off");
                return Ok(Power::Off);
            }
        }
    }
}

fn run_once(console: &Console, session: &Session, signals: &Signals) -> Result<End, String> {
    console.restore();
    let [stdin, stdout, stderr] = Console::streams().map_err(|e| format!("console: {e}"))?;
    let child = spawn(session, stdin, stdout, stderr)?;
    loop {
        let mut fds = [PollFd::from_borrowed_fd(signals.fd(), PollFlags::IN)];
        // An interrupted poll is a signal, and that is what is looked at next.
        let _ = poll(&mut fds, None);
        let power = signals.take();
        if let Some(status) = children::reap(child) {
            return Ok(power.map_or(End::Status(status), End::Power));
        }
        if let Some(power) = power {
            return Ok(End::Power(power));
        }
    }
}

fn spawn(session: &Session, stdin: Stdio, stdout: Stdio, stderr: Stdio) -> Result<Pid, String> {
    let mut command = children::command(session, Terminal::Console);
    let child = command.stdin(stdin).stdout(stdout).stderr(stderr).spawn();
    child.map(|child| Pid::from_child(&child)).map_err(|e| format!("spawn: {e}"))
}

fn pause(started: Instant) {
    let left = RESPAWN_PAUSE.saturating_sub(started.elapsed());
    std::thread::sleep(left);
}

fn send_status(console: &Console, status: WaitStatus) {
    let mut outbox = Outbox::default();
    outbox.push_raw(&MAGIC);
    outbox.push(Kind::Exit, &status.as_raw().to_le_bytes());
    if console.set_raw().is_ok() {
        crate::relay::flush(console, &mut outbox);
    }
}
