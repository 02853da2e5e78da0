//! How often each hart was interrupted, for `/proc/interrupts` and `/proc/stat`.

use core::sync::atomic::{AtomicU64, Ordering};

/// What interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The timer.
    Timer = 0,
    /// Another hart.
    Ipi = 1,
    /// A device, through the PLIC.
    External = 2,
}

const LINES: usize = 3;

#[repr(align(64))]
struct Row([AtomicU64; LINES]);

static ROWS: [Row; arch::MAX_HARTS] = [const { Row([const { AtomicU64::new(0) }; LINES]) }; arch::MAX_HARTS];

/// Counts an interrupt of this hart.
pub(crate) fn count(line: Line) {
    let hart = arch::core(|c| c.hart_index());
    if let Some(cell) = ROWS.get(hart).and_then(|r| r.0.get(line as usize)) {
        cell.fetch_add(1, Ordering::Relaxed);
    }
}

/// Interrupts of a hart so far.
pub(crate) fn counted(hart: usize, line: Line) -> u64 {
    ROWS.get(hart).and_then(|r| r.0.get(line as usize)).map_or(0, |c| c.load(Ordering::Relaxed))
}
