//! Character devices (null(4), full(4), random(4), tty(4)) and the devfs that shows them.

use super::buffer::Buffer;
use super::dentry::Dentry;
use super::file::{File, Io, Mappable, OpenFile};
use super::inode::{Body, FileSystem, Inode, S_IFCHR, S_IFDIR};
use super::mount::Location;
use crate::linux::Stop;
use crate::task::Thread;
use abi::Errno;
use mem::{NoMemory, Ref};

/// Devices with major number 1 (Linux's devices.txt).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    Null,
    Zero,
    Full,
    Random,
    KernelLog,
}

/// Nodes of devfs: name, mode, major, minor.
const NODES: &[(&[u8], u32, u32, u32)] = &[
    (b"null", 0o666, 1, 3),
    (b"zero", 0o666, 1, 5),
    (b"full", 0o666, 1, 7),
    (b"random", 0o666, 1, 8),
    (b"urandom", 0o666, 1, 9),
    (b"kmsg", 0o644, 1, 11),
    (b"tty", 0o666, 5, 0),
    (b"console", 0o600, 5, 1),
    (b"ttyS0", 0o660, 4, 64),
    (b"ptmx", 0o666, 5, 2),
];
/// Links of devfs.
const LINKS: &[(&[u8], &[u8])] = &[
    (b"fd", b"/proc/self/fd"),
    (b"stdin", b"/proc/self/fd/0"),
    (b"stdout", b"/proc/self/fd/1"),
    (b"stderr", b"/proc/self/fd/2"),
];

/// A devfs: its file system and root.
pub(crate) fn new_devfs() -> Result<(Ref<FileSystem>, Ref<Dentry>), NoMemory> {
    let fs = FileSystem::try_new("devtmpfs", 0x0102_1994)?;
    let root = Dentry::try_new_root(Inode::try_new(&fs, S_IFDIR | 0o755, (0, 0), Body::Directory)?)?;
    fill(&fs, &root).inspect_err(|NoMemory| Dentry::dismantle(&root))?;
    Ok((fs, root))
}

fn fill(fs: &Ref<FileSystem>, root: &Ref<Dentry>) -> Result<(), NoMemory> {
    let add = |name: &[u8], inode: Ref<Inode>| -> Result<(), NoMemory> {
        let d = Dentry::try_new(inode, name, root)?;
        root.add_child(&d).map_err(|_| NoMemory)
    };
    for (name, mode, major, minor) in NODES {
        add(name, Inode::try_new(fs, S_IFCHR | mode, (0, 0), Body::Device(*major, *minor))?)?;
    }
    for (name, target) in LINKS {
        let body = Body::Symlink(super::dentry::boxed_bytes(target)?);
        add(name, Inode::try_new(fs, super::inode::S_IFLNK | 0o777, (0, 0), body)?)?;
    }
    for (name, mode) in [(b"shm" as &[u8], 0o1777), (b"pts", 0o755)] {
        add(name, Inode::try_new(fs, S_IFDIR | mode, (0, 0), Body::Directory)?)?;
        root.inode().attrs.lock().nlink += 1;
    }
    Ok(())
}

/// Opens a device node.
pub(crate) fn open(me: &Thread, place: &Location, flags: u32) -> Result<Ref<dyn File>, Stop> {
    let inode = place.inode();
    let (major, minor) = match &inode.body {
        Body::Terminal(name) => return name.open(me, flags),
        Body::Device(major, minor) if inode.kind() == S_IFCHR => (*major, *minor),
        _ => return Err(Errno::ENXIO.into()),
    };
    let memory = match (major, minor) {
        (1, 3) => Memory::Null,
        (1, 5) => Memory::Zero,
        (1, 7) => Memory::Full,
        (1, 8 | 9) => Memory::Random,
        (1, 11) => Memory::KernelLog,
        (5, 1) => return crate::tty::open_console(),
        (4, 64) => return crate::tty::open_device(me, flags),
        (5, 2) => return crate::tty::devpts::open_beside(me, place),
        (5, 0) => return crate::tty::open_controlling(me),
        _ => return Err(Errno::ENXIO.into()),
    };
    Ok(Ref::try_new(memory)?.unsize(|p| p))
}

impl File for Memory {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        match self {
            Memory::Null => {}
            Memory::Zero | Memory::Full => {
                while to.left() != 0 {
                    let n = to.left().min(mem::PAGE);
                    if to.put_zeros(n) < n || io.me.signal_pending() {
                        break;
                    }
                }
            }
            Memory::Random => {
                let mut chunk = [0u8; 256];
                while to.left() != 0 {
                    let n = to.left().min(chunk.len());
                    let part = chunk.get_mut(..n).unwrap_or_default();
                    crate::random::fill(part);
                    if to.put(part) < n || io.me.signal_pending() {
                        break;
                    }
                }
            }
            Memory::KernelLog => return read_log(io, to),
        }
        Ok(to.result()?)
    }
    fn write(&self, _io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        let n = from.left();
        match self {
            Memory::Null | Memory::Zero => {
                from.skip(n);
            }
            Memory::Full => return Err(Errno::ENOSPC.into()),
            Memory::Random => {
                let mut seed = [0u8; 64];
                while from.left() != 0 {
                    let n = from.left().min(seed.len());
                    let got = from.take(seed.get_mut(..n).unwrap_or_default());
                    crate::random::add_seed(seed.get(..got).unwrap_or_default());
                    if got < n {
                        break;
                    }
                }
            }
            Memory::KernelLog => {
                let mut line = [0u8; 256];
                let n = n.min(line.len());
                let got = from.take(line.get_mut(..n).unwrap_or_default());
                if let Ok(text) = core::str::from_utf8(line.get(..got).unwrap_or_default()) {
                    crate::klog::info!("{}", text.trim_end());
                }
                let rest = from.left();
                from.skip(rest);
            }
        }
        Ok(from.result()?)
    }
    fn seek(&self, _of: &OpenFile, _offset: i64, _whence: u32) -> Result<u64, Errno> {
        Ok(0)
    }
    fn mappable(&self) -> Result<Mappable, Errno> {
        match self {
            Memory::Zero => Ok(Mappable::Zeros),
            _ => Err(Errno::ENODEV),
        }
    }
    fn seekable(&self) -> bool {
        true
    }
}

/// `/dev/kmsg` gives what was logged since the last read; at the end it is EAGAIN or end of file.
fn read_log(io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
    let at = io.of.position.load(core::sync::atomic::Ordering::Acquire);
    let mut chunk = [0u8; 512];
    let n = to.left().min(chunk.len());
    let (start, got) = crate::klog::read_at(at, chunk.get_mut(..n).unwrap_or_default());
    let moved = to.put(chunk.get(..got).unwrap_or_default());
    io.of.position.store(start.saturating_add(moved as u64), core::sync::atomic::Ordering::Release);
    Ok(to.result()?)
}
