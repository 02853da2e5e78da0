//! Calls into the SBI firmware (RISC-V SBI specification 1.0).

use core::arch::asm;

const EXT_BASE: usize = 0x10;
const EXT_TIME: usize = 0x5449_4d45;
const EXT_IPI: usize = 0x0073_5049;
const EXT_HSM: usize = 0x0048_534d;
const EXT_SRST: usize = 0x5352_5354;
const LEGACY_PUTCHAR: usize = 1;

/// An SBI error code (negative, chapter 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SbiError(pub isize);

fn call(ext: usize, fid: usize, args: [usize; 5]) -> Result<usize, SbiError> {
    let (err, value): (isize, usize);
    // SAFETY: SBI preserves all registers but a0 and a1; what a call does to memory is named by its arguments, which
    // the functions below control.
    unsafe {
        asm!("ecall", inlateout("a0") args[0] => err, inlateout("a1") args[1] => value, in("a2") args[2],
             in("a3") args[3], in("a4") args[4], in("a6") fid, in("a7") ext, options(nostack));
    }
    if err == 0 { Ok(value) } else { Err(SbiError(err)) }
}

/// `mvendorid`, `marchid` and `mimpid` of the harts (chapter 4); 0 where the firmware does not tell.
pub fn machine_ids() -> [u64; 3] {
    [4, 5, 6].map(|fid| call(EXT_BASE, fid, [0; 5]).unwrap_or(0) as u64)
}

/// Writes one byte to the firmware's console (legacy extension; for panics and before the UART is known).
pub fn console_putchar(byte: u8) {
    let _ = call(LEGACY_PUTCHAR, 0, [byte as usize, 0, 0, 0, 0]);
}

/// Arms this hart's timer at `ticks` of the timebase.
pub fn set_timer(ticks: u64) {
    let _ = call(EXT_TIME, 0, [ticks as usize, 0, 0, 0, 0]);
}

/// Sends a software interrupt to the harts of `mask`, bit 0 being hart id `base`.
pub fn send_ipi(mask: usize, base: usize) {
    let _ = call(EXT_IPI, 0, [mask, base, 0, 0, 0]);
}

/// Starts a hart at physical address `entry` with `opaque` in a1.
///
/// # Safety
/// `entry` must be the kernel's entry for secondary harts, `opaque` what it expects.
pub unsafe fn hart_start(hart_id: usize, entry: usize, opaque: usize) -> Result<(), SbiError> {
    call(EXT_HSM, 0, [hart_id, entry, opaque, 0, 0]).map(|_| ())
}

/// Asks the firmware to power off (`reboot` false) or to reset the machine cold.
pub fn system_reset(reboot: ResetKind) -> SbiError {
    match call(EXT_SRST, 0, [reboot as usize, 0, 0, 0, 0]) {
        Ok(_) => SbiError(0),
        Err(e) => e,
    }
}

/// What [`system_reset`] does (SBI chapter 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetKind {
    /// Power off.
    Shutdown = 0,
    /// Cold reboot.
    ColdReboot = 1,
}
