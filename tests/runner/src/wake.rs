//! Signals as bytes in a pipe: a child ended, or the runner is to stop.

use std::io::{self, PipeReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
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

    /// Waits until a signal came, `other` can be read, or the time is over. What came is looked for afterwards.
    pub(crate) fn wait(&self, other: Option<&PipeReader>, left: Duration) {
        let mut fds = vec![PollFd::new(&self.pipe, PollFlags::IN)];
        fds.extend(other.map(|other| PollFd::new(other, PollFlags::IN)));
        // Whatever it answers, the caller looks at everything again.
        let _ = poll(&mut fds, Timespec::try_from(left).ok().as_ref());
        self.clear();
    }

    fn clear(&self) {
        let mut buffer = [0; 64];
        while matches!((&self.pipe).read(&mut buffer), Ok(n) if n > 0) {}
    }

    /// Was the runner asked to stop? Tests not yet run then stay unrun, and the
    /// last line says so.
    pub(crate) fn asked_to_stop(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}
