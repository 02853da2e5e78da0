//! `/dev/console`: raw for the relay, as it was for a shell.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::process::Stdio;

use rustix::fs::OFlags;
use rustix::termios::{OptionalActions, Termios, Winsize, tcdrain, tcgetattr, tcsetattr, tcsetwinsize};

/// The path of the console.
pub(crate) const PATH: &str = "/dev/console";

/// The console, and its settings at boot. Reads and writes do not block.
#[derive(Debug)]
pub(crate) struct Console {
    file: File,
    at_boot: Option<Termios>,
}

impl Console {
    /// Opens the console with an open description of its own, so that its
    /// being non-blocking is nobody else's business.
    pub(crate) fn open() -> io::Result<Self> {
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = open(flags)?;
        let at_boot = tcgetattr(&file).ok();
        Ok(Self { file, at_boot })
    }

    /// Every byte passes, both ways, as it is (cfmakeraw(3)).
    pub(crate) fn set_raw(&self) -> io::Result<()> {
        let mut termios = tcgetattr(&self.file)?;
        termios.make_raw();
        Ok(tcsetattr(&self.file, OptionalActions::Drain, &termios)?)
    }

    /// The settings that the kernel gave the console at boot.
    pub(crate) fn restore(&self) {
        if let Some(termios) = &self.at_boot {
            let _ = tcsetattr(&self.file, OptionalActions::Drain, termios);
        }
    }

    /// Tells programs how large the terminal at the other end is.
    pub(crate) fn set_size(&self, rows: u16, columns: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // Programs then take the size to be unknown, as on any serial line.
        let _ = tcsetwinsize(&self.file, size);
    }

    /// Waits until all that was written has left the UART.
    pub(crate) fn drain(&self) {
        let _ = tcdrain(&self.file);
    }

    /// Three standard streams for a program that runs on the console.
    pub(crate) fn streams() -> io::Result<[Stdio; 3]> {
        let file = open(OFlags::NOCTTY)?;
        Ok([file.try_clone()?.into(), file.try_clone()?.into(), file.into()])
    }

    /// Reads what is there.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        io::Read::read(&mut &self.file, buffer)
    }

    /// Writes what fits.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut &self.file, bytes)
    }
}

impl AsFd for Console {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn open(flags: OFlags) -> io::Result<File> {
    let flags = flags.bits().cast_signed();
    OpenOptions::new().read(true).write(true).custom_flags(flags).open(PATH)
}
