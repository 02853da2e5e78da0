//! The kernel's own page table: direct map without execute, image with W^X, room for stacks.
//!
//! The tables of its upper half are made once and never change at the root level, so every address space copies the
//! root's 256 upper entries and sees later changes below.

use crate::addr::{PAGE, Paddr, page_words_mut};
use crate::boxed::NoMemory;
use crate::frame::Frame;
use arch::{DIRECT_BASE, KERNEL_OFFSET, STACKS_BASE};
use logic_pagetable::{Pte, PteFlags, Satp, index};
use sync::Once;

static ROOT: Once<Frame> = Once::new();

const RW: PteFlags = PteFlags::VALID
    .union(PteFlags::READ)
    .union(PteFlags::WRITE)
    .union(PteFlags::GLOBAL)
    .union(PteFlags::ACCESSED)
    .union(PteFlags::DIRTY);
const RO: PteFlags = PteFlags::VALID.union(PteFlags::READ).union(PteFlags::GLOBAL).union(PteFlags::ACCESSED);
const RX: PteFlags = RO.union(PteFlags::EXECUTE);

const GIB: usize = 1 << 30;
const MIB2: usize = 2 << 20;

/// A permanent table page.
fn new_table() -> Result<&'static mut [u64; 512], NoMemory> {
    let f = Frame::try_zeroed()?;
    // SAFETY: fresh and leaked, so exclusive for ever.
    Ok(unsafe { page_words_mut(f.into_ppn()) })
}

fn ppn_of(table: &[u64; 512]) -> u64 {
    ((table.as_ptr() as usize - DIRECT_BASE) / PAGE) as u64
}

/// Builds the table and switches to it. `memory_end`: where physical memory ends.
pub fn init_kernel_table(memory_end: Paddr) -> Result<(), NoMemory> {
    let root_frame = Frame::try_zeroed()?;
    // SAFETY: fresh; nobody else sees it before it is installed.
    let root = unsafe { page_words_mut(root_frame.ppn()) };
    let [image, text_end, ro_end, end] = arch::kernel_image();
    let image_gib = image / GIB;
    for g in 0..memory_end.0.div_ceil(GIB) {
        let slot = index((DIRECT_BASE + g * GIB) as u64, 2);
        root[slot] = if g == image_gib {
            Pte::table(ppn_of(direct_gib(g, image, ro_end)?)).bits()
        } else {
            Pte::leaf((g * GIB / PAGE) as u64, RW).bits()
        };
    }
    map_image(root, image, text_end, ro_end, end)?;
    // Stacks: tables for the second level of their gigabytes now, so that root entries never change.
    for g in 0..stack_gibs() {
        let t = new_table()?;
        root[index((STACKS_BASE + g * GIB) as u64, 2)] = Pte::table(ppn_of(t)).bits();
    }
    let satp = Satp::new(logic_pagetable::Mode::Sv39, 0, u64::from(root_frame.ppn())).bits();
    let _ = ROOT.set(root_frame);
    arch::set_kernel_satp(satp as usize);
    // SAFETY: the new table maps the image, the direct map and thereby this stack as the old one did.
    unsafe { arch::write_satp(satp as usize) };
    arch::sfence_all();
    // SAFETY: the same table, for a moment under another identifier.
    tlb::init_asids(unsafe { arch::kept_asid(satp as usize) });
    tlb::init();
    Ok(())
}

/// Gigabytes of address space for kernel stacks: 32 Ki stacks each.
pub(crate) const fn stack_gibs() -> usize {
    2
}

/// The direct map of the gigabyte that holds the image: the image's text and constants are read-only there too.
fn direct_gib(g: usize, image: usize, ro_end: usize) -> Result<&'static [u64; 512], NoMemory> {
    let level1 = new_table()?;
    for (i, entry) in level1.iter_mut().enumerate() {
        let pa = g * GIB + i * MIB2;
        let touches = pa < ro_end && pa + MIB2 > image;
        *entry = if touches {
            let level0 = new_table()?;
            for (j, e) in level0.iter_mut().enumerate() {
                let p = pa + j * PAGE;
                let flags = if p >= image && p < ro_end { RO } else { RW };
                *e = Pte::leaf((p / PAGE) as u64, flags).bits();
            }
            Pte::table(ppn_of(level0)).bits()
        } else {
            Pte::leaf((pa / PAGE) as u64, RW).bits()
        };
    }
    Ok(level1)
}

/// The image at its link address, page by page: text executable, constants read-only, the rest writable.
fn map_image(root: &mut [u64; 512], image: usize, text_end: usize, ro_end: usize, end: usize) -> Result<(), NoMemory> {
    let level1 = new_table()?;
    root[index((KERNEL_OFFSET + image) as u64, 2)] = Pte::table(ppn_of(level1)).bits();
    let mut pa = image / MIB2 * MIB2;
    while pa < end {
        let level0 = new_table()?;
        for (j, e) in level0.iter_mut().enumerate() {
            let p = pa + j * PAGE;
            if p >= image && p < end {
                let flags = if p < text_end {
                    RX
                } else if p < ro_end {
                    RO
                } else {
                    RW
                };
                *e = Pte::leaf((p / PAGE) as u64, flags).bits();
            }
        }
        level1[index((KERNEL_OFFSET + pa) as u64, 1)] = Pte::table(ppn_of(level0)).bits();
        pa += MIB2;
    }
    Ok(())
}

/// The root's frame number.
#[inline]
pub(crate) fn kernel_root_ppn() -> u32 {
    ROOT.get().map_or(0, Frame::ppn)
}

/// `satp` for a hart that runs no user program.
fn kernel_satp() -> usize {
    Satp::new(logic_pagetable::Mode::Sv39, 0, u64::from(kernel_root_ppn())).bits() as usize
}

/// Loads the kernel's table on this hart.
pub(crate) fn load_kernel_table() {
    // SAFETY: the kernel's table maps the kernel and is never freed.
    unsafe { arch::write_satp(kernel_satp()) };
}

/// A further hart's first act.
pub fn init_hart() {
    load_kernel_table();
    tlb::hart_comes();
}
