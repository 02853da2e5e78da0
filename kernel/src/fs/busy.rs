//! A regular file is written or executed, never both at a time (ETXTBSY, open(2) and execve(2)).
//!
//! [`OpenForWriting`] goes with an open file that may write, [`Executable`] with the processes that run a program; each keeps the
//! other away for as long as it lives. Neighbours: `open`, `task/exec`.

use super::inode::{FileData, Inode};
use super::walk::Reached;
use abi::Errno;
use core::sync::atomic::{AtomicI32, Ordering};
use mem::Ref;

/// How often a file is open for writing, or, below zero, how many programs run from it.
pub(crate) struct Users(AtomicI32);

impl Users {
    /// Nobody.
    pub(crate) const fn new() -> Self {
        Users(AtomicI32::new(0))
    }
    /// One more on the side of `sign`, unless somebody is on the other.
    fn enter(&self, sign: i32) -> Result<(), Errno> {
        let change = |n: i32| if n.signum() == -sign { None } else { n.checked_add(sign) };
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, change).map(drop).map_err(|_| Errno::ETXTBSY)
    }
    fn leave(&self, sign: i32) {
        self.0.fetch_sub(sign, Ordering::AcqRel);
    }
}

const WRITER: i32 = 1;
const PROGRAM: i32 = -1;

/// The file may be written through something.
pub(crate) struct OpenForWriting(Ref<FileData>);

impl OpenForWriting {
    /// Begins, unless a program runs from the file; `None` for files without data of their own.
    pub(crate) fn begin(inode: &Inode) -> Result<Option<OpenForWriting>, Errno> {
        let Some(data) = inode.data() else { return Ok(None) };
        data.users.enter(WRITER)?;
        Ok(Some(OpenForWriting(data.clone())))
    }
}

impl Drop for OpenForWriting {
    fn drop(&mut self) {
        self.0.users.leave(WRITER);
    }
}

/// A program that runs, shared by all processes that run it since one execve(2).
pub(crate) struct Executable {
    /// Where its file is, and what may be done with it there.
    pub(crate) file: Reached,
    data: Option<Ref<FileData>>,
}

impl Executable {
    /// Keeps writers away from the file; ETXTBSY if there are any.
    pub(crate) fn begin(file: &Reached) -> Result<Executable, Errno> {
        let data = file.place.inode().data().cloned();
        if let Some(d) = &data {
            d.users.enter(PROGRAM)?;
        }
        Ok(Executable { file: file.clone(), data })
    }
}

impl Drop for Executable {
    fn drop(&mut self) {
        if let Some(d) = &self.data {
            d.users.leave(PROGRAM);
        }
    }
}
