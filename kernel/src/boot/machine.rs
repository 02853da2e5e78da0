//! What the device tree says about this machine.

use arch::{BootInfo, MAX_HARTS, Mmio};
use mem::Paddr;
use sync::{Once, SpinLock, levels};

/// What programs may use: IMAFDC, nothing more (AT_HWCAP).
pub(crate) const HWCAP: u64 = 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 8 | 1 << 12;
/// Where memory begins on the machines that this kernel runs on; devices lie below.
const DEVICE_END: u64 = 0x8000_0000;

/// Facts about the machine, gathered at boot.
pub(crate) struct Machine {
    /// Physical memory, `[start, end)`.
    pub(crate) memory: (usize, usize),
    /// Timebase frequency in hertz.
    pub(crate) timebase_hz: u64,
    /// Hardware id of the boot hart.
    pub(crate) boot_hart: u64,
    /// Seed for the random pool.
    pub(crate) seed: [u8; 64],
    /// The initial archive, physical.
    pub(crate) initrd: (usize, usize),
    /// Kernel command line.
    pub(crate) bootargs: [u8; 512],
    harts: ([u64; MAX_HARTS], usize),
    sstc: bool,
    dtb: (usize, usize),
    reserved: [(usize, usize); 16],
    uart: Option<(Mmio, u32)>,
    plic: Option<(Mmio, u32)>,
    rtc: Option<Mmio>,
}

static MACHINE: Once<Machine> = Once::new();
static TREE: SpinLock<logic_fdt::Machine<'static>, levels::Console> = SpinLock::new(logic_fdt::Machine::EMPTY);

impl Machine {
    /// Hardware ids of the harts to run, the boot hart among them.
    pub(crate) fn harts(&self) -> &[u64] {
        self.harts.0.get(..self.harts.1).unwrap_or_default()
    }
    /// Bytes of memory.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory.1.saturating_sub(self.memory.0)
    }
    /// The words of the command line.
    pub(crate) fn args(&self) -> impl Iterator<Item = &str> {
        let len = self.bootargs.iter().position(|b| *b == 0).unwrap_or(self.bootargs.len());
        let text = core::str::from_utf8(self.bootargs.get(..len).unwrap_or_default()).unwrap_or_default();
        text.split_ascii_whitespace()
    }
    /// The value of `name=value` on the command line.
    pub(crate) fn arg(&self, name: &str) -> Option<&str> {
        self.args().filter_map(|a| a.split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v)
    }
    /// Fills in the ranges that the frame allocator may hand out: memory behind the kernel without what is reserved. Gives
    /// how many.
    pub(crate) fn usable(&self, out: &mut [(Paddr, Paddr); 24]) -> usize {
        let [_, _, _, image_end] = arch::kernel_image();
        let mut holes = [(0usize, 0usize); 18];
        let all = self.reserved.iter().chain([&self.initrd, &self.dtb]);
        for (slot, r) in holes.iter_mut().zip(all) {
            *slot = (r.0 / mem::PAGE * mem::PAGE, r.1.next_multiple_of(mem::PAGE));
        }
        holes.sort_unstable();
        let mut at = image_end;
        let mut n = 0;
        for (from, to) in holes.into_iter().chain([(self.memory.1, usize::MAX)]) {
            if from > at
                && let Some(slot) = out.get_mut(n)
            {
                *slot = (Paddr(at), Paddr(from));
                n += 1;
            }
            at = at.max(to);
        }
        n
    }
    /// Takes UART and interrupt controller into use.
    pub(crate) fn start_devices(&self) {
        if let (Some((uart, irq)), Some((plic, context))) = (self.uart, self.plic) {
            super::devices::init(uart, irq, plic, context);
        }
        // Goldfish RTC (hw/rtc/goldfish_rtc.c): TIME_LOW latches TIME_HIGH; nanoseconds since 1970.
        if let Some(rtc) = self.rtc {
            let low = u64::from(rtc.read32(0));
            let high = u64::from(rtc.read32(4));
            crate::clock::set_real_ns(high << 32 | low);
        }
    }
}

/// Whether harts have the Sstc timer.
#[inline]
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
    const MAX_BLOB: usize = 2 << 20;
    let bytes = arch::boot_memory(info.dtb, MAX_BLOB);
    // About 10 KiB: too large for a stack frame.
    let mut guard = TREE.lock();
    let tree = &mut *guard;
    if let Err(e) = tree.read(bytes) {
        panic!("the device tree is unusable: {e}");
    }
    let _ = MACHINE.set(gather(tree, info));
    drop(guard);
    machine()
}

fn range(r: logic_fdt::Range) -> (usize, usize) {
    (r.start as usize, r.end() as usize)
}

fn window(r: logic_fdt::Range) -> Option<Mmio> {
    (r.end() <= DEVICE_END).then(|| Mmio::of_device(r.start as usize, r.size_bytes as usize))
}

fn gather(tree: &logic_fdt::Machine<'_>, info: BootInfo) -> Machine {
    let [image, ..] = arch::kernel_image();
    let memory = tree.memory.iter().copied().map(range).find(|r| r.0 <= image && image < r.1).unwrap_or((0, 0));
    // The boot hart comes first, so that it is among them however many there are.
    let usable = tree.harts.iter().filter(|h| h.status == logic_fdt::HartStatus::Okay && h.id != info.hart_id);
    let mut harts = ([0; MAX_HARTS], 0);
    for (slot, id) in harts.0.iter_mut().zip(core::iter::once(info.hart_id).chain(usable.map(|h| h.id))) {
        *slot = id;
        harts.1 += 1;
    }
    let boot = tree.harts.iter().find(|h| h.id == info.hart_id);
    let context = boot.and_then(|h| h.plic_context);
    let mut m = Machine {
        memory,
        timebase_hz: u64::from(tree.timebase_hz),
        boot_hart: info.hart_id,
        seed: [0; 64],
        initrd: tree.chosen.initrd.map_or((0, 0), range),
        bootargs: [0; 512],
        harts,
        sstc: tree.harts.iter().all(|h| h.has_extension("sstc")),
        dtb: (info.dtb, info.dtb + tree.blob_bytes),
        reserved: [(0, 0); 16],
        uart: tree.uart.and_then(|u| Some((window(u.registers)?, u.irq?.get()))),
        plic: tree.plic.and_then(|p| Some((window(p.registers)?, context?))),
        rtc: tree.rtc.and_then(|r| window(r.registers)),
    };
    for (to, from) in m.seed.iter_mut().zip(tree.chosen.rng_seed.unwrap_or_default()) {
        *to = *from;
    }
    for (to, from) in m.bootargs.iter_mut().zip(tree.chosen.bootargs.unwrap_or_default().bytes()) {
        *to = from;
    }
    for (to, from) in m.reserved.iter_mut().zip(tree.reserved.iter()) {
        *to = range(*from);
    }
    if let Some(w) = tree.finisher.and_then(|f| window(f.registers)) {
        super::power::set_finisher(w);
    }
    m
}
