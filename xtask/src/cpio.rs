//! Writes cpio archives in the "newc" format, as the Linux documentation describes it in
//! `driver-api/early-userspace/buffer-format`: what a kernel unpacks as its first root.
//!
//! [`Archive`] keeps the names it has written, so that parents are added once and symlinks among
//! them are followed. Neighbour: [`crate::root`], which says what goes in.

use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const S_IFDIR: u32 = 0o040_000;
const S_IFREG: u32 = 0o100_000;
const S_IFLNK: u32 = 0o120_000;
const S_IFCHR: u32 = 0o020_000;
/// Symlinks followed in one path, as Linux's path walk allows (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// A name that is in the archive already.
enum Known {
    Directory,
    Symlink(Vec<u8>),
    Other,
}

/// Owner and time of an entry.
#[derive(Clone, Copy, Default)]
struct Stamp {
    uid: u32,
    gid: u32,
    mtime_s: u32,
}

/// A growing newc archive.
#[derive(Default)]
pub struct Archive {
    bytes: Vec<u8>,
    next_ino: u32,
    known: HashMap<Vec<u8>, Known>,
    hard_links: HashMap<(u64, u64), u32>,
}

/// The variable part of an entry's header.
struct Entry<'a> {
    ino: u32,
    mode: u32,
    nlink: u32,
    rdev: (u32, u32),
    stamp: Stamp,
    data: &'a [u8],
}

impl Archive {
    /// An empty archive.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether `name` is in the archive.
    pub fn contains(&self, name: &str) -> bool {
        self.known.contains_key(trimmed(name.as_bytes()))
    }

    /// Adds a directory with its parents; one that is there already stays as it is.
    pub fn dir(&mut self, name: &str, mode: u32) {
        self.dir_bytes(name.as_bytes(), mode, Stamp::default());
    }

    /// Adds a regular file with its parents.
    pub fn file(&mut self, name: &str, data: &[u8], mode: u32) {
        let name = self.place(name.as_bytes());
        let ino = self.new_ino();
        self.put(&name, &Entry { ino, mode: S_IFREG | mode, nlink: 1, rdev: (0, 0), stamp: Stamp::default(), data });
        self.known.insert(name, Known::Other);
    }

    /// Adds a symbolic link with its parents.
    pub fn symlink(&mut self, name: &str, target: &str) {
        self.symlink_bytes(name.as_bytes(), target.as_bytes(), Stamp::default());
    }

    /// Adds a character device with its parents.
    pub fn char_device(&mut self, name: &str, mode: u32, major: u32, minor: u32) {
        let name = self.place(name.as_bytes());
        let entry = Entry {
            ino: self.new_ino(),
            mode: S_IFCHR | mode,
            nlink: 1,
            rdev: (major, minor),
            stamp: Stamp::default(),
            data: &[],
        };
        self.put(&name, &entry);
        self.known.insert(name, Known::Other);
    }

    /// Adds a host file or tree at `name`. Sockets and FIFOs are left out; what belongs to the
    /// caller belongs to root in the guest.
    ///
    /// # Errors
    /// When something in it cannot be read.
    pub fn host(&mut self, source: &Path, name: &str) -> Result<()> {
        let mut todo = vec![(source.to_path_buf(), name.as_bytes().to_vec())];
        while let Some((path, name)) = todo.pop() {
            let meta = fs::symlink_metadata(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let stamp = host_stamp(&meta);
            if meta.is_dir() {
                self.dir_bytes(&name, meta.mode() & 0o7777, stamp);
                let mut below: Vec<_> =
                    fs::read_dir(&path).and_then(Iterator::collect).with_context(|| format!("cannot list {}", path.display()))?;
                below.sort_by_key(|entry: &fs::DirEntry| std::cmp::Reverse(entry.file_name()));
                for entry in below {
                    let child = [trimmed(&name), b"/", entry.file_name().as_bytes()].concat();
                    todo.push((entry.path(), child));
                }
            } else if meta.is_symlink() {
                let target = fs::read_link(&path)?;
                self.symlink_bytes(&name, target.as_os_str().as_bytes(), stamp);
            } else if meta.is_file() {
                self.host_file(&path, &meta, &name, stamp)?;
            }
        }
        Ok(())
    }

    /// Adds a tar archive's members at the root.
    ///
    /// # Errors
    /// When it cannot be read or is no tar archive.
    pub fn tar(&mut self, source: impl std::io::Read) -> Result<()> {
        let mut tar = tar::Archive::new(source);
        // Hard links name an earlier member; newc wants its content or inode again.
        let mut contents: HashMap<Vec<u8>, (u32, Stamp)> = HashMap::new();
        for member in tar.entries()? {
            let mut member = member?;
            let name = member.path_bytes().into_owned();
            let name = trimmed(name.strip_prefix(b".").unwrap_or(&name)).to_vec();
            let header = member.header();
            let stamp = Stamp {
                uid: u32::try_from(header.uid()?).unwrap_or(0),
                gid: u32::try_from(header.gid()?).unwrap_or(0),
                mtime_s: u32::try_from(header.mtime()?).unwrap_or(0),
            };
            let mode = header.mode()? & 0o7777;
            let kind = header.entry_type();
            if kind.is_dir() {
                self.dir_bytes(&name, mode, stamp);
            } else if kind.is_symlink() {
                let target = member.link_name_bytes().context("tar: symlink without a target")?.into_owned();
                self.symlink_bytes(&name, &target, stamp);
            } else if kind.is_hard_link() {
                let target = member.link_name_bytes().context("tar: link without a target")?.into_owned();
                let target = trimmed(target.strip_prefix(b".").unwrap_or(&target)).to_vec();
                let &(ino, stamp) = contents.get(&target).context("tar: hard link to an unknown member")?;
                self.regular(&name, ino, 2, mode, stamp, &[]);
            } else if kind.is_file() {
                let mut data = Vec::new();
                std::io::Read::read_to_end(&mut member, &mut data)?;
                let ino = self.new_ino();
                // Two names or more are announced by nlink; one link too many does no harm.
                self.regular(&name, ino, 2, mode, stamp, &data);
                contents.insert(name, (ino, stamp));
            }
        }
        Ok(())
    }

    /// Ends the archive and gives its bytes.
    pub fn finish(mut self) -> Vec<u8> {
        let end = Entry { ino: 0, mode: 0, nlink: 1, rdev: (0, 0), stamp: Stamp::default(), data: &[] };
        self.put(b"TRAILER!!!", &end);
        // cpio(1) writes whole 512-byte blocks; some readers want that.
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self.bytes
    }

    fn host_file(&mut self, path: &Path, meta: &fs::Metadata, name: &[u8], stamp: Stamp) -> Result<()> {
        let key = (meta.dev(), meta.ino());
        let mode = meta.mode() & 0o7777;
        let nlink = u32::try_from(meta.nlink()).unwrap_or(u32::MAX);
        if nlink > 1
            && let Some(&ino) = self.hard_links.get(&key)
        {
            self.regular(name, ino, nlink, mode, stamp, &[]);
            return Ok(());
        }
        let data = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        if u32::try_from(data.len()).is_err() {
            bail!("{} has 4 GiB or more, which a cpio archive cannot hold", path.display());
        }
        let ino = self.new_ino();
        self.hard_links.insert(key, ino);
        self.regular(name, ino, nlink, mode, stamp, &data);
        Ok(())
    }

    fn regular(&mut self, name: &[u8], ino: u32, nlink: u32, mode: u32, stamp: Stamp, data: &[u8]) {
        let name = self.place(name);
        self.put(&name, &Entry { ino, mode: S_IFREG | mode, nlink, rdev: (0, 0), stamp, data });
        self.known.insert(name, Known::Other);
    }

    fn dir_bytes(&mut self, name: &[u8], mode: u32, stamp: Stamp) {
        let name = self.place(name);
        if name.is_empty() || matches!(self.known.get(&name), Some(Known::Directory | Known::Symlink(_))) {
            return;
        }
        let ino = self.new_ino();
        self.put(&name, &Entry { ino, mode: S_IFDIR | mode, nlink: 2, rdev: (0, 0), stamp, data: &[] });
        self.known.insert(name, Known::Directory);
    }

    fn symlink_bytes(&mut self, name: &[u8], target: &[u8], stamp: Stamp) {
        let name = self.place(name);
        let ino = self.new_ino();
        self.put(&name, &Entry { ino, mode: S_IFLNK | 0o777, nlink: 1, rdev: (0, 0), stamp, data: target });
        self.known.insert(name, Known::Symlink(target.to_vec()));
    }

    /// Adds the parents of `name` and returns where it stands once symlinks among them are followed.
    fn place(&mut self, name: &[u8]) -> Vec<u8> {
        let mut todo: Vec<Vec<u8>> = components(name).map(<[u8]>::to_vec).rev().collect();
        let mut at: Vec<u8> = Vec::new();
        let mut links = 0;
        while let Some(part) = todo.pop() {
            if part == b".." {
                at.truncate(at.iter().rposition(|&b| b == b'/').unwrap_or(0));
                continue;
            }
            let next = if at.is_empty() { part } else { [&at, b"/".as_slice(), &part].concat() };
            if todo.is_empty() {
                return next;
            }
            match self.known.get(&next) {
                Some(Known::Symlink(target)) if links < MAX_LINKS => {
                    links += 1;
                    if target.starts_with(b"/") {
                        at.clear();
                    }
                    todo.extend(components(target).map(<[u8]>::to_vec).rev());
                }
                Some(_) => at = next,
                None => {
                    let ino = self.new_ino();
                    let entry = Entry { ino, mode: S_IFDIR | 0o755, nlink: 2, rdev: (0, 0), stamp: Stamp::default(), data: &[] };
                    self.put(&next, &entry);
                    self.known.insert(next.clone(), Known::Directory);
                    at = next;
                }
            }
        }
        at
    }

    fn new_ino(&mut self) -> u32 {
        self.next_ino += 1;
        self.next_ino
    }

    fn put(&mut self, name: &[u8], entry: &Entry<'_>) {
        let Stamp { uid, gid, mtime_s } = entry.stamp;
        let size = u32::try_from(entry.data.len()).unwrap_or(u32::MAX);
        let name_size = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
        let (major, minor) = entry.rdev;
        let fields = [entry.ino, entry.mode, uid, gid, entry.nlink, mtime_s, size, 0, 0, major, minor, name_size, 0];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name);
        self.bytes.push(0);
        self.align();
        self.bytes.extend_from_slice(entry.data);
        self.align();
    }

    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

/// What belongs to the caller becomes root's: nobody else's uid means anything in the guest,
/// unless a root file system was unpacked as root.
fn host_stamp(meta: &fs::Metadata) -> Stamp {
    let own = |id: u32, mine: u32| if id == mine { 0 } else { id };
    Stamp {
        uid: own(meta.uid(), rustix::process::geteuid().as_raw()),
        gid: own(meta.gid(), rustix::process::getegid().as_raw()),
        mtime_s: u32::try_from(meta.mtime()).unwrap_or(0),
    }
}

fn components(name: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    name.split(|&b| b == b'/').filter(|part| !part.is_empty() && *part != b".")
}

fn trimmed(name: &[u8]) -> &[u8] {
    let name = OsStr::from_bytes(name).as_bytes();
    let start = name.iter().take_while(|&&b| b == b'/').count();
    let end = name.iter().rev().take_while(|&&b| b == b'/').count();
    name.get(start..name.len().saturating_sub(end)).unwrap_or_default()
}
