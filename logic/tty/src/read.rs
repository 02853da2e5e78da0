//! What read(2) gets from a terminal (termios(3), "Canonical and noncanonical mode").
//!
//! Key types: [`ReadRule`] (when a read is satisfied), [`ReadPlan`] (a piece that was copied out and
//! is consumed by [`Tty::commit_read`]). A read may be done in pieces: bytes go through a small
//! buffer of the shell, are copied to the user outside the lock, and then committed. The shell
//! holds a mutex among readers meanwhile.

use crate::{Cc, InputFlags, LocalFlags, Tty, termios::DISABLED};

/// When a read that found nothing, or not enough, ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadRule {
    /// Canonical: wait for a line.
    Line,
    /// Wait for `min` bytes (or the user's buffer, if smaller). `between_ds`: after the first
    /// byte, end when so many tenths of a second pass without another.
    Count {
        /// VMIN, at least 1.
        min: u8,
        /// VTIME in tenths of a second; `None` without a timer.
        between_ds: Option<u8>,
    },
    /// VMIN is 0: wait for any byte at most this long, in tenths of a second; 0 is not at all.
    Timed {
        /// VTIME.
        total_ds: u8,
    },
}

/// A piece of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadPlan {
    /// Bytes in the shell's buffer.
    pub copied: usize,
    /// The read goes on with another piece at once, if the user's buffer has room. When false in
    /// canonical mode the line is complete (a plan of 0 bytes is the end of file).
    pub more: bool,
    tail: u32,
    consume: u32,
    end: LineEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineEnd {
    None,
    At(u32),
}

impl Tty {
    /// When a read ends, under the settings of now.
    #[must_use]
    pub fn read_rule(&self) -> ReadRule {
        let (min, time) = (self.termios.cc(Cc::Min), self.termios.cc(Cc::Time));
        if self.termios.local(LocalFlags::ICANON) {
            ReadRule::Line
        } else if min == 0 {
            ReadRule::Timed { total_ds: time }
        } else {
            ReadRule::Count { min, between_ds: (time > 0).then_some(time) }
        }
    }

    /// Whether a read would find something.
    #[must_use]
    pub fn can_read(&self) -> bool {
        if self.is_canonical() { !self.lines.has_no_line() } else { self.lines.len() > 0 }
    }

    /// Whether poll(2) shows POLLIN: with VMIN and without VTIME, VMIN bytes must be there.
    #[must_use]
    pub fn poll_readable(&self) -> bool {
        let (min, time) = (self.termios.cc(Cc::Min), self.termios.cc(Cc::Time));
        if self.is_canonical() || time > 0 {
            return self.can_read();
        }
        self.lines.len() >= u32::from(min.max(1))
    }

    /// Bytes that can be read (`FIONREAD`).
    #[must_use]
    pub fn readable_bytes(&self) -> u32 {
        if !self.is_canonical() {
            return self.lines.len();
        }
        let mut count = 0u32;
        let mut pos = self.lines.tail;
        while pos != self.lines.canon {
            let is_eof = self.is_eof_mark(pos);
            count = count.wrapping_add(u32::from(!is_eof));
            pos = pos.wrapping_add(1);
        }
        count
    }

    /// Copies the next piece into `buffer`; `want` bytes of the user's buffer are left. `None` if
    /// there is nothing to read: wait by [`Tty::read_rule`].
    #[must_use]
    pub fn plan_read(&self, want: usize, buffer: &mut [u8]) -> Option<ReadPlan> {
        if !self.can_read() {
            return None;
        }
        let limit = want.min(buffer.len());
        let plan = if self.is_canonical() { self.plan_line(want, limit, buffer) } else { self.plan_raw(limit, buffer) };
        Some(plan)
    }

    /// Consumes a piece. If the input was flushed since the plan, nothing happens.
    pub fn commit_read(&mut self, plan: &ReadPlan) {
        if plan.tail != self.lines.tail || plan.consume > self.lines.len() {
            return;
        }
        self.lines.tail = plan.tail.wrapping_add(plan.consume);
        if !self.is_canonical() {
            self.lines.canon = self.lines.tail;
        }
        if let LineEnd::At(pos) = plan.end {
            self.lines.unmark(pos);
        }
        self.check_unthrottle();
    }

    fn plan_raw(&self, limit: usize, buffer: &mut [u8]) -> ReadPlan {
        let count = limit.min(self.lines.len() as usize);
        let mut pos = self.lines.tail;
        for to in buffer.iter_mut().take(count) {
            *to = self.lines.at(pos);
            pos = pos.wrapping_add(1);
        }
        ReadPlan {
            copied: count,
            more: pos != self.lines.head,
            tail: self.lines.tail,
            consume: pos.wrapping_sub(self.lines.tail),
            end: LineEnd::None,
        }
    }

    /// Up to the end of a line. A line's end-of-file mark is consumed and not copied, also when
    /// the user's buffer ends just before it.
    fn plan_line(&self, want: usize, limit: usize, buffer: &mut [u8]) -> ReadPlan {
        let mut pos = self.lines.tail;
        let mut copied = 0usize;
        let mut end = LineEnd::None;
        for to in buffer.iter_mut().take(limit) {
            if pos == self.lines.canon || self.is_eof_mark(pos) {
                break;
            }
            *to = self.lines.at(pos);
            copied = copied.wrapping_add(1);
            if self.lines.is_marked(pos) {
                end = LineEnd::At(pos);
            }
            pos = pos.wrapping_add(1);
            if end != LineEnd::None {
                break;
            }
        }
        let room_left = copied < limit || copied == want;
        if end == LineEnd::None && want > 0 && room_left && pos != self.lines.canon && self.is_eof_mark(pos) {
            end = LineEnd::At(pos);
            pos = pos.wrapping_add(1);
        }
        ReadPlan {
            copied,
            more: end == LineEnd::None && pos != self.lines.canon,
            tail: self.lines.tail,
            consume: pos.wrapping_sub(self.lines.tail),
            end,
        }
    }

    fn is_eof_mark(&self, pos: u32) -> bool {
        self.lines.is_marked(pos) && self.lines.at(pos) == DISABLED
    }

    fn check_unthrottle(&mut self) {
        if self.throttled && self.lines.len() <= 128 {
            self.throttled = false;
            if self.termios.input(InputFlags::IXOFF) {
                self.send_now = Some(self.termios.cc(Cc::Start));
            }
        }
    }
}
