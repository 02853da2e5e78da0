//! The satp register of RV64 (privileged specification, "Supervisor Address Translation and
//! Protection Register"). Neighbour: `kernel/arch` writes it.

const MODE_SHIFT: u32 = 60;
const ASID_SHIFT: u32 = 44;
const PPN_MASK: u64 = (1 << ASID_SHIFT) - 1;

/// How addresses are translated; the values are those of satp.MODE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// Not at all.
    Bare = 0,
    /// Three levels, 39 bits.
    Sv39 = 8,
}

/// A value of satp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Satp(u64);

impl Satp {
    /// The root table in the page with number `root_ppn`, under this address-space id. A hart
    /// that has fewer ASID bits ignores the upper ones.
    #[inline(always)]
    #[must_use]
    pub const fn new(mode: Mode, asid: u16, root_ppn: u64) -> Satp {
        Satp((mode as u64) << MODE_SHIFT | (asid as u64) << ASID_SHIFT | (root_ppn & PPN_MASK))
    }

    /// A value that was read from the register.
    #[inline(always)]
    #[must_use]
    pub const fn from_bits(bits: u64) -> Satp {
        Satp(bits)
    }

    /// The value for the register.
    #[inline(always)]
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The address-space id.
    #[inline(always)]
    #[must_use]
    pub const fn asid(self) -> u16 {
        (self.0 >> ASID_SHIFT) as u16
    }

    /// The page number of the root table.
    #[inline(always)]
    #[must_use]
    pub const fn root_ppn(self) -> u64 {
        self.0 & PPN_MASK
    }
}
