//! Signals as bytes in a pipe: a child ended, or the runner is to stop.

use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::OFlags;
use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM};

/// The pipe that the handlers write to.
#[derive(Debug)]
pub(crate) struct Wake {
    pipe: PipeReader,
    stop: Arc<AtomicBool>,
}

impl Wake {
    /// Installs the handlers.
    pub(crate) fn install() -> io::Result<Self> {
        let (pipe, writer) = io::pipe()?;
        rustix::fs::fcntl_setfl(&pipe, OFlags::NONBLOCK)?;
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&stop))?;
            signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        signal_hook::low_level::pipe::register(SIGCHLD, writer)?;
        Ok(Self { pipe, stop })
    }

    /// Becomes readable when a signal came.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }

    /// Empties the pipe. What came is looked for afterwards.
    pub(crate) fn clear(&self) {
        let mut buffer = [0; 64];
        while matches!((&self.pipe).read(&mut buffer), Ok(n) if n > 0) {}
    }

    /// Was the runner asked to stop? Tests not yet run then stay unrun, and the
    /// last line says so.
    pub(crate) fn asked_to_stop(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}
