//! Services below `/svc`: binding a name, accepting, connecting.

use crate::{Deadline, End, error};
use abi::{SvcBind, SvcConnect, SvcPeer, svc_flag};
use rt::Args;
use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

/// How a name is bound.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bind {
    /// Connections of one budget that may wait; 0 for the kernel's default.
    pub connections: u32,
    /// How long an open waits for room; zero for the kernel's default.
    pub wait: Duration,
}

/// Who connected, as the kernel knows it.
pub type Peer = SvcPeer;

/// A service's listen queue. As long as one process holds it, connections are taken in, also when nobody accepts them.
#[derive(Debug)]
pub struct Listener(OwnedFd);

impl Listener {
    /// Makes a name in a directory of services.
    ///
    /// # Errors
    /// `EEXIST` when somebody listens at the name; `EOPNOTSUPP` in a directory of another kind.
    pub fn bind(dir: &Path, name: &str, how: &Bind) -> io::Result<Self> {
        let dir = File::open(dir)?;
        let name = CString::new(name)?;
        let wait_ns = u64::try_from(how.wait.as_nanos()).unwrap_or(u64::MAX);
        let mut args = Args::from(SvcBind { flags: 0, connections: how.connections, wait_ns });
        rt::by_name(dir.as_fd(), &name, &mut args).map(Self).map_err(error)
    }

    /// The queue that the supervisor gave this process as its standard input.
    ///
    /// # Errors
    /// When there is no standard input.
    pub fn inherited() -> io::Result<Self> {
        io::stdin().as_fd().try_clone_to_owned().map(Self)
    }

    /// Takes the next connection.
    ///
    /// # Errors
    /// `WouldBlock` when nobody waits, if that was [`Deadline::Now`]; `EMFILE`, `EDQUOT`.
    pub fn accept(&self, deadline: Deadline) -> io::Result<(End, Peer)> {
        let mut peer = Peer::default();
        let flags = if deadline == Deadline::Now { svc_flag::NONBLOCK } else { 0 };
        let end = rt::accept(self.0.as_fd(), &mut peer, flags).map_err(error)?;
        Ok((End::from(end), peer))
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<OwnedFd> for Listener {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl From<Listener> for OwnedFd {
    fn from(listener: Listener) -> Self {
        listener.0
    }
}

/// Connects to a service by its path, waiting as long as it says for room in its queue.
///
/// # Errors
/// `ECONNREFUSED` when nobody listens, `TimedOut`; those of open(2).
pub fn connect(path: impl AsRef<Path>) -> io::Result<End> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    Ok(End::from(OwnedFd::from(file)))
}

/// Connects to a service by its name in a directory of services, waiting for room in its queue until the deadline.
///
/// # Errors
/// As [`connect`]; `WouldBlock`.
pub fn connect_by(dir: &impl AsFd, name: &str, deadline: Deadline) -> io::Result<End> {
    let name = CString::new(name)?;
    let (flags, deadline_ns) = match deadline {
        Deadline::Never => (0, u64::MAX),
        Deadline::Now => (svc_flag::NONBLOCK, 0),
        Deadline::At(ns) => (0, ns.max(1)),
    };
    let mut args = Args::from(SvcConnect { flags, deadline_ns, ..SvcConnect::default() });
    rt::by_name(dir.as_fd(), &name, &mut args).map(End::from).map_err(error)
}
