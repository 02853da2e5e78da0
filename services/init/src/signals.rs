//! Signals as bytes in a pipe, so that one poll waits for them too.
//!
//! Process 1 gets no signal that it has no handler for (signal(7)), so what is
//! not listed here cannot end it.

use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};

use crate::power::Power;

/// What each signal asks for, as BusyBox's `halt`, `poweroff` and `reboot`
/// send them; SIGINT is the kernel's Ctrl-Alt-Del (reboot(2)).
const REQUESTS: [(i32, Power); 4] =
    [(SIGUSR1, Power::Halt), (SIGUSR2, Power::Off), (SIGTERM, Power::Restart), (SIGINT, Power::Restart)];

/// The installed handlers and the pipe they write to.
#[derive(Debug)]
pub(crate) struct Signals {
    pipe: PipeReader,
    requests: Vec<(Arc<AtomicBool>, Power)>,
}

impl Signals {
    /// Installs the handlers: SIGCHLD and the requests to shut down.
    pub(crate) fn install() -> io::Result<Self> {
        let (pipe, writer) = io::pipe()?;
        rustix::fs::fcntl_setfl(&pipe, OFlags::NONBLOCK)?;
        let mut requests = Vec::new();
        for (signal, power) in REQUESTS {
            let flag = Arc::new(AtomicBool::new(false));
            // The flag first: the byte must not arrive before what it stands for.
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
            signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
            requests.push((flag, power));
        }
        signal_hook::low_level::pipe::register(SIGCHLD, writer)?;
        Ok(Self { pipe, requests })
    }

    /// Waits until a signal came, but no longer than this.
    pub(crate) fn wait(&self, most: Duration) {
        // Whatever it answers, the caller looks at what it waits for.
        let _ = poll(&mut [PollFd::new(&self.pipe, PollFlags::IN)], Timespec::try_from(most).ok().as_ref());
        self.empty();
    }

    /// Becomes readable when a signal came.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }

    /// Empties the pipe; says whether the machine is to go down, and how.
    /// The caller reaps afterwards, whatever the answer.
    pub(crate) fn take(&self) -> Option<Power> {
        self.empty();
        // All flags are cleared; of several requests the last in the list wins.
        self.requests.iter().fold(
            None,
            |asked, (flag, power)| {
                if flag.swap(false, Ordering::SeqCst) { Some(*power) } else { asked }
            },
        )
    }

    fn empty(&self) {
        let mut buffer = [0; 64];
        while matches!((&self.pipe).read(&mut buffer), Ok(n) if n > 0) {}
    }
}
