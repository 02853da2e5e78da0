//! Erasing in the line being typed: ERASE, WERASE, KILL, and what they show (termios(3)).

use crate::{
    Cc, LocalFlags, Tty,
    ctype::{is_alphanumeric, is_control},
};

/// How much is erased.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Erase {
    Character,
    Word,
    Line,
}

impl Tty {
    /// Erases from the end of the line being typed.
    pub(crate) fn erase(&mut self, what: Erase) {
        if self.lines.line_is_empty() {
            return;
        }
        if what == Erase::Line && !self.wipes_killed_line() {
            self.drop_line();
            return;
        }
        let mut in_word = false;
        while !self.lines.line_is_empty() {
            let Some((start, first)) = self.last_character() else {
                break;
            };
            if what == Erase::Word {
                if is_alphanumeric(first) || first == b'_' {
                    in_word = true;
                } else if in_word {
                    break;
                }
            }
            let end = self.lines.head;
            self.lines.head = start;
            if self.termios.local(LocalFlags::ECHO) {
                self.show_erased(what, first, start, end);
            }
            if what == Erase::Character {
                break;
            }
        }
        if self.lines.line_is_empty() && self.termios.local(LocalFlags::ECHO) {
            self.finish_erasing();
        }
    }

    /// Ends the `\…/` of `ECHOPRT`.
    pub(crate) fn finish_erasing(&mut self) {
        if self.erasing {
            self.output.echo_plain(&self.termios, b'/');
            self.erasing = false;
        }
    }

    fn wipes_killed_line(&self) -> bool {
        self.termios.local(LocalFlags::ECHO | LocalFlags::ECHOK | LocalFlags::ECHOKE | LocalFlags::ECHOE)
    }

    /// KILL where the screen is not wiped.
    fn drop_line(&mut self) {
        self.lines.head = self.lines.canon;
        if !self.termios.local(LocalFlags::ECHO) {
            return;
        }
        self.finish_erasing();
        self.output.echo(&self.termios, self.termios.cc(Cc::Kill));
        if self.termios.local(LocalFlags::ECHOK) {
            self.output.echo_plain(&self.termios, b'\n');
        }
    }

    /// Start and first byte of the last character; `None` if only the tail of one is left.
    fn last_character(&self) -> Option<(u32, u8)> {
        let mut pos = self.lines.head;
        loop {
            pos = pos.wrapping_sub(1);
            let c = self.lines.at(pos);
            if !self.termios.is_continuation(c) {
                return Some((pos, c));
            }
            if pos == self.lines.canon {
                return None;
            }
        }
    }

    /// Shows that the character in `start..end`, whose first byte is `first`, is gone.
    fn show_erased(&mut self, what: Erase, first: u8, start: u32, end: u32) {
        let termios = self.termios;
        if termios.local(LocalFlags::ECHOPRT) {
            self.print_erased(first, start, end);
        } else if what == Erase::Character && !termios.local(LocalFlags::ECHOE) {
            self.output.echo(&termios, termios.cc(Cc::Erase));
        } else if first == b'\t' {
            self.wipe_tab();
        } else {
            let caret = termios.local(LocalFlags::ECHOCTL);
            let wipes: &[u8] = match is_control(first) {
                true if caret => b"\x08 \x08\x08 \x08",
                true => b"",
                false => b"\x08 \x08",
            };
            for c in wipes {
                self.output.echo_plain(&termios, *c);
            }
        }
    }

    /// `ECHOPRT`: erased characters are printed, most recent first.
    fn print_erased(&mut self, first: u8, start: u32, end: u32) {
        if !self.erasing {
            self.output.echo_plain(&self.termios, b'\\');
            self.erasing = true;
        }
        self.output.echo(&self.termios, first);
        let mut pos = start.wrapping_add(1);
        while pos != end {
            self.output.echo_plain(&self.termios, self.lines.at(pos));
            self.output.step_back();
            pos = pos.wrapping_add(1);
        }
    }

    /// How wide a tab was depends on what stands between it and the tab before.
    fn wipe_tab(&mut self) {
        let mut columns = 0u32;
        let mut pos = self.lines.head;
        while pos != self.lines.canon {
            pos = pos.wrapping_sub(1);
            let c = self.lines.at(pos);
            if c == b'\t' {
                self.output.erase_tab(columns, false);
                return;
            }
            let width = if is_control(c) {
                if self.termios.local(LocalFlags::ECHOCTL) { 2 } else { 0 }
            } else {
                u32::from(!self.termios.is_continuation(c))
            };
            columns = columns.wrapping_add(width);
        }
        self.output.erase_tab(columns, true);
    }
}
