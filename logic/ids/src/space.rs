//! [`IdSpace`]: numbers in turn, so that one that was given up comes back late. Neighbour:
//! `bitmap`; process ids are made from it.

use crate::{Bitmap, IdError};

/// Hands out the numbers up to a highest one, each time the next free one after the last.
///
/// Linux's process ids are `IdSpace::new(1, 300, pid_max - 1)`: they start at 1, and after the
/// highest they go on at 300 (`RESERVED_PIDS`, see `kernel/pid.c`; `pid_max` in proc_sys_kernel(5)).
#[derive(Debug)]
pub struct IdSpace {
    used: Bitmap,
    /// Where the search begins.
    next: u32,
    /// Where it goes on after `max`.
    wrap_to: u32,
    max: u32,
    last: u32,
}

impl IdSpace {
    /// The numbers from `first` to `max`, and after `max` from `wrap_to` on.
    #[must_use]
    pub const fn new(first: u32, wrap_to: u32, max: u32) -> IdSpace {
        IdSpace { used: Bitmap::new(), next: first, wrap_to, max, last: 0 }
    }

    /// Takes the next free number.
    ///
    /// # Errors
    /// [`IdError`]; the space is as before.
    #[inline]
    pub fn alloc(&mut self) -> Result<u32, IdError> {
        let mut number = self.used.lowest_free_from(self.next as usize);
        if number > self.max as usize {
            number = self.used.lowest_free_from(self.wrap_to as usize);
            if number > self.max as usize {
                return Err(IdError::Exhausted);
            }
        }
        self.used.grow(number)?;
        self.used.set(number);
        self.last = u32::try_from(number).map_err(|_| IdError::Exhausted)?;
        self.next = self.last.saturating_add(1);
        Ok(self.last)
    }

    /// Gives a number back. Returns whether it was in use.
    #[inline]
    pub fn free(&mut self, number: u32) -> bool {
        self.used.clear(number as usize)
    }

    /// Whether the number is in use.
    #[inline]
    #[must_use]
    pub fn is_used(&self, number: u32) -> bool {
        self.used.is_set(number as usize)
    }

    /// The number that was handed out last, 0 before the first: the last field of
    /// `/proc/loadavg`, proc_loadavg(5).
    #[inline]
    #[must_use]
    pub const fn last(&self) -> u32 {
        self.last
    }
}
