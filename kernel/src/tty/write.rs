//! write(2) to a terminal, and handing its output to the wire.

use super::file::{TtyFile, Via};
use super::read::{Claim, Side, stopped};
use super::{OUTPUT, State, Tty};
use crate::fs::buffer::Buffer;
use crate::fs::file::Io;
use crate::linux::Stop;
use crate::task::wait::{self, Interrupt};
use abi::Errno;
use logic_tty::{Access, LocalFlags};
use logic_waits::{Events, Mode};

/// Bytes that come from the user or go to the wire at a time.
const CHUNK: usize = 256;

impl TtyFile {
    /// write(2).
    pub(super) fn write_bytes(&self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        if self.is_hung_up() {
            return Err(Errno::EIO.into());
        }
        let stops_background = self.tty.state.lock().logic.termios().lflag.contains(LocalFlags::TOSTOP);
        if stops_background {
            self.check_job(io.me, Access::Change)?;
        }
        let _claim = Claim::take(self, Side::Write, io)?;
        let mut chunk = [0u8; CHUNK];
        let mut written = 0usize;
        while from.left() != 0 {
            let want = from.left().min(CHUNK);
            let got = from.take(chunk.get_mut(..want).unwrap_or_default());
            let (n, result) = self.write_chunk(io, chunk.get(..got).unwrap_or_default());
            written = written.saturating_add(n);
            match result {
                Err(e) if written == 0 => return Err(e),
                Err(_) => break,
                Ok(()) => {}
            }
        }
        if written == 0 && from.faulted() { Err(Errno::EFAULT.into()) } else { Ok(written) }
    }

    /// Writes all of it, or says why not, and in any case how much.
    fn write_chunk(&self, io: &Io<'_>, bytes: &[u8]) -> (usize, Result<(), Stop>) {
        let mut done = 0;
        while done < bytes.len() {
            let rest = bytes.get(done..).unwrap_or_default();
            let n = self.put(rest);
            done += n;
            if n != 0 {
                continue;
            }
            if self.is_hung_up() {
                return (done, Err(Errno::EIO.into()));
            }
            if io.nonblock {
                return (done, Err(Errno::EAGAIN.into()));
            }
            let attempt = || {
                let n = self.put(rest);
                (n != 0 || self.is_hung_up()).then_some(n)
            };
            match wait::wait_at(io.me, self.end(), OUTPUT, Mode::All, None, Interrupt::AnySignal, attempt) {
                Ok(n) => done += n,
                Err(e) => return (done, Err(stopped(e))),
            }
        }
        (done, Ok(()))
    }

    /// Hands bytes on; gives how many were taken.
    fn put(&self, bytes: &[u8]) -> usize {
        if self.via == Via::Master { self.tty.feed(bytes) } else { self.tty.write_some(bytes) }
    }

    /// tcdrain(3): waits until the wire has everything. What a master does not read is no wire's (as Linux's `pty.c`).
    pub(super) fn drain(&self, io: &Io<'_>) -> Result<(), Stop> {
        if self.tty.pty.is_some() {
            return Ok(());
        }
        let empty = || {
            let s = self.tty.state.lock();
            let empty = s.logic.queued_output() == 0 && !s.sending;
            drop(s);
            (empty || self.is_hung_up()).then_some(())
        };
        match empty() {
            Some(()) => Ok(()),
            None => wait::wait_at(io.me, &*self.tty, OUTPUT, Mode::All, None, Interrupt::AnySignal, empty).map_err(stopped),
        }
    }
}

impl Tty {
    /// Puts what fits into the output queue and gets it going.
    fn write_some(&self, bytes: &[u8]) -> usize {
        let n = self.state.lock().logic.write(bytes);
        if n != 0 {
            self.send();
        }
        n
    }

    /// Hands queued output to the wire, unless somebody does so already: that one finds ours as well.
    pub(super) fn send(&self) {
        if self.pty.is_some() {
            return self.tell_master(Events::empty());
        }
        let mut chunk = [0u8; CHUNK];
        let mut n = {
            let mut s = self.state.lock();
            if s.sending {
                return;
            }
            s.take_output(&mut chunk)
        };
        if n == 0 {
            return;
        }
        while n != 0 {
            crate::boot::devices::console_write(chunk.get(..n).unwrap_or_default(), false);
            n = self.state.lock().take_output(&mut chunk);
        }
        self.changed(OUTPUT);
    }
}

impl State {
    /// Takes output for the wire; notes whether there was any.
    fn take_output(&mut self, to: &mut [u8]) -> usize {
        let mut slots = to.iter_mut();
        let mut n = 0;
        if let Some(c) = self.logic.take_urgent()
            && let Some(slot) = slots.next()
        {
            *slot = c;
            n = 1;
        }
        let (first, second) = self.logic.output_slices();
        let mut queued = 0;
        for (slot, c) in slots.zip(first.iter().chain(second)) {
            *slot = *c;
            queued += 1;
        }
        self.logic.consume_output(queued);
        self.sending = n + queued != 0;
        n + queued
    }
}
