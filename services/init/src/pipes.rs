//! The program's three pipes, as [`relay`](crate::relay) uses them: without blocking.

use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

use crate::boxes::Outbox;
use crate::frame::{Kind, MAX_TO_HOST};

/// Makes this end of a pipe non-blocking; the program's end is another open
/// description and stays as it is.
pub(crate) fn set_non_blocking(end: Option<&impl AsFd>) -> io::Result<()> {
    end.map_or(Ok(()), |end| Ok(rustix::fs::fcntl_setfl(end, OFlags::NONBLOCK)?))
}

/// What one read of a program's pipe came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// Bytes: they are in the outbox.
    Bytes,
    /// Nothing now, though somebody has the other end open.
    Empty,
    /// The other end is closed.
    End,
}

fn take(pipe: &mut impl Read, kind: Kind, outbox: &mut Outbox) -> Taken {
    let mut buffer = [0; MAX_TO_HOST];
    match pipe.read(&mut buffer) {
        Ok(0) => Taken::End,
        Ok(len) => {
            outbox.push(kind, buffer.get(..len).unwrap_or_default());
            Taken::Bytes
        }
        Err(e) if is_transient(&e) => Taken::Empty,
        Err(_) => Taken::End,
    }
}

/// Takes what a pipe that was polled holds, and drops the pipe at its end.
pub(crate) fn keep_while_open(pipe: &mut Option<impl Read>, kind: Kind, outbox: &mut Outbox) {
    // Room was there when it was polled; another source may have used it.
    if let Some(end) = pipe
        && outbox.has_room()
        && take(end, kind, outbox) == Taken::End
    {
        *pipe = None;
    }
}

/// After the program's end: takes all that a pipe holds, as far as there is
/// room, and drops the pipe when it is empty.
pub(crate) fn empty(pipe: &mut Option<impl Read>, kind: Kind, outbox: &mut Outbox) {
    while let Some(end) = pipe
        && outbox.has_room()
    {
        if take(end, kind, outbox) != Taken::Bytes {
            *pipe = None;
        }
    }
}

/// Is the read end closed? poll(2) reports POLLERR then.
pub(crate) fn has_no_reader(pipe: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(pipe, PollFlags::empty())];
    let polled = poll(&mut fds, Some(&Timespec::default()));
    polled.is_ok() && fds.iter().any(|fd| fd.revents().contains(PollFlags::ERR))
}

/// Will the same call do better later?
pub(crate) fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
