//! The alternate signal stack (sigaltstack(2)), and where a frame is put.
//!
//! Key types: [`AltStack`], [`FrameSpot`].

use crate::{SaFlags, frame::FRAME_BYTES};

/// Smallest alternate stack: `MINSIGSTKSZ` of riscv64.
pub const MIN_STACK_BYTES: u64 = 2048;

const SS_ONSTACK: u32 = 1;
const SS_DISABLE: u32 = 2;
const SS_AUTODISARM: u32 = 1 << 31;

/// A thread's alternate stack. The words are those of `stack_t`, as they go into the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AltStack {
    /// Lowest address.
    pub base: u64,
    /// `ss_flags` as last set.
    pub flags: u32,
    /// Bytes; 0 when disabled.
    pub size_bytes: u64,
}

/// Why a stack was not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AltStackError {
    /// The thread runs on it (EPERM).
    InUse,
    /// Unknown mode (EINVAL).
    BadFlags,
    /// Below [`MIN_STACK_BYTES`] (ENOMEM).
    TooSmall,
}

/// Where a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameSpot {
    /// Lowest address of the frame, 16-byte aligned.
    At(u64),
    /// The alternate stack would overflow: SIGSEGV instead.
    Overflow,
}

impl AltStack {
    /// None set.
    pub const DISABLED: AltStack = AltStack { base: 0, flags: SS_DISABLE, size_bytes: 0 };

    /// Whether a thread with this stack pointer counts as running on it.
    #[must_use]
    pub fn is_on(&self, sp: u64) -> bool {
        self.flags & SS_AUTODISARM == 0 && sp > self.base && sp.wrapping_sub(self.base) <= self.size_bytes
    }

    /// What sigaltstack(2) reports as the old stack.
    #[must_use]
    pub fn report(&self, sp: u64) -> AltStack {
        let mode = match self.size_bytes {
            0 => SS_DISABLE,
            _ if self.is_on(sp) => SS_ONSTACK,
            _ => 0,
        };
        AltStack { flags: mode | self.flags & SS_AUTODISARM, ..*self }
    }

    /// Sets the stack of a thread whose stack pointer is `sp`.
    ///
    /// # Errors
    /// See [`AltStackError`]; in the order in which Linux checks.
    pub fn set(&mut self, new: AltStack, sp: u64) -> Result<(), AltStackError> {
        if self.is_on(sp) {
            return Err(AltStackError::InUse);
        }
        let mode = new.flags & !SS_AUTODISARM;
        match mode {
            SS_DISABLE => *self = AltStack { base: 0, flags: new.flags, size_bytes: 0 },
            0 | SS_ONSTACK if new == *self => {}
            0 | SS_ONSTACK if new.size_bytes < MIN_STACK_BYTES => {
                return Err(AltStackError::TooSmall);
            }
            0 | SS_ONSTACK => *self = new,
            _ => return Err(AltStackError::BadFlags),
        }
        Ok(())
    }

    /// Where the frame for a handler goes, for a thread whose stack pointer is `sp`.
    #[must_use]
    pub fn place_frame(&self, flags: SaFlags, sp: u64) -> FrameSpot {
        let bytes = FRAME_BYTES as u64;
        if self.is_on(sp) && !self.is_on(sp.wrapping_sub(bytes)) {
            return FrameSpot::Overflow;
        }
        let switches = flags.contains(SaFlags::ONSTACK) && self.size_bytes != 0 && !self.is_on(sp);
        let top = if switches { self.base.wrapping_add(self.size_bytes) } else { sp };
        FrameSpot::At(top.wrapping_sub(bytes) & !0xF)
    }

    /// After the frame has been written: `SS_AUTODISARM` disables the stack; rt_sigreturn sets it
    /// again from the frame.
    pub fn enter_handler(&mut self) {
        if self.flags & SS_AUTODISARM != 0 {
            *self = AltStack::DISABLED;
        }
    }
}
