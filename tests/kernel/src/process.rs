//! Processes that a test forks, and clocks.

use std::io;

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Exit(i32),
    /// By this signal.
    Signal(i32),
}

/// Forks; the child runs `child` and ends with what it gives. To be called while the process has one thread.
///
/// # Panics
/// When there is no process to be had.
pub fn start(child: impl FnOnce() -> i32) -> i32 {
    try_start(child).expect("a process")
}

/// As [`start`].
///
/// # Errors
/// Those of fork(2).
pub fn try_start(child: impl FnOnce() -> i32) -> io::Result<i32> {
    // SAFETY: there is one thread, so the child may go on as the parent would.
    match unsafe { libc::fork() } {
        // SAFETY: what was not flushed is the parent's to write.
        0 => unsafe { libc::_exit(child()) },
        -1 => Err(io::Error::last_os_error()),
        pid => Ok(pid),
    }
}

/// Waits for a child.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn wait(pid: i32) -> End {
    let mut status = 0;
    // SAFETY: the kernel writes one number.
    let found = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!(found, pid, "waitpid: {}", io::Error::last_os_error());
    if libc::WIFSIGNALED(status) { End::Signal(libc::WTERMSIG(status)) } else { End::Exit(libc::WEXITSTATUS(status)) }
}

/// Nanoseconds of a clock.
#[must_use]
pub fn clock_ns(clock: libc::clockid_t) -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes one struct.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Nanoseconds that this process and its children that were waited for have run.
#[must_use]
pub fn run_ns() -> u64 {
    // SAFETY: zeros are a struct, which the kernel writes.
    let mut used: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut used) };
    let ns = |t: libc::timeval| t.tv_sec as u64 * 1_000_000_000 + t.tv_usec as u64 * 1000;
    clock_ns(libc::CLOCK_PROCESS_CPUTIME_ID) + ns(used.ru_utime) + ns(used.ru_stime)
}

/// The number of the last error.
#[must_use]
pub fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}
