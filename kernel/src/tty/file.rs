//! An open terminal.

use super::{INPUT, OUTPUT, Tty, console, control};
use crate::fs::buffer::Buffer;
use crate::fs::file::{File, Io, O_ACCMODE, O_NOCTTY, O_WRONLY, OpenFile, Special};
use crate::linux::Stop;
use crate::task::Thread;
use crate::task::wait::Watch;
use abi::Errno;
use core::sync::atomic::{AtomicBool, Ordering};
use logic_tty::Access;
use logic_waits::Events;
use mem::Ref;

/// Which name it was opened by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    /// `/dev/console`: it does not become a controlling terminal by being opened, survives a hang-up, and background
    /// processes read and write through it (Linux's `tty_io.c` and `n_tty.c`).
    Console,
    /// The master of a pseudo-terminal.
    Master,
    /// Any other.
    Device,
}

/// An open terminal.
pub(crate) struct TtyFile {
    pub(super) tty: Ref<Tty>,
    pub(super) via: Via,
    /// The terminal's hang-ups when it was opened.
    hangups: u32,
    /// Its use has ended, and that has been told.
    ended: AtomicBool,
}

pub(super) fn open(tty: &Ref<Tty>, via: Via) -> Result<Ref<dyn File>, Stop> {
    let hangups = tty.enter(via)?;
    // From here on its drop takes that back.
    Ok(Ref::try_new(TtyFile { tty: tty.clone(), via, hangups, ended: AtomicBool::new(false) })?.unsize(|p| p))
}

/// Opens `/dev/console`.
pub(crate) fn open_console() -> Result<Ref<dyn File>, Stop> {
    open(console::console().ok_or(Errno::EIO)?, Via::Console)
}

/// Opens the console's device.
pub(crate) fn open_device(me: &Thread, flags: u32) -> Result<Ref<dyn File>, Stop> {
    open_for(me, console::console().ok_or(Errno::EIO)?, flags)
}

/// Opens a terminal; a session leader without one gets it as its controlling terminal (credentials(7)).
pub(super) fn open_for(me: &Thread, tty: &Ref<Tty>, flags: u32) -> Result<Ref<dyn File>, Stop> {
    let file = open_again(me, tty)?;
    if flags & O_NOCTTY == 0 && flags & O_ACCMODE != O_WRONLY {
        control::acquire_by_open(tty, me.process());
    }
    Ok(file)
}

/// Opens a terminal, unless it is exclusive (`TIOCEXCL`).
fn open_again(me: &Thread, tty: &Ref<Tty>) -> Result<Ref<dyn File>, Stop> {
    if tty.state.lock().exclusive && !me.cred().is_root() {
        return Err(Errno::EBUSY.into());
    }
    open(tty, Via::Device)
}

/// Opens `/dev/tty`: the caller's controlling terminal.
pub(crate) fn open_controlling(me: &Thread) -> Result<Ref<dyn File>, Stop> {
    let tty = control::of_process(me.process()).ok_or(Errno::ENXIO)?;
    open_again(me, &tty)
}

impl TtyFile {
    /// Whether the terminal was hung up since.
    pub(super) fn is_hung_up(&self) -> bool {
        self.via == Via::Device && self.tty.state.lock().hangups != self.hangups
    }
    /// Whether the caller may read or write now, as far as job control is concerned.
    pub(super) fn check_job(&self, me: &Thread, access: Access) -> Result<(), Stop> {
        match self.via {
            Via::Console | Via::Master => Ok(()),
            Via::Device => control::check(&self.tty, me, access),
        }
    }
}

impl TtyFile {
    /// Where to wait for what this end gets.
    pub(super) fn end(&self) -> &dyn Watch {
        if self.via == Via::Master { self } else { &*self.tty }
    }
    /// Nobody uses it any more.
    fn end_use(&self) {
        if self.tty.pty.is_some() && !self.ended.swap(true, Ordering::AcqRel) {
            self.tty.leave(self.via);
        }
    }
}

/// One that was made and never came to have a descriptor has no last close.
impl Drop for TtyFile {
    fn drop(&mut self) {
        self.end_use();
    }
}

impl File for TtyFile {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        if self.via == Via::Master { self.read_master(io, to) } else { self.read_bytes(io, to) }
    }
    fn write(&self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        self.write_bytes(io, from)
    }
    fn poll(&self, _of: &OpenFile) -> Events {
        if self.is_hung_up() {
            return INPUT | OUTPUT | Events::HUP | Events::ERR;
        }
        let s = self.tty.state.lock();
        if self.via == Via::Master {
            return s.poll_master();
        }
        let mut e = Events::empty();
        e.set(INPUT, s.logic.poll_readable());
        e.set(OUTPUT, s.logic.poll_writable() && !s.writing);
        e
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(self.end())
    }
    fn last_close(&self, _of: &OpenFile) {
        self.end_use();
    }
    fn fdinfo(&self, _of: &OpenFile, out: &mut dyn core::fmt::Write) -> core::fmt::Result {
        match &self.tty.pty {
            Some(number) if self.via == Via::Master => writeln!(out, "tty-index:\t{}", number.index),
            _ => Ok(()),
        }
    }
    fn special(&self) -> Special<'_> {
        Special::Terminal(self)
    }
    fn ioctl(&self, io: &Io<'_>, request: u32, arg: usize) -> Result<usize, Stop> {
        self.control(io, request, arg)
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = out.write_str("/dev/console");
    }
}
