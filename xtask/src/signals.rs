//! The signals that ask a run to end, made visible to poll(2), so that the terminal is restored and
//! QEMU stopped before this process ends.

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Catches SIGHUP, SIGINT, SIGQUIT and SIGTERM from its creation on.
pub struct Signals {
    wake: UnixStream,
    number: Arc<AtomicUsize>,
}

impl Signals {
    /// Starts catching.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub fn catch() -> Result<Self> {
        let (wake, write) = UnixStream::pair().context("cannot make a socket pair")?;
        let number = Arc::new(AtomicUsize::new(0));
        for (signal, value) in [(SIGHUP, 1), (SIGINT, 2), (SIGQUIT, 3), (SIGTERM, 15)] {
            // The number first: it must be there when the pipe wakes somebody.
            signal_hook::flag::register_usize(signal, Arc::clone(&number), value)?;
            signal_hook::low_level::pipe::register(signal, write.try_clone()?)?;
        }
        Ok(Self { wake, number })
    }

    /// Readable once a signal came.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// The signal that came last.
    pub fn number(&self) -> i32 {
        i32::try_from(self.number.load(Ordering::SeqCst)).unwrap_or(SIGTERM)
    }
}
