//! The Linux system calls: dispatch, arguments and results. One file a family beside this one.
#![deny(clippy::arithmetic_side_effects)] // numbers from programs

mod adjtimex;
mod cred;
mod epoll;
mod futex;
mod hart;
mod inotify;
mod ioprio;
mod limits;
mod lock;
mod memlock;
mod memory;
mod message;
mod mount;
mod needs;
mod open;
pub(crate) mod path;
mod pidfd;
mod poll;
mod prctl;
pub(crate) mod process;
mod process_vm;
mod rw;
mod sched;
pub(crate) mod signal;
mod signalfd;
mod size;
mod socket;
mod sockopt;
mod splice;
mod stat;
mod system;
pub(crate) mod time;
mod timerfd;
mod timers;
mod unshare;
mod xattr;

use crate::see::{calls, events};
use crate::task::Thread;
use abi::{Errno, Rights};
use arch::TrapFrame;
use core::sync::atomic::{AtomicU32, Ordering};
use logic_trace::Event;

/// A call in progress.
pub(crate) struct Call<'a> {
    /// The calling thread.
    pub(crate) me: &'a Thread,
    /// Its user registers.
    pub(crate) frame: &'a mut TrapFrame,
    /// Which call it is: known when compiled where a handler asks what its row says.
    pub(crate) number: usize,
}

/// Why a call has no plain result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It failed.
    Errno(Errno),
    /// A signal interrupted it; whether it is restarted depends on the handler (signal(7)).
    Restart(Restart),
    /// The registers are already as the program shall see them (rt_sigreturn, execve).
    FrameReplaced,
}

/// How an interrupted call may go on (Linux's ERESTART* codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    /// Again with the same arguments if the handler has SA_RESTART, or if no handler ran; EINTR otherwise.
    Sys,
    /// Again only if no handler ran; EINTR otherwise.
    NoHandler,
    /// Always again.
    Always,
    /// Through restart_syscall, with what the thread remembers (relative time-outs), if no handler ran.
    Block,
}

impl From<Errno> for Stop {
    fn from(e: Errno) -> Self {
        Stop::Errno(e)
    }
}
impl From<mem::NoMemory> for Stop {
    fn from(_: mem::NoMemory) -> Self {
        Stop::Errno(Errno::ENOMEM)
    }
}
impl From<mem::user::Fault> for Stop {
    fn from(_: mem::user::Fault) -> Self {
        Stop::Errno(Errno::EFAULT)
    }
}

/// What a call returns: the value for `a0`.
pub(crate) type CallResult = Result<usize, Stop>;

impl Call<'_> {
    /// Argument `n` as it stands in the register.
    #[inline(always)]
    pub(crate) fn arg(&self, n: usize) -> usize {
        self.frame.arg(n)
    }
    /// Argument `n` as a C `int`.
    #[inline(always)]
    pub(crate) fn int(&self, n: usize) -> i32 {
        self.frame.arg(n) as i32
    }
    /// The rights that the call's row asks of descriptor argument `n`.
    #[inline(always)]
    pub(crate) fn need(&self, n: usize) -> Rights {
        needs::of(self.number, n)
    }
    /// Argument `n` as an `unsigned int`.
    #[inline(always)]
    pub(crate) fn uint(&self, n: usize) -> u32 {
        self.frame.arg(n) as u32
    }
}

/// Runs one call.
pub(crate) type Entry = fn(&Thread, &mut TrapFrame) -> CallResult;

/// Answers a call that does not exist yet. The one place where that happens.
pub(crate) fn stub(_: &Thread, _: &mut TrapFrame) -> CallResult {
    Err(Stop::Errno(Errno::ENOSYS))
}

/// What the World of the caller must have for a row's authority; where the call names what it is about, the names decide.
macro_rules! authority {
    ($c:ident World ($grant:ident)) => {
        crate::world::need($c.me, abi::Authority::World(abi::Grant::$grant))?
    };
    ($c:ident Partly ($grant:ident)) => {};
    ($c:ident Net) => {
        crate::world::need($c.me, abi::Authority::Net)?
    };
    ($c:ident Uts) => {
        crate::world::need($c.me, abi::Authority::Uts)?
    };
    ($c:ident Ipc) => {
        crate::world::need($c.me, abi::Authority::Ipc)?
    };
    ($c:ident Descriptor) => {};
    ($c:ident Own) => {};
    ($c:ident Scope) => {};
    ($c:ident Namespace) => {};
}
pub(crate) use authority;

/// The function of a row of the table of calls.
macro_rules! entry {
    // Who may not make the call is told so, whether it exists or not.
    (stub $number:literal $name:ident World $grant:tt) => { crate::linux::entry! { refused $number $name World $grant } };
    (stub $number:literal $name:ident Ipc) => { crate::linux::entry! { refused $number $name Ipc } };
    (refused $number:literal $name:ident $($authority:tt)*) => {
        pub(super) fn $name(me: &Thread, frame: &mut TrapFrame) -> CallResult {
            let c = &mut Call { me, frame, number: $number };
            authority!(c $($authority)*);
            crate::linux::stub(me, c.frame)
        }
    };
    (stub $number:literal $name:ident $($authority:tt)*) => {
        pub(super) use crate::linux::stub as $name;
    };
    (live $number:literal $name:ident $($authority:tt)*) => {
        pub(super) fn $name(me: &Thread, frame: &mut TrapFrame) -> CallResult {
            let c = &mut Call { me, frame, number: $number };
            authority!(c $($authority)*);
            handlers::$name(c)
        }
    };
}
pub(crate) use entry;

macro_rules! dispatch_table {
    ($(
        $number:literal $name:ident ($($args:tt)*) -> $ret:ident {
            state: $state:ident, authority: $authority:ident $(($grant:ident))?, $($rest:tt)*
        }
    )*) => {
        /// A function for each call: so none of them saves registers for another.
        mod entries {
            use super::{Call, CallResult, Thread, TrapFrame, handlers};
            $(entry! { $state $number $name $authority $(($grant))? })*
        }
        #[allow(clippy::indexing_slicing, reason = "made when compiled: what is out of bounds is an error of the build")]
        static ENTRIES: [Entry; needs::LINUX] = {
            let mut table = [stub as Entry; needs::LINUX];
            $(table[$number] = entries::$name;)*
            table
        };
    };
}
abi::for_each_linux_call! { dispatch_table }

/// What happens at every call; bits, none usually. Set from the command line.
pub(crate) static AT_EVERY_CALL: AtomicU32 = AtomicU32::new(0);
/// `rvos.trace`: it is logged.
pub(crate) const TRACE: u32 = 1;
/// `rvos.test=panic`: the kernel panics, to show how that looks.
pub(crate) const PANIC: u32 = 2;
/// Its beginning and its end go into the hart's trace ring.
pub(crate) const NOTE: u32 = 4;
/// Processes that have a tracer write it there.
pub(crate) const TELL: u32 = 8;

/// Has `what` happen at every call from now on, or no longer.
pub(crate) fn at_every_call_also(what: u32, also: bool) {
    if also {
        AT_EVERY_CALL.fetch_or(what, Ordering::Relaxed);
    } else {
        AT_EVERY_CALL.fetch_and(!what, Ordering::Relaxed);
    }
}

/// A call at which something happens besides: in a function of its own, so that others do not pay for it.
#[cold]
#[inline(never)]
fn seen_call(what: u32, c: &mut Call<'_>) {
    let number = c.number;
    if what & NOTE != 0 {
        events::put(Event::CallBegin, number as u64, c.arg(0) as u64);
    }
    let told = (what & TELL != 0 && c.me.process().tracer.is_there()).then(|| calls::arguments(c));
    if told.is_some() {
        calls::begins(c, number);
    }
    let mut result = run(c);
    if result == Err(Stop::Errno(Errno::ENOMEM)) {
        result = run_again(c);
    }
    if let Some(args) = told {
        calls::ended(c, number, returned(c, &result), args);
    }
    at_every_call(what, c, number, &result);
    finish(c, result);
}

/// In a function of its own, which a backtrace names.
#[inline(never)]
fn at_every_call(what: u32, c: &Call<'_>, number: usize, result: &CallResult) {
    assert!(what & PANIC == 0, "as rvos.test=panic asked for");
    if what & NOTE != 0 {
        events::put(Event::CallEnd, number as u64, returned(c, result) as u64);
    }
    if what & TRACE == 0 {
        return;
    }
    let name = abi::call_name(number).unwrap_or("?");
    let (a, b) = (c.arg(1), c.arg(2));
    crate::klog::info!("{} {name}({number}) ({:#x}, {a:#x}, {b:#x}) = {result:x?}", c.me.tid(), c.frame.orig_a0);
}

/// What the program will see in `a0`, unless a call that was interrupted is made again.
fn returned(c: &Call<'_>, result: &CallResult) -> i64 {
    match result {
        Ok(v) => *v as i64,
        Err(Stop::Errno(e)) => i64::from(e.number()).wrapping_neg(),
        Err(Stop::FrameReplaced) => c.arg(0) as i64,
        Err(Stop::Restart(_)) => i64::from(Errno::EINTR.number()).wrapping_neg(),
    }
}

/// Runs the call that the frame asks for and leaves its result there.
pub(crate) fn dispatch(frame: &mut TrapFrame) {
    crate::task::with_current(|me| {
        let number = frame.call_number();
        let mut c = Call { me, frame, number };
        let what = AT_EVERY_CALL.load(Ordering::Relaxed);
        if what != 0 {
            return seen_call(what, &mut c);
        }
        let mut result = run(&mut c);
        if result == Err(Stop::Errno(Errno::ENOMEM)) {
            result = run_again(&mut c);
        }
        finish(&mut c, result);
    });
}

#[inline(always)]
fn run(c: &mut Call<'_>) -> CallResult {
    if let Some(answer) = crate::native::mutated(c, c.number) {
        return answer;
    }
    let entry = ENTRIES.get(c.number).or_else(|| crate::native::entry_of(c.number));
    match entry {
        Some(entry) => entry(c.me, c.frame),
        None => stub(c.me, c.frame),
    }
}

/// Runs a call again for which there was no memory, as long as there may be some now.
#[cold]
#[inline(never)]
fn run_again(c: &mut Call<'_>) -> CallResult {
    while crate::task::oom::call_may_go_again(c.me) {
        let result = run(c);
        if result != Err(Stop::Errno(Errno::ENOMEM)) {
            return result;
        }
    }
    // What programs of Linux expect; a native call says that a budget is used up.
    Err(if c.number < abi::FIRST_NATIVE_CALL { Errno::ENOMEM } else { Errno::EDQUOT }.into())
}

#[inline(always)]
fn finish(c: &mut Call<'_>, result: CallResult) {
    match result {
        Ok(v) => c.frame.set_arg(0, v),
        Err(Stop::Errno(e)) => c.frame.set_arg(0, (e.number() as usize).wrapping_neg()),
        Err(Stop::FrameReplaced) => {}
        Err(Stop::Restart(kind)) => crate::task::signal::interrupted_call(c.me, c.frame, kind),
    }
}

/// The handlers by the names of their calls.
mod handlers {
    pub(super) use super::adjtimex::{adjtimex, clock_adjtime};
    pub(super) use super::cred::{
        capget, capset, getegid, geteuid, getgid, getgroups, getresgid, getresuid, getuid, personality, setfsgid, setfsuid,
        setgid, setgroups, setregid, setresgid, setresuid, setreuid, setuid,
    };
    pub(super) use super::epoll::{epoll_create1, epoll_ctl, epoll_pwait, epoll_pwait2, eventfd2};
    pub(super) use super::futex::{futex, futex_requeue, futex_wait, futex_waitv, futex_wake, get_robust_list, set_robust_list};
    pub(super) use super::hart::{getcpu, membarrier, riscv_flush_icache, riscv_hwprobe, rseq};
    pub(super) use super::inotify::{inotify_add_watch, inotify_init1, inotify_rm_watch};
    pub(super) use super::ioprio::{ioprio_get, ioprio_set};
    pub(super) use super::limits::{getrlimit, getrusage, prlimit64, setrlimit};
    pub(super) use super::lock::flock;
    pub(super) use super::memlock::{mlock, mlock2, mlockall, munlock, munlockall};
    pub(super) use super::memory::{brk, madvise, mincore, mmap, mprotect, mremap, msync, munmap};
    pub(super) use super::message::{recvmmsg, recvmsg, sendmmsg, sendmsg};
    pub(super) use super::mount::{mount, pivot_root, umount2};
    pub(super) use super::open::{close, close_range, dup, dup3, fcntl, ioctl, memfd_create, openat, openat2, pipe2};
    pub(super) use super::path::{
        chdir, chroot, fchdir, getcwd, linkat, mkdirat, mknodat, readlinkat, renameat2, symlinkat, umask, unlinkat,
    };
    pub(super) use super::pidfd::{kcmp, pidfd_getfd, pidfd_open, pidfd_send_signal};
    pub(super) use super::poll::{ppoll, pselect6};
    pub(super) use super::prctl::prctl;
    pub(super) use super::process::{
        clone, clone3, execve, execveat, exit, exit_group, getpgid, getpid, getppid, getsid, gettid, set_tid_address, setpgid,
        setsid, vhangup, wait4, waitid,
    };
    pub(super) use super::process_vm::{process_vm_readv, process_vm_writev};
    pub(super) use super::rw::{lseek, pread64, preadv, preadv2, pwrite64, pwritev, pwritev2, read, readv, write, writev};
    pub(super) use super::sched::{
        getpriority, sched_get_priority_max, sched_get_priority_min, sched_getaffinity, sched_getattr, sched_getparam,
        sched_getscheduler, sched_rr_get_interval, sched_setaffinity, sched_setattr, sched_setparam, sched_setscheduler,
        sched_yield, setpriority,
    };
    pub(super) use super::signal::{
        kill, rt_sigaction, rt_sigpending, rt_sigprocmask, rt_sigqueueinfo, rt_sigreturn, rt_sigsuspend, rt_sigtimedwait,
        rt_tgsigqueueinfo, sigaltstack, tgkill, tkill,
    };
    pub(super) use super::signalfd::signalfd4;
    pub(super) use super::size::{fadvise64, fallocate, ftruncate, readahead, sync_file_range, truncate};
    pub(super) use super::socket::{
        accept, accept4, bind, connect, getpeername, getsockname, listen, recvfrom, sendto, shutdown, socket, socketpair,
    };
    pub(super) use super::sockopt::{getsockopt, setsockopt};
    pub(super) use super::splice::{copy_file_range, sendfile, splice, tee, vmsplice};
    pub(super) use super::stat::fsync as fdatasync;
    pub(super) use super::stat::fsync as syncfs;
    pub(super) use super::stat::{
        faccessat, faccessat2, fchmod, fchmodat, fchmodat2, fchown, fchownat, fstat, fstatfs, fsync, getdents64, newfstatat,
        statfs, statx, sync, utimensat,
    };
    pub(super) use super::system::{getrandom, reboot, setdomainname, sethostname, sysinfo, syslog, uname};
    pub(super) use super::time::{
        clock_getres, clock_gettime, clock_nanosleep, clock_settime, gettimeofday, nanosleep, restart_syscall, settimeofday,
        times,
    };
    pub(super) use super::timerfd::{timerfd_create, timerfd_gettime, timerfd_settime};
    pub(super) use super::timers::{
        getitimer, setitimer, timer_create, timer_delete, timer_getoverrun, timer_gettime, timer_settime,
    };
    pub(super) use super::unshare::{setns, unshare};
    pub(super) use super::xattr::{
        fgetxattr, flistxattr, fremovexattr, fsetxattr, getxattr, lgetxattr, listxattr, llistxattr, lremovexattr, lsetxattr,
        removexattr, setxattr,
    };
}
