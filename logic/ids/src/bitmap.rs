//! [`Bitmap`]: which numbers are in use, with the lowest free one at hand.
//!
//! Level 0 has a bit per number. A bit of level k + 1 says that a word of level k is full. The
//! highest level is a single word and lies in the map itself, so that up to 64 numbers need no
//! other memory. Words that do not exist yet count as empty. Neighbour: `space`.

use alloc::vec::Vec;

use crate::IdError;

/// Numbers are below this: four levels of 64.
pub const MAX_NUMBERS: usize = 1 << (WORD_SHIFT * (MAX_LOWER as u32 + 1));

/// Levels below the top one.
const MAX_LOWER: usize = 3;
/// log2 of the bits of a word.
const WORD_SHIFT: u32 = 6;
/// Words of a piece of a level: one page.
const PIECE_WORDS: usize = 512;
/// The first piece of a level grows by this many words.
const GROWTH_WORDS: usize = 8;

/// A set of numbers; see the module's text.
#[derive(Debug, Default)]
pub struct Bitmap {
    top: u64,
    /// How many levels there are below the top.
    height: usize,
    /// `lower[0]` is level 0, if there is any level below the top.
    lower: [Level; MAX_LOWER],
}

impl Bitmap {
    /// A set without numbers.
    #[must_use]
    pub const fn new() -> Bitmap {
        Bitmap { top: 0, height: 0, lower: [const { Level { pieces: Vec::new() } }; MAX_LOWER] }
    }

    /// The lowest number from `min` on that is not in the set. It may need [`Bitmap::grow`].
    #[inline]
    #[must_use]
    pub fn lowest_free_from(&self, min: usize) -> usize {
        let (mut level, mut at) = (0_usize, min);
        loop {
            let free = !self.word(level, at >> WORD_SHIFT) & (u64::MAX << (at & 63));
            if free != 0 {
                at = at & !63 | free.trailing_zeros() as usize;
                break;
            }
            // Everything is taken up to the end of this word: on with the next one.
            at = (at >> WORD_SHIFT).wrapping_add(1);
            level = level.wrapping_add(1);
        }
        while let Some(below) = level.checked_sub(1) {
            level = below;
            let word = self.word(level, at);
            at = at << WORD_SHIFT | (!word).trailing_zeros() as usize;
        }
        at
    }

    /// Whether the number is in the set.
    #[inline]
    #[must_use]
    pub fn is_set(&self, number: usize) -> bool {
        self.word(0, number >> WORD_SHIFT) >> (number & 63) & 1 != 0
    }

    /// Makes room for `number`, after which [`Bitmap::set`] takes it.
    ///
    /// # Errors
    /// [`IdError`]; the set is as before.
    #[inline]
    pub fn grow(&mut self, number: usize) -> Result<(), IdError> {
        let index = number >> WORD_SHIFT;
        if self.height == 0 && index == 0 {
            return Ok(());
        }
        if self.height > 0 && self.lower.first().is_some_and(|level| level.has(index)) {
            return Ok(());
        }
        self.grow_levels(number)
    }

    /// Adds a number. Returns whether it was added: not if it is there or there is no room.
    #[inline]
    pub fn set(&mut self, number: usize) -> bool {
        let (mut level, mut at) = (0_usize, number);
        loop {
            let Some(word) = self.word_mut(level, at >> WORD_SHIFT) else {
                return level != 0;
            };
            let bit = 1 << (at & 63);
            if *word & bit != 0 {
                return level != 0;
            }
            *word |= bit;
            if *word != u64::MAX {
                return true;
            }
            at >>= WORD_SHIFT;
            level = level.wrapping_add(1);
        }
    }

    /// Takes a number out. Returns whether it was there.
    #[inline]
    pub fn clear(&mut self, number: usize) -> bool {
        let (mut level, mut at) = (0_usize, number);
        loop {
            let Some(word) = self.word_mut(level, at >> WORD_SHIFT) else {
                return level != 0;
            };
            let bit = 1 << (at & 63);
            if *word & bit == 0 {
                return level != 0;
            }
            let was_full = *word == u64::MAX;
            *word &= !bit;
            if !was_full {
                return true;
            }
            at >>= WORD_SHIFT;
            level = level.wrapping_add(1);
        }
    }

    /// A word of a level; 0 where there is none.
    #[inline]
    fn word(&self, level: usize, index: usize) -> u64 {
        if level < self.height {
            let words = self.lower.get(level);
            words.and_then(|words| words.get(index)).unwrap_or(0)
        } else if level == self.height && index == 0 {
            self.top
        } else {
            0
        }
    }

    #[inline]
    fn word_mut(&mut self, level: usize, index: usize) -> Option<&mut u64> {
        if level < self.height {
            self.lower.get_mut(level)?.get_mut(index)
        } else if level == self.height && index == 0 {
            Some(&mut self.top)
        } else {
            None
        }
    }

    #[cold]
    fn grow_levels(&mut self, number: usize) -> Result<(), IdError> {
        if number >= MAX_NUMBERS {
            return Err(IdError::Exhausted);
        }
        // How often the number has to be shortened until one word is enough.
        let mut height = self.height;
        while number >> (WORD_SHIFT.wrapping_mul(height as u32)) > 63 {
            height = height.wrapping_add(1);
        }
        let mut index = number >> WORD_SHIFT;
        for level in self.lower.iter_mut().take(height) {
            level.grow(index)?;
            index >>= WORD_SHIFT;
        }
        // Point of no return.
        while self.height < height {
            let old_top = self.top;
            self.top = u64::from(old_top == u64::MAX);
            let first = self.lower.get_mut(self.height);
            if let Some(word) = first.and_then(|level| level.get_mut(0)) {
                *word = old_top;
            }
            self.height = self.height.wrapping_add(1);
        }
        Ok(())
    }
}

/// The words of one level, in pieces of which only the last is shorter than the others.
#[derive(Debug, Default)]
struct Level {
    pieces: Vec<Vec<u64>>,
}

impl Level {
    #[inline]
    fn get(&self, index: usize) -> Option<u64> {
        let piece = self.pieces.get(index / PIECE_WORDS)?;
        piece.get(index % PIECE_WORDS).copied()
    }

    #[inline]
    fn get_mut(&mut self, index: usize) -> Option<&mut u64> {
        let piece = self.pieces.get_mut(index / PIECE_WORDS)?;
        piece.get_mut(index % PIECE_WORDS)
    }

    #[inline]
    fn has(&self, index: usize) -> bool {
        self.get(index).is_some()
    }

    /// Adds words until there is one at `index`. What was added stays if memory runs out.
    fn grow(&mut self, index: usize) -> Result<(), IdError> {
        while !self.has(index) {
            let needs_piece = self.pieces.last().is_none_or(|piece| piece.len() == PIECE_WORDS);
            if needs_piece {
                self.pieces.try_reserve(1).map_err(|_| IdError::Memory)?;
                self.pieces.push(Vec::new());
            }
            let last = self.pieces.len().wrapping_sub(1);
            let wanted = if last < index / PIECE_WORDS {
                PIECE_WORDS
            } else {
                (index % PIECE_WORDS).wrapping_add(1).next_multiple_of(GROWTH_WORDS)
            };
            if let Some(piece) = self.pieces.last_mut() {
                let more = wanted.saturating_sub(piece.len());
                piece.try_reserve(more).map_err(|_| IdError::Memory)?;
                piece.resize(wanted, 0);
            }
        }
        Ok(())
    }
}
