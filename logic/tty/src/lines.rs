//! The input ring: bytes that have arrived, with marks where lines end.
//!
//! Key type: [`Lines`]. Positions count up for ever and wrap; the ring index is their low bits.
//! `tail <= canon <= head`: bytes before `canon` belong to finished lines.

use crate::{NoMemory, tty::zeroed};
use alloc::boxed::Box;

/// Bytes of input that a terminal holds (Linux's `N_TTY_BUF_SIZE`).
pub const INPUT_BYTES: u32 = 4096;

const MARK_BYTES: usize = (INPUT_BYTES / 8) as usize;

/// The ring.
#[derive(Debug)]
pub(crate) struct Lines {
    bytes: Box<[u8]>,
    marks: Box<[u8]>,
    pub(crate) tail: u32,
    pub(crate) canon: u32,
    pub(crate) head: u32,
}

impl Lines {
    pub(crate) fn try_new() -> Result<Lines, NoMemory> {
        let bytes = zeroed(INPUT_BYTES as usize)?;
        Ok(Lines { bytes, marks: zeroed(MARK_BYTES)?, tail: 0, canon: 0, head: 0 })
    }

    /// Bytes held, finished lines or not.
    pub(crate) fn len(&self) -> u32 {
        self.head.wrapping_sub(self.tail)
    }

    /// Whether no line is finished.
    pub(crate) fn has_no_line(&self) -> bool {
        self.canon == self.tail
    }

    /// Whether nothing is in the line being typed.
    pub(crate) fn line_is_empty(&self) -> bool {
        self.canon == self.head
    }

    pub(crate) fn at(&self, pos: u32) -> u8 {
        self.bytes.get(index(pos)).copied().unwrap_or(0)
    }

    /// Appends a byte; the caller has made sure of room.
    pub(crate) fn put(&mut self, c: u8) {
        if let Some(slot) = self.bytes.get_mut(index(self.head)) {
            *slot = c;
            self.head = self.head.wrapping_add(1);
        }
    }

    /// Appends a byte that ends a line.
    pub(crate) fn put_end(&mut self, c: u8) {
        self.mark(self.head);
        self.put(c);
        self.canon = self.head;
    }

    pub(crate) fn is_marked(&self, pos: u32) -> bool {
        let at = index(pos);
        self.marks.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1)
    }

    pub(crate) fn mark(&mut self, pos: u32) {
        let at = index(pos);
        if let Some(byte) = self.marks.get_mut(at / 8) {
            *byte |= 1 << (at % 8);
        }
    }

    pub(crate) fn unmark(&mut self, pos: u32) {
        let at = index(pos);
        if let Some(byte) = self.marks.get_mut(at / 8) {
            *byte &= !(1 << (at % 8));
        }
    }

    /// Forgets where lines end.
    pub(crate) fn unmark_all(&mut self) {
        self.marks.fill(0);
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        self.unmark_all();
        self.tail = self.head;
        self.canon = self.head;
    }
}

fn index(pos: u32) -> usize {
    (pos % INPUT_BYTES) as usize
}
