//! Frames that are unmapped, until no hart uses them any more.
//!
//! Invalid to valid needs nothing (a spurious fault flushes locally). Any other change: the entries are changed, the
//! frames gathered, all harts that may hold a translation flushed, and only then the frames are let go.

use crate::frame::Frame;
use logic_shootdown::Depth;
use tlb::Translations;

const ROOM: usize = 32;

/// Frames unmapped but not yet free, and the range to flush before they are.
pub struct Gather {
    frames: [Option<Frame>; ROOM],
    count: usize,
    low: usize,
    high: usize,
}

impl Default for Gather {
    fn default() -> Self {
        Self::new()
    }
}

impl Gather {
    /// Nothing gathered.
    pub const fn new() -> Self {
        Gather { frames: [const { None }; ROOM], count: 0, low: usize::MAX, high: 0 }
    }
    /// Notes that the translation of `[va, va + bytes)` changed.
    #[inline]
    pub fn note(&mut self, va: usize, bytes: usize) {
        self.low = self.low.min(va);
        self.high = self.high.max(va + bytes);
    }
    /// Keeps a frame until the flush. The caller flushes when [`Gather::is_full`].
    #[inline]
    pub fn keep(&mut self, frame: Frame) {
        debug_assert!(self.count < ROOM);
        if let Some(slot) = self.frames.get_mut(self.count) {
            *slot = Some(frame);
            self.count += 1;
        }
    }
    /// Whether the next frame has no room.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.count == ROOM
    }
    /// Has the harts forget the translations and lets the frames go.
    #[inline]
    pub(crate) fn flush(&mut self, translations: &Translations) {
        if self.low < self.high {
            translations.flush(self.low, self.high - self.low, Depth::Leaves);
        }
        for f in self.frames.iter_mut().take(self.count) {
            *f = None;
        }
        self.count = 0;
        self.low = usize::MAX;
        self.high = 0;
    }
}
