//! What the on-target tests of the kernel's own features share: chance with a seed, memory that processes share, budgets,
//! children.
//!
//! Each program in `bin/` is a test. The runner (`tests/runner`) gives it a process of its own and a time-out, and compares
//! every counter of the kernel before and after it.

pub mod cgroup;
pub mod process;

use std::io;
use std::marker::PhantomData;
use std::ops::Deref;

/// Random numbers that the seed decides (splitmix64).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The numbers of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// Draws the next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.draw() % end as u64) as usize
    }
}

/// The seed that the test's first argument gives, or `default`.
///
/// # Panics
/// When the argument is no number.
#[must_use]
pub fn seed(default: u64) -> u64 {
    std::env::args().nth(1).map_or(default, |word| word.parse().expect("the argument is a seed"))
}

/// A value that all children of this process share with it. Zero bytes must be a valid `T`.
#[derive(Debug)]
pub struct Shared<T> {
    at: *mut libc::c_void,
    holds: PhantomData<T>,
}

impl<T> Shared<T> {
    /// Zeros.
    ///
    /// # Safety
    /// Zero bytes are a valid `T`, which is changed by atomics alone.
    ///
    /// # Errors
    /// Those of mmap(2).
    pub unsafe fn zeroed() -> io::Result<Shared<T>> {
        let (protection, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: new memory, which nobody else knows.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), size_of::<T>(), protection, kind, -1, 0) };
        if at == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(Shared { at, holds: PhantomData }) }
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: mapped until `self` goes; valid, as the caller of `zeroed` promised.
        unsafe { &*self.at.cast() }
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        // SAFETY: it was mapped by `zeroed`, and the borrows of `self` have ended.
        unsafe { libc::munmap(self.at, size_of::<T>()) };
    }
}
