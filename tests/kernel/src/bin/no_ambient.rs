//! no_ambient: made from the table of calls. A process that is uid 0 with all capabilities, in a World without grants, network, names
//! and root, and in a pid scope of its own, makes every call that takes no descriptor: each fails as its authority says. A call
//! whose row does not say what it could name outside must be known here: a new one fails this test. Harmless uses go on.
//! Prints calls × values.
// calls: spawn

use abi::{Arg, ArgKind, Authority, Call, Errno, LINUX_CALLS, NATIVE_CALLS, SpawnArgs, State, spawn_flags};
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
        Authority::Partly(_) => Some(is(&[Errno::ESRCH, Errno::EINVAL, Errno::EPERM])),
        Authority::Descriptor | Authority::Own => None,
    }
}

/// Live calls that take no descriptor and whose arguments name nobody, with what they are about.
const NAMELESS: &[(&str, &str)] = &[
    ("capget", "the process in its header, tried below"),
    ("getcwd", "the caller's directory"),
    ("getrusage", "the caller and its children"),
    ("sync", "what is written anyway"),
    ("memfd_create", "a name that is only shown"),
    ("adjtimex", "the clock, tried below"),
    ("clock_adjtime", "the clock, tried below"),
];

/// Whether what the row says of a call is enough to judge it.
fn is_covered(call: &Call) -> bool {
    let has = |f: fn(&Arg) -> bool| call.args.iter().any(f);
    let pid = has(|a| matches!(a.kind, ArgKind::Pid) || a.name == "who");
    let path = has(|a| matches!(a.kind, ArgKind::Path(_) | ArgKind::Dirfd));
    let by_row = match call.authority {
        Authority::Scope => pid,
        Authority::Namespace => path,
        // Who needs nothing can name nothing.
        Authority::Own => !pid && !path,
        Authority::Partly(_) => pid,
        Authority::Descriptor => false,
        _ => true,
    };
    by_row || NAMELESS.iter().any(|(name, _)| *name == call.name)
}

fn call(number: usize, args: [usize; 4]) -> Result<usize, i32> {
    // SAFETY: callers pass addresses of what they own.
    let result = unsafe { libc::syscall(number as libc::c_long, args[0], args[1], args[2], args[3]) };
    usize::try_from(result).map_err(|_| std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
}

/// Calls of which some uses are harmless: those go on, the others do not.
fn partly(outside: usize) -> usize {
    use abi::nr;
    use libc::{EINVAL, EPERM, ESRCH};
    let at = |bytes: &[u8]| bytes.as_ptr().expose_provenance();
    let (none, one) = (0i32.to_le_bytes(), 1i32.to_le_bytes());
    // struct sched_attr: size, policy, flags, nice, priority.
    let attr = |policy: u32, priority: u32| {
        let mut words = [0u32; 12];
        (words[0], words[1], words[5]) = (48, policy, priority);
        words.map(u32::to_le_bytes).concat()
    };
    let (other, fifo) = (attr(0, 0), attr(1, 1));
    // struct timex, which begins with its modes.
    let timex = |modes: u32| [modes.to_le_bytes().to_vec(), vec![0; 204]].concat();
    let (read, status, jump) = (timex(0), timex(0x10), timex(0x100));
    let header = [0x2008_0522u32.to_le_bytes(), (outside as u32).to_le_bytes()].concat();
    let data = [0u8; 24];
    let tried: &[(usize, [usize; 4], Result<usize, i32>)] = &[
        (nr::sched_setscheduler, [0, 0, at(&none), 0], Ok(0)),
        (nr::sched_setscheduler, [0, 3, at(&none), 0], Ok(0)),
        (nr::sched_setscheduler, [0, 1, at(&one), 0], Err(EPERM)),
        (nr::sched_setscheduler, [0, 2, at(&one), 0], Err(EPERM)),
        (nr::sched_setscheduler, [outside, 0, at(&none), 0], Err(ESRCH)),
        (nr::sched_setparam, [0, at(&one), 0, 0], Err(EINVAL)),
        (nr::sched_setattr, [0, at(&other), 0, 0], Ok(0)),
        (nr::sched_setattr, [0, at(&fifo), 0, 0], Err(EPERM)),
        (nr::sched_setattr, [outside, at(&other), 0, 0], Err(ESRCH)),
        (nr::adjtimex, [at(&read), 0, 0, 0], Ok(5)),
        (nr::adjtimex, [at(&status), 0, 0, 0], Err(EPERM)),
        (nr::adjtimex, [at(&jump), 0, 0, 0], Err(EPERM)),
        (nr::clock_adjtime, [0, at(&read), 0, 0], Ok(5)),
        (nr::clock_adjtime, [0, at(&jump), 0, 0], Err(EPERM)),
        (nr::capget, [at(&header), at(&data), 0, 0], Err(ESRCH)),
        // All that it could reach: itself is spared, and whoever waits outside would not see the end of this.
        (nr::kill, [-1isize as usize, libc::SIGKILL as usize, 0, 0], Err(ESRCH)),
    ];
    let mut wrong = 0;
    for (number, args, want) in tried {
        let got = call(*number, *args);
        if got != *want {
            wrong += 1;
            println!("{number}{args:x?}: gave {got:?}, want {want:?}");
        }
    }
    wrong
}

/// Whether the arguments name somebody or something outside.
fn names_outside(call: &Call) -> bool {
    let has = |f: fn(&Arg) -> bool| call.args.iter().any(f);
    match call.authority {
        Authority::Scope | Authority::Partly(_) => has(|a| matches!(a.kind, ArgKind::Pid) || a.name == "who"),
        Authority::Namespace => has(|a| matches!(a.kind, ArgKind::Path(_))),
        Authority::Descriptor | Authority::Own => false,
        _ => true,
    }
}

fn inside(outside: usize) -> ExitCode {
    // Large enough for every struct, and zero: never a wish for something that is allowed.
    let page = vec![0u64; 8192];
    let vectors = [[page.as_ptr().expose_provenance(), 8]; 8];
    let (mut calls, mut tried, mut wrong) = (0, 0, partly(outside));
    for call in LINUX_CALLS.iter().chain(NATIVE_CALLS) {
        if call.args.iter().any(|a| matches!(a.kind, ArgKind::Fd(_))) {
            continue;
        }
        if call.state == State::Live && !is_covered(call) {
            wrong += 1;
            println!("{}: what does it reach without a descriptor?", call.name);
        }
        if !names_outside(call) {
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
