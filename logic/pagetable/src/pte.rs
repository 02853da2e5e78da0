//! One page-table entry. Neighbours: `access` reads its flags, `kernel/mem` stores it.

use bitflags::bitflags;

bitflags! {
    /// The low ten bits of an entry.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct PteFlags: u64 {
        /// The entry is in use.
        const VALID = 1 << 0;
        /// The page may be read.
        const READ = 1 << 1;
        /// The page may be written; only together with `READ`.
        const WRITE = 1 << 2;
        /// The page may be executed.
        const EXECUTE = 1 << 3;
        /// User mode may access the page.
        const USER = 1 << 4;
        /// The mapping is in every address space.
        const GLOBAL = 1 << 5;
        /// Accessed. Where hardware does not set it (Svade), a clear bit faults.
        const ACCESSED = 1 << 6;
        /// Written to. As with `ACCESSED`.
        const DIRTY = 1 << 7;
        /// Ours (RSW bit 8): the page is shared until the first write copies it.
        const COW = 1 << 8;
        /// Ours (RSW bit 9): no frame is owned through this entry (zero page, vDSO, devices).
        const SPECIAL = 1 << 9;
    }
}

/// Any of these makes an entry a leaf.
const RWX: u64 = PteFlags::READ.union(PteFlags::WRITE).union(PteFlags::EXECUTE).bits();
const FLAG_BITS: u32 = 10;
const FLAG_MASK: u64 = (1 << FLAG_BITS) - 1;
/// 44 bits of page number stand above the flags.
const PPN_MASK: u64 = (1 << 44) - 1;

/// An entry as it stands in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Pte(pub u64);

impl Pte {
    /// Nothing is mapped.
    pub const EMPTY: Pte = Pte(0);

    /// A valid leaf that maps the page with number `ppn`.
    ///
    /// `WRITE` brings `READ` along, since the form without it is reserved. `flags` holds `READ`
    /// or `EXECUTE`, otherwise the entry would be a pointer to a table.
    #[inline(always)]
    #[must_use]
    pub const fn leaf(ppn: u64, flags: PteFlags) -> Pte {
        let read = (flags.bits() & PteFlags::WRITE.bits()) >> 1;
        Pte((ppn & PPN_MASK) << FLAG_BITS | flags.bits() | read | PteFlags::VALID.bits())
    }

    /// A pointer to the table of the next level in the page with number `ppn`.
    #[inline(always)]
    #[must_use]
    pub const fn table(ppn: u64) -> Pte {
        Pte((ppn & PPN_MASK) << FLAG_BITS | PteFlags::VALID.bits())
    }

    /// The bits as hardware reads them.
    #[inline(always)]
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether all bits are zero.
    #[inline(always)]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether hardware looks at the entry.
    #[inline(always)]
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 & PteFlags::VALID.bits() != 0
    }

    /// Whether the entry maps a page.
    #[inline(always)]
    #[must_use]
    pub const fn is_leaf(self) -> bool {
        self.is_valid() && self.0 & RWX != 0
    }

    /// Whether the entry points to another table.
    #[inline(always)]
    #[must_use]
    pub const fn is_table(self) -> bool {
        self.is_valid() && self.0 & RWX == 0
    }

    /// The number of the page that is mapped or pointed to.
    #[inline(always)]
    #[must_use]
    pub const fn ppn(self) -> u64 {
        (self.0 >> FLAG_BITS) & PPN_MASK
    }

    /// The low ten bits.
    #[inline(always)]
    #[must_use]
    pub const fn flags(self) -> PteFlags {
        PteFlags::from_bits_retain(self.0 & FLAG_MASK)
    }

    /// Whether all of these flags are set.
    #[inline(always)]
    #[must_use]
    pub const fn has(self, flags: PteFlags) -> bool {
        self.0 & flags.bits() == flags.bits()
    }

    /// The entry with these flags set too.
    #[inline(always)]
    #[must_use]
    pub const fn with(self, flags: PteFlags) -> Pte {
        Pte(self.0 | flags.bits())
    }

    /// The entry with these flags cleared.
    #[inline(always)]
    #[must_use]
    pub const fn without(self, flags: PteFlags) -> Pte {
        Pte(self.0 & !flags.bits())
    }
}
