//! The way out for one stream of the guest: a descriptor of ours, memory, or a callback.

use rustix::io::Errno;
use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Bytes of a pipe that one writer can always write once poll(2) says so: PIPE_BUF, pipe(7).
const PIPE_BUF: usize = 4096;

/// A callback for a stream of the guest, called with bytes as they come.
pub type OnBytes<'a> = Box<dyn FnMut(&[u8]) + 'a>;

/// Where a stream of the guest goes.
pub enum Sink<'a> {
    /// A descriptor of ours.
    Fd(OwnedFd),
    /// Collected for the caller.
    Memory(Vec<u8>),
    /// Handed over as it comes.
    Callback(OnBytes<'a>),
}

/// Bytes for one sink, and those it could not take yet.
pub(super) struct Outlet<'a> {
    pub(super) sink: Sink<'a>,
    pub(super) waiting: VecDeque<u8>,
    pub(super) closed: bool,
}

impl<'a> Outlet<'a> {
    /// Nothing waits yet.
    pub(super) fn new(sink: Sink<'a>) -> Self {
        Self { sink, waiting: VecDeque::new(), closed: false }
    }

    /// Takes bytes; those for a descriptor wait until [`Outlet::write`].
    pub(super) fn push(&mut self, bytes: &[u8]) {
        match &mut self.sink {
            Sink::Fd(_) if self.closed => {}
            Sink::Fd(_) => self.waiting.extend(bytes),
            Sink::Memory(all) => all.extend_from_slice(bytes),
            Sink::Callback(call) => call(bytes),
        }
    }

    /// The descriptor to wait for, if something waits to be written.
    pub(super) fn wants(&self) -> Option<BorrowedFd<'_>> {
        match &self.sink {
            Sink::Fd(fd) if !self.waiting.is_empty() => Some(fd.as_fd()),
            _ => None,
        }
    }

    /// Writes what goes without blocking, after poll(2) said that something does.
    pub(super) fn write(&mut self) {
        let Sink::Fd(fd) = &self.sink else { return };
        let (chunk, _) = self.waiting.as_slices();
        let chunk = chunk.get(..chunk.len().min(PIPE_BUF)).unwrap_or_default();
        match rustix::io::write(fd, chunk) {
            Ok(written) => drop(self.waiting.drain(..written)),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => {
                self.closed = true;
                self.waiting.clear();
            }
        }
    }
}
