//! One program's standard streams over the console, byte for byte.
//!
//! One loop polls the console, the signal pipe and the program's three pipes,
//! and asks only for what it can use: an end is not polled while the buffer
//! behind it is full ([`Outbox`], [`Inbox`]), so either side can hold the other
//! back. After the program's end both pipes are emptied, and at most emptied:
//! a background process that keeps them open does not keep the machine up.

use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Stdio};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitStatus};

use crate::boxes::{Feed, Inbox, Outbox};
use crate::children;
use crate::console::Console;
use crate::frame::{Kind, MAGIC};
use crate::pipes::{empty, has_no_reader, is_transient, keep_while_open, set_non_blocking};
use crate::power::Power;
use crate::session::Session;
use crate::shutdown::{GRACE, signal_all};
use crate::signals::Signals;
use crate::stage::Terminal;

/// Runs the session's program; after it the machine powers off, unless a
/// signal asked for something else.
pub(crate) fn run(console: &Console, session: &Session, signals: &Signals) -> Result<Power, String> {
    // Kernel messages would fall between frames; a panic still gets through
    // (proc_sys_kernel(5), printk). Absent on rvOS, where nobody else writes.
    let _ = std::fs::write("/proc/sys/kernel/printk", "1");
    console.set_raw().map_err(|e| format!("console: {e}"))?;
    let mut command = children::command(session, Terminal::None);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.map_err(|e| format!("spawn: {e}"))?;
    let mut relay = Relay::new(console, signals, child).map_err(|e| format!("pipes: {e}"))?;
    relay.outbox.push_raw(&MAGIC);
    relay.outbox.push(Kind::Ready, &Inbox::WINDOW_BYTES.to_le_bytes());
    let status = relay.until_end();
    relay.outbox.push(Kind::Exit, &status.as_raw().to_le_bytes());
    flush(console, &mut relay.outbox);
    Ok(relay.power)
}

/// Writes all of the outbox and waits until it has left the machine.
pub(crate) fn flush(console: &Console, outbox: &mut Outbox) {
    while !outbox.is_empty() {
        let mut fds = [PollFd::new(console, PollFlags::OUT)];
        let _ = poll(&mut fds, None);
        write_some(console, outbox);
    }
    console.drain();
}

/// One end that the loop can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Signals,
    ConsoleIn,
    ConsoleOut,
    Stdin,
    Stdout,
    Stderr,
}

struct Relay<'a> {
    console: &'a Console,
    signals: &'a Signals,
    outbox: Outbox,
    inbox: Inbox,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    pid: Pid,
    status: Option<WaitStatus>,
    power: Power,
    /// When what did not heed SIGTERM is killed.
    kill_at: Option<Instant>,
}

impl<'a> Relay<'a> {
    fn new(console: &'a Console, signals: &'a Signals, mut child: Child) -> io::Result<Self> {
        let pid = Pid::from_child(&child);
        let relay = Self {
            console,
            signals,
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            pid,
            status: None,
            power: Power::Off,
            kill_at: None,
        };
        set_non_blocking(relay.stdin.as_ref())?;
        set_non_blocking(relay.stdout.as_ref())?;
        set_non_blocking(relay.stderr.as_ref())?;
        Ok(relay)
    }

    /// Moves bytes until the program has ended and both its pipes are empty.
    fn until_end(&mut self) -> WaitStatus {
        loop {
            if let Some(status) = self.status {
                self.empty_pipes();
                if self.stdout.is_none() && self.stderr.is_none() {
                    return status;
                }
            }
            for source in self.wait() {
                self.handle(source);
            }
            self.kill_if_due();
        }
    }

    /// Blocks until something can be done; what it is.
    fn wait(&self) -> Vec<Source> {
        let ends = self.ends();
        let mut fds: Vec<PollFd<'_>> = ends.iter().map(|(_, fd, flags)| PollFd::from_borrowed_fd(*fd, *flags)).collect();
        // An interrupted poll has no events, and the next one sees the signal.
        if poll(&mut fds, self.timeout().as_ref()).is_err() {
            return Vec::new();
        }
        let ready = ends.iter().zip(&fds).filter(|(_, fd)| !fd.revents().is_empty());
        ready.map(|((source, ..), _)| *source).collect()
    }

    /// What to wait for now. A full buffer takes its source out of the list,
    /// also because a hang-up would be reported again and again.
    fn ends(&self) -> Vec<(Source, BorrowedFd<'_>, PollFlags)> {
        let console = self.console.as_fd();
        let mut ends = vec![(Source::Signals, self.signals.fd(), PollFlags::IN)];
        if !self.outbox.is_empty() {
            ends.push((Source::ConsoleOut, console, PollFlags::OUT));
        }
        if self.inbox.has_room() {
            ends.push((Source::ConsoleIn, console, PollFlags::IN));
        }
        if let Some(stdin) = &self.stdin {
            // With nothing to write it is still told when the reader goes.
            let idle = self.inbox.front().is_empty();
            let flags = if idle { PollFlags::empty() } else { PollFlags::OUT };
            ends.push((Source::Stdin, stdin.as_fd(), flags));
        }
        if self.outbox.has_room() {
            let stdout = self.stdout.as_ref().map(|end| (Source::Stdout, end.as_fd(), PollFlags::IN));
            let stderr = self.stderr.as_ref().map(|end| (Source::Stderr, end.as_fd(), PollFlags::IN));
            ends.extend(stdout.into_iter().chain(stderr));
        }
        ends
    }

    fn timeout(&self) -> Option<Timespec> {
        let left = self.kill_at?.saturating_duration_since(Instant::now());
        Timespec::try_from(left).ok()
    }

    fn handle(&mut self, source: Source) {
        match source {
            Source::Signals => self.on_signal(),
            Source::ConsoleIn => self.read_console(),
            Source::ConsoleOut => write_some(self.console, &mut self.outbox),
            Source::Stdin => self.on_stdin(),
            Source::Stdout => keep_while_open(&mut self.stdout, Kind::Stdout, &mut self.outbox),
            Source::Stderr => keep_while_open(&mut self.stderr, Kind::Stderr, &mut self.outbox),
        }
    }

    fn on_signal(&mut self) {
        if let Some(power) = self.signals.take() {
            self.power = power;
            self.kill_at = Some(Instant::now() + GRACE);
            signal_all(Signal::TERM);
            signal_all(Signal::CONT);
        }
        self.status = self.status.or(children::reap(self.pid));
    }

    fn kill_if_due(&mut self) {
        if self.kill_at.is_some_and(|at| at <= Instant::now()) {
            self.kill_at = None;
            signal_all(Signal::KILL);
        }
    }

    fn read_console(&mut self) {
        let mut buffer = [0; 4096];
        match self.console.read(&mut buffer) {
            Ok(0) => self.inbox.end(),
            Ok(len) => self.inbox.receive(buffer.get(..len).unwrap_or_default()),
            Err(e) if is_transient(&e) => {}
            Err(_) => self.inbox.end(),
        }
        if let Feed::Broken(length) = self.inbox.feed() {
            let text = format!("init: the host sent a frame of {length} bytes\n");
            self.outbox.push(Kind::Stderr, text.as_bytes());
        }
        self.on_stdin();
    }

    fn on_stdin(&mut self) {
        self.feed_program();
        if let Some(credit) = self.inbox.credit() {
            self.outbox.push(Kind::Credit, &credit.to_le_bytes());
        }
    }

    /// Writes what fits to the program, and closes its standard input when all is there.
    fn feed_program(&mut self) {
        let Some(mut stdin) = self.stdin.take() else {
            return;
        };
        while !self.inbox.front().is_empty() {
            match stdin.write(self.inbox.front()) {
                Ok(len) => self.inbox.consume(len),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                // EPIPE: the program closed it and does not want the rest.
                Err(_) => return self.inbox.discard(),
            }
        }
        if self.inbox.is_finished() {
            return;
        }
        if has_no_reader(&stdin) {
            return self.inbox.discard();
        }
        self.stdin = Some(stdin);
    }

    /// After the program's end: takes what its pipes hold, as far as there is
    /// room, and closes the ones that are empty.
    fn empty_pipes(&mut self) {
        empty(&mut self.stdout, Kind::Stdout, &mut self.outbox);
        empty(&mut self.stderr, Kind::Stderr, &mut self.outbox);
    }
}

fn write_some(console: &Console, outbox: &mut Outbox) {
    match console.write(outbox.front()) {
        Ok(len) => outbox.consume(len),
        Err(e) if is_transient(&e) => {}
        // The console is gone: what is left has nowhere to go.
        Err(_) => *outbox = Outbox::default(),
    }
}
