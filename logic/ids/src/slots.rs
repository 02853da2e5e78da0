//! [`Slots`]: numbers below a fixed bound, the lowest first, and [`Spare`]: what is kept for the next. Neighbour:
//! `kernel/mem` places kernel stacks with them.

/// Which of `WORDS` times 64 numbers are taken.
#[derive(Debug)]
pub struct Slots<const WORDS: usize> {
    /// One bit a number; set: taken.
    taken: [u64; WORDS],
    /// First word that may have a free bit.
    hint: usize,
}

impl<const WORDS: usize> Slots<WORDS> {
    /// None is taken.
    #[must_use]
    pub const fn new() -> Self {
        Slots { taken: [0; WORDS], hint: 0 }
    }

    /// Takes the lowest number that is free.
    pub fn take(&mut self) -> Option<u32> {
        let free = self.taken.iter().skip(self.hint).position(|word| *word != u64::MAX);
        self.hint = free.map_or(WORDS, |more| self.hint.wrapping_add(more));
        let word = self.taken.get_mut(self.hint)?;
        let bit = word.trailing_ones();
        *word |= 1_u64.wrapping_shl(bit);
        Some((self.hint as u32).wrapping_mul(64).wrapping_add(bit))
    }

    /// Gives a number back.
    pub fn give(&mut self, number: u32) {
        let index = (number / 64) as usize;
        if let Some(word) = self.taken.get_mut(index) {
            *word &= !(1 << (number % 64));
            self.hint = self.hint.min(index);
        }
    }
}

impl<const WORDS: usize> Default for Slots<WORDS> {
    fn default() -> Self {
        Slots::new()
    }
}

/// Up to `MOST` things that wait for their next use.
#[derive(Debug)]
pub struct Spare<T, const MOST: usize> {
    count: usize,
    things: [Option<T>; MOST],
}

impl<T: Copy, const MOST: usize> Spare<T, MOST> {
    /// Nothing.
    #[must_use]
    pub const fn new() -> Self {
        Spare { count: 0, things: [None; MOST] }
    }

    /// Takes the one that came last.
    pub fn pop(&mut self) -> Option<T> {
        self.count = self.count.checked_sub(1)?;
        self.things.get_mut(self.count)?.take()
    }

    /// Keeps one more; if there is no room, those that came last are moved to `out` first.
    pub fn push(&mut self, thing: T, out: &mut [Option<T>]) {
        if self.count == MOST {
            out.fill_with(|| self.pop());
        }
        if let Some(place) = self.things.get_mut(self.count) {
            *place = Some(thing);
            self.count = self.count.wrapping_add(1);
        }
    }
}

impl<T: Copy, const MOST: usize> Default for Spare<T, MOST> {
    fn default() -> Self {
        Spare::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_the_lowest_that_are_free() {
        let mut slots = Slots::<2>::new();
        for n in 0..128 {
            assert_eq!(slots.take(), Some(n));
        }
        assert_eq!(slots.take(), None);
        slots.give(100);
        slots.give(3);
        assert_eq!((slots.take(), slots.take(), slots.take()), (Some(3), Some(100), None));
    }

    #[test]
    fn spares_overflow_from_the_top() {
        let mut spare = Spare::<u32, 4>::new();
        let mut out = [None; 2];
        for n in 0..5 {
            spare.push(n, &mut out);
        }
        assert_eq!(out, [Some(3), Some(2)]);
        assert_eq!((spare.pop(), spare.pop(), spare.pop(), spare.pop()), (Some(4), Some(1), Some(0), None));
    }
}
