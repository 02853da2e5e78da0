//! Inodes: files without their names.

use super::file::File;
use super::seals::Seals;
use crate::census::{Counted, Kind};
use crate::clock;
use crate::mm::object::{MemoryObject, Quota};
use abi::Errno;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use mem::{NoMemory, Ref};
use sync::{Mutex, SpinLock, levels};

/// File type bits of `st_mode` (inode(7)).
pub(crate) const S_IFMT: u32 = 0o170_000;
/// Socket.
pub(crate) const S_IFSOCK: u32 = 0o140_000;
/// Symbolic link.
pub(crate) const S_IFLNK: u32 = 0o120_000;
/// Regular file.
pub(crate) const S_IFREG: u32 = 0o100_000;
/// Block device.
pub(crate) const S_IFBLK: u32 = 0o060_000;
/// Directory.
pub(crate) const S_IFDIR: u32 = 0o040_000;
/// Character device.
pub(crate) const S_IFCHR: u32 = 0o020_000;
/// FIFO.
pub(crate) const S_IFIFO: u32 = 0o010_000;

/// The options of a file system as it shows them in `/proc/mounts`.
#[derive(Clone, Copy)]
pub(crate) enum Given {
    /// It has none.
    Nothing,
    /// Permission bits of a tmpfs's root, and its owner; the limits are in the file system.
    Tmpfs(u32, (u32, u32)),
    /// Those of a devpts.
    Devpts(crate::tty::devpts::Options),
}

/// A file system instance.
pub(crate) struct FileSystem {
    /// Device number, as `st_dev` shows it.
    pub(crate) dev: u64,
    /// Type name (`/proc/mounts`).
    pub(crate) kind: &'static str,
    /// Magic number (statfs(2)).
    pub(crate) magic: u64,
    /// Inodes that may exist, and do.
    pub(crate) inodes: Quota,
    /// The same for pages of files.
    pub(crate) pages: Ref<Quota>,
    /// What mount(2) was told.
    pub(crate) given: Given,
    /// Mounts that show it.
    pub(crate) mounts: AtomicU32,
    next_ino: AtomicU64,
}

/// Device numbers of pipes, of sockets, and of what has no kind of file.
pub(crate) const PIPE_DEV: u64 = 1;
pub(crate) const SOCKET_DEV: u64 = 2;
pub(crate) const NAMELESS_DEV: u64 = 3;
static NEXT_DEV: AtomicU64 = AtomicU64::new(4);

impl FileSystem {
    /// A new instance.
    pub(crate) fn try_new(kind: &'static str, magic: u64) -> Result<Ref<Self>, NoMemory> {
        Self::try_new_with(kind, magic, Given::Nothing)
    }
    /// A new instance of a kind that has options.
    pub(crate) fn try_new_with(kind: &'static str, magic: u64, given: Given) -> Result<Ref<Self>, NoMemory> {
        Ref::try_new(FileSystem {
            dev: NEXT_DEV.fetch_add(1, Ordering::Relaxed),
            kind,
            magic,
            inodes: Quota::new(u64::MAX),
            pages: Ref::try_new(Quota::new(u64::MAX))?,
            given,
            mounts: AtomicU32::new(0),
            next_ino: AtomicU64::new(1),
        })
    }
    /// A fresh inode number.
    pub(crate) fn next_ino(&self) -> u64 {
        self.next_ino.fetch_add(1, Ordering::Relaxed)
    }
}

/// Attributes that change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attrs {
    /// Type and permission bits.
    pub(crate) mode: u32,
    /// Owner.
    pub(crate) uid: u32,
    /// Group.
    pub(crate) gid: u32,
    /// Names.
    pub(crate) nlink: u32,
    /// Access time, nanoseconds since 1970.
    pub(crate) atime_ns: u64,
    /// Modification time.
    pub(crate) mtime_ns: u64,
    /// Change time.
    pub(crate) ctime_ns: u64,
    /// Birth time.
    pub(crate) btime_ns: u64,
}

/// What an inode is.
pub(crate) enum Body {
    /// A regular file in memory.
    Regular(Ref<FileData>),
    /// A directory; its entries are the dentry's children.
    Directory,
    /// A symbolic link.
    Symlink(Box<[u8]>),
    /// A character or block device: major, minor.
    Device(u32, u32),
    /// A name of a pseudo-terminal.
    Terminal(crate::tty::devpts::Name),
    /// A FIFO; the pipe exists while it is open.
    Fifo(SpinLock<Option<Ref<super::super::fs::pipe::Pipe>>, levels::InodeAttrs>),
    /// A socket's name.
    Socket(crate::net::unix::Place),
    /// A service's name; opening it connects.
    Service(super::service::Place),
    /// Made up when it is looked at (procfs).
    Virtual(Ref<dyn Virtual>),
}

/// The contents of a regular file, shared by its inode and its mappings.
pub(crate) struct FileData {
    /// The pages.
    pub(crate) object: MemoryObject,
    /// Held while size and pages change together.
    pub(crate) resize: Mutex<(), levels::InodeMutex>,
    /// memfd seals (fcntl(2) F_ADD_SEALS).
    pub(crate) seals: Seals,
    /// Device and inode number.
    pub(crate) identity: (u64, u64),
    /// Who writes it or runs from it.
    pub(crate) users: super::busy::Users,
    /// It was mapped at least once.
    pub(crate) mapped: core::sync::atomic::AtomicBool,
}

/// Takes an entry of a virtual directory: next cursor, inode number, type, name. False: enough.
pub(crate) type Each<'a> = &'a mut dyn FnMut(u64, u64, u8, &[u8]) -> bool;

/// A file that is made up when it is looked at.
pub(crate) trait Virtual: Send + Sync {
    /// The child with this name.
    fn lookup(&self, name: &[u8]) -> Result<Ref<Inode>, Errno> {
        let _ = name;
        Err(Errno::ENOTDIR)
    }
    /// Calls `each(next cursor, ino, type, name)` for entries from `cursor` on until it returns false.
    fn list(&self, cursor: u64, each: Each<'_>) -> Result<(), Errno> {
        let _ = (cursor, each);
        Err(Errno::ENOTDIR)
    }
    /// Makes a directory in it (mkdir(2)).
    fn make_dir(&self, name: &[u8]) -> Result<(), Errno> {
        self.lookup(name).map_or_else(Err, |_| Err(Errno::EEXIST))
    }
    /// Takes a directory out of it (rmdir(2)).
    fn remove_dir(&self, name: &[u8]) -> Result<(), Errno> {
        self.lookup(name).map_or_else(Err, |_| Err(Errno::EPERM))
    }
    /// The contents at this moment.
    fn read(&self) -> Result<Vec<u8>, Errno> {
        Err(Errno::EINVAL)
    }
    /// Takes what was written.
    fn write(&self, data: &[u8]) -> Result<usize, Errno> {
        let _ = data;
        Err(Errno::EACCES)
    }
    /// Where a symbolic link points.
    fn link(&self) -> Result<LinkTarget, Errno> {
        Err(Errno::EINVAL)
    }
    /// Whether it is there as long as its file system.
    fn stays(&self) -> bool {
        false
    }
    /// Takes note of its attributes before they change.
    fn keep(&self, attrs: &Attrs) -> Result<(), Errno> {
        let _ = attrs;
        Ok(())
    }
    /// The process that the directory stands for; ESRCH when it has gone.
    fn process(&self) -> Option<Result<Ref<crate::task::Process>, Errno>> {
        None
    }
    /// The budget that the directory stands for.
    fn budget(&self) -> Option<&Ref<crate::budget::Budget>> {
        None
    }
    /// An open file of its own, for files that are not read as text.
    fn open(&self) -> Option<Result<Ref<dyn File>, Errno>> {
        None
    }
}

/// Where a symbolic link leads.
pub(crate) enum LinkTarget {
    /// To a path.
    Path(Vec<u8>),
    /// Straight to a place (`/proc/PID/cwd`, `fd/N`), with what may be done there; its name for readlink(2) is the second part.
    Location(super::walk::Reached, Vec<u8>),
    /// To an open file without a place (a pipe), its name, and the rights of the descriptor.
    Open(Ref<super::file::OpenFile>, Vec<u8>, abi::Rights),
}

/// A file without its names.
pub(crate) struct Inode {
    _counted: Counted<{ Kind::Inodes as usize }>,
    /// The file system it is on.
    pub(crate) fs: Ref<FileSystem>,
    /// Its number there.
    pub(crate) ino: u64,
    /// What it is.
    pub(crate) body: Body,
    /// Attributes.
    pub(crate) attrs: SpinLock<Attrs, levels::InodeAttrs>,
    /// Whether linkat(2) may give it a first name (open(2), O_TMPFILE).
    pub(crate) linkable: AtomicBool,
    /// Advisory locks.
    pub(crate) locks: super::locks::FileLocks,
    /// Who watches it.
    pub(crate) marks: crate::events::inotify::Marks,
    /// Extended attributes.
    pub(crate) xattrs: super::xattr::Xattrs,
}

impl Inode {
    /// A new inode; `mode` has the type bits.
    pub(crate) fn try_new(fs: &Ref<FileSystem>, mode: u32, owner: (u32, u32), body: Body) -> Result<Ref<Inode>, NoMemory> {
        Self::try_new_numbered(fs, fs.next_ino(), mode, owner, body)
    }
    /// The same with a given number.
    pub(crate) fn try_new_numbered(
        fs: &Ref<FileSystem>,
        ino: u64,
        mode: u32,
        owner: (u32, u32),
        body: Body,
    ) -> Result<Ref<Inode>, NoMemory> {
        if !fs.inodes.take(1) {
            return Err(NoMemory);
        }
        let now = clock::real_ns();
        let nlink = if mode & S_IFMT == S_IFDIR { 2 } else { 1 };
        let attrs = Attrs { mode, uid: owner.0, gid: owner.1, nlink, atime_ns: now, mtime_ns: now, ctime_ns: now, btime_ns: now };
        // From here on the inode's drop gives back what was taken.
        Ref::try_new(Inode {
            _counted: Counted::new(),
            fs: fs.clone(),
            ino,
            body,
            attrs: SpinLock::new(attrs),
            linkable: AtomicBool::new(false),
            locks: super::locks::FileLocks::new(),
            marks: crate::events::inotify::Marks::new(),
            xattrs: super::xattr::Xattrs::new(),
        })
    }
    /// A regular file without contents.
    pub(crate) fn try_new_regular(fs: &Ref<FileSystem>, mode: u32, owner: (u32, u32)) -> Result<Ref<Inode>, NoMemory> {
        let ino = fs.next_ino();
        let data = Ref::try_new(FileData {
            object: MemoryObject::paid_by(fs.pages.clone()),
            resize: Mutex::new(()),
            seals: Seals::new(),
            identity: (fs.dev, ino),
            users: super::busy::Users::new(),
            mapped: core::sync::atomic::AtomicBool::new(false),
        })?;
        Self::try_new_numbered(fs, ino, mode, owner, Body::Regular(data))
    }
    /// Type and permission bits.
    #[inline]
    pub(crate) fn mode(&self) -> u32 {
        self.attrs.lock().mode
    }
    /// Type bits.
    pub(crate) fn kind(&self) -> u32 {
        match &self.body {
            Body::Regular(_) => S_IFREG,
            Body::Directory => S_IFDIR,
            Body::Symlink(_) => S_IFLNK,
            Body::Fifo(_) => S_IFIFO,
            Body::Socket(_) | Body::Service(_) => S_IFSOCK,
            Body::Device(..) | Body::Terminal(_) | Body::Virtual(_) => self.mode() & S_IFMT,
        }
    }
    /// Whether it is a directory.
    pub(crate) fn is_dir(&self) -> bool {
        self.kind() == S_IFDIR
    }
    /// Size in bytes as stat(2) shows it.
    pub(crate) fn size(&self) -> u64 {
        match &self.body {
            Body::Regular(data) => data.object.size(),
            Body::Symlink(target) => target.len() as u64,
            _ => 0,
        }
    }
    /// The contents, if it is a regular file.
    pub(crate) fn data(&self) -> Option<&Ref<FileData>> {
        match &self.body {
            Body::Regular(d) => Some(d),
            _ => None,
        }
    }
    /// Changes attributes, and the change time with them.
    pub(crate) fn change(&self, f: impl FnOnce(&mut Attrs)) {
        let now = clock::real_ns();
        let mut a = self.attrs.lock();
        f(&mut a);
        a.ctime_ns = now;
    }
    /// Notes that the contents changed now.
    pub(crate) fn touch_modified(&self) {
        let now = clock::real_ns();
        let mut a = self.attrs.lock();
        a.mtime_ns = now;
        a.ctime_ns = now;
    }
    /// Device number of a device file.
    pub(crate) fn rdev(&self) -> u64 {
        match &self.body {
            Body::Device(major, minor) => makedev(*major, *minor),
            Body::Terminal(name) => name.device(),
            _ => 0,
        }
    }
}

impl Drop for Inode {
    fn drop(&mut self) {
        self.fs.inodes.give_back(self.xattrs.taken().saturating_add(1));
    }
}

/// A device number in stat(2)'s encoding.
pub(crate) fn makedev(major: u32, minor: u32) -> u64 {
    let (major, minor) = (u64::from(major), u64::from(minor));
    (minor & 0xff) | (major & 0xfff) << 8 | (minor & !0xff) << 12 | (major & !0xfff) << 32
}
