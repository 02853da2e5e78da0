//! What the on-target tests of the kernel's own features share: chance with a seed, memory that processes share, budgets,
//! children.
//!
//! Each program in `bin/` is a test. The runner (`tests/runner`) gives it a process of its own and a time-out, and compares
//! every counter of the kernel before and after it.

pub mod cgroup;
pub mod process;
pub mod service;

use abi::{Errno, SpawnArgs, SpawnFd};
use rt::Args;
use std::ffi::{CStr, CString};
use std::io;
use std::marker::PhantomData;
use std::ops::Deref;
use std::os::fd::{AsRawFd, OwnedFd};

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

/// Of an amount of work: all of it when the runner was told `--full`, else what is quick.
#[must_use]
pub fn amount(quick: usize, full: usize) -> usize {
    if std::env::var_os("KTEST_FULL").is_some() { full } else { quick }
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

/// What `spawn` is told of a program that gets the standard descriptors and all that the caller's World has.
#[must_use]
pub fn same_world() -> SpawnArgs {
    SpawnArgs { grants: 0x7f, program: -1, root: -1, cwd: -1, budget: -1, ..SpawnArgs::default() }
}

/// Starts a program with these arguments and no environment.
///
/// # Errors
/// The kernel's.
pub fn spawn(path: Option<&CStr>, argv: &[CString], args: &SpawnArgs) -> Result<OwnedFd, Errno> {
    let argv: Vec<usize> = argv.iter().map(|s| s.as_ptr().expose_provenance()).chain([0]).collect();
    let fds = [0, 1, 2].map(|n| SpawnFd { from: n, to: n });
    let raw = SpawnArgs {
        path: path.map_or(0, |p| p.as_ptr().expose_provenance() as u64),
        argv: argv.as_ptr().expose_provenance() as u64,
        fds: fds.as_ptr().expose_provenance() as u64,
        fd_count: fds.len() as u64,
        ..*args
    };
    rt::spawn(&mut Args::from(raw))
}

/// Waits for the end of the process behind a descriptor: `si_code` and `si_status` (waitid(2)).
///
/// # Errors
/// Those of waitid(2).
pub fn end(process: &OwnedFd) -> io::Result<(i32, i32)> {
    // SAFETY: siginfo_t is a plain struct, and the kernel fills it.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: the struct outlives the call.
    if unsafe { libc::waitid(libc::P_PIDFD, process.as_raw_fd() as libc::id_t, &raw mut info, libc::WEXITED) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the signal is SIGCHLD, so that the field is there.
    Ok((info.si_code, unsafe { info.si_status() }))
}
