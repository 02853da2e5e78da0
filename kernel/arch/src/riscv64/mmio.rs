//! Device registers.

use super::layout::DIRECT_BASE;

/// A window of device registers, reached through the direct map.
#[derive(Clone, Copy, Debug)]
pub struct Mmio {
    base: usize,
    bytes: usize,
}

impl Mmio {
    /// The window of `bytes` at physical address `phys`.
    ///
    /// # Safety
    /// The range must be registers of a device that this driver owns, as the device tree states them, not memory.
    pub const unsafe fn new(phys: usize, bytes: usize) -> Self {
        Mmio { base: DIRECT_BASE + phys, bytes }
    }
    /// The window of a device that the device tree states.
    ///
    /// # Panics
    /// When the range does not lie wholly below memory, where devices are.
    pub fn of_device(phys: usize, bytes: usize) -> Self {
        const MEMORY: usize = 0x8000_0000;
        assert!(phys < MEMORY && bytes <= MEMORY - phys, "device window outside the device area");
        // SAFETY: below memory there are only device registers.
        unsafe { Mmio::new(phys, bytes) }
    }
    /// Reads a byte register; an offset outside the window reads 0.
    pub fn read8(&self, offset: usize) -> u8 {
        if offset >= self.bytes {
            return 0;
        }
        // SAFETY: inside the window, which is device registers by `new`'s contract.
        unsafe { ((self.base + offset) as *const u8).read_volatile() }
    }
    /// Writes a byte register; an offset outside the window does nothing.
    pub fn write8(&self, offset: usize, value: u8) {
        if offset < self.bytes {
            // SAFETY: as in `read8`.
            unsafe { ((self.base + offset) as *mut u8).write_volatile(value) }
        }
    }
    /// Reads a 32-bit register.
    pub fn read32(&self, offset: usize) -> u32 {
        if offset & 3 != 0 || offset + 4 > self.bytes {
            return 0;
        }
        // SAFETY: as in `read8`, aligned.
        unsafe { ((self.base + offset) as *const u32).read_volatile() }
    }
    /// Writes a 32-bit register.
    pub fn write32(&self, offset: usize, value: u32) {
        if offset & 3 == 0 && offset + 4 <= self.bytes {
            // SAFETY: as in `read8`, aligned.
            unsafe { ((self.base + offset) as *mut u32).write_volatile(value) }
        }
    }
}
