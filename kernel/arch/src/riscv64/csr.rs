//! Control and status registers (privileged specification, chapters 4.1 and 12).

use core::arch::asm;

/// Reads `time`: ticks of the platform's timebase.
#[inline(always)]
pub fn time_now() -> u64 {
    let t: u64;
    // SAFETY: reading a counter has no effect.
    unsafe { asm!("rdtime {}", out(reg) t, options(nomem, nostack)) };
    t
}

/// Reads `time` after everything read before and before everything read after it.
#[inline(always)]
pub fn time_now_in_order() -> u64 {
    let t: u64;
    // SAFETY: reading a counter has no effect.
    unsafe { asm!("fence ir, ir", "rdtime {}", "fence ir, ir", out(reg) t, options(nostack)) };
    t
}

/// Reads `instret`: instructions retired by this hart. Exact under `-icount`.
#[inline(always)]
pub fn counter_cycles() -> u64 {
    let t: u64;
    // SAFETY: reading a counter has no effect.
    unsafe { asm!("rdinstret {}", out(reg) t, options(nomem, nostack)) };
    t
}

/// Sets the supervisor timer compare register (Sstc extension, CSR 0x14d).
pub fn set_timer_stimecmp(ticks: u64) {
    // SAFETY: the caller has seen "sstc" in the hart's ISA string; the write only moves the next timer interrupt.
    unsafe { asm!("csrw 0x14d, {}", in(reg) ticks, options(nomem, nostack)) };
}

/// Whether this hart takes interrupts now.
pub fn interrupts_on() -> bool {
    let s: usize;
    // SAFETY: reading sstatus has no effect.
    unsafe { asm!("csrr {}, sstatus", out(reg) s, options(nomem, nostack)) };
    s & 2 != 0
}

/// Forgets all translations of this hart.
pub fn sfence_all() {
    // SAFETY: only drops cached translations.
    unsafe { asm!("sfence.vma", options(nostack)) };
}

/// Forgets this hart's translations of `asid` (global ones stay).
pub fn sfence_asid(asid: usize) {
    // SAFETY: only drops cached translations.
    unsafe { asm!("sfence.vma x0, {}", in(reg) asid, options(nostack)) };
}

/// Forgets this hart's translation of one page in all address spaces.
pub fn sfence_page(va: usize) {
    // SAFETY: only drops cached translations.
    unsafe { asm!("sfence.vma {}, x0", in(reg) va, options(nostack)) };
}

/// Takes away supervisor access to user pages, should a user copy have been interrupted by a fault.
pub fn sum_clear() {
    // SAFETY: clears sstatus.SUM, which only ever restricts.
    unsafe { asm!("csrc sstatus, {}", in(reg) 1usize << 18, options(nomem, nostack)) };
}

/// Installs a root page table.
///
/// # Safety
/// `satp` must name a valid Sv39 root table that maps the kernel as the current one does and outlives its use.
pub unsafe fn write_satp(satp: usize) {
    // SAFETY: per the caller's contract the kernel goes on at the same addresses.
    unsafe { asm!("csrw satp, {}", in(reg) satp, options(nostack)) };
}

/// What a hart keeps of an address-space identifier of all ones: as many ones as it has bits for.
///
/// # Safety
/// As [`write_satp`]; `satp` is installed, under identifier 0, when this returns.
pub unsafe fn kept_asid(satp: usize) -> u16 {
    let kept: usize;
    // SAFETY: per the caller's contract; the table stays the same.
    unsafe {
        asm!("csrw satp, {0}", "csrr {0}, satp", "csrw satp, {1}", inout(reg) satp | 0xffff << 44 => kept, in(reg) satp, options(nostack));
    }
    (kept >> 44) as u16
}

/// The live `sstatus.FS` field, in place.
#[inline(always)]
pub fn fs_live() -> usize {
    let s: usize;
    // SAFETY: reading sstatus has no effect.
    unsafe { asm!("csrr {}, sstatus", out(reg) s, options(nomem, nostack)) };
    s & logic_trapframe::SSTATUS_FS_MASK
}

/// Sets the live `sstatus.FS` field.
#[inline(always)]
pub fn set_fs_live(fs: usize) {
    let fs = fs & logic_trapframe::SSTATUS_FS_MASK;
    // SAFETY: the kernel uses no floating point; the field only says what the registers are worth to the thread.
    unsafe {
        asm!("csrc sstatus, {m}", "csrs sstatus, {f}", m = in(reg) logic_trapframe::SSTATUS_FS_MASK, f = in(reg) fs,
             options(nomem, nostack));
    }
}
