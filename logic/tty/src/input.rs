//! What an input byte does: translation, flow control, signals, lines, echo.
//!
//! Key types: [`Received`], [`TtySignal`]. The order of the steps is N_TTY's: a byte that equals
//! several control characters means the first of them here.

use crate::{Cc, InputFlags, LocalFlags, Tty, Wire, ctype::to_lower, edit::Erase, lines::INPUT_BYTES, termios::DISABLED};

/// A signal for the foreground process group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtySignal {
    /// SIGINT.
    Interrupt,
    /// SIGQUIT.
    Quit,
    /// SIGTSTP.
    Suspend,
}

/// What became of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Received {
    /// Bytes used up; fewer than given after a signal, or when the terminal is full: then nothing
    /// more is taken before a read or a flush.
    pub consumed: usize,
    /// To be sent before the rest is handed in. The queues are flushed already, unless `NOFLSH`.
    pub signal: Option<TtySignal>,
}

impl Tty {
    /// Takes input from the wire. Afterwards the shell looks at [`Tty::can_read`] and at
    /// [`Tty::output_slices`] for whom to wake.
    pub fn receive(&mut self, bytes: &[u8]) -> Received {
        let mut consumed = 0usize;
        let mut signal = None;
        for c in bytes {
            if !self.make_room() {
                break;
            }
            consumed = consumed.wrapping_add(1);
            signal = self.receive_byte(*c);
            if signal.is_some() {
                break;
            }
        }
        self.check_throttle();
        Received { consumed, signal }
    }

    /// A break on the line (termios(3): `IGNBRK`, `BRKINT`, `PARMRK`).
    pub fn receive_break(&mut self) -> Option<TtySignal> {
        if self.termios.input(InputFlags::IGNBRK) || !self.make_room() {
            return None;
        }
        if self.termios.input(InputFlags::BRKINT) {
            self.flush_for_signal();
            return Some(TtySignal::Interrupt);
        }
        if self.termios.input(InputFlags::PARMRK) {
            self.lines.put(0xFF);
            self.lines.put(0);
        }
        self.lines.put(0);
        None
    }

    /// A byte with a parity or framing error.
    pub fn receive_bad_byte(&mut self, c: u8) {
        if !self.make_room() {
            return;
        }
        if !self.termios.input(InputFlags::INPCK) {
            self.plain(c);
        } else if self.termios.input(InputFlags::IGNPAR) {
        } else if self.termios.input(InputFlags::PARMRK) {
            self.lines.put(0xFF);
            self.lines.put(0);
            self.lines.put(c);
        } else {
            self.lines.put(0);
        }
    }

    /// Whether [`Tty::receive`] would take a byte.
    #[must_use]
    pub fn input_room(&self) -> bool {
        self.room() > 1 || self.is_stuck()
    }

    /// Moves on when there is more to read: with each byte, or with each line.
    #[must_use]
    pub fn input_mark(&self) -> u32 {
        if self.is_canonical() { self.lines.canon } else { self.lines.head }
    }

    /// Free places of the ring, as the bytes that they are sure to hold.
    fn room(&self) -> u32 {
        let free = INPUT_BYTES.saturating_sub(self.lines.len());
        if self.termios.input(InputFlags::PARMRK) { free.div_ceil(3) } else { free }
    }

    fn is_stuck(&self) -> bool {
        self.is_canonical() && self.lines.has_no_line()
    }

    /// Whether a byte can be taken. A full ring without a finished line still takes bytes, each in
    /// the place of the last one, so that the line can be ended or erased.
    fn make_room(&mut self) -> bool {
        let room = self.room();
        if room > 1 {
            return true;
        }
        let stuck = self.is_stuck();
        if stuck && room == 0 {
            self.lines.head = self.lines.head.wrapping_sub(1);
        }
        stuck
    }

    fn receive_byte(&mut self, c: u8) -> Option<TtySignal> {
        let c = self.strip(c);
        if self.termios.local(LocalFlags::EXTPROC) {
            self.lines.put(c);
            return None;
        }
        if core::mem::take(&mut self.literal_next) {
            self.plain(c);
            return None;
        }
        if self.is_special(c) {
            return self.special(c);
        }
        self.plain(c);
        None
    }

    fn strip(&self, c: u8) -> u8 {
        let c = if self.termios.input(InputFlags::ISTRIP) { c & 0x7F } else { c };
        let lower = self.termios.input(InputFlags::IUCLC) && self.termios.local(LocalFlags::IEXTEN);
        if lower { to_lower(c) } else { c }
    }

    /// A byte that means itself.
    fn plain(&mut self, c: u8) {
        self.restart_by_any();
        if self.termios.local(LocalFlags::ECHO) {
            self.finish_erasing();
            self.echo_typed(c);
        }
        self.store(c);
    }

    /// A byte of the special set, with everything it may mean.
    fn special(&mut self, c: u8) -> Option<TtySignal> {
        if self.termios.input(InputFlags::IXON) && self.flow_control(c) {
            return None;
        }
        if let Some(signal) = self.signal_of(c) {
            self.raise(c);
            return Some(signal);
        }
        self.restart_by_any();
        let c = match c {
            b'\r' if self.termios.input(InputFlags::IGNCR) => return None,
            b'\r' if self.termios.input(InputFlags::ICRNL) => b'\n',
            b'\n' if self.termios.input(InputFlags::INLCR) => b'\r',
            c => c,
        };
        if self.is_canonical() && self.line_control(c) {
            return None;
        }
        if self.termios.local(LocalFlags::ECHO) {
            self.finish_erasing();
            if c == b'\n' {
                self.output.echo_plain(&self.termios, c);
            } else {
                self.echo_typed(c);
            }
        }
        self.store(c);
        None
    }

    fn flow_control(&mut self, c: u8) -> bool {
        if c == self.termios.cc(Cc::Start) {
            self.start_output();
            true
        } else if c == self.termios.cc(Cc::Stop) {
            self.stop_output();
            true
        } else {
            false
        }
    }

    fn signal_of(&self, c: u8) -> Option<TtySignal> {
        if !self.termios.local(LocalFlags::ISIG) {
            return None;
        }
        let signals = [(Cc::Intr, TtySignal::Interrupt), (Cc::Quit, TtySignal::Quit), (Cc::Susp, TtySignal::Suspend)];
        signals.into_iter().find(|(cc, _)| self.termios.cc(*cc) == c).map(|(_, signal)| signal)
    }

    fn raise(&mut self, c: u8) {
        self.flush_for_signal();
        if self.termios.input(InputFlags::IXON) {
            self.start_output();
        }
        if self.termios.local(LocalFlags::ECHO) {
            self.output.echo(&self.termios, c);
        }
    }

    fn flush_for_signal(&mut self) {
        if !self.termios.local(LocalFlags::NOFLSH) {
            self.flush_output();
            self.flush_input();
        }
    }

    /// Canonical mode's own characters; false if `c` is none of them.
    fn line_control(&mut self, c: u8) -> bool {
        let extended = self.termios.local(LocalFlags::IEXTEN);
        let echo = self.termios.local(LocalFlags::ECHO);
        let is = |cc: Cc, termios: &crate::Termios| termios.cc(cc) == c;
        if is(Cc::Erase, &self.termios) {
            self.erase(Erase::Character);
        } else if extended && is(Cc::Werase, &self.termios) {
            self.erase(Erase::Word);
        } else if is(Cc::Kill, &self.termios) {
            self.erase(Erase::Line);
        } else if extended && is(Cc::Lnext, &self.termios) {
            self.quote_next(echo);
        } else if extended && echo && is(Cc::Reprint, &self.termios) {
            self.reprint(c);
        } else if c == b'\n' {
            if echo || self.termios.local(LocalFlags::ECHONL) {
                self.output.echo_plain(&self.termios, c);
            }
            self.lines.put_end(c);
        } else if is(Cc::Eof, &self.termios) {
            // Stored as the disabled character, which no line can otherwise end with.
            self.lines.put_end(DISABLED);
        } else if is(Cc::Eol, &self.termios) || extended && is(Cc::Eol2, &self.termios) {
            self.end_line(c, echo);
        } else {
            return false;
        }
        true
    }

    fn quote_next(&mut self, echo: bool) {
        self.literal_next = true;
        if echo {
            self.finish_erasing();
            if self.termios.local(LocalFlags::ECHOCTL) {
                self.output.echo_plain(&self.termios, b'^');
                self.output.echo_plain(&self.termios, 0x08);
            }
        }
    }

    fn reprint(&mut self, c: u8) {
        self.finish_erasing();
        self.output.echo(&self.termios, c);
        self.output.echo_plain(&self.termios, b'\n');
        let mut pos = self.lines.canon;
        while pos != self.lines.head {
            self.output.echo(&self.termios, self.lines.at(pos));
            pos = pos.wrapping_add(1);
        }
    }

    fn end_line(&mut self, c: u8, echo: bool) {
        if echo {
            self.echo_typed(c);
        }
        if c == 0xFF && self.termios.input(InputFlags::PARMRK) {
            self.lines.put(c);
        }
        self.lines.put_end(c);
    }

    fn echo_typed(&mut self, c: u8) {
        if self.lines.line_is_empty() {
            self.output.note_line_start();
        }
        self.output.echo(&self.termios, c);
    }

    fn store(&mut self, c: u8) {
        if c == 0xFF && self.termios.input(InputFlags::PARMRK) {
            self.lines.put(c);
        }
        self.lines.put(c);
    }

    fn restart_by_any(&mut self) {
        if self.termios.input(InputFlags::IXON | InputFlags::IXANY) {
            self.start_output();
        }
    }

    /// A serial line with `IXOFF` is asked to pause before its bytes are lost (ioctl_tty(2)).
    fn check_throttle(&mut self) {
        let stuck = self.is_stuck();
        let nearly_full = INPUT_BYTES.saturating_sub(self.lines.len()) < 128;
        if self.wire == Wire::Serial && nearly_full && !stuck && !self.throttled {
            self.throttled = true;
            if self.termios.input(InputFlags::IXOFF) {
                self.send_now = Some(self.termios.cc(Cc::Stop));
            }
        }
    }
}
