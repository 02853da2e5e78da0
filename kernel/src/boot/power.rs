//! Ending the machine: the test finisher gives QEMU an exit status; without one the firmware resets.

use arch::Mmio;
use sync::Once;

static FINISHER: Once<Mmio> = Once::new();

/// Registers the finisher's window (`sifive,test0` in the device tree).
pub(crate) fn set_finisher(window: Mmio) {
    let _ = FINISHER.set(window);
}

/// Ends the machine with an exit status: 0 passes, anything else fails with that code.
pub(crate) fn finish(status: u8) -> ! {
    const PASS: u32 = 0x5555;
    const FAIL: u32 = 0x3333;
    if let Some(f) = FINISHER.get() {
        f.write32(0, if status == 0 { PASS } else { FAIL | u32::from(status) << 16 });
    }
    let _ = arch::sbi::system_reset(arch::sbi::ResetKind::Shutdown);
    crate::panic::stop()
}

/// Restarts the machine.
pub(crate) fn reboot() -> ! {
    const RESET: u32 = 0x7777;
    if let Some(f) = FINISHER.get() {
        f.write32(0, RESET);
    }
    let _ = arch::sbi::system_reset(arch::sbi::ResetKind::ColdReboot);
    crate::panic::stop()
}
