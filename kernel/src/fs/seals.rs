//! Seals of a memfd (memfd_create(2), fcntl(2) F_ADD_SEALS), and the writers that a write seal has to wait out.

use abi::Errno;
use core::sync::atomic::{AtomicU64, Ordering};
use mem::Ref;

use super::inode::FileData;

/// No more seals.
pub(crate) const F_SEAL_SEAL: u32 = 1;
/// The file cannot shrink.
pub(crate) const F_SEAL_SHRINK: u32 = 2;
/// The file cannot grow.
pub(crate) const F_SEAL_GROW: u32 = 4;
/// Writes are refused.
pub(crate) const F_SEAL_WRITE: u32 = 8;
/// Further writes and mappings are refused.
pub(crate) const F_SEAL_FUTURE_WRITE: u32 = 16;
/// The file's permission to be executed stays as it is.
pub(crate) const F_SEAL_EXEC: u32 = 32;

const BITS: u64 = 0xff;
const ONE_WRITER: u64 = 0x100;

/// The seals of a file in the low byte, above them how many may write to it at this moment: calls in progress, and shared
/// mappings. Only files that can still be sealed count those.
pub(crate) struct Seals(AtomicU64);

impl Seals {
    /// Those of an ordinary file, which cannot be sealed.
    pub(crate) const fn new() -> Self {
        Seals(AtomicU64::new(F_SEAL_SEAL as u64))
    }
    /// Gives a new file these seals.
    pub(crate) fn begin_with(&self, seals: u32) {
        self.0.store(u64::from(seals), Ordering::Release);
    }
    /// F_SEAL_* bits.
    #[inline]
    pub(crate) fn bits(&self) -> u32 {
        (self.0.load(Ordering::Acquire) & BITS) as u32
    }
    /// Adds seals: EPERM if that is sealed, EBUSY for a write seal while somebody may write.
    pub(crate) fn add(&self, seals: u32) -> Result<(), Errno> {
        let mut refused = Errno::EPERM;
        let add = |now: u64| {
            refused = if now & u64::from(F_SEAL_SEAL) != 0 { Errno::EPERM } else { Errno::EBUSY };
            let busy = seals & F_SEAL_WRITE != 0 && now >= ONE_WRITER;
            (now & u64::from(F_SEAL_SEAL) == 0 && !busy).then_some(now | u64::from(seals))
        };
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, add).map(drop).map_err(|_| refused)
    }
}

/// The right to write to a file, held against a write seal.
pub(crate) struct Writing(Ref<FileData>);

impl Writing {
    /// Begins; EPERM if writes are sealed.
    pub(crate) fn begin(data: &Ref<FileData>) -> Result<Writing, Errno> {
        let sealed = u64::from(F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
        let more = |now: u64| if now & sealed == 0 { now.checked_add(ONE_WRITER) } else { None };
        match data.seals.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, more) {
            Ok(_) => Ok(Writing(data.clone())),
            Err(_) => Err(Errno::EPERM),
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.seals.0.fetch_sub(ONE_WRITER, Ordering::AcqRel);
    }
}
