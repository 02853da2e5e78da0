//! [`Asids`]: address-space identifiers, handed out in turn, so that one is used again as late as possible: up to the first
//! time round, no hart can have translations left of an earlier owner (RISC-V privileged specification, `satp`).

use crate::AsidHistory;

/// Words of the map: the 16 bits of an identifier that Sv39 has at most.
const WORDS: usize = 1 << (16 - 6);

/// The identifiers of a machine. 0 is never handed out.
#[derive(Debug)]
pub struct Asids {
    used: [u64; WORDS],
    /// Where the search goes on; it begins as 0, so that all of this is zeroes, but 0 is never given out.
    next: u32,
    /// Whether some were handed out a second time.
    wrapped: bool,
}

impl Asids {
    /// All are free.
    #[must_use]
    pub const fn new() -> Self {
        Self { used: [0; WORDS], next: 0, wrapped: false }
    }

    /// The next free identifier up to `last`, and whether others had it before; `None` when all are in use.
    pub fn take(&mut self, last: u16) -> Option<(u16, AsidHistory)> {
        let (start, last) = (self.next.max(1), u32::from(last));
        for (from, to) in [(start, last), (1, start.saturating_sub(1).min(last))] {
            if let Some(id) = self.free_between(from, to) {
                let history = if self.wrapped { AsidHistory::Reused } else { AsidHistory::Clean };
                self.wrapped |= id == last;
                self.next = if id == last { 1 } else { id.saturating_add(1) };
                return u16::try_from(id).ok().map(|id| (id, history));
            }
            self.wrapped = true;
        }
        None
    }

    /// Takes an identifier back.
    pub fn give_back(&mut self, id: u16) {
        if let Some(word) = self.used.get_mut(usize::from(id >> 6)) {
            *word &= !(1 << (id & 63));
        }
    }

    /// Takes the lowest free number from `from` to `to`, a word at a time.
    fn free_between(&mut self, from: u32, to: u32) -> Option<u32> {
        for i in from >> 6..=to >> 6 {
            let word = self.used.get_mut(i as usize)?;
            let below = if i == from >> 6 { (1u64 << (from & 63)).wrapping_sub(1) } else { 0 };
            let bit = (*word | below).trailing_ones();
            let id = (i << 6).saturating_add(bit);
            if bit < u64::BITS && id <= to {
                *word |= 1 << bit;
                return Some(id);
            }
        }
        None
    }
}

impl Default for Asids {
    fn default() -> Self {
        Self::new()
    }
}
