//! How a program takes all of a resource: each function goes on until it is refused, and lets go of everything.

use abi::{ChanCreate, Errno, chan_flag};
use ktest::process::errno;
use libc::{EAGAIN, EDQUOT, EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC};
use rt::{Args, Terms};
use std::ffi::CString;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::ptr;

/// How taking came to its end, other than by being killed.
pub(crate) enum Ended {
    /// With this error.
    Refused(i32),
}

/// One row of the matrix.
pub(crate) struct Taker {
    pub(crate) name: &'static str,
    pub(crate) take: fn() -> Ended,
    /// The errors that a program expects there.
    pub(crate) errors: &'static [i32],
}

macro_rules! takers {
    ($($name:ident: $($error:ident)*;)*) => {
        /// The rows.
        pub(crate) const TAKERS: &[Taker] = &[$(Taker { name: stringify!($name), take: $name, errors: &[$($error),*] }),*];
    };
}
takers! {
    memory: ENOMEM;
    page_tables: ENOMEM;
    descriptors: EMFILE ENOMEM;
    channels: EDQUOT EMFILE ENOMEM;
    messages: EDQUOT;
    bytes_in_flight: EDQUOT;
    processes: EAGAIN ENOMEM;
    threads: EAGAIN ENOMEM;
    mappings: ENOMEM;
    timers: EAGAIN ENOMEM;
    tmpfs_bytes: ENOSPC ENOMEM EDQUOT;
    tmpfs_inodes: ENOSPC ENOMEM EDQUOT;
    pipes: EMFILE ENFILE ENOMEM EAGAIN;
    sockets: EMFILE ENFILE ENOMEM ENOBUFS;
    epoll_interests: ENOSPC ENOMEM EMFILE;
    eventfds: EMFILE ENFILE ENOMEM;
    names: ENOSPC ENOMEM EDQUOT;
    futex_waiters: EAGAIN ENOMEM;
    pending_signals: EAGAIN ENOMEM;
    connections: EAGAIN EDQUOT EMFILE ENOMEM;
}

/// What the budget does not stop, no limit of the process's own shall.
pub(crate) fn raise_own_limits() {
    for what in [libc::RLIMIT_NOFILE, libc::RLIMIT_NPROC, libc::RLIMIT_SIGPENDING, libc::RLIMIT_AS] {
        let limit = libc::rlimit { rlim_cur: 1 << 20, rlim_max: 1 << 20 };
        let limit = if what == libc::RLIMIT_AS { libc::rlimit { rlim_cur: u64::MAX, rlim_max: u64::MAX } } else { limit };
        // SAFETY: the kernel reads one struct.
        unsafe { libc::setrlimit(what, &raw const limit) };
    }
}

/// A call's result as a descriptor.
fn owned(fd: i32) -> Result<OwnedFd, i32> {
    // SAFETY: a new descriptor, which nobody else owns.
    if fd < 0 { Err(errno()) } else { Ok(unsafe { OwnedFd::from_raw_fd(fd) }) }
}

/// Takes until there is an error.
fn until_refused<T>(mut one: impl FnMut() -> Result<T, i32>) -> (Vec<T>, i32) {
    let mut all = Vec::new();
    loop {
        match one() {
            Ok(more) => all.push(more),
            Err(error) => return (all, error),
        }
    }
}

fn map(len: usize, protection: i32) -> Result<*mut u8, i32> {
    let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: new memory.
    let at = unsafe { libc::mmap(ptr::null_mut(), len, protection, kind, -1, 0) };
    if at == libc::MAP_FAILED { Err(errno()) } else { Ok(at.cast()) }
}

/// Touches one byte in each `step` of `count` steps.
fn touch(step: usize, count: usize) -> Ended {
    let at = match map(step * count, libc::PROT_READ | libc::PROT_WRITE) {
        Ok(at) => at,
        Err(error) => return Ended::Refused(error),
    };
    for i in 0..count {
        // SAFETY: inside the mapping, which nobody else knows.
        unsafe { at.add(i * step).write_volatile(1) };
    }
    // SAFETY: as above.
    unsafe { libc::munmap(at.cast(), step * count) };
    Ended::Refused(ENOMEM)
}

fn memory() -> Ended {
    touch(4096, 20_000)
}

fn page_tables() -> Ended {
    touch(2 << 20, 20_000)
}

fn descriptors() -> Ended {
    let first = File::open("/dev/null").expect("/dev/null");
    // SAFETY: makes a descriptor.
    Ended::Refused(until_refused(|| owned(unsafe { libc::dup(first.as_raw_fd()) })).1)
}

fn channel() -> Result<Vec<OwnedFd>, i32> {
    Ok(rt::create(&ChanCreate::default()).map_err(number)?.take().collect())
}

fn number(error: Errno) -> i32 {
    i32::from(error.number())
}

fn channels() -> Ended {
    Ended::Refused(until_refused(channel).1)
}

fn messages() -> Ended {
    Ended::Refused(full_channels(&[7]))
}

fn bytes_in_flight() -> Ended {
    Ended::Refused(full_channels(&vec![7; 60_000]))
}

/// Fills one channel after the other.
fn full_channels(message: &[u8]) -> i32 {
    let terms = Terms { deadline_ns: 0, flags: chan_flag::NONBLOCK };
    let full = || {
        let ends = channel()?;
        let send = || rt::by_descriptor(ends[0].as_fd(), &mut Args::send(message, &[], terms)).map_err(number);
        let (_, error) = until_refused(send);
        // A full channel is followed by the next; it is another end that is looked for.
        if error == EAGAIN { Ok(ends) } else { Err(error) }
    };
    until_refused(full).1
}

/// A child that does nothing, for as long as its parent has it.
struct Child(i32);

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: a child that has not been waited for.
        unsafe { libc::kill(self.0, libc::SIGKILL) };
        let _ = ktest::process::wait(self.0);
    }
}

fn processes() -> Ended {
    let idle = || {
        // SAFETY: sets one attribute of the process: it goes with its parent.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        loop {
            // SAFETY: waits.
            unsafe { libc::pause() };
        }
    };
    let one = || ktest::process::try_start(idle).map(Child).map_err(|e| e.raw_os_error().unwrap_or(0));
    Ended::Refused(until_refused(one).1)
}

fn threads() -> Ended {
    parked_threads(|gate| drop(gate.lock()))
}

fn futex_waiters() -> Ended {
    // Each waits at many words at once.
    parked_threads(|gate| {
        let words = [0_u32; 100];
        let waits = words.each_ref().map(|word| [0_u64, ptr::from_ref(word).expose_provenance() as u64, 2 | 128]);
        let soon = libc::timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        // SAFETY: futex_waitv reads the array.
        unsafe { libc::syscall(449, waits.as_ptr(), waits.len(), 0, &raw const soon, libc::CLOCK_MONOTONIC) };
        drop(gate.lock());
    })
}

fn parked_threads(body: fn(&std::sync::Mutex<()>)) -> Ended {
    let gate = std::sync::Mutex::new(());
    let closed = gate.lock();
    std::thread::scope(|scope| {
        let builder = || std::thread::Builder::new().stack_size(16 << 10);
        let spawn = || builder().spawn_scoped(scope, || body(&gate)).map_err(|e| e.raw_os_error().unwrap_or(0));
        let (_, error) = until_refused(spawn);
        drop(closed);
        Ended::Refused(error)
    })
}

fn mappings() -> Ended {
    // Neighbours with other rights, so that they do not become one.
    let mut rights = [libc::PROT_NONE, libc::PROT_READ].into_iter().cycle();
    let (all, error) = until_refused(|| map(4096, rights.next().unwrap_or(0)));
    for at in all {
        // SAFETY: mapped above, once.
        unsafe { libc::munmap(at.cast(), 4096) };
    }
    Ended::Refused(error)
}

fn timers() -> Ended {
    let (all, error) = until_refused(|| {
        let mut timer = ptr::null_mut();
        // SAFETY: the kernel writes one number.
        let result = unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, ptr::null_mut(), &raw mut timer) };
        if result == 0 { Ok(timer) } else { Err(errno()) }
    });
    for timer in all {
        // SAFETY: made above, deleted once.
        unsafe { libc::timer_delete(timer) };
    }
    Ended::Refused(error)
}

/// Where files are made, in memory.
const PLACE: &str = "/tmp/exhaustion";

/// A name of this process's own there.
fn place(what: &str) -> String {
    let _ = fs::create_dir(PLACE);
    format!("{PLACE}/{what}.{}", std::process::id())
}

/// How the names of services begin.
const HOARD: &str = "hoard.";

/// Removes what those who were killed left behind.
pub(crate) fn remove_files() -> std::io::Result<()> {
    for service in fs::read_dir("/svc")? {
        let service = service?;
        if service.file_name().to_string_lossy().starts_with(HOARD) {
            fs::remove_file(service.path())?;
        }
    }
    match fs::remove_dir_all(PLACE) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn tmpfs_bytes() -> Ended {
    let path = place("bytes");
    let block = vec![1; 64 << 10];
    let result = File::create(&path).and_then(|mut file| {
        let _ = fs::remove_file(&path);
        loop {
            file.write_all(&block)?;
        }
    });
    let result: Result<(), std::io::Error> = result;
    Ended::Refused(result.err().and_then(|e| e.raw_os_error()).unwrap_or(0))
}

fn tmpfs_inodes() -> Ended {
    in_directory("inodes", |dir, n| File::create(format!("{dir}/{n}")).map(drop))
}

fn names() -> Ended {
    let long = "n".repeat(240);
    in_directory("names", |dir, n| {
        if n == 0 {
            return File::create(format!("{dir}/first")).map(drop);
        }
        fs::hard_link(format!("{dir}/first"), format!("{dir}/{long}{n}"))
    })
}

fn in_directory(what: &str, mut add: impl FnMut(&str, u32) -> std::io::Result<()>) -> Ended {
    let dir = place(what);
    // What is left of the last round is there still when there was no memory for listing it.
    let _ = fs::remove_dir_all(&dir);
    match fs::create_dir(&dir) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Ended::Refused(e.raw_os_error().unwrap_or(0)),
        _ => {}
    }
    let mut numbers = 0..;
    let number = |e: std::io::Error| e.raw_os_error().unwrap_or(0);
    let (_, error) = until_refused(|| add(&dir, numbers.next().unwrap_or(0)).map_err(number));
    let _ = fs::remove_dir_all(&dir);
    Ended::Refused(error)
}

fn pipes() -> Ended {
    let bytes = [0; 65536];
    let full = || {
        let mut ends = [0; 2];
        // SAFETY: the kernel writes two numbers.
        if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_NONBLOCK | libc::O_CLOEXEC) } != 0 {
            return Err(errno());
        }
        let ends = [owned(ends[0])?, owned(ends[1])?];
        // SAFETY: the kernel reads the bytes.
        if unsafe { libc::write(ends[1].as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) } < 0 {
            return Err(errno());
        }
        Ok(ends)
    };
    Ended::Refused(until_refused(full).1)
}

fn sockets() -> Ended {
    let bytes = [0; 60_000];
    let full = || {
        let mut ends = [0; 2];
        let kind = libc::SOCK_DGRAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // SAFETY: the kernel writes two numbers.
        if unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) } != 0 {
            return Err(errno());
        }
        let ends = [owned(ends[0])?, owned(ends[1])?];
        // SAFETY: the kernel reads the bytes.
        let send = || match unsafe { libc::send(ends[1].as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL) } {
            ..0 => Err(errno()),
            _ => Ok(()),
        };
        let (_, error) = until_refused(send);
        if error == EAGAIN { Ok(ends) } else { Err(error) }
    };
    Ended::Refused(until_refused(full).1)
}

fn epoll_interests() -> Ended {
    // SAFETY: makes a descriptor.
    let object = match owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) }) {
        Ok(object) => object,
        Err(error) => return Ended::Refused(error),
    };
    let set = || {
        // SAFETY: makes a descriptor.
        let set = owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: 0 };
        // SAFETY: the kernel reads one struct.
        let added = unsafe { libc::epoll_ctl(set.as_raw_fd(), libc::EPOLL_CTL_ADD, object.as_raw_fd(), &raw mut event) };
        if added == 0 { Ok(set) } else { Err(errno()) }
    };
    Ended::Refused(until_refused(set).1)
}

fn eventfds() -> Ended {
    // SAFETY: makes a descriptor.
    Ended::Refused(until_refused(|| owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) })).1)
}

fn connections() -> Ended {
    let name = format!("{HOARD}{}", std::process::id());
    let how = rvos::Bind { connections: 256, ..Default::default() };
    let listener = match rvos::Listener::bind(Path::new("/svc"), &name, &how) {
        Ok(listener) => listener,
        Err(error) => return Ended::Refused(error.raw_os_error().unwrap_or(0)),
    };
    let here = File::open("/svc").expect("/svc");
    let name = CString::new(name).unwrap_or_default();
    let connect = || {
        let terms = abi::SvcConnect { flags: abi::svc_flag::NONBLOCK, ..Default::default() };
        rt::by_name(here.as_fd(), &name, &mut Args::from(terms)).map_err(number)
    };
    let (ends, error) = until_refused(connect);
    drop(listener);
    drop(ends);
    let _ = fs::remove_file(Path::new("/svc").join(name.to_string_lossy().as_ref()));
    Ended::Refused(error)
}

fn pending_signals() -> Ended {
    let signal = libc::SIGRTMIN();
    // SAFETY: zeros are a set, and the kernel reads and writes sets.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigaddset(&raw mut set, signal);
        libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut());
        let value = libc::sigval { sival_ptr: ptr::null_mut() };
        let (_, error) = until_refused(|| if libc::sigqueue(libc::getpid(), signal, value) == 0 { Ok(()) } else { Err(errno()) });
        let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        while libc::sigtimedwait(&raw const set, ptr::null_mut(), &raw const now) > 0 {}
        Ended::Refused(error)
    }
}
