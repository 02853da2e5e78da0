//! [`Inflater`]: the contents of one gzip file.

use crate::crc::Crc;
use crate::{Error, NoMemory, header};
use alloc::vec::Vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// How far back deflate may look; a power of two, as the decompressor wants it.
const WINDOW_BYTES: usize = 32 << 10;

/// Window and tables. Neither is small enough for a stack.
pub struct Room {
    window: Vec<u8>,
    /// One.
    tables: Vec<DecompressorOxide>,
}

impl Room {
    /// Room for one file at a time.
    ///
    /// # Errors
    /// [`NoMemory`]
    pub fn try_new() -> Result<Room, NoMemory> {
        let mut room = Room { window: Vec::new(), tables: Vec::new() };
        room.window.try_reserve_exact(WINDOW_BYTES).map_err(|_| NoMemory)?;
        room.window.resize(WINDOW_BYTES, 0);
        room.tables.try_reserve_exact(1).map_err(|_| NoMemory)?;
        room.tables.resize_with(1, DecompressorOxide::default);
        Ok(room)
    }
}

/// One file being inflated.
pub struct Inflater<'f, 'r> {
    /// Compressed data that have not been read, and what follows the file.
    rest: &'f [u8],
    room: &'r mut Room,
    /// Contents that have not been taken: `[from, to)` of the window.
    from: usize,
    to: usize,
    crc: Crc,
    /// Length of the contents, as far as they have come.
    length: u32,
    ended: bool,
}

impl<'f, 'r> Inflater<'f, 'r> {
    /// Starts with the file at the beginning of these bytes; others may follow it.
    ///
    /// # Errors
    /// [`Error::BadHeader`], [`Error::Truncated`].
    pub fn new(file: &'f [u8], room: &'r mut Room) -> Result<Self, Error> {
        let rest = header::skip(file)?;
        room.tables.iter_mut().for_each(DecompressorOxide::init);
        Ok(Inflater { rest, room, from: 0, to: 0, crc: Crc::new(), length: 0, ended: false })
    }

    /// Contents that are at hand; none at the end alone, and then length and checksum are right.
    ///
    /// # Errors
    /// Any but [`Error::BadHeader`].
    pub fn fill(&mut self) -> Result<&[u8], Error> {
        while self.from >= self.to && !self.ended {
            self.inflate()?;
        }
        Ok(self.room.window.get(self.from..self.to).unwrap_or(&[]))
    }

    /// The first `count` of those bytes are done with.
    pub fn consume(&mut self, count: usize) {
        self.from = self.from.saturating_add(count).min(self.to);
    }

    /// What follows the file; `None` before its end.
    #[must_use]
    pub fn rest(&self) -> Option<&'f [u8]> {
        (self.ended && self.from >= self.to).then_some(self.rest)
    }

    /// Inflates up to the end of the window at most. All that was there has been taken.
    fn inflate(&mut self) -> Result<(), Error> {
        let at = self.to % WINDOW_BYTES;
        let tables = self.room.tables.first_mut().ok_or(Error::BadData)?;
        // Without the flag for it, no more input than this is promised: its end is an error.
        let (status, read, made) = decompress(tables, self.rest, &mut self.room.window, at, 0);
        self.rest = self.rest.get(read..).unwrap_or(&[]);
        (self.from, self.to) = (at, at.saturating_add(made));
        let contents = self.room.window.get(self.from..self.to).unwrap_or(&[]);
        self.crc.add(contents);
        // RFC 1952: the length modulo 2^32.
        self.length = self.length.wrapping_add(made as u32);
        match status {
            TINFLStatus::HasMoreOutput => Ok(()),
            TINFLStatus::Done => self.end(),
            TINFLStatus::FailedCannotMakeProgress => Err(Error::Truncated),
            _ => Err(Error::BadData),
        }
    }

    /// Compares with what stands behind the compressed data (RFC 1952, section 2.3.1).
    fn end(&mut self) -> Result<(), Error> {
        let (crc, rest) = self.rest.split_first_chunk().ok_or(Error::Truncated)?;
        let (length, rest) = rest.split_first_chunk().ok_or(Error::Truncated)?;
        if u32::from_le_bytes(*crc) != self.crc.value() {
            return Err(Error::BadChecksum);
        }
        if u32::from_le_bytes(*length) != self.length {
            return Err(Error::BadLength);
        }
        self.rest = rest;
        self.ended = true;
        Ok(())
    }
}
