//! Hostile callers, made from the call table: what the programs `hostile_pointers`, `bad_fd_never_blocks` and `alloc_failure_sweep` share.
//!
//! - [`arguments`]: for each call a set of arguments with which it does something harmless ([`Prepared`]).
//! - [`memory`]: good buffers and every kind of bad address ([`Arena`], [`Hostile`]).
//! - [`files`]: the descriptors and names that the arguments refer to ([`World`]).
//! - [`child`]: runs one call's trials in a process of its own, with a deadline ([`child::run`]).
//!
//! All of it runs on real Linux as well, where only rules that Linux itself keeps are checked ([`System`]).

mod arguments;
pub mod child;
mod files;
mod memory;
mod tables;

pub use arguments::Prepared;
pub use files::World;
pub use memory::{Arena, Hostile, PAGE};
pub use tables::{Danger, danger, ignores_pointer};

use abi::{Call, LINUX_CALLS, NATIVE_CALLS, State};

/// Which kernel this runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// The oracle.
    Linux,
    /// Ours: all rules hold, and calls that are stubs are left out.
    Rvos,
}

impl System {
    /// Asks uname(2).
    #[must_use]
    pub fn current() -> System {
        // SAFETY: utsname is plain bytes, uname fills it with strings that end in NUL.
        let release = unsafe {
            let mut name: libc::utsname = std::mem::zeroed();
            libc::uname(&raw mut name);
            std::ffi::CStr::from_ptr(name.release.as_ptr()).to_string_lossy().into_owned()
        };
        if release.contains("rvos") { System::Rvos } else { System::Linux }
    }
}

/// The calls to try: those named on the command line, else all that exist here and are not too dangerous.
#[must_use]
pub fn chosen_calls(system: System) -> Vec<&'static Call> {
    let names: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    // The debug calls are the tests' own tools.
    let native = NATIVE_CALLS.iter().filter(|call| system == System::Rvos && !call.name.starts_with("debug_"));
    LINUX_CALLS
        .iter()
        .chain(native)
        .filter(|call| names.is_empty() || names.iter().any(|n| n == call.name))
        .filter(|call| system == System::Linux || call.state == State::Live)
        .filter(|call| danger(call.name) != Danger::Never)
        .collect()
}

/// Makes the call. Negative results are `-errno`, as in the kernel's interface.
#[must_use]
pub fn raw_call(number: usize, args: &[usize; 6]) -> isize {
    // SAFETY: that is the question. What the call may do to this process is bounded by `danger` and by the child process that it happens in.
    let result = unsafe { libc::syscall(number as libc::c_long, args[0], args[1], args[2], args[3], args[4], args[5]) };
    if result == -1 { -(errno() as isize) } else { result as isize }
}

/// The calling thread's errno.
#[must_use]
pub fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// A result for people: the value, or the error's name where the table has it.
#[must_use]
pub fn show(result: isize) -> String {
    match u16::try_from(-result) {
        Ok(number) if (1..4096).contains(&number) => std::io::Error::from_raw_os_error(i32::from(number)).to_string(),
        _ => format!("{result:#x}"),
    }
}
