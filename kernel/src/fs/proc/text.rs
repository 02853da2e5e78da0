//! Text that grows without ever aborting: what procfs files are made of.

use abi::Errno;
use alloc::vec::Vec;
use core::fmt;

/// Bytes to show; formatting into it fails when memory is refused.
#[derive(Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
}

/// Why a text was not made.
pub(crate) struct Failed(pub(crate) Errno);

/// What makers of texts return.
pub(crate) type Made = Result<(), Failed>;

impl From<fmt::Error> for Failed {
    /// Formatting fails for want of memory alone.
    fn from(_: fmt::Error) -> Self {
        Failed(Errno::ENOMEM)
    }
}
impl From<Errno> for Failed {
    fn from(e: Errno) -> Self {
        Failed(e)
    }
}

impl Text {
    /// Makes room for `bytes` more at once.
    pub(crate) fn reserve(&mut self, bytes: usize) -> fmt::Result {
        self.bytes.try_reserve_exact(bytes).map_err(|_| fmt::Error)
    }
    /// Adds bytes as they are.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> fmt::Result {
        self.bytes.try_reserve(bytes.len()).map_err(|_| fmt::Error)?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
    /// Adds bytes with each of `special` and the backslash as `\ooo` (getmntent(3)).
    pub(crate) fn put_escaped(&mut self, bytes: &[u8], special: &[u8]) -> fmt::Result {
        for b in bytes {
            if *b == b'\\' || special.contains(b) {
                fmt::Write::write_fmt(self, format_args!("\\{b:03o}"))?;
            } else {
                self.put(core::slice::from_ref(b))?;
            }
        }
        Ok(())
    }
    /// Adds bytes with line feeds as `\012` (proc_pid_maps(5)).
    pub(crate) fn put_escaped_newlines(&mut self, bytes: &[u8]) -> fmt::Result {
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(before) => {
                    self.put(before)?;
                    self.put(b"\\012")?;
                }
                None => self.put(part)?,
            }
        }
        Ok(())
    }
    /// Adds spaces up to `column`, at least one.
    pub(crate) fn pad_to(&mut self, column: usize, line_start: usize) -> fmt::Result {
        self.put(b" ")?;
        while self.bytes.len().saturating_sub(line_start) < column {
            self.put(b" ")?;
        }
        Ok(())
    }
    /// Bytes so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
    /// The bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.put(s.as_bytes())
    }
}

/// A text made by `f`.
pub(crate) fn make(f: impl FnOnce(&mut Text) -> Made) -> Result<Vec<u8>, Errno> {
    let mut text = Text::default();
    match f(&mut text) {
        Ok(()) => Ok(text.into_bytes()),
        Err(Failed(e)) => Err(e),
    }
}

/// The number that a program wrote, without the white space around it.
pub(crate) fn number<T: core::str::FromStr>(written: &[u8]) -> Result<T, Errno> {
    core::str::from_utf8(written).ok().and_then(|s| s.trim().parse().ok()).ok_or(Errno::EINVAL)
}
