//! How a run ended: what the caller of [`super::Guest::run`] gets.

use crate::relay::{End, Finished, Sink, Wire};
use std::io::Write;

/// How a program in a guest, or the guest, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The program ended with this status.
    Exited(u8),
    /// This signal killed the program.
    Killed(u8),
    /// The time given was over.
    TimedOut,
    /// The kernel panicked, or the machine stopped without a status.
    Stopped,
    /// Nobody read our standard output any more.
    OutputClosed,
    /// This process was asked to end by this signal.
    Interrupted(u8),
}

impl Ending {
    /// The exit status that `./x run` gives for it.
    pub fn code(self) -> u8 {
        match self {
            Ending::Exited(status) => status,
            Ending::Killed(signal) | Ending::Interrupted(signal) => 128_u8.saturating_add(signal),
            Ending::TimedOut => 124,
            Ending::Stopped => 125,
            // As SIGPIPE would end a program that writes to a pipe nobody reads.
            Ending::OutputClosed => 141,
        }
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: Ending,
    /// What the program wrote to standard output (empty if a callback or descriptor took it).
    pub stdout: Vec<u8>,
    /// What the program wrote to standard error, likewise.
    pub stderr: Vec<u8>,
    /// What came on the console outside of the session, and what QEMU itself said: boot messages, a panic.
    pub console: Vec<u8>,
    /// One line on what went wrong, where it was not the program's own doing.
    pub trouble: Option<String>,
    /// What of `console` came after the last whole frame: the message of a kernel's panic.
    pub last_words: Vec<u8>,
}

impl Outcome {
    /// The exit status as `./x run` gives it.
    pub fn code(&self) -> u8 {
        self.status.code()
    }
}

/// Judges a finished run.
pub(super) fn outcome(wire: Wire, finished: Finished<'_>) -> Outcome {
    let collected = |sink| {
        if let Sink::Memory(bytes) = sink { bytes } else { Vec::new() }
    };
    let (status, trouble) = ending(wire, &finished);
    let mut last_words = finished.noise;
    // A frame cut off by the time-out says nothing.
    if finished.boot.is_some() && status == Ending::TimedOut {
        last_words.clear();
    }
    last_words.extend_from_slice(&finished.qemu_stderr);
    let console = [finished.boot.unwrap_or_default(), last_words.clone()].concat();
    let (stdout, stderr) = (collected(finished.stdout), collected(finished.stderr));
    Outcome { status, stdout, stderr, console, trouble, last_words }
}

fn ending(wire: Wire, finished: &Finished<'_>) -> (Ending, Option<String>) {
    let stopped = |text: &str| (Ending::Stopped, Some(text.to_owned()));
    match finished.end {
        End::TimedOut if finished.boot.is_some() || wire != Wire::Session => {
            (Ending::TimedOut, Some("the time given was over; the guest was stopped".into()))
        }
        End::TimedOut => (Ending::TimedOut, Some("the time given was over before init was ready".into())),
        End::OutputClosed => (Ending::OutputClosed, None),
        End::Interrupted(signal) => (Ending::Interrupted(u8::try_from(signal).unwrap_or(15)), None),
        End::NoPowerOff => stopped("the program ended, but the machine did not power off"),
        End::Stopped { qemu: None, .. } => stopped("QEMU was killed"),
        End::Stopped { qemu: Some(125), .. } => stopped("the kernel panicked"),
        End::Stopped { qemu: Some(code), status } => match (wire, status) {
            (_, Some(status)) if code == 0 => (from_wait_status(status), None),
            (_, Some(_)) => stopped("the machine failed after the program's end"),
            (Wire::Session, None) => stopped("the machine stopped without a status"),
            // QEMU says 1 for its own errors, with a message; the guest's 1 comes without.
            _ if code == 1 && !finished.qemu_stderr.is_empty() => stopped("QEMU failed"),
            _ => (Ending::Exited(u8::try_from(code).unwrap_or(125)), None),
        },
    }
}

/// waitpid(2)'s status: the low seven bits are the signal, the next byte the exit status.
fn from_wait_status(status: u32) -> Ending {
    let [low, exit, ..] = status.to_le_bytes();
    match low & 0x7f {
        0 => Ending::Exited(exit),
        signal => Ending::Killed(signal),
    }
}

/// One explaining line, then what the console said since the last whole frame.
pub(super) fn tell_trouble(outcome: &Outcome) {
    let Some(trouble) = &outcome.trouble else {
        return;
    };
    let mut stderr = std::io::stderr().lock();
    // Nobody to tell if standard error is gone.
    let _ = writeln!(stderr, "x: {trouble}");
    let _ = stderr.write_all(&outcome.last_words);
    if !outcome.last_words.is_empty() && !outcome.last_words.ends_with(b"\n") {
        let _ = stderr.write_all(b"\n");
    }
}
