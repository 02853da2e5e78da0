//! Open files: what an open description does, and the description itself.

use super::buffer::Buffer;
use super::epoll::Watched;
use super::inode::{NAMELESS_DEV, PIPE_DEV, SOCKET_DEV};
use super::locks::Owner;
use super::mount::Location;
use super::notify;
use crate::census::{Counted, Kind};
use crate::linux::Stop;
use crate::mm::object::PageSource;
use crate::object::inflight;
use crate::see::On;
use crate::task::Thread;
use crate::task::wait::Watch;
use abi::{Errno, Rights};
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use logic_lastclose::{Close, Handles};
use logic_waits::Events;
use mem::{NoMemory, Ref};
use sync::{SpinLock, levels};

/// Access mode of open(2): the mask, and its values.
pub(crate) const O_ACCMODE: u32 = 3;
/// Write only.
pub(crate) const O_WRONLY: u32 = 1;
/// Read and write.
pub(crate) const O_RDWR: u32 = 2;
/// Create if missing.
pub(crate) const O_CREAT: u32 = 0o100;
/// Fail if it exists.
pub(crate) const O_EXCL: u32 = 0o200;
/// Do not make it the controlling terminal.
pub(crate) const O_NOCTTY: u32 = 0o400;
/// Cut to nothing.
pub(crate) const O_TRUNC: u32 = 0o1000;
/// Writes go to the end.
pub(crate) const O_APPEND: u32 = 0o2000;
/// Do not wait.
pub(crate) const O_NONBLOCK: u32 = 0o4000;
/// Must be a directory.
pub(crate) const O_DIRECTORY: u32 = 0o200_000;
/// Do not follow a link at the end.
pub(crate) const O_NOFOLLOW: u32 = 0o400_000;
/// Leave the access time.
pub(crate) const O_NOATIME: u32 = 0o1_000_000;
/// Close on exec.
pub(crate) const O_CLOEXEC: u32 = 0o2_000_000;
/// Only a name, no access.
pub(crate) const O_PATH: u32 = 0o10_000_000;
/// A file without a name.
pub(crate) const O_TMPFILE: u32 = 0o20_000_000 | O_DIRECTORY;

/// What a read or write is about besides the data.
pub(crate) struct Io<'a> {
    /// The open description.
    pub(crate) of: &'a OpenFile,
    /// The caller.
    pub(crate) me: &'a Thread,
    /// Position of pread(2) and its family; `None`: the description's own.
    pub(crate) at: Option<u64>,
    /// Whether it must not wait.
    pub(crate) nonblock: bool,
    /// Whether a write goes to the end.
    pub(crate) append: bool,
}

/// What an open file does. Everything has a default: the error that such files give on Linux.
pub(crate) trait File: Send + Sync {
    /// Reads into the buffer.
    #[inline]
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        let _ = (io, to);
        Err(Errno::EINVAL.into())
    }
    /// Writes from the buffer.
    #[inline]
    fn write(&self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        let _ = (io, from);
        Err(Errno::EINVAL.into())
    }
    /// What could be done now without waiting.
    fn poll(&self, of: &OpenFile) -> Events {
        let _ = of;
        Events::IN | Events::OUT | Events::RDNORM | Events::WRNORM
    }
    /// Where to wait for changes of [`File::poll`]; `None` when it never changes.
    fn watch(&self) -> Option<&dyn Watch> {
        None
    }
    /// What can be news here, of what happens at the object of [`File::watch`].
    fn news(&self) -> Events {
        Events::all()
    }
    /// Moves the position (lseek(2)).
    fn seek(&self, of: &OpenFile, offset: i64, whence: u32) -> Result<u64, Errno> {
        let _ = (of, offset, whence);
        Err(Errno::ESPIPE)
    }
    /// Device control (ioctl(2)).
    fn ioctl(&self, io: &Io<'_>, request: u32, arg: usize) -> Result<usize, Stop> {
        let _ = (io, request, arg);
        Err(Errno::ENOTTY.into())
    }
    /// The object that mmap(2) maps.
    fn mappable(&self) -> Result<Mappable, Errno> {
        Err(Errno::ENODEV)
    }
    /// The last descriptor of a description of this file goes.
    fn last_close(&self, of: &OpenFile) {
        let _ = of;
    }
    /// Whether pread(2) and pwrite(2) are possible.
    fn seekable(&self) -> bool {
        false
    }
    /// The pipe behind it, for the calls that only pipes have.
    fn as_pipe(&self) -> Option<&Ref<super::pipe::Pipe>> {
        None
    }
    /// Whether somebody who holds this description can end such a wait.
    fn ends_wait(&self, of: &OpenFile, on: On) -> bool {
        let _ = (of, on);
        false
    }
    /// Name for `/proc/PID/fd/N` when it has no place in the tree, such as `pipe:[7]`.
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = out.write_str("anon_inode:[file]");
    }
    /// Lines of `/proc/PID/fdinfo/N` beyond those that every descriptor has (proc_pid_fdinfo(5)).
    fn fdinfo(&self, of: &OpenFile, out: &mut dyn core::fmt::Write) -> core::fmt::Result {
        let _ = (of, out);
        Ok(())
    }
    /// What it is to the calls that one kind of file has for itself.
    fn special(&self) -> Special<'_> {
        Special::None
    }
    /// The set behind it, for epoll_ctl(2) and epoll_wait(2).
    fn as_epoll(&self) -> Option<&Ref<super::epoll::EpollSet>> {
        None
    }
    /// The budget that it is.
    fn as_budget(&self) -> Option<&crate::budget::BudgetFile> {
        None
    }
    /// The end of a channel behind it.
    fn as_channel(&self) -> Option<crate::object::channel::ChannelEnd<'_>> {
        None
    }
    /// The socket behind it.
    fn as_socket(&self) -> Option<&Ref<crate::net::unix::Socket>> {
        None
    }
    /// What descriptors may wait in.
    fn carrier(&self) -> Option<&dyn inflight::Carrier> {
        None
    }
}

/// A file whose kind has calls of its own.
pub(crate) enum Special<'a> {
    /// Of no such kind.
    None,
    /// A timer (timerfd_settime(2)).
    Timer(&'a crate::events::timerfd::TimerFd),
    /// A process or thread (pidfd_open(2)).
    Process(&'a Ref<crate::events::pidfd::Life>),
    /// What watches files (inotify_init(2)).
    Inotify(&'a crate::events::inotify::Inotify),
    /// Signals (signalfd(2)).
    Signals(&'a crate::events::signalfd::SignalFd),
    /// A namespace (setns(2)).
    Namespace(&'a crate::world::names::Entered),
    /// A terminal (ioctl_tty(2), TIOCGPTPEER).
    Terminal(&'a crate::tty::TtyFile),
    /// A service's listen queue (svc_bind).
    Listen(&'a super::service::Listen),
}

/// What a mapping of a file shows.
pub(crate) enum Mappable {
    /// The pages of an object.
    Object(Ref<dyn PageSource>),
    /// Fresh zeros (/dev/zero).
    Zeros,
}

/// An open file description (open(2)).
pub(crate) struct OpenFile {
    _counted: Counted<{ Kind::OpenFiles as usize }>,
    /// What it does.
    pub(crate) file: Ref<dyn File>,
    /// Where it was opened; `None` for pipes and their like.
    pub(crate) location: Option<Location>,
    /// O_* flags.
    flags: AtomicU32,
    /// The position.
    pub(crate) position: AtomicU64,
    /// Descriptors: slots, in flight.
    handles: Handles,
    /// Where it is on the way to its end, and the next one that waits its turn (`fs::release`).
    pub(super) release: AtomicU32,
    pub(super) next: SpinLock<Option<Ref<OpenFile>>, levels::ReleaseList>,
    /// Whom F_SETOWN named: the kind (F_SETOWN_EX), and the number in the outermost scope.
    pub(crate) owner: AtomicU64,
    /// Identity for locks.
    pub(crate) id: u64,
    /// Whether it has ever held a lock of its own: then the last close looks for it.
    locked: AtomicBool,
    /// Whether descriptors may wait in it ([`File::carrier`]).
    carrier: bool,
    /// The interests of epoll sets in it.
    pub(crate) watched: Watched,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl OpenFile {
    /// A description, with its first descriptor.
    pub(crate) fn open(file: Ref<dyn File>, location: Option<Location>, flags: u32) -> Result<Descriptor, NoMemory> {
        Self::open_here(file, location, flags)
    }
    /// The same inside the caller, for a short path.
    #[inline(always)]
    pub(crate) fn open_here(file: Ref<dyn File>, location: Option<Location>, flags: u32) -> Result<Descriptor, NoMemory> {
        let of = Ref::try_new_with(|| OpenFile {
            _counted: Counted::new(),
            carrier: file.carrier().is_some(),
            file,
            location,
            flags: AtomicU32::new(flags),
            position: AtomicU64::new(0),
            handles: Handles::new(),
            release: AtomicU32::new(0),
            next: SpinLock::new(None),
            owner: AtomicU64::new(0),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            locked: AtomicBool::new(false),
            watched: Watched::new(),
        })?;
        if flags & O_PATH == 0 {
            notify::open_file(&of, notify::OPEN);
        }
        Ok(Descriptor { _counted: Counted::new(), of })
    }
    /// Whether a descriptor of it was left a moment ago.
    pub(crate) fn is_open(&self) -> bool {
        self.handles.is_open()
    }
    /// Whether descriptors may wait in it.
    #[inline(always)]
    pub(crate) const fn is_carrier(&self) -> bool {
        self.carrier
    }
    /// O_* flags.
    #[inline]
    pub(crate) fn flags(&self) -> u32 {
        self.flags.load(Ordering::Relaxed)
    }
    /// Changes the flags that fcntl(2) F_SETFL may change.
    pub(crate) fn set_flags(&self, flags: u32, mask: u32) {
        let _ = self.flags.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |f| Some(f & !mask | flags & mask));
    }
    /// What it was not opened for, of reading and writing.
    #[inline]
    pub(crate) fn closed_to(&self) -> Rights {
        let flags = self.flags();
        match flags & O_ACCMODE {
            _ if flags & O_PATH != 0 => Rights::READ | Rights::WRITE,
            O_RDWR => Rights::NONE,
            O_WRONLY => Rights::READ,
            0 => Rights::WRITE,
            _ => Rights::READ | Rights::WRITE,
        }
    }
    /// Whether reading is possible.
    pub(crate) fn readable(&self) -> bool {
        self.flags() & O_WRONLY == 0 && self.flags() & O_PATH == 0
    }
    /// Whether writing is possible.
    pub(crate) fn writable(&self) -> bool {
        matches!(self.flags() & O_ACCMODE, O_WRONLY | O_RDWR) && self.flags() & O_PATH == 0
    }
    /// Whether I/O must not wait.
    pub(crate) fn nonblock(&self) -> bool {
        self.flags() & O_NONBLOCK != 0
    }
    /// Reads; the caller has checked that reading is allowed.
    #[inline]
    pub(crate) fn read(&self, me: &Thread, at: Option<u64>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        self.file.read(&self.io(me, at), to).inspect(|n| self.was_read(*n))
    }
    /// Writes; the caller has checked that writing is allowed.
    #[inline]
    pub(crate) fn write(&self, me: &Thread, at: Option<u64>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        self.file.write(&self.io(me, at), from).inspect(|n| self.was_written(*n))
    }
    /// Its last descriptor is gone.
    #[inline(always)]
    fn was_closed(&self) {
        let mask = if self.writable() { notify::CLOSE_WRITE } else { notify::CLOSE_NOWRITE };
        if self.flags() & O_PATH == 0 {
            notify::open_file(self, mask);
        }
    }
    /// So many bytes were read from it: those who watch it hear of that.
    #[inline(always)]
    pub(crate) fn was_read(&self, bytes: usize) {
        if bytes != 0 {
            notify::open_file(self, notify::ACCESS);
        }
    }
    /// So many bytes were written to it.
    #[inline(always)]
    pub(crate) fn was_written(&self, bytes: usize) {
        if bytes != 0 {
            notify::open_file(self, notify::MODIFY);
        }
    }
    /// What its flags say about a transfer.
    #[inline]
    pub(crate) fn io<'a>(&'a self, me: &'a Thread, at: Option<u64>) -> Io<'a> {
        let flags = self.flags();
        Io { of: self, me, at, nonblock: flags & O_NONBLOCK != 0, append: flags & O_APPEND != 0 }
    }
    /// Its descriptors: slots, in flight, in use by a call.
    pub(crate) fn holders(&self) -> u32 {
        self.handles.count()
    }
    /// What could be done now.
    pub(crate) fn poll(&self) -> Events {
        self.file.poll(self)
    }
    /// The owner of the locks that belong to this description, which may hold some from now on.
    pub(crate) fn lock_owner(&self) -> Owner {
        self.locked.store(true, Ordering::Relaxed);
        Owner::Description(self.id)
    }
    /// Whether it is this owner of locks.
    pub(crate) fn owns(&self, owner: Owner) -> bool {
        owner == Owner::Description(self.id)
    }
    /// Ends its use: the last descriptor is gone.
    #[inline]
    pub(super) fn end(&self) {
        if self.release.fetch_or(super::release::ENDED, Ordering::AcqRel) & super::release::ENDED != 0 {
            return;
        }
        self.watched.end(self);
        if self.locked.load(Ordering::Relaxed)
            && let Some(inode) = self.inode()
        {
            inode.locks.release(Owner::Description(self.id));
        }
        self.file.last_close(self);
        self.was_closed();
    }
    /// Device and number of the file, as stat(2) shows them: pipes and sockets have numbers of their own kind, and what is of no
    /// kind has that of the description.
    pub(crate) fn identity(&self) -> (u64, u64) {
        match (self.inode(), self.file.as_pipe(), self.file.as_socket()) {
            (Some(inode), ..) => (inode.fs.dev, inode.ino),
            (_, Some(pipe), _) => (PIPE_DEV, pipe.id),
            (.., Some(socket)) => (SOCKET_DEV, socket.id),
            _ => (NAMELESS_DEV, self.id),
        }
    }
    /// The inode, if it has a place.
    pub(crate) fn inode(&self) -> Option<&Ref<super::inode::Inode>> {
        self.location.as_ref().map(Location::inode)
    }
    /// Takes `len` bytes of the position, as far as `end` says there are any; gives the start and the count.
    pub(crate) fn claim(&self, len: u64, end: u64) -> (u64, u64) {
        let mut n = 0;
        let before = self.position.fetch_update(Ordering::AcqRel, Ordering::Acquire, |p| {
            n = len.min(end.saturating_sub(p));
            Some(p.saturating_add(n))
        });
        (before.unwrap_or(0), n)
    }
    /// Gives back what a claim did not use, unless somebody moved the position meanwhile.
    pub(crate) fn unclaim(&self, start: u64, claimed: u64, used: u64) {
        if used < claimed {
            let _ = self.position.compare_exchange(
                start.saturating_add(claimed),
                start.saturating_add(used),
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
        }
    }
}

/// A descriptor's hold on an open description: the last one that goes ends its use.
pub(crate) struct Descriptor {
    _counted: Counted<{ Kind::Descriptors as usize }>,
    of: Ref<OpenFile>,
}

impl Descriptor {
    /// The description.
    pub(crate) fn open_file(&self) -> &Ref<OpenFile> {
        &self.of
    }
    /// Another hold on the same description; EMFILE when there are too many.
    #[inline]
    pub(crate) fn try_clone(&self) -> Result<Self, Errno> {
        self.of.handles.dup().map_err(|_too_many| Errno::EMFILE)?;
        Ok(Descriptor { _counted: Counted::new(), of: self.of.clone() })
    }
}

impl core::ops::Deref for Descriptor {
    type Target = OpenFile;
    fn deref(&self) -> &OpenFile {
        &self.of
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if self.of.handles.close() == Close::Last {
            super::release::last_close(&self.of);
        } else if inflight::any() {
            inflight::lost_holder(&self.of);
        }
    }
}
