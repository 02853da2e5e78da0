//! From the firmware's hand-over to the kernel's main function, on each hart.
//!
//! Hand-over (SBI, and Linux's riscv boot protocol): a0 = hart id, a1 = device tree (physical), MMU off. The boot page
//! table maps physical memory at the direct map and the kernel image with 1 GiB pages; `mem` replaces it by a finer one.

use super::hart::{HARTS, HartBlock, MAX_HARTS, ThreadCore, set_core};
use super::layout::{DIRECT_BASE, KERNEL_OFFSET, KERNEL_STACK_BYTES};
use core::arch::global_asm;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

const GIB: usize = 1 << 30;
/// Gigabytes of physical address space in the direct map: MMIO below 2 GiB, memory up to 8 GiB above, and room.
pub(crate) const DIRECT_GIB: usize = 64;
const PTE_TABLE_RW: u64 = 0xe7; // D A G W R V
const PTE_TABLE_RWX: u64 = 0xef;

#[repr(C, align(4096))]
struct BootTable([u64; 512]);

const fn slot(va: usize) -> usize {
    (va >> 30) & 511
}

/// Filled before the MMU is switched on: the image has no place for it.
#[unsafe(link_section = ".bss.table")]
static BOOT_TABLE: BootTable = BootTable([0; 512]);

#[repr(C, align(32768))]
struct BootStack([u8; 2 * KERNEL_STACK_BYTES]);
#[unsafe(link_section = ".bss.stack")]
static BOOT_STACK: BootStack = BootStack([0; 2 * KERNEL_STACK_BYTES]);

global_asm!(
    ".section .text.entry, \"ax\"",
    ".globl _start",
    "_start:",
    "  csrw sie, zero; csrw satp, zero",
    // The first hart here boots. Another one is a further hart that was started: OpenSBI before 1.3 lets it go a moment
    // before it notes where to, so it may come here in place of `__secondary_start`, with anything in a1.
    // Assembly at file level does not know the target's features when it is linked as bitcode.
    ".option push; .option arch, +a",
    "  lla t0, {first}; amoswap.w.aqrl t0, zero, (t0); bnez t0, 4f",
    ".option pop",
    "  lla a1, {harts}; li t1, {max_harts}",
    "3: ld t2, {hart_id_offset}(a1); ld t3, {boot_core_offset}(a1)",
    "  bne t2, a0, 9f",
    "  bnez t3, __secondary_start",
    "9: addi a1, a1, {block_bytes}; addi t1, t1, -1; bnez t1, 3b",
    "  j _start",
    "4:",
    // Clear .bss (physical addresses: pc-relative).
    "  lla t0, __bss_start",
    "  lla t1, __bss_end",
    "1: bgeu t0, t1, 2f",
    "  sd zero, 0(t0); addi t0, t0, 8; j 1b",
    "2: mv s0, a0; mv s1, a1",
    // The boot table: the direct map, then the kernel image and the identity mapping that the first instructions after
    // the switch need.
    "  lla t0, {table}; li t1, 8 * {direct_slot}; add t1, t0, t1; li t2, {rw}; li t3, {direct_gib}; li t4, 1 << 28",
    "7: sd t2, 0(t1); addi t1, t1, 8; add t2, t2, t4; addi t3, t3, -1; bnez t3, 7b",
    "  li t2, 2 << 28 | {rwx}; sd t2, 2 * 8(t0); li t1, 8 * {image_slot}; add t0, t0, t1; sd t2, 0(t0)",
    "  lla s2, {boot_main}",
    "  lla s3, {stack}; li t0, {stack_bytes}; add s3, s3, t0",
    "  j 5f",
    ".globl __secondary_start",
    "__secondary_start:", // a0 = hart id, a1 = physical address of the HartBlock
    "  csrw sie, zero; csrw satp, zero",
    "  mv s0, a0",
    "  li t0, {direct}",
    "  add s1, a1, t0",
    "  lla s2, {secondary_main}",
    "  li s3, 0",
    "5: lla t0, {table}; srli t0, t0, 12; li t1, 8 << 60; or t0, t0, t1",
    "  sfence.vma; csrw satp, t0; sfence.vma",
    "  li t1, {offset}; add s2, s2, t1",
    "  beqz s3, 6f",
    "  add sp, s3, t1",
    "  j 7f",
    "6: ld t2, {boot_core_offset}(s1)", // the idle thread's core: its stack and tp
    "  ld sp, 0(t2)",
    // That stack is mapped in the kernel's own table alone, which has no identity mapping: on at the link address first.
    "  lla t0, {kernel_satp}; ld t2, 0(t0)",
    "  lla t0, 8f; add t0, t0, t1; jr t0",
    "8: csrw satp, t2",
    "  sfence.vma",
    "7: mv a0, s0; mv a1, s1",
    "  li s0, 0; li ra, 0; jr s2",
    ".text",
    boot_main = sym boot_main, secondary_main = sym secondary_main, stack = sym BOOT_STACK,
    stack_bytes = const 2 * KERNEL_STACK_BYTES, table = sym BOOT_TABLE, direct = const DIRECT_BASE,
    offset = const KERNEL_OFFSET, kernel_satp = sym KERNEL_SATP, first = sym FIRST,
    harts = sym HARTS, max_harts = const MAX_HARTS, block_bytes = const size_of::<HartBlock>(),
    direct_slot = const slot(DIRECT_BASE), direct_gib = const DIRECT_GIB, image_slot = const slot(KERNEL_OFFSET + 2 * GIB),
    rw = const PTE_TABLE_RW, rwx = const PTE_TABLE_RWX,
    hart_id_offset = const core::mem::offset_of!(HartBlock, hart_id), boot_core_offset = const core::mem::offset_of!(HartBlock, boot_core),
);

unsafe extern "C" {
    fn __secondary_start();
    static __image_start: u8;
    static __text_end: u8;
    static __rodata_end: u8;
    static __image_end: u8;
    static __ksyms_start: u8;
    static __ksyms_end: u8;
}

/// What the firmware handed over.
#[derive(Clone, Copy, Debug)]
pub struct BootInfo {
    /// Hardware id of the boot hart.
    pub hart_id: u64,
    /// Physical address of the flattened device tree.
    pub dtb: usize,
}

/// Physical addresses of the kernel image's parts: `[start, text end, read-only end, end)`.
pub fn kernel_image() -> [usize; 4] {
    [
        &raw const __image_start as usize - KERNEL_OFFSET,
        &raw const __text_end as usize - KERNEL_OFFSET,
        &raw const __rodata_end as usize - KERNEL_OFFSET,
        &raw const __image_end as usize - KERNEL_OFFSET,
    ]
}

/// Room for the table of function names, filled in after linking; and the address that the table's offsets count from.
pub fn symbol_table() -> (&'static [u8], usize) {
    let (start, end) = (&raw const __ksyms_start, &raw const __ksyms_end);
    // SAFETY: the linker script reserves this range of the read-only part of the image for the table.
    let bytes = unsafe { core::slice::from_raw_parts(start, end as usize - start as usize) };
    (bytes, &raw const __image_start as usize)
}

/// Physical address at which [`super::sbi::hart_start`] lets a further hart begin.
pub fn secondary_entry_phys() -> usize {
    __secondary_start as *const () as usize - KERNEL_OFFSET
}

/// 1 until a hart boots; not 0 at first, so that it lies outside of .bss, which that hart clears.
static FIRST: AtomicU32 = AtomicU32::new(1);
static BOOT_CORE: ThreadCore = ThreadCore::new(0, 0);
static KERNEL_MAIN: AtomicUsize = AtomicUsize::new(0);
/// `satp` with the kernel's own table, for further harts.
static KERNEL_SATP: AtomicUsize = AtomicUsize::new(0);
static SECONDARY_MAIN: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// Registers what a further hart runs on its idle thread, with its block.
pub fn set_kernel_main(secondary: fn(&'static HartBlock) -> !) {
    SECONDARY_MAIN.store(secondary as *mut (), Ordering::Release);
}

/// Registers the kernel's own page table, in which the stacks of further harts are mapped.
pub fn set_kernel_satp(satp: usize) {
    KERNEL_SATP.store(satp, Ordering::Release);
}

unsafe extern "Rust" {
    /// The kernel's main function; the kernel crate defines it by [`crate::entry!`].
    safe fn rvos_kernel_main(info: BootInfo) -> !;
}

extern "C" fn boot_main(hart_id: usize, dtb: usize) -> ! {
    KERNEL_MAIN.store(1, Ordering::Relaxed);
    let Some(block) = super::hart::hart_block(0) else { halt() };
    block.hart_id.store(hart_id as u64, Ordering::Relaxed);
    let top = &raw const BOOT_STACK as usize + 2 * KERNEL_STACK_BYTES;
    BOOT_CORE.kernel_sp.store(top, Ordering::Relaxed);
    adopt(&BOOT_CORE, block);
    super::trap::trap_init_hart();
    rvos_kernel_main(BootInfo { hart_id: hart_id as u64, dtb })
}

extern "C" fn secondary_main(_hart_id: usize, block: &'static HartBlock) -> ! {
    let core = block.boot_core.load(Ordering::Acquire);
    // SAFETY: `HartBlock::start` stored the core of this hart's idle thread, which lives for ever.
    adopt(unsafe { &*core }, block);
    super::trap::trap_init_hart();
    // SAFETY: `set_kernel_main` stored a function of exactly this type before a hart was started.
    let f: fn(&'static HartBlock) -> ! = unsafe { core::mem::transmute(SECONDARY_MAIN.load(Ordering::Acquire)) };
    f(block)
}

/// Makes `core` the running thread of the hart that calls this.
fn adopt(core: &'static ThreadCore, block: &'static HartBlock) {
    set_core(core, block);
    // SAFETY: tp is the kernel's from here on; `core` lives for ever.
    unsafe { core::arch::asm!("mv tp, {}", in(reg) core::ptr::from_ref(core)) };
}

impl HartBlock {
    /// Starts a further hart: it begins on `idle`'s stack in the function of [`set_kernel_main`].
    pub fn start(&'static self, hart_id: u64, idle: &'static ThreadCore) -> Result<(), super::sbi::SbiError> {
        self.hart_id.store(hart_id, Ordering::Relaxed);
        self.boot_core.store(core::ptr::from_ref(idle).cast_mut(), Ordering::Release);
        let opaque = core::ptr::from_ref(self) as usize - KERNEL_OFFSET;
        // SAFETY: the entry and its argument are those that `__secondary_start` expects.
        unsafe { super::sbi::hart_start(hart_id as usize, secondary_entry_phys(), opaque) }
    }
    /// Makes the boot context of hart 0 the thread `idle`: from here on the running code is that thread.
    /// The stack stays the one it was; `idle` must have been made for it.
    pub fn become_thread(&'static self, idle: &'static ThreadCore) {
        let top = BOOT_CORE.kernel_sp.load(Ordering::Relaxed);
        idle.kernel_sp.store(top, Ordering::Relaxed);
        adopt(idle, self);
    }
}

/// Memory that the firmware or the loader filled and that nobody writes: the device tree, the initial archive. Physical
/// address and length; only to be called while the boot page table or the direct map covers it and its frames are not
/// handed out.
pub fn boot_memory(phys: usize, bytes: usize) -> &'static [u8] {
    let end = phys.saturating_add(bytes).min(DIRECT_GIB * GIB);
    // SAFETY: inside the direct map. The frames are excluded from the allocator by the memory map (reserved ranges), so
    // nobody writes to them as long as the slice is used; the kernel gives the archive back only after its last use.
    unsafe { core::slice::from_raw_parts((DIRECT_BASE + phys) as *const u8, end.saturating_sub(phys)) }
}

fn halt() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Defines the kernel's entry: `arch::entry!(main)` with `fn main(info: BootInfo) -> !`.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        const _: () = {
            #[allow(unsafe_code, reason = "the entry symbol that arch links to; the one exception, made here")]
            #[unsafe(no_mangle)]
            fn rvos_kernel_main(info: $crate::BootInfo) -> ! {
                $main(info)
            }
        };
    };
}
