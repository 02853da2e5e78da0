//! Makes archives that [`crate::Reader`], cpio(1) and Linux read. Host only: it uses `std::io`.
//!
//! [`Writer`] writes each file as it is told, in that order; equal calls give equal bytes. A directory must come before what it holds.

extern crate std;

use std::format;
use std::io::{self, Write};

use crate::{ALIGN, HEADER_BYTES, TRAILER};

const ALIGN_BYTES: usize = ALIGN as usize;

/// What an entry says about a file besides its name, kind and contents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Permissions with set-id and sticky bits, `0o7777` at most.
    pub permissions: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Last write, seconds since 1970.
    pub mtime_s: u32,
}

impl Meta {
    /// Owned by root, of time 0.
    #[must_use]
    pub fn new(permissions: u32) -> Meta {
        Meta { permissions, ..Meta::default() }
    }
}

/// Kinds of files without contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
    /// A character device: major, minor.
    CharDevice(u32, u32),
    /// A block device: major, minor.
    BlockDevice(u32, u32),
}

/// A regular file of an archive, which may get further names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written(u32);

/// One archive under construction.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    /// The last inode number given.
    ino: u32,
}

impl<W: Write> Writer<W> {
    /// Starts an archive. A part that is to follow another needs no more than to be appended to it.
    pub fn new(out: W) -> Writer<W> {
        Writer { out, ino: 0 }
    }

    /// A regular file.
    ///
    /// # Errors
    /// Those of the output; `InvalidInput` for a path or contents that the form cannot hold.
    pub fn file(&mut self, path: &[u8], meta: Meta, contents: &[u8]) -> io::Result<()> {
        self.hard_links(&[path], meta, contents)
    }

    /// A regular file with several names.
    ///
    /// # Errors
    /// As [`Writer::file`].
    pub fn hard_links(&mut self, paths: &[&[u8]], meta: Meta, contents: &[u8]) -> io::Result<()> {
        let nlink = u32::try_from(paths.len()).map_err(|_| invalid("too many names"))?;
        self.next_ino()?;
        let Some((last, others)) = paths.split_last() else {
            return Err(invalid("a file without a name"));
        };
        for path in others {
            self.entry(path, 0o100_000, meta, nlink, (0, 0), &[])?;
        }
        self.entry(last, 0o100_000, meta, nlink, (0, 0), contents)
    }

    /// A regular file by the first of its names; `nlink` is how many it has at most.
    ///
    /// # Errors
    /// As [`Writer::file`].
    pub fn first_name(&mut self, path: &[u8], meta: Meta, nlink: u32, contents: &[u8]) -> io::Result<Written> {
        self.next_ino()?;
        self.entry(path, 0o100_000, meta, nlink, (0, 0), contents)?;
        Ok(Written(self.ino))
    }

    /// Another name of a file.
    ///
    /// # Errors
    /// As [`Writer::file`].
    pub fn further_name(&mut self, path: &[u8], meta: Meta, nlink: u32, file: Written) -> io::Result<()> {
        let last = core::mem::replace(&mut self.ino, file.0);
        let written = self.entry(path, 0o100_000, meta, nlink, (0, 0), &[]);
        self.ino = last;
        written
    }

    /// A symbolic link.
    ///
    /// # Errors
    /// As [`Writer::file`].
    pub fn symlink(&mut self, path: &[u8], target: &[u8], meta: Meta) -> io::Result<()> {
        self.next_ino()?;
        self.entry(path, 0o120_000, meta, 1, (0, 0), target)
    }

    /// A directory, named pipe or device.
    ///
    /// # Errors
    /// As [`Writer::file`].
    pub fn node(&mut self, path: &[u8], node: Node, meta: Meta) -> io::Result<()> {
        self.next_ino()?;
        let (kind, nlink, rdev) = match node {
            Node::Directory => (0o040_000, 2, (0, 0)),
            Node::Fifo => (0o010_000, 1, (0, 0)),
            Node::CharDevice(major, minor) => (0o020_000, 1, (major, minor)),
            Node::BlockDevice(major, minor) => (0o060_000, 1, (major, minor)),
        };
        self.entry(path, kind, meta, nlink, rdev, &[])
    }

    /// Writes the trailer and returns the output.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.ino = 0;
        self.raw_entry(TRAILER, 0, Meta::default(), 1, (0, 0), &[])?;
        Ok(self.out)
    }

    fn next_ino(&mut self) -> io::Result<()> {
        self.ino = self.ino.checked_add(1).ok_or_else(|| invalid("too many files"))?;
        Ok(())
    }

    fn entry(&mut self, path: &[u8], kind: u32, meta: Meta, nlink: u32, rdev: (u32, u32), data: &[u8]) -> io::Result<()> {
        if path.is_empty() || path.contains(&0) || path == TRAILER {
            return Err(invalid("this path cannot be stored"));
        }
        self.raw_entry(path, kind, meta, nlink, rdev, data)
    }

    fn raw_entry(&mut self, path: &[u8], kind: u32, meta: Meta, nlink: u32, rdev: (u32, u32), data: &[u8]) -> io::Result<()> {
        let size = u32::try_from(data.len()).map_err(|_| invalid("a file of 4 GiB or more"))?;
        let name_bytes = u32::try_from(path.len())
            .ok()
            .and_then(|length| length.checked_add(1))
            .ok_or_else(|| invalid("the path is too long"))?;
        let mode = kind | (meta.permissions & 0o7777);
        let header = [self.ino, mode, meta.uid, meta.gid, nlink, meta.mtime_s, size, 0, 0, rdev.0, rdev.1, name_bytes, 0];
        self.out.write_all(crate::MAGIC_PLAIN)?;
        for number in header {
            self.out.write_all(format!("{number:08X}").as_bytes())?;
        }
        self.out.write_all(path)?;
        self.out.write_all(&[0])?;
        self.pad(HEADER_BYTES.saturating_add(name_bytes as usize))?;
        self.out.write_all(data)?;
        self.pad(data.len())
    }

    fn pad(&mut self, written: usize) -> io::Result<()> {
        let zeros = written.next_multiple_of(ALIGN_BYTES).saturating_sub(written);
        self.out.write_all([0; ALIGN_BYTES].get(..zeros).unwrap_or(&[]))
    }
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
