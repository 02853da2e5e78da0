//! Moves bytes between a running QEMU and the caller until it ends: one thread, one poll(2) loop.
//!
//! [`Relay`] is the run, [`Source`] where standard input comes from, [`Sink`] where output goes.
//! Nothing here blocks on one side while the other has work: output that cannot be written waits in
//! a bounded queue, QEMU is read only while there is room in it, and standard input only while QEMU takes it.

mod outlet;

pub use outlet::{OnBytes, Sink};

use crate::protocol::{self, Decoder, Frame};
use crate::signals::Signals;
use anyhow::{Context, Result};
use outlet::Outlet;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Bytes that wait for a slow reader of our output before QEMU is no longer read.
const MAX_WAITING: usize = 1 << 20;
/// Bytes read ahead from our standard input.
const MAX_READ_AHEAD: usize = 64 << 10;
/// Bytes outside of frames that are kept for error reports.
const MAX_NOISE: usize = 1 << 20;
/// How long a guest may take from the exit frame to power-off.
const POWER_OFF_LIMIT: Duration = Duration::from_secs(60);
/// Three of these within a second end an interactive run.
const ESCAPE: u8 = 0x1d;

/// Where the guest's standard input comes from.
pub enum Source {
    /// Bytes, then EOF.
    Bytes(Vec<u8>),
    /// A descriptor of ours, until EOF.
    Fd(OwnedFd),
}

/// What the console's bytes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Frames of the session protocol.
    Session,
    /// Plain bytes both ways.
    Console,
    /// Plain bytes, typed by a person: three ^] within a second end the run.
    Terminal,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// QEMU ended by itself, after the exit frame's status if there was one.
    Stopped {
        /// The program's status as waitpid(2) gives it.
        status: Option<u32>,
        /// QEMU's exit status; none if a signal killed it.
        qemu: Option<i32>,
    },
    /// The time given was over.
    TimedOut,
    /// The program ended, but the machine did not power off.
    NoPowerOff,
    /// Nobody reads our standard output any more.
    OutputClosed,
    /// This process got a signal that asks it to end.
    Interrupted(i32),
}

/// A finished run.
pub struct Finished<'a> {
    /// How it ended.
    pub end: End,
    /// Standard output's sink, with what it collected.
    pub stdout: Sink<'a>,
    /// Standard error's sink, likewise.
    pub stderr: Sink<'a>,
    /// What came on the console before the session started, if it started.
    pub boot: Option<Vec<u8>>,
    /// What came on the console after that outside of frames.
    pub noise: Vec<u8>,
    /// What QEMU itself said on its standard error.
    pub qemu_stderr: Vec<u8>,
}

/// The inputs of a run.
pub struct Relay<'a> {
    /// What the console's bytes mean.
    pub wire: Wire,
    /// The guest's standard input.
    pub stdin: Source,
    /// Its standard output; all the console's bytes unless [`Wire::Session`].
    pub stdout: Sink<'a>,
    /// Its standard error.
    pub stderr: Sink<'a>,
    /// When to give up.
    pub deadline: Option<Instant>,
    /// The signals that ask this process to end, if it takes care of them here.
    pub signals: Option<Signals>,
}

impl<'a> Relay<'a> {
    /// Starts QEMU and stays until it has ended.
    ///
    /// # Errors
    /// When QEMU cannot be started or a descriptor of ours fails.
    pub fn run(self, mut qemu: Command) -> Result<Finished<'a>> {
        let mut child = qemu
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start QEMU; ./x doctor says what is missing")?;
        let mut pump = Pump::new(self, &mut child)?;
        let reason = pump.pump_until_end();
        if !matches!(reason, Ok(None)) {
            // Already dead is fine.
            let _ = child.kill();
        }
        let status = child.wait().context("QEMU")?;
        let end = reason?.unwrap_or_else(|| pump.stopped(status));
        pump.finish(end)
    }
}

struct Pump<'a> {
    wire: Wire,
    to_qemu: ChildStdin,
    from_qemu: Option<OwnedFd>,
    qemu_messages: Option<OwnedFd>,
    qemu_stderr: Vec<u8>,
    source: Option<Source>,
    signals: Option<Signals>,
    deadline: Option<Instant>,
    power_off_by: Option<Instant>,
    stdout: Outlet<'a>,
    stderr: Outlet<'a>,
    decoder: Decoder,
    boot: Option<Vec<u8>>,
    noise: Vec<u8>,
    /// Read from the source, not framed yet.
    read_ahead: VecDeque<u8>,
    /// On its way to QEMU.
    outgoing: VecDeque<u8>,
    /// Standard input that the guest can still take; none before it is ready.
    credit: Option<u64>,
    status: Option<u32>,
    eof_sent: bool,
    escapes: VecDeque<Instant>,
}

/// Which descriptors [`Pump::wait`] found ready.
#[derive(Default)]
struct Ready {
    from_qemu: bool,
    qemu_messages: bool,
    to_qemu: bool,
    source: bool,
    stdout: bool,
    stderr: bool,
    signal: bool,
}

impl<'a> Pump<'a> {
    fn new(relay: Relay<'a>, child: &mut Child) -> Result<Self> {
        let to_qemu = child.stdin.take().context("no pipe to QEMU")?;
        // Our end of the pipe alone: QEMU's end has flags of its own.
        fcntl_setfl(&to_qemu, fcntl_getfl(&to_qemu)? | OFlags::NONBLOCK)?;
        Ok(Self {
            wire: relay.wire,
            to_qemu,
            from_qemu: child.stdout.take().map(OwnedFd::from),
            qemu_messages: child.stderr.take().map(OwnedFd::from),
            qemu_stderr: Vec::new(),
            source: Some(relay.stdin),
            signals: relay.signals,
            deadline: relay.deadline,
            power_off_by: None,
            stdout: Outlet::new(relay.stdout),
            stderr: Outlet::new(relay.stderr),
            decoder: Decoder::default(),
            boot: None,
            noise: Vec::new(),
            read_ahead: VecDeque::new(),
            outgoing: VecDeque::new(),
            credit: (relay.wire != Wire::Session).then_some(u64::MAX),
            status: None,
            eof_sent: false,
            escapes: VecDeque::new(),
        })
    }

    /// Until QEMU closes its output (`None`) or there is a reason to kill it.
    fn pump_until_end(&mut self) -> Result<Option<End>> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let drained = self.from_qemu.is_none() && self.stdout.wants().is_none() && self.stderr.wants().is_none();
            if drained {
                return Ok(None);
            }
            if let Some(end) = self.over() {
                return Ok(Some(end));
            }
            self.frame_stdin();
            let ready = self.wait()?;
            if ready.signal {
                let signal = self.signals.as_ref().map_or(15, Signals::number);
                return Ok(Some(End::Interrupted(signal)));
            }
            if ready.stdout {
                self.stdout.write();
            }
            if ready.stderr {
                self.stderr.write();
            }
            if self.stdout.closed {
                return Ok(Some(End::OutputClosed));
            }
            if ready.qemu_messages {
                self.read_messages(&mut buffer);
            }
            if ready.from_qemu {
                self.read_qemu(&mut buffer);
            }
            if ready.source {
                self.read_source(&mut buffer);
                if self.escaped() {
                    return Ok(Some(End::Interrupted(2)));
                }
            }
            if ready.to_qemu {
                self.write_qemu();
            }
        }
    }

    /// Whether a deadline is over, and which.
    fn over(&self) -> Option<End> {
        let now = Instant::now();
        if self.deadline.is_some_and(|at| at <= now) {
            return Some(End::TimedOut);
        }
        // Once QEMU's output has ended only a slow reader of ours is waited for.
        let running = self.from_qemu.is_some();
        self.power_off_by.is_some_and(|at| running && at <= now).then_some(End::NoPowerOff)
    }

    fn wait(&self) -> Result<Ready> {
        // After the exit frame there is no more than the kernel's last words.
        let room = self.status.is_some() || self.stdout.waiting.len().max(self.stderr.waiting.len()) < MAX_WAITING;
        let take_input = self.credit.is_some() && self.read_ahead.len() < MAX_READ_AHEAD;
        let source = match &self.source {
            Some(Source::Fd(fd)) if take_input => Some(fd.as_fd()),
            _ => None,
        };
        let wanted = [
            (self.from_qemu.as_ref().filter(|_| room).map(AsFd::as_fd), PollFlags::IN),
            (self.qemu_messages.as_ref().map(AsFd::as_fd), PollFlags::IN),
            (Some(self.to_qemu.as_fd()).filter(|_| !self.outgoing.is_empty()), PollFlags::OUT),
            (source, PollFlags::IN),
            (self.stdout.wants(), PollFlags::OUT),
            (self.stderr.wants(), PollFlags::OUT),
            (self.signals.as_ref().map(Signals::as_fd), PollFlags::IN),
        ];
        let mut fds = Vec::new();
        let mut slots = Vec::new();
        for (slot, (fd, flags)) in wanted.into_iter().enumerate() {
            if let Some(fd) = fd {
                fds.push(PollFd::from_borrowed_fd(fd, flags));
                slots.push(slot);
            }
        }
        let power_off_by = self.power_off_by.filter(|_| self.from_qemu.is_some());
        let limit = [self.deadline, power_off_by].into_iter().flatten().min();
        let limit = limit.map(|at| at.saturating_duration_since(Instant::now()));
        let limit = limit.map(|d| Timespec { tv_sec: d.as_secs().cast_signed(), tv_nsec: i64::from(d.subsec_nanos()) });
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error).context("poll"),
        }
        let is_ready = |slot: usize| {
            let at = slots.iter().position(|&s| s == slot);
            at.and_then(|at| fds.get(at)).is_some_and(|fd| !fd.revents().is_empty())
        };
        Ok(Ready {
            from_qemu: is_ready(0),
            qemu_messages: is_ready(1),
            to_qemu: is_ready(2),
            source: is_ready(3),
            stdout: is_ready(4),
            stderr: is_ready(5),
            signal: is_ready(6),
        })
    }

    fn read_qemu(&mut self, buffer: &mut [u8]) {
        let Some(fd) = &self.from_qemu else { return };
        let got = match rustix::io::read(fd, &mut *buffer) {
            Ok(got) => got,
            Err(Errno::INTR | Errno::AGAIN) => return,
            Err(_) => 0,
        };
        if got == 0 {
            self.from_qemu = None;
            return;
        }
        let bytes = buffer.get(..got).unwrap_or_default();
        match self.wire {
            Wire::Console => self.stdout.push(bytes),
            Wire::Session | Wire::Terminal => {
                let mut decoder = std::mem::take(&mut self.decoder);
                decoder.push(bytes, |frame| self.take(frame));
                self.decoder = decoder;
            }
        }
        if self.status.is_some() && self.power_off_by.is_none() {
            self.power_off_by = Some(Instant::now() + POWER_OFF_LIMIT);
        }
    }

    fn take(&mut self, frame: Frame<'_>) {
        match frame {
            Frame::Started => self.boot = Some(std::mem::take(&mut self.noise)),
            Frame::Stdout(data) => self.stdout.push(data),
            Frame::Stderr(data) => self.stderr.push(data),
            Frame::Exit(wait_status) => self.status = Some(wait_status),
            Frame::Ready(window) => self.credit = Some(window.map_or(u64::MAX, u64::from)),
            Frame::Credit(more) => self.credit = self.credit.map(|now| now.saturating_add(u64::from(more))),
            Frame::Outside(bytes) if self.wire == Wire::Terminal && self.status.is_none() => self.stdout.push(bytes),
            Frame::Outside(bytes) => {
                self.noise.extend_from_slice(bytes);
                let excess = self.noise.len().saturating_sub(MAX_NOISE);
                self.noise.drain(..excess);
            }
        }
    }

    fn read_messages(&mut self, buffer: &mut [u8]) {
        let Some(fd) = &self.qemu_messages else {
            return;
        };
        match rustix::io::read(fd, &mut *buffer) {
            Ok(0) => self.qemu_messages = None,
            Ok(got) if self.qemu_stderr.len() < MAX_READ_AHEAD => {
                self.qemu_stderr.extend_from_slice(buffer.get(..got).unwrap_or_default());
            }
            Ok(_) | Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => self.qemu_messages = None,
        }
    }

    fn read_source(&mut self, buffer: &mut [u8]) {
        let Some(Source::Fd(fd)) = &self.source else {
            return;
        };
        match rustix::io::read(fd, &mut *buffer) {
            Ok(0) => self.source = None,
            Ok(got) => {
                let bytes = buffer.get(..got).unwrap_or_default();
                self.note_escapes(bytes);
                self.read_ahead.extend(bytes);
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => self.source = None,
        }
    }

    /// Turns what was read into frames (or plain bytes) on the way to QEMU.
    fn frame_stdin(&mut self) {
        let Some(credit) = self.credit else { return };
        if let Some(Source::Bytes(bytes)) = &mut self.source {
            self.read_ahead.extend(bytes.drain(..));
            self.source = None;
        }
        let mut credit = credit;
        while self.outgoing.len() < MAX_READ_AHEAD && !self.read_ahead.is_empty() && credit > 0 {
            let limit = usize::try_from(credit).unwrap_or(usize::MAX).min(protocol::MAX_STDIN_PAYLOAD);
            let chunk: Vec<u8> = self.read_ahead.drain(..self.read_ahead.len().min(limit)).collect();
            if self.wire == Wire::Session {
                let mut frame = Vec::new();
                protocol::encode_stdin(&chunk, &mut frame);
                self.outgoing.extend(frame);
                if credit != u64::MAX {
                    credit = credit.saturating_sub(chunk.len() as u64);
                }
            } else {
                self.outgoing.extend(chunk);
            }
        }
        self.credit = Some(credit);
        let ended = self.source.is_none() && self.read_ahead.is_empty() && !self.eof_sent;
        if ended && self.wire == Wire::Session {
            let mut frame = Vec::new();
            protocol::encode_stdin(&[], &mut frame);
            self.outgoing.extend(frame);
            self.eof_sent = true;
        }
    }

    fn write_qemu(&mut self) {
        let (chunk, _) = self.outgoing.as_slices();
        match rustix::io::write(&self.to_qemu, chunk) {
            Ok(written) => drop(self.outgoing.drain(..written)),
            Err(Errno::AGAIN | Errno::INTR) => {}
            // QEMU is gone; its output says so next.
            Err(_) => self.outgoing.clear(),
        }
    }

    fn note_escapes(&mut self, bytes: &[u8]) {
        if self.wire != Wire::Terminal {
            return;
        }
        for &byte in bytes {
            if byte == ESCAPE {
                self.escapes.push_back(Instant::now());
            } else {
                self.escapes.clear();
            }
        }
        while self.escapes.len() > 3 {
            self.escapes.pop_front();
        }
    }

    fn escaped(&self) -> bool {
        self.escapes.len() == 3 && self.escapes.front().is_some_and(|t| t.elapsed() < Duration::from_secs(1))
    }

    fn stopped(&self, status: ExitStatus) -> End {
        End::Stopped { status: self.status, qemu: status.code() }
    }

    fn finish(mut self, end: End) -> Result<Finished<'a>> {
        let mut buffer = [0; 4096];
        // QEMU has ended or was killed, so its standard error ends too.
        while self.qemu_messages.is_some() {
            self.read_messages(&mut buffer);
        }
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.finish(|frame| self.take(frame));
        Ok(Finished {
            end,
            stdout: self.stdout.sink,
            stderr: self.stderr.sink,
            boot: self.boot,
            noise: self.noise,
            qemu_stderr: self.qemu_stderr,
        })
    }
}
