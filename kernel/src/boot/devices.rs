//! The few devices that the kernel drives itself: PLIC, UART, RTC, test finisher.

use sync::PreemptGuard;

/// An external interrupt waits at the PLIC.
pub(crate) fn on_external(_guard: &PreemptGuard) {}
