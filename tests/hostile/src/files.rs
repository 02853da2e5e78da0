//! The names and descriptors that the trials' arguments refer to. Each trial finds them as new.

use crate::{System, raw_call};
use abi::{nr, svc_flag};
use std::ffi::CString;
use std::fs;
use std::os::fd::RawFd;
use std::os::unix::fs::PermissionsExt;

/// What a trial can name: a directory with a few files, and a descriptor of each kind.
#[derive(Clone, Debug)]
pub struct World {
    /// The scratch directory's name.
    name: String,
    /// A memory file of one page, read and write.
    pub file: RawFd,
    /// Another one.
    pub other_file: RawFd,
    /// The scratch directory.
    pub dir: RawFd,
    /// `/dev/zero`.
    pub zero: RawFd,
    /// `/dev/null`.
    pub null: RawFd,
    /// A pipe with some bytes in it.
    pub pipe_read: RawFd,
    /// Its other end.
    pub pipe_write: RawFd,
    /// An epoll set, or -1.
    pub epoll: RawFd,
    /// An O_PATH descriptor.
    pub path: RawFd,
    /// A read end without a writer.
    pub ended_read: RawFd,
    /// A write end without a reader.
    pub ended_write: RawFd,
    /// The ends of a channel, or -1.
    pub channel: [RawFd; 2],
    /// A budget below this process's own, or -1.
    pub budget: RawFd,
    /// A directory of services, or -1.
    pub services: RawFd,
    /// The listen queue of `SERVICE` there, or -1.
    pub queue: RawFd,
    /// The client's end of the connection that waits in that queue.
    client: RawFd,
    /// A POSIX timer's id, or -1.
    pub timer: i32,
}

/// A name that exists: a regular file of ten bytes.
pub(crate) const FILE: &str = "hostile-file";
/// A name that exists: a symbolic link to `FILE`.
pub(crate) const LINK: &str = "hostile-link";
/// A name that exists: an empty directory.
pub(crate) const DIRECTORY: &str = "hostile-dir";
/// An executable that no kernel can run: execve(2) reads its arguments and then refuses it.
pub(crate) const PROGRAM: &str = "hostile-program";
/// The name of a service that is bound and does not accept.
pub(crate) const SERVICE: &str = "hostile-service";
/// Where it is bound.
const SERVICES: &str = "/svc";
/// A name that does not exist.
pub(crate) const ABSENT: &str = "hostile-new";

impl World {
    /// Makes a scratch directory, enters it and opens everything.
    ///
    /// # Panics
    /// When the test's own preparation fails.
    #[must_use]
    pub fn new() -> World {
        World::at(&format!("/tmp/hostile-{}", std::process::id()))
    }

    /// The same with a scratch directory of this name.
    ///
    /// # Panics
    /// As [`World::new`].
    #[must_use]
    pub fn at(name: &str) -> World {
        fs::create_dir_all(name).expect("scratch directory");
        std::env::set_current_dir(name).expect("chdir");
        let path = CString::new(".").expect("no NUL");
        // SAFETY: plain calls with valid arguments; the descriptors live as long as the process.
        unsafe {
            libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            let (pipe_read, pipe_write) = pipe();
            let (ended_read, gone) = pipe();
            libc::close(gone);
            let (gone, ended_write) = pipe();
            libc::close(gone);
            let mut timer = [-1i32; 2];
            if libc::syscall(libc::SYS_timer_create, libc::CLOCK_MONOTONIC, std::ptr::null::<u8>(), timer.as_mut_ptr()) != 0 {
                timer[0] = -1;
            }
            let services = native(|| open(SERVICES, libc::O_RDONLY | libc::O_DIRECTORY));
            let groups = [42u32];
            libc::syscall(libc::SYS_setgroups, 1, groups.as_ptr());
            World {
                name: name.to_owned(),
                file: memory_file(),
                other_file: memory_file(),
                dir: libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_DIRECTORY),
                zero: open("/dev/zero", libc::O_RDWR),
                null: open("/dev/null", libc::O_RDWR),
                pipe_read,
                pipe_write,
                epoll: libc::epoll_create1(0),
                path: libc::open(path.as_ptr(), libc::O_PATH),
                ended_read,
                ended_write,
                channel: channel(),
                budget: native(|| make(nr::budget_create, &[usize::MAX, 0, 0, 0, 0, 0])),
                services,
                queue: native(|| make(nr::svc_bind, &[number(services), c"hostile-service".as_ptr() as usize, 0, 0, 0, 0])),
                client: native(|| open("/dev/null", libc::O_RDWR)),
                timer: timer[0],
            }
        }
    }

    /// Puts the names, the offsets and the pipe's contents back.
    pub fn reset(&self) {
        let _ = fs::remove_file(ABSENT);
        let _ = fs::remove_dir(ABSENT);
        let _ = fs::create_dir(DIRECTORY);
        let _ = fs::write(FILE, "0123456789");
        if fs::metadata(PROGRAM).is_err() {
            let _ = fs::write(PROGRAM, "not a program");
            let _ = fs::set_permissions(PROGRAM, fs::Permissions::from_mode(0o755));
        }
        if fs::symlink_metadata(LINK).is_err() {
            let _ = std::os::unix::fs::symlink(FILE, LINK);
        }
        // SAFETY: descriptors of our own; the pipe never holds more than a few bytes, so nothing blocks.
        unsafe {
            for fd in [self.file, self.other_file, self.dir] {
                libc::lseek(fd, 0, libc::SEEK_SET);
            }
            libc::epoll_ctl(self.epoll, libc::EPOLL_CTL_DEL, self.pipe_read, std::ptr::null_mut());
            if self.channel[0] >= 0 {
                // Empty messages: one waits, with room for more.
                let (mut poll, one) = (libc::pollfd { fd: self.channel[1], events: libc::POLLIN, revents: 0 }, [0u8; 1]);
                while libc::poll(&raw mut poll, 1, 0) == 1 {
                    libc::read(self.channel[1], one.as_ptr().cast_mut().cast(), 1);
                }
                libc::write(self.channel[0], one.as_ptr().cast(), 0);
                libc::write(self.channel[1], one.as_ptr().cast(), 0);
                poll.fd = self.channel[0];
                libc::poll(&raw mut poll, 1, 0);
                libc::read(self.channel[0], one.as_ptr().cast_mut().cast(), 1);
            }
            self.connect();
            let mut queued = 0i32;
            libc::ioctl(self.pipe_read, libc::FIONREAD, &raw mut queued);
            if queued < 256 {
                libc::write(self.pipe_write, [b'p'; 512].as_ptr().cast(), 512);
            } else if queued > 16384 {
                let mut sink = vec![0u8; 16384];
                libc::read(self.pipe_read, sink.as_mut_ptr().cast(), sink.len());
            }
        }
    }

    /// One connection waits in the listen queue, and the free name of a service is free.
    fn connect(&self) {
        if self.queue < 0 {
            return;
        }
        let _ = fs::remove_file(format!("{SERVICES}/{ABSENT}"));
        let terms = abi::SvcConnect { flags: svc_flag::NONBLOCK, ..Default::default() };
        let accept = [number(self.queue), 0, 0, svc_flag::NONBLOCK as usize, 0, 0];
        let name = c"hostile-service".as_ptr() as usize;
        let connect = [number(self.services), name, &raw const terms as usize, size_of_val(&terms), 0, 0];
        // SAFETY: closes only what these calls have made.
        unsafe {
            loop {
                let end = make(nr::svc_accept, &accept);
                if end < 0 {
                    break;
                }
                libc::close(end);
            }
            let end = make(nr::svc_connect, &connect);
            libc::dup2(end, self.client);
            libc::close(end);
        }
    }

    /// The lowest free descriptor number: the same before and after a call that failed.
    #[must_use]
    pub fn next_free(&self) -> RawFd {
        // SAFETY: duplicates and closes a descriptor of our own.
        unsafe {
            let fd = libc::fcntl(self.null, libc::F_DUPFD, 0);
            libc::close(fd);
            fd
        }
    }

    /// Leaves and removes the scratch directory.
    pub fn remove(&self) {
        let _ = std::env::set_current_dir("/");
        World::remove_names(&self.name);
    }

    /// Removes the scratch directory of this name, and the names of services, of a world whose process is gone.
    pub fn remove_names(name: &str) {
        let _ = fs::remove_dir_all(name);
        for service in [SERVICE, ABSENT] {
            let _ = fs::remove_file(format!("{SERVICES}/{service}"));
        }
    }
}

impl Default for World {
    fn default() -> Self {
        World::new()
    }
}

fn open(path: &str, flags: i32) -> RawFd {
    let path = CString::new(path).expect("no NUL");
    // SAFETY: a valid string.
    unsafe { libc::open(path.as_ptr(), flags) }
}

fn pipe() -> (RawFd, RawFd) {
    let mut ends = [-1; 2];
    // SAFETY: room for two descriptors.
    unsafe { libc::pipe2(ends.as_mut_ptr(), 0) };
    (ends[0], ends[1])
}

/// What native calls make, where there are such calls; else -1.
fn native(make: impl FnOnce() -> RawFd) -> RawFd {
    if System::current() == System::Rvos { make() } else { -1 }
}

/// The descriptor that a call returns, or -1.
fn make(number: usize, args: &[usize; 6]) -> RawFd {
    RawFd::try_from(raw_call(number, args)).map_or(-1, |fd| fd.max(-1))
}

/// A descriptor as an argument.
fn number(fd: RawFd) -> usize {
    fd as isize as usize
}

/// A channel's ends, where there are channels.
fn channel() -> [RawFd; 2] {
    let mut ends = [-1; 2];
    native(|| make(nr::chan_create, &[ends.as_mut_ptr() as usize, 0, 0, 0, 0, 0]));
    ends
}

fn memory_file() -> RawFd {
    // SAFETY: a valid name, and a page of our own that is written.
    unsafe {
        let fd = libc::memfd_create(c"hostile".as_ptr(), 0);
        libc::write(fd, [b'f'; 4096].as_ptr().cast(), 4096);
        fd
    }
}
