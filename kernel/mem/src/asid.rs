//! Address-space identifiers: under which a hart keeps translations of several address spaces apart (RISC-V privileged
//! specification, `satp`).
//!
//! They are handed out in turn, so that one is used again as late as possible: up to the first time round, no hart can have
//! translations left of an earlier owner. 0 is the kernel's own, and what spaces share when there are no more.

use logic_shootdown::AsidHistory;
use sync::{Once, SpinLock, levels};

/// Words of the map: the 16 bits that Sv39 has at most.
const WORDS: usize = 1 << (16 - 6);

struct Pool {
    used: [u64; WORDS],
    next: u32,
    /// Whether some were handed out a second time.
    wrapped: bool,
}

impl Pool {
    /// Takes the lowest free number from `from` to `to`.
    fn free_between(&mut self, from: u32, to: u32) -> Option<u32> {
        let first = from / 64;
        for (i, word) in (first..).zip(self.used.iter_mut().skip(first as usize)) {
            let below = if i == first { (1 << (from % 64)) - 1 } else { 0 };
            let bit = (*word | below).trailing_ones();
            let id = i * 64 + bit;
            if i * 64 > to {
                return None;
            }
            if bit < u64::BITS {
                let fits = id <= to;
                if fits {
                    *word |= 1 << bit;
                }
                return fits.then_some(id);
            }
        }
        None
    }
}

static POOL: SpinLock<Pool, levels::Asids> = SpinLock::new(Pool { used: [0; WORDS], next: 1, wrapped: false });
/// The highest identifier that the harts know; 0: they know none.
static LAST: Once<u32> = Once::new();

/// Notes how many bits of an identifier the boot hart keeps. All harts of a machine are taken to be alike.
pub(crate) fn init(kept: u16) {
    let _ = LAST.set(u32::from(kept));
}

/// An identifier; dropped, another space may have it.
pub(crate) struct Asid(u16);

impl Asid {
    /// The next free one, or the shared one, and whether others had it before.
    pub(crate) fn take() -> (Asid, AsidHistory) {
        let last = LAST.get().copied().unwrap_or(0);
        let mut pool = POOL.lock();
        let start = pool.next;
        for (from, to) in [(start, last), (1, start.saturating_sub(1))] {
            if let Some(id) = pool.free_between(from, to) {
                pool.next = if id == last { 1 } else { id + 1 };
                let history = if pool.wrapped { AsidHistory::Reused } else { AsidHistory::Clean };
                pool.wrapped |= id == last;
                return (Asid(id as u16), history);
            }
            pool.wrapped = true;
        }
        (Asid(0), AsidHistory::Reused)
    }

    /// The identifier.
    #[inline(always)]
    pub(crate) fn number(&self) -> u16 {
        self.0
    }

    /// Whether other spaces have the same one, so that each must flush whenever it is loaded.
    #[inline(always)]
    pub(crate) fn is_shared(&self) -> bool {
        self.0 == 0
    }
}

impl Drop for Asid {
    fn drop(&mut self) {
        if let Some(w) = POOL.lock().used.get_mut(usize::from(self.0) / 64) {
            *w &= !(1 << (self.0 % 64));
        }
    }
}
