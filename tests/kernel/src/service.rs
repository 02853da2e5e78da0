//! A directory of services of the test's own, and service processes in it.

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use rvos::{Bind, End, Listener};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A directory that services can be bound in; unmounted when dropped.
#[derive(Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// A fresh one.
    ///
    /// # Errors
    /// When it cannot be made or mounted.
    pub fn mount(name: &str) -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("{name}.{}", std::process::id()));
        std::fs::create_dir(&path)?;
        mount("svc", &path, "svc", MountFlags::empty(), None)?;
        Ok(Self(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Binds a name in it.
    ///
    /// # Errors
    /// As [`Listener::bind`].
    pub fn bind(&self, name: &str, how: &Bind) -> io::Result<Listener> {
        Listener::bind(&self.0, name, how)
    }

    /// Connects to a name in it.
    ///
    /// # Errors
    /// As [`rvos::connect`].
    pub fn connect(&self, name: &str) -> io::Result<End> {
        rvos::connect(self.0.join(name))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = unmount(&self.0, UnmountFlags::empty());
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// A service's process, which is killed when dropped.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts a service of the system with this listen queue.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(service: &str, listener: &Listener) -> io::Result<Self> {
        let queue: OwnedFd = listener.as_fd().try_clone_to_owned()?;
        Command::new(format!("/lib/rvos/{service}")).stdin(Stdio::from(queue)).spawn().map(Self)
    }

    /// Starts the test's own program with this argument as a service.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn again(word: &str, listener: &Listener) -> io::Result<Self> {
        let queue: OwnedFd = listener.as_fd().try_clone_to_owned()?;
        Command::new(std::env::current_exe()?).arg(word).stdin(Stdio::from(queue)).spawn().map(Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
