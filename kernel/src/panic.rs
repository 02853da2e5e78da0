//! Kernel panic: says what and where, stops all harts, ends the machine with a status.

use crate::klog::EarlyConsole;
use core::fmt::Write;
use core::sync::atomic::{AtomicU32, Ordering};

/// Exit status of QEMU after a panic.
const PANIC_STATUS: u8 = 125;

/// 0: nobody panicked; otherwise the panicking hart's index + 1.
static PANICKING: AtomicU32 = AtomicU32::new(0);

/// Whether a hart has panicked: the others stop at their next trap.
pub(crate) fn in_progress() -> bool {
    PANICKING.load(Ordering::Relaxed) != 0
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    arch::irq_disable();
    let me = arch::core(|c| c.hart_index() as u32) + 1;
    match PANICKING.compare_exchange(0, me, Ordering::SeqCst, Ordering::SeqCst) {
        Ok(_) => report(info),
        // A second panic on this hart: the report itself failed.
        Err(first) if first == me => crate::boot::power::finish(PANIC_STATUS),
        // Another hart is reporting.
        Err(_) => stop(),
    }
    crate::boot::power::finish(PANIC_STATUS)
}

fn report(info: &core::panic::PanicInfo<'_>) {
    arch::sbi::send_ipi(usize::MAX, 0);
    let mut out = EarlyConsole;
    let hart = arch::core(|c| c.hart_index());
    let _ = write!(out, "\n\nrvOS kernel panic on hart {hart}");
    if let Some(at) = info.location() {
        let _ = write!(out, " at {}:{}:{}", at.file(), at.line(), at.column());
    }
    let _ = writeln!(out, ": {}", info.message());
    let _ = writeln!(out, "backtrace:");
    arch::backtrace(|pc| {
        let _ = crate::boot::symbols::write(&mut out, pc);
    });
    let _ = writeln!(out, "end of panic");
}

/// Stops this hart for good.
pub(crate) fn stop() -> ! {
    arch::irq_disable();
    loop {
        arch::wait_for_interrupt(&arch::irq_off());
    }
}

/// The kernel stack overflowed.
pub(crate) extern "C" fn stack_overflow(sp: usize, pc: usize) -> ! {
    panic!("kernel stack overflow: sp {sp:#x}, pc {pc:#x}");
}
