//! The terminal: its state, settings, flow control, and what poll and ioctls report.
//!
//! Key types: [`Tty`], [`Wire`], [`PacketStatus`]. Neighbours: `input.rs`, `read.rs`, `output.rs`.

use crate::{
    Cc, ControlFlags, InputFlags, LocalFlags, Termios,
    lines::Lines,
    output::{OUTPUT_BYTES, Output},
    termios::DISABLED,
};
use alloc::{boxed::Box, vec::Vec};

/// The allocator had nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// What is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// A serial line: stopped output is still taken and kept, a full input is throttled.
    Serial,
    /// A pty's master: a stopped slave takes no output.
    Pty,
}

/// A queue that tcflush(3) empties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// `TCIFLUSH`.
    Input,
    /// `TCOFLUSH`.
    Output,
    /// `TCIOFLUSH`.
    Both,
}

/// What tcflow(3) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowAction {
    /// `TCOOFF`: only `TCOON` starts output again.
    StopOutput,
    /// `TCOON`.
    StartOutput,
    /// `TCIOFF`: send STOP.
    StopInput,
    /// `TCION`: send START.
    StartInput,
}

bitflags::bitflags! {
    /// What a pty's master in packet mode is told (ioctl_tty(2), `TIOCPKT`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct PacketStatus: u8 {
        /// The input queue was flushed.
        const FLUSHREAD = 1;
        /// The output queue was flushed.
        const FLUSHWRITE = 2;
        /// Output stopped.
        const STOP = 4;
        /// Output started.
        const START = 8;
        /// Flow control is no more by ^S and ^Q.
        const NOSTOP = 16;
        /// It is now.
        const DOSTOP = 32;
        /// Settings changed under `EXTPROC`.
        const IOCTL = 64;
    }
}

/// Whether output flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Running,
    /// By the STOP character.
    Stopped,
    /// By tcflow(3).
    StoppedByCall,
}

/// A terminal.
#[derive(Debug)]
pub struct Tty {
    pub(crate) termios: Termios,
    /// Bytes that `input.rs` looks at twice; a function of the settings.
    special: [u64; 4],
    pub(crate) wire: Wire,
    pub(crate) lines: Lines,
    pub(crate) output: Output,
    flow: Flow,
    /// Bytes of the output that a pty's master had before output was stopped, and may still take.
    sendable: u32,
    /// LNEXT was typed.
    pub(crate) literal_next: bool,
    /// `ECHOPRT` has opened with a backslash.
    pub(crate) erasing: bool,
    pub(crate) throttled: bool,
    /// STOP or START for the other end, before all other output.
    pub(crate) send_now: Option<u8>,
    /// What a master in packet mode does not know yet.
    pub(crate) packet: PacketStatus,
    pub(crate) packet_mode: bool,
}

impl Tty {
    /// A terminal with default settings and its two buffers.
    ///
    /// # Errors
    /// [`NoMemory`].
    pub fn try_new(wire: Wire) -> Result<Tty, NoMemory> {
        let mut tty = Tty {
            termios: Termios::new(),
            special: [0; 4],
            wire,
            lines: Lines::try_new()?,
            output: Output::try_new()?,
            flow: Flow::Running,
            sendable: 0,
            literal_next: false,
            erasing: false,
            throttled: false,
            send_now: None,
            packet: PacketStatus::empty(),
            packet_mode: false,
        };
        tty.reset();
        Ok(tty)
    }

    /// The settings of a fresh terminal.
    pub fn reset(&mut self) {
        let mut fresh = Termios::new();
        if self.wire == Wire::Pty {
            fresh.cflag.remove(ControlFlags::HUPCL);
        }
        self.set_termios(fresh);
    }

    /// What is at the other end.
    #[must_use]
    pub fn wire(&self) -> Wire {
        self.wire
    }

    /// The settings.
    #[must_use]
    pub fn termios(&self) -> &Termios {
        &self.termios
    }

    /// Sets the settings at once (`TCSETS`). For `TCSETSW` the shell first waits until
    /// [`Tty::queued_output`] is 0; for `TCSETSF` it then flushes the input as well.
    ///
    /// Bytes already received stay. On a change to canonical mode they are a finished line, on a
    /// change away from it lines are no more. Wake readers and writers afterwards.
    pub fn set_termios(&mut self, new: Termios) {
        let old = core::mem::replace(&mut self.termios, new);
        let mode = LocalFlags::ICANON | LocalFlags::EXTPROC;
        if (old.lflag ^ new.lflag).intersects(mode) {
            self.change_mode();
        }
        self.special = special_set(&new);
        if old.input(InputFlags::IXON) && !new.input(InputFlags::IXON) {
            self.start_output();
        }
        self.note_flow_keys(&old);
        if old.local(LocalFlags::EXTPROC) || new.local(LocalFlags::EXTPROC) {
            self.packet.insert(PacketStatus::IOCTL);
        }
    }

    /// A program writes; says how many bytes were taken. 0: wait for [`Tty::poll_writable`].
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        if self.write_room() == 0 {
            return 0;
        }
        self.output.write(&self.termios, bytes)
    }

    /// Bytes that a program may write now (before processing).
    #[must_use]
    pub fn write_room(&self) -> u32 {
        if self.wire == Wire::Pty && self.is_stopped() { 0 } else { self.output.write_room() }
    }

    /// Whether poll(2) shows POLLOUT.
    #[must_use]
    pub fn poll_writable(&self) -> bool {
        self.write_room() >= 256
    }

    /// What the wire sends next, in two pieces; nothing while output is stopped, but for what a pty's master had before.
    /// A byte of [`Tty::take_urgent`] goes before it.
    #[must_use]
    pub fn output_slices(&self) -> (&[u8], &[u8]) {
        self.output.slices(self.visible())
    }

    /// The wire has sent so many bytes of [`Tty::output_slices`].
    pub fn consume_output(&mut self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX).min(self.visible());
        self.sendable = self.sendable.saturating_sub(count);
        self.output.consume(count);
    }

    /// Where [`Tty::output_slices`] begins and ends. The beginning moves when output is consumed or flushed, the end when
    /// there is more; both wrap.
    #[must_use]
    pub fn output_span(&self) -> (u32, u32) {
        let start = self.output.start();
        (start, start.wrapping_add(self.visible()) % OUTPUT_BYTES)
    }

    /// Bytes of [`Tty::output_slices`].
    #[must_use]
    pub fn sendable_bytes(&self) -> u32 {
        self.visible()
    }

    pub(crate) fn visible(&self) -> u32 {
        match (self.is_stopped(), self.wire) {
            (false, _) => self.output.len(),
            (true, Wire::Pty) => self.sendable,
            (true, Wire::Serial) => 0,
        }
    }

    /// A flow-control byte to send first, stopped or not.
    pub fn take_urgent(&mut self) -> Option<u8> {
        self.send_now.take()
    }

    /// The one that [`Tty::take_urgent`] would give.
    #[must_use]
    pub fn urgent(&self) -> Option<u8> {
        self.send_now
    }

    /// Bytes not yet sent (`TIOCOUTQ`).
    #[must_use]
    pub fn queued_output(&self) -> u32 {
        self.output.len()
    }

    /// Whether STOP or tcflow(3) holds output back.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.flow != Flow::Running
    }

    /// tcflush(3).
    pub fn flush(&mut self, queue: Queue) {
        if queue != Queue::Output {
            self.flush_input();
        }
        if queue != Queue::Input {
            self.flush_output();
        }
    }

    /// tcflow(3).
    pub fn flow(&mut self, action: FlowAction) {
        match action {
            FlowAction::StopOutput => {
                self.stop_output();
                self.flow = Flow::StoppedByCall;
            }
            FlowAction::StartOutput => {
                if self.flow == Flow::StoppedByCall {
                    self.flow = Flow::Running;
                    self.note_flow(PacketStatus::START);
                }
            }
            FlowAction::StopInput => self.send_control(Cc::Stop),
            FlowAction::StartInput => self.send_control(Cc::Start),
        }
    }

    pub(crate) fn flush_output(&mut self) {
        // What a pty's master can see is with it already, as far as anybody can tell.
        self.output.truncate(match self.wire {
            Wire::Serial => 0,
            Wire::Pty => self.visible(),
        });
        self.packet.insert(PacketStatus::FLUSHWRITE);
    }

    pub(crate) fn flush_input(&mut self) {
        self.lines.clear();
        self.erasing = false;
        self.packet.insert(PacketStatus::FLUSHREAD);
        if core::mem::take(&mut self.throttled) && self.termios.input(InputFlags::IXOFF) {
            self.send_control(Cc::Start);
        }
    }

    pub(crate) fn stop_output(&mut self) {
        if self.flow == Flow::Running {
            self.sendable = self.output.len();
            self.flow = Flow::Stopped;
            self.note_flow(PacketStatus::STOP);
        }
    }

    pub(crate) fn start_output(&mut self) {
        if self.flow == Flow::Stopped {
            self.flow = Flow::Running;
            self.note_flow(PacketStatus::START);
        }
    }

    /// Lines are edited here (and not by the other end of an `EXTPROC` pty).
    pub(crate) fn is_canonical(&self) -> bool {
        self.termios.local(LocalFlags::ICANON) && !self.termios.local(LocalFlags::EXTPROC)
    }

    pub(crate) fn is_special(&self, c: u8) -> bool {
        self.special.get(usize::from(c >> 6)).is_some_and(|word| word >> (c & 63) & 1 == 1)
    }

    fn change_mode(&mut self) {
        self.lines.unmark_all();
        if self.termios.local(LocalFlags::ICANON) && self.lines.len() > 0 {
            self.lines.mark(self.lines.head.wrapping_sub(1));
            self.lines.canon = self.lines.head;
        } else {
            self.lines.canon = self.lines.tail;
        }
        self.erasing = false;
        self.literal_next = false;
    }

    fn send_control(&mut self, which: Cc) {
        let c = self.termios.cc(which);
        if c != DISABLED {
            self.send_now = Some(c);
        }
    }

    fn note_flow(&mut self, now: PacketStatus) {
        self.packet.remove(PacketStatus::STOP | PacketStatus::START);
        self.packet.insert(now);
    }

    fn note_flow_keys(&mut self, old: &Termios) {
        let by_keys = |t: &Termios| t.input(InputFlags::IXON) && t.cc(Cc::Stop) == 0o23 && t.cc(Cc::Start) == 0o21;
        let now = by_keys(&self.termios);
        if by_keys(old) != now {
            self.packet.remove(PacketStatus::DOSTOP | PacketStatus::NOSTOP);
            self.packet.insert(if now { PacketStatus::DOSTOP } else { PacketStatus::NOSTOP });
        }
    }
}

/// The bytes that mean something under these settings.
fn special_set(termios: &Termios) -> [u64; 4] {
    let canonical = termios.local(LocalFlags::ICANON);
    let extended = canonical && termios.local(LocalFlags::IEXTEN);
    let signals = termios.local(LocalFlags::ISIG);
    let flow = termios.input(InputFlags::IXON);
    let cc = |which: Cc| termios.cc(which);
    let rows = [
        (termios.iflag.intersects(InputFlags::IGNCR | InputFlags::ICRNL), b'\r'),
        (canonical || termios.input(InputFlags::INLCR), b'\n'),
        (canonical, cc(Cc::Erase)),
        (canonical, cc(Cc::Kill)),
        (canonical, cc(Cc::Eof)),
        (canonical, cc(Cc::Eol)),
        (extended, cc(Cc::Werase)),
        (extended, cc(Cc::Lnext)),
        (extended, cc(Cc::Eol2)),
        (extended && termios.local(LocalFlags::ECHO), cc(Cc::Reprint)),
        (flow, cc(Cc::Start)),
        (flow, cc(Cc::Stop)),
        (signals, cc(Cc::Intr)),
        (signals, cc(Cc::Quit)),
        (signals, cc(Cc::Susp)),
    ];
    let mut set = [0u64; 4];
    for (on, c) in rows {
        if let Some(word) = set.get_mut(usize::from(c >> 6))
            && on
            && c != DISABLED
        {
            *word |= 1 << (c & 63);
        }
    }
    set
}

/// A buffer of zeroes.
pub(crate) fn zeroed(bytes: usize) -> Result<Box<[u8]>, NoMemory> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(bytes).map_err(|_| NoMemory)?;
    buffer.resize(bytes, 0);
    Ok(buffer.into_boxed_slice())
}
