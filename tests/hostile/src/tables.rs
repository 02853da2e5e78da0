//! What the call table does not say: which calls would harm the machine or the test, which pointers may go unread, and values with which a call succeeds.

use crate::files::{ABSENT, DIRECTORY, FILE, LINK, PROGRAM, SERVICE, World};
use std::ffi::CStr;

/// How much of a call may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Danger {
    /// Everything.
    None,
    /// Only with at least one bad argument: with good ones it would block, replace the program, or change the machine.
    Good,
    /// Not at all.
    Never,
}

/// How dangerous a call is.
#[must_use]
pub fn danger(name: &str) -> Danger {
    match name {
        "exit"
        | "exit_group"
        | "reboot"
        | "rt_sigreturn"
        | "restart_syscall"
        | "vhangup"
        | "kexec_load"
        | "kexec_file_load"
        | "init_module"
        | "finit_module"
        | "delete_module"
        | "swapon"
        | "swapoff"
        | "acct"
        | "ptrace"
        | "seccomp"
        | "landlock_restrict_self"
        | "perf_event_open"
        | "bpf"
        | "userfaultfd" => Danger::Never,
        "rt_sigsuspend" | "execve" | "execveat" | "settimeofday" | "clock_settime" | "sethostname" | "setdomainname"
        | "chroot" | "pivot_root" | "umount2" | "mount" | "move_mount" | "mount_setattr" | "fspick" | "quotactl" => Danger::Good,
        _ => Danger::None,
    }
}

/// Pointers that a call does not follow with these arguments, or whose failure it ignores as Linux does.
#[must_use]
pub fn ignores_pointer(call: &str, arg: &str) -> bool {
    matches!(
        (call, arg),
        ("futex", "uaddr2")
            // Linux makes the child and ignores that the number cannot be stored.
            | ("clone", "parent_tid")
            // There is no child, no event, no rest of a sleep to store.
            | ("wait4" | "waitid", "rusage" | "wstatus" | "infop")
            | ("nanosleep" | "clock_nanosleep", "rem")
            | ("epoll_pwait" | "epoll_pwait2", "events")
            | ("recvmmsg" | "io_getevents" | "io_pgetevents", "timeout" | "events")
            // Read only for some file systems, or some other argument.
            | ("mount", "source" | "data")
            | ("mount_setattr", "path")
            | ("get_mempolicy" | "set_mempolicy" | "mbind", "nodemask")
            | ("riscv_hwprobe", "cpus")
    )
}

/// A value for a plain argument with which the call is harmless and, where possible, succeeds.
pub(crate) fn scalar(world: &World, call: &str, arg: &str) -> Option<usize> {
    let fd = |fd: i32| Some(fd as isize as usize);
    let own_pid = || Some(std::process::id() as usize);
    match (call, arg) {
        ("getdents64" | "fchdir", "fd") => fd(world.dir),
        ("read" | "readv", "fd") => fd(world.zero),
        ("write" | "writev", "fd") => fd(world.pipe_write),
        ("chan_send" | "chan_call", "fd") => fd(world.channel[0]),
        ("chan_recv" | "chan_reply_recv", "fd") => fd(world.channel[1]),
        ("fd_restrict", "rights") => Some(abi::Rights::all().bits() as usize),
        ("budget_create", "parent") | ("budget_limit" | "budget_watch" | "budget_kill" | "budget_join", "fd") => fd(world.budget),
        ("budget_usage", "fd") => fd(-1),
        ("svc_bind" | "svc_connect", "dir") => fd(world.services),
        ("svc_accept", "queue") => fd(world.queue),
        ("svc_accept", "flags") => Some(abi::svc_flag::NONBLOCK as usize),
        ("sendfile", "out_fd") => fd(world.null),
        ("splice", "fd_in") | ("tee", "fd_in") => fd(world.pipe_read),
        ("splice", "fd_out") => fd(world.file),
        ("vmsplice", "fd") | ("tee", "fd_out") => fd(world.pipe_write),
        ("copy_file_range", "fd_out") => fd(world.other_file),
        ("splice" | "copy_file_range" | "tee" | "sendfile", "len" | "count") => Some(16),
        ("epoll_ctl" | "epoll_pwait" | "epoll_pwait2", "epfd") => fd(world.epoll),
        ("epoll_ctl", "op") => Some(1),
        ("epoll_ctl", "fd") => fd(world.pipe_read),
        ("mmap", "fd") => fd(world.file),
        ("timer_gettime" | "timer_settime" | "timer_getoverrun", "timerid") => fd(world.timer),
        ("preadv" | "pwritev" | "preadv2" | "pwritev2", "pos_low" | "pos_high") => Some(0),
        ("mknodat", "mode") => Some(0o010_600),
        ("unlinkat", "flags") => Some(0),
        ("faccessat" | "faccessat2", "mode") => Some(4),
        ("statx", "mask") => Some(0x7ff),
        ("ftruncate" | "truncate", "length") => Some(4096),
        ("fallocate", "len") => Some(4096),
        ("rt_sigaction", "signum") => Some(libc::SIGUSR1 as usize),
        (
            "rt_sigaction" | "rt_sigprocmask" | "rt_sigpending" | "rt_sigtimedwait" | "rt_sigsuspend" | "ppoll" | "epoll_pwait"
            | "epoll_pwait2",
            "sigsetsize",
        )
        | ("signalfd4", "sizemask") => Some(8),
        ("signalfd4", "fd") => Some(usize::MAX),
        (
            "kill" | "tkill" | "tgkill" | "rt_sigqueueinfo" | "rt_tgsigqueueinfo" | "process_vm_readv" | "process_vm_writev"
            | "kcmp",
            "pid" | "tid" | "tgid" | "pid1" | "pid2",
        ) => own_pid(),
        ("wait4" | "waitid", "options") => Some((libc::WNOHANG | libc::WEXITED) as usize),
        ("futex", "val") => Some(1),
        ("setrlimit" | "getrlimit" | "prlimit64", "resource") => Some(libc::RLIMIT_CORE as usize),
        ("get_robust_list", "len") => None,
        ("set_robust_list", "len") => Some(24),
        ("pselect6", "nfds" | "n") => Some(64),
        ("syslog", "kind") => Some(3),
        ("lseek", "offset") => Some(0),
        ("mremap", "old_size" | "new_size") => Some(4096),
        ("sched_get_priority_max" | "sched_get_priority_min", "policy") => Some(1),
        ("memfd_create", "flags") => Some(1),
        ("clone", "flags") => Some(0x0010_0000 | libc::SIGCHLD as usize),
        ("close_range", "first" | "last") | ("dup3", "newfd") => Some(600),
        ("close", "fd") => Some(601),
        ("flock", "operation") => Some(libc::LOCK_EX as usize),
        ("fcntl", "cmd") => Some(libc::F_GETFD as usize),
        ("prctl", "option") => Some(libc::PR_GET_DUMPABLE as usize),
        ("unshare", "flags") => Some(libc::CLONE_FS as usize),
        // The clock that can be set: the others are refused before the time is read.
        ("clock_settime", "clockid") => Some(libc::CLOCK_REALTIME as usize),
        ("setsid", _) => None,
        _ => None,
    }
}

/// The path with which the call succeeds.
pub(crate) fn path(call: &str, arg: &str) -> &'static str {
    match (call, arg) {
        ("symlinkat", "linkpath") | ("linkat" | "renameat2", "newpath") | ("mkdirat" | "mknodat", "path") => ABSENT,
        ("readlinkat", "path") => LINK,
        ("svc_bind", _) => ABSENT,
        ("svc_connect", _) => SERVICE,
        ("execve" | "execveat", "path") => PROGRAM,
        ("chdir" | "statfs", "path") => DIRECTORY,
        _ => FILE,
    }
}

/// What stands in a struct so that the call accepts it; all zeroes otherwise.
pub(crate) fn contents(call: &str, arg: &str) -> Vec<u8> {
    match (call, arg) {
        ("capget" | "capset", "header") => 0x2008_0522u32.to_le_bytes().to_vec(),
        // stack_t: pointer, flags SS_DISABLE, size.
        ("sigaltstack", "ss") => [0u64.to_le_bytes(), 2u64.to_le_bytes(), 0u64.to_le_bytes()].concat(),
        ("sched_setaffinity", "mask") => vec![0xff; 64],
        // clone_args: exit_signal is the fifth word.
        ("clone3", "args") => {
            let mut words = [0u64; 11];
            words[4] = libc::SIGCHLD.unsigned_abs().into();
            words.iter().flat_map(|w| w.to_le_bytes()).collect()
        }
        // Nothing to send, nothing to receive into, and no waiting: flags, or a deadline that has passed.
        ("chan_send", _) => [[0u64; 4].as_slice(), &[1]].concat().iter().flat_map(|w| w.to_le_bytes()).collect(),
        ("chan_recv", _) => [0, 0, 0, 0, 1u64].iter().flat_map(|w| w.to_le_bytes()).collect(),
        ("chan_call", _) => [0, 0, 0, 0, 0, 0, 1u64].iter().flat_map(|w| w.to_le_bytes()).collect(),
        ("chan_reply_recv", _) => [0, 0, 0, 0, 0, 0, 0, 1, 1u64].iter().flat_map(|w| w.to_le_bytes()).collect(),
        ("spawn", _) => spawn_args(),
        // Processes, without a limit.
        ("budget_limit", _) => [1u64, u64::MAX].iter().flat_map(|w| w.to_le_bytes()).collect(),
        ("svc_connect", "args") => abi::svc_flag::NONBLOCK.to_le_bytes().to_vec(),
        ("epoll_ctl", "event") => 1u32.to_le_bytes().to_vec(),
        // Not before what the file already holds, and no overlap.
        ("copy_file_range", "off_in" | "off_out") => 64u64.to_le_bytes().to_vec(),
        ("rt_sigtimedwait", "set") => (1u64 << (libc::SIGUSR2 - 1)).to_le_bytes().to_vec(),
        ("prlimit64" | "setrlimit", _) => [u64::MAX.to_le_bytes(), u64::MAX.to_le_bytes()].concat(),
        _ => Vec::new(),
    }
}

/// A program that no kernel can run, with a word and a variable, and otherwise what the caller has: all of it is read, then refused.
fn spawn_args() -> Vec<u8> {
    static PATH: &CStr = c"hostile-program";
    let words: &[usize; 2] = Box::leak(Box::new([PATH.as_ptr() as usize, 0]));
    let strings = words.as_ptr() as usize as u64;
    // Flags, path, argv, envp, and after seven words more two half words and what is taken from the caller.
    let mut wide = [0u64; 11];
    wide[1..4].copy_from_slice(&[PATH.as_ptr() as usize as u64, strings, strings]);
    let half = [0u32, 0, 0, 0, u32::MAX, u32::MAX, u32::MAX, u32::MAX];
    wide.iter().flat_map(|w| w.to_le_bytes()).chain(half.iter().flat_map(|w| w.to_le_bytes())).collect()
}
