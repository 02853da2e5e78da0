//! Bytes one after the other into a page.

use crate::Full;

/// Where bytes go. What does not fit is dropped and remembered.
pub(crate) struct Out<'a> {
    bytes: &'a mut [u8],
    at: usize,
    full: bool,
}

impl<'a> Out<'a> {
    /// Begins at the start of `bytes`, which are zero.
    pub(crate) fn new(bytes: &'a mut [u8]) -> Self {
        Out { bytes, at: 0, full: false }
    }
    /// Where the next byte goes.
    pub(crate) fn at(&self) -> usize {
        self.at
    }
    /// Goes on at `at`.
    pub(crate) fn seek(&mut self, at: usize) {
        self.at = at;
    }
    /// Goes on at the next multiple of `align`.
    pub(crate) fn align(&mut self, align: usize) {
        self.at = self.at.checked_next_multiple_of(align).unwrap_or(usize::MAX);
    }
    /// Puts bytes.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let end = self.at.saturating_add(bytes.len());
        match self.bytes.get_mut(self.at..end) {
            Some(room) => room.copy_from_slice(bytes),
            None => self.full = true,
        }
        self.at = end;
    }
    pub(crate) fn u8(&mut self, v: u8) {
        self.put(&[v]);
    }
    pub(crate) fn u16(&mut self, v: u16) {
        self.put(&v.to_le_bytes());
    }
    pub(crate) fn u32(&mut self, v: u32) {
        self.put(&v.to_le_bytes());
    }
    pub(crate) fn u64(&mut self, v: u64) {
        self.put(&v.to_le_bytes());
    }
    /// Puts a word that says how far `target` is from it.
    pub(crate) fn distance(&mut self, target: usize) {
        self.u32((target as u32).wrapping_sub(self.at as u32));
    }
    /// Puts a number in signed LEB128 (DWARF 4, 7.6).
    pub(crate) fn sleb128(&mut self, mut v: i64) {
        loop {
            let byte = (v & 0x7f) as u8;
            v >>= 7;
            let last = (v == 0 && byte & 0x40 == 0) || (v == -1 && byte & 0x40 != 0);
            self.u8(if last { byte } else { byte | 0x80 });
            if last {
                return;
            }
        }
    }
    /// Overwrites an earlier word, and comes back.
    pub(crate) fn patch_u32(&mut self, at: usize, v: u32) {
        let here = core::mem::replace(&mut self.at, at);
        self.u32(v);
        self.at = here;
    }
    /// Whether everything fitted; the bytes put.
    pub(crate) fn finish(self) -> Result<usize, Full> {
        if self.full { Err(Full) } else { Ok(self.at) }
    }
}
