//! Address-space identifiers: under which a hart keeps translations of several address spaces apart.

use logic_shootdown::{AsidHistory, Asids};
use sync::{Once, SpinLock, levels};

static POOL: SpinLock<Asids, levels::Asids> = SpinLock::new(Asids::new());
/// The highest identifier that the harts know; 0: they know none.
static LAST: Once<u16> = Once::new();

/// Notes which bits of an identifier the boot hart keeps. All harts of a machine are taken to be alike.
pub fn init(kept: u16) {
    let _ = LAST.set(kept);
}

/// An identifier; dropped, another space may have it. 0 is the kernel's own, and what spaces share when there are no more.
pub(crate) struct Asid(u16);

impl Asid {
    /// A free one, or the shared one, and whether others had it before.
    pub(crate) fn take() -> (Asid, AsidHistory) {
        let last = LAST.get().copied().unwrap_or(0);
        let taken = POOL.lock().take(last);
        taken.map_or((Asid(0), AsidHistory::Reused), |(id, history)| (Asid(id), history))
    }
    /// The identifier.
    pub(crate) fn number(&self) -> u16 {
        self.0
    }
    /// Whether other spaces have the same one, so that each must flush whenever it is loaded.
    pub(crate) fn is_shared(&self) -> bool {
        self.0 == 0
    }
}

impl Drop for Asid {
    #[inline]
    fn drop(&mut self) {
        POOL.lock().give_back(self.0);
    }
}
