//! no_ambient: made from the table of calls. A process that is uid 0 with all capabilities, in a World without grants, network, names
//! and root, and in a pid scope of its own, makes every call that takes no descriptor: each fails as its authority says.
//! Prints calls × values.
// calls: spawn

use abi::{Arg, ArgKind, Authority, Call, Errno, LINUX_CALLS, NATIVE_CALLS, SpawnArgs, spawn_flags};
use std::ffi::CString;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

const NAMESPACES: u64 = libc::CLONE_NEWPID as u64;
const AT_FDCWD: usize = -100isize as usize;
/// A path that names something outside.
const OUTSIDE: &std::ffi::CStr = c"/proc/self/status";

/// What a call is tried with: each is a whole row of arguments.
fn values(call: &Call, outside: usize, page: usize, vectors: usize) -> Vec<Vec<usize>> {
    let one = |arg: &Arg, pid: usize, other: usize| match arg.kind {
        ArgKind::Pid => pid,
        ArgKind::Signal => libc::SIGKILL as usize,
        ArgKind::Dirfd => AT_FDCWD,
        ArgKind::Path(_) => OUTSIDE.as_ptr().expose_provenance(),
        ArgKind::Len => 8,
        // Eight vectors of eight bytes: a transfer of nothing asks nobody.
        ArgKind::Iovec { .. } => vectors,
        kind if kind.is_pointer() => page,
        _ if arg.name == "who" => pid,
        _ => other,
    };
    let row = |pid, other| call.args.iter().map(|arg| one(arg, pid, other)).collect();
    vec![row(outside, 0), row(outside, 1), row(outside.wrapping_neg(), 1)]
}

/// Whether a result is a refusal that the authority may give. `None`: the call is not judged with these arguments.
fn refused(call: &Call, result: Result<usize, Errno>) -> Option<bool> {
    let is = |wanted: &[Errno]| matches!(result, Err(e) if wanted.contains(&e));
    match call.authority {
        Authority::World(_) | Authority::Uts | Authority::Ipc => Some(is(&[Errno::EPERM])),
        Authority::Net => Some(is(&[Errno::ENETDOWN])),
        _ if result == Err(Errno::ENOSYS) => None,
        // What does not exist there, before or after what else is wrong.
        Authority::Scope => Some(is(&[Errno::ESRCH, Errno::ECHILD, Errno::EINVAL, Errno::EPERM])),
        Authority::Namespace => Some(result.is_err()),
        Authority::Descriptor | Authority::Own => None,
    }
}

/// Whether the arguments name somebody or something outside.
fn names_outside(call: &Call) -> bool {
    let has = |f: fn(&Arg) -> bool| call.args.iter().any(f);
    match call.authority {
        Authority::Scope => has(|a| matches!(a.kind, ArgKind::Pid) || a.name == "who"),
        Authority::Namespace => has(|a| matches!(a.kind, ArgKind::Path(_))),
        Authority::Descriptor | Authority::Own => false,
        _ => true,
    }
}

fn inside(outside: usize) -> ExitCode {
    // Large enough for every struct, and zero: never a wish for something that is allowed.
    let page = vec![0u64; 8192];
    let vectors = [[page.as_ptr().expose_provenance(), 8]; 8];
    let (mut calls, mut tried, mut wrong) = (0, 0, 0);
    for call in LINUX_CALLS.iter().chain(NATIVE_CALLS) {
        if !names_outside(call) || call.args.iter().any(|a| matches!(a.kind, ArgKind::Fd(_))) {
            continue;
        }
        calls += 1;
        // A pointer argument may be written to; nothing else lives there.
        for args in values(call, outside, page.as_ptr().expose_provenance(), vectors.as_ptr().expose_provenance()) {
            let mut words = args.clone();
            words.resize(6, 0);
            // SAFETY: every address is one of a large page of its own; the call is refused before it does anything.
            let number =
                unsafe { libc::syscall(call.number as libc::c_long, words[0], words[1], words[2], words[3], words[4], words[5]) };
            let result = usize::try_from(number).map_err(|_| {
                let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
                Errno::from_number(errno as u16).unwrap_or(Errno::EIO)
            });
            let Some(good) = refused(call, result) else { continue };
            tried += 1;
            if !good {
                wrong += 1;
                println!("{}{args:x?} ({:?}): gave {result:?}", call.name, call.authority);
            }
        }
    }
    println!("no_ambient: {calls} calls × {tried} values, {wrong} wrong");
    if wrong == 0 && calls > 60 && tried > 150 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn main() -> ExitCode {
    if let Some(outside) = std::env::args().nth(1) {
        return inside(outside.parse().expect("a pid"));
    }
    let path = std::env::current_exe().expect("its own path");
    let program = std::fs::File::open(path).expect("its own file");
    let argv = [CString::from(c"no_ambient"), CString::new(std::process::id().to_string()).expect("digits")];
    let args = SpawnArgs {
        flags: spawn_flags::NO_NET | spawn_flags::NO_UTS | spawn_flags::NO_IPC | spawn_flags::NO_ROOT,
        namespaces: NAMESPACES,
        program: program.as_raw_fd(),
        grants: 0,
        ..ktest::same_world()
    };
    let process = ktest::spawn(None, &argv, &args).expect("spawn");
    let ended = ktest::end(&process).expect("waitid");
    println!("ended: {ended:?}");
    if ended == (libc::CLD_EXITED, 0) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
