//! The caller's terminal in raw mode while the guest's console is shown on it.

use anyhow::{Context, Result};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use std::io::{Stdin, stdin};

/// Raw mode for as long as it lives; dropped in every way out, also in a panic.
pub struct RawTerminal {
    tty: Stdin,
    before: Termios,
}

impl RawTerminal {
    /// Puts the terminal on standard input into raw mode.
    ///
    /// # Errors
    /// When standard input is no terminal.
    pub fn enter() -> Result<Self> {
        let tty = stdin();
        let before = tcgetattr(&tty).context("standard input is no terminal")?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&tty, OptionalActions::Drain, &raw).context("cannot set the terminal to raw mode")?;
        Ok(Self { tty, before })
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // Nothing is left to do about a terminal that went away.
        let _ = tcsetattr(&self.tty, OptionalActions::Drain, &self.before);
    }
}

/// Rows and columns of the terminal on standard input, if it has a size.
pub fn size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(stdin()).ok()?;
    (size.ws_row > 0 && size.ws_col > 0).then_some((size.ws_row, size.ws_col))
}
