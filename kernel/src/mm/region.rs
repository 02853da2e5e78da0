//! What a range of user addresses means.

use super::object::PageSource;
use bitflags::bitflags;
use logic_vmtree::Region as Cut;
use mem::{PAGE, PteFlags, Ref};

bitflags! {
    /// What a program may do with a mapping: PROT_* of mmap(2).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Prot: u8 {
        /// PROT_READ.
        const READ = 1;
        /// PROT_WRITE.
        const WRITE = 2;
        /// PROT_EXEC.
        const EXEC = 4;
    }
}

bitflags! {
    /// Traits of a mapping.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Traits: u16 {
        /// MAP_SHARED: writes reach the object.
        const SHARED = 1;
        /// Grows downwards on a fault below it (MAP_GROWSDOWN, the main stack).
        const GROWS_DOWN = 2;
        /// Not in children (MADV_DONTFORK).
        const DONT_FORK = 4;
        /// All zeros in children (MADV_WIPEONFORK).
        const WIPE_ON_FORK = 8;
        /// Counted as locked (mlock(2)); nothing is ever paged out.
        const LOCKED = 16;
        /// The heap that brk(2) moves.
        const HEAP = 32;
        /// The main stack.
        const STACK = 64;
        /// The vDSO's code.
        const VDSO = 128;
        /// Never refused for its size (MAP_NORESERVE).
        const NO_RESERVE = 256;
        /// Not in core dumps (MADV_DONTDUMP); kept for /proc.
        const DONT_DUMP = 512;
        /// With LOCKED: pages come when they are used (MLOCK_ONFAULT).
        const LOCK_ON_FAULT = 1024;
        /// The vDSO's data.
        const VVAR = 2048;
    }
}

/// Where the pages of a region come from.
#[derive(Clone)]
pub(crate) enum Source {
    /// Nowhere: zeros until written, then the region's own.
    Anonymous,
    /// An object, from this byte offset on. Private regions copy on write.
    Object {
        /// The object.
        object: Ref<dyn PageSource>,
        /// Byte offset of the region's first page; page-aligned.
        offset: u64,
        /// Name for `/proc/PID/maps`.
        name: Option<Ref<dyn MapName>>,
    },
}

/// What a mapping is called in `/proc/PID/maps`; keeps the file alive as the mapping does.
pub(crate) trait MapName: Send + Sync {
    /// Writes the path into `out`; returns its length.
    fn path(&self, out: &mut [u8]) -> usize;
    /// Device and inode numbers.
    fn identity(&self) -> (u64, u64);
}

/// One mapping.
#[derive(Clone)]
pub(crate) struct Region {
    /// What is allowed now.
    pub(crate) prot: Prot,
    /// What mprotect(2) may allow.
    pub(crate) max_prot: Prot,
    /// Its traits.
    pub(crate) traits: Traits,
    /// Where its pages come from.
    pub(crate) source: Source,
}

impl Region {
    /// A private anonymous region.
    pub(crate) fn anonymous(prot: Prot, traits: Traits) -> Self {
        Region { prot, max_prot: Prot::all(), traits, source: Source::Anonymous }
    }
    /// Whether writes reach the object.
    pub(crate) fn is_shared(&self) -> bool {
        self.traits.contains(Traits::SHARED)
    }
    /// Whether it is private memory without an object.
    pub(crate) fn is_own(&self) -> bool {
        !self.is_shared() && matches!(self.source, Source::Anonymous)
    }
    /// Flags of an entry that gives all that the region allows.
    pub(crate) fn pte_flags(&self) -> PteFlags {
        let mut f = PteFlags::empty();
        if self.prot.intersects(Prot::READ | Prot::WRITE) {
            f |= PteFlags::READ;
        }
        if self.prot.contains(Prot::WRITE) {
            f |= PteFlags::READ | PteFlags::WRITE | PteFlags::DIRTY;
        }
        if self.prot.contains(Prot::EXEC) {
            f |= PteFlags::EXECUTE;
        }
        f
    }
    /// Whether what it shows `distance` bytes into it is what `other` shows at its beginning.
    pub(crate) fn shows(&self, distance: u64, other: &Region) -> bool {
        self.is_shared() == other.is_shared()
            && match (&self.source, &other.source) {
                (Source::Anonymous, Source::Anonymous) => true,
                (Source::Object { object: a, offset, .. }, Source::Object { object: b, offset: of_other, .. }) => {
                    Ref::ptr_eq(a, b) && offset.checked_add(distance) == Some(*of_other)
                }
                _ => false,
            }
    }
    /// Page index in the object of the page `distance` bytes into the region.
    pub(crate) fn object_index(&self, distance: u64) -> u64 {
        match &self.source {
            Source::Anonymous => 0,
            Source::Object { offset, .. } => offset.saturating_add(distance) / PAGE as u64,
        }
    }
}

impl Cut for Region {
    fn split_off(&mut self, offset_bytes: u64) -> Self {
        let mut upper = self.clone();
        if let Source::Object { offset, .. } = &mut upper.source {
            *offset = offset.saturating_add(offset_bytes);
        }
        upper
    }
    fn try_merge(&mut self, own_len_bytes: u64, next: Self) -> Result<(), Self> {
        let alike = self.prot == next.prot && self.max_prot == next.max_prot && self.traits == next.traits;
        let continues = match (&self.source, &next.source) {
            (Source::Anonymous, Source::Anonymous) => true,
            (Source::Object { object: a, offset, .. }, Source::Object { object: b, offset: next_offset, .. }) => {
                Ref::ptr_eq(a, b) && offset.checked_add(own_len_bytes) == Some(*next_offset)
            }
            _ => false,
        };
        if alike && continues { Ok(()) } else { Err(next) }
    }
}
