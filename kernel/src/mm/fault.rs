//! Page faults of programs, and of the kernel on their behalf.

use mem::Access;

/// Why a fault cannot be resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultError {
    /// Nothing is mapped there (SEGV_MAPERR).
    NotMapped,
    /// The mapping does not allow it (SEGV_ACCERR).
    NotAllowed,
    /// Beyond the end of the mapped object (SIGBUS, BUS_ADRERR).
    BeyondEnd,
    /// No memory within the budget.
    NoMemory,
}

/// Resolves a fault of the running thread's address space.
pub(crate) fn user_fault(_addr: usize, _access: Access) -> Result<(), FaultError> {
    Err(FaultError::NotMapped)
}
