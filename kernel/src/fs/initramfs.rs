//! The root file system from a cpio archive (newc, concatenated parts, plain or gzip).

use super::dentry::{Dentry, boxed_bytes};
use super::inode::{Body, FileSystem, Inode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG};
use super::mount::{Location, Mount, Namespace};
use mem::{NoMemory, Ref};
use sync::SpinLock;

/// An empty tmpfs: its file system and root.
pub(crate) fn new_tmpfs(kind: &'static str, mode: u32) -> Result<(Ref<FileSystem>, Ref<Dentry>), NoMemory> {
    let fs = FileSystem::try_new(kind, 0x0102_1994)?;
    let root = Dentry::try_new_root(Inode::try_new(&fs, S_IFDIR | mode, (0, 0), Body::Directory)?)?;
    Ok((fs, root))
}

/// A namespace whose root is an empty tmpfs.
pub(crate) fn new_root() -> Result<Ref<Namespace>, NoMemory> {
    let (fs, root) = new_tmpfs("rootfs", 0o755)?;
    Namespace::try_new(Mount::try_new(fs, root, None, 0, b"rootfs")?)
}

/// Why an archive could not be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnpackError {
    /// The archive is damaged.
    Damaged,
    /// No memory.
    NoMemory,
}

impl From<NoMemory> for UnpackError {
    fn from(_: NoMemory) -> Self {
        UnpackError::NoMemory
    }
}

/// One file of an archive: the fields of the newc header (cpio(5)).
struct Entry<'a> {
    ino: u32,
    mode: u32,
    uid: u32,
    gid: u32,
    nlink: u32,
    mtime: u32,
    dev: (u32, u32),
    rdev: (u32, u32),
    name: &'a [u8],
    data: &'a [u8],
}

/// Unpacks an archive into the tree below `root`; gives the number of entries.
pub(crate) fn unpack(root: &Location, archive: &[u8]) -> Result<usize, UnpackError> {
    let mut count = 0;
    let mut links = Links::default();
    let mut rest = archive;
    loop {
        // Parts may be padded with zeros to any length.
        let skip = rest.iter().take_while(|b| **b == 0).count();
        rest = rest.get(skip..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(count);
        }
        let (entry, after) = next_entry(rest).ok_or(UnpackError::Damaged)?;
        rest = after;
        if entry.name == b"TRAILER!!!" {
            links.clear();
            continue;
        }
        add(root, &entry, &mut links)?;
        count += 1;
    }
}

/// Inodes with several names, by device and number.
type Links = hashbrown::HashMap<(u32, u32, u32), Ref<Inode>, super::dentry::NameHash>;

fn hex(field: &[u8]) -> Option<u32> {
    let mut v = 0u32;
    for b in field {
        v = v.checked_mul(16)?.checked_add((*b as char).to_digit(16)?)?;
    }
    Some(v)
}

fn next_entry(bytes: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let header = bytes.get(..110)?;
    if header.get(..6)? != b"070701" && header.get(..6)? != b"070702" {
        return None;
    }
    let field = |n: usize| hex(header.get(6 + n * 8..14 + n * 8)?);
    let (name_len, data_len) = (field(11)? as usize, field(6)? as usize);
    let data_at = (110usize.checked_add(name_len)?).checked_next_multiple_of(4)?;
    let name = bytes.get(110..110 + name_len.checked_sub(1)?)?;
    let end = data_at.checked_add(data_len)?;
    let entry = Entry {
        ino: field(0)?,
        mode: field(1)?,
        uid: field(2)?,
        gid: field(3)?,
        nlink: field(4)?,
        mtime: field(5)?,
        dev: (field(7)?, field(8)?),
        rdev: (field(9)?, field(10)?),
        name,
        data: bytes.get(data_at..end)?,
    };
    let after = bytes.get(end.checked_next_multiple_of(4)?.min(bytes.len())..)?;
    Some((entry, after))
}

fn add(root: &Location, entry: &Entry<'_>, links: &mut Links) -> Result<(), UnpackError> {
    let mut parts = entry.name.split(|b| *b == b'/').filter(|p| !p.is_empty() && *p != b".").peekable();
    let mut dir = root.dentry.clone();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return add_last(&dir, part, entry, links);
        }
        dir = match dir.child(part) {
            Some(d) => follow_dir(root, d),
            None => make_dir(&dir, part, 0o755)?,
        };
    }
    // The root itself: only its attributes.
    root.inode().attrs.lock().mode = entry.mode;
    Ok(())
}

/// A link to a directory in the middle of a name (`lib/x` where `/lib -> usr/lib`).
fn follow_dir(root: &Location, d: Ref<Dentry>) -> Ref<Dentry> {
    let Body::Symlink(target) = &d.inode().body else { return d };
    let mut at = match (target.first(), d.parent()) {
        (Some(b'/'), _) | (_, None) => root.dentry.clone(),
        (_, Some(p)) => p,
    };
    for part in target.split(|b| *b == b'/').filter(|p| !p.is_empty()) {
        match at.child(part) {
            Some(next) => at = next,
            None => return d.clone(),
        }
    }
    at
}

fn make_dir(dir: &Ref<Dentry>, name: &[u8], mode: u32) -> Result<Ref<Dentry>, UnpackError> {
    let inode = Inode::try_new(&dir.inode().fs, S_IFDIR | mode, (0, 0), Body::Directory)?;
    let d = Dentry::try_new(inode, name, dir)?;
    dir.add_child(&d).map_err(|_| UnpackError::NoMemory)?;
    dir.inode().attrs.lock().nlink += 1;
    Ok(d)
}

fn add_last(dir: &Ref<Dentry>, name: &[u8], entry: &Entry<'_>, links: &mut Links) -> Result<(), UnpackError> {
    let kind = entry.mode & S_IFMT;
    if let Some(old) = dir.child(name) {
        if kind == S_IFDIR && old.inode().is_dir() {
            let mut a = old.inode().attrs.lock();
            (a.mode, a.uid, a.gid) = (entry.mode, entry.uid, entry.gid);
            return Ok(());
        }
        drop(dir.take_child(name));
    }
    if kind == S_IFDIR {
        let d = make_dir(dir, name, entry.mode & 0o7777)?;
        let mut a = d.inode().attrs.lock();
        (a.uid, a.gid) = (entry.uid, entry.gid);
        return Ok(());
    }
    let key = (entry.dev.0, entry.dev.1, entry.ino);
    let inode = match links.get(&key).filter(|_| entry.nlink > 1) {
        Some(known) => {
            known.attrs.lock().nlink += 1;
            known.clone()
        }
        None => {
            let inode = make_inode(dir, entry)?;
            if entry.nlink > 1 {
                links.try_reserve(1).map_err(|_| UnpackError::NoMemory)?;
                links.insert(key, inode.clone());
            }
            inode
        }
    };
    fill(&inode, entry.data)?;
    let mut a = inode.attrs.lock();
    let mtime = u64::from(entry.mtime).saturating_mul(crate::clock::SECOND_NS);
    (a.atime_ns, a.mtime_ns, a.ctime_ns) = (mtime, mtime, mtime);
    drop(a);
    let d = Dentry::try_new(inode, name, dir)?;
    dir.add_child(&d).map_err(|_| UnpackError::NoMemory)?;
    Ok(())
}

fn make_inode(dir: &Ref<Dentry>, entry: &Entry<'_>) -> Result<Ref<Inode>, UnpackError> {
    let fs = &dir.inode().fs;
    let owner = (entry.uid, entry.gid);
    let body = match entry.mode & S_IFMT {
        S_IFREG => return Ok(Inode::try_new_regular(fs, entry.mode, owner)?),
        S_IFLNK => Body::Symlink(boxed_bytes(entry.data)?),
        S_IFCHR | S_IFBLK => Body::Device(entry.rdev.0, entry.rdev.1),
        S_IFIFO => Body::Fifo(SpinLock::new(None)),
        _ => return Err(UnpackError::Damaged),
    };
    Ok(Inode::try_new(fs, entry.mode, owner, body)?)
}

fn fill(inode: &Inode, data: &[u8]) -> Result<(), UnpackError> {
    let Some(file) = inode.data() else { return Ok(()) };
    for (i, page) in data.chunks(mem::PAGE).enumerate() {
        file.object.page_for_write(i as u64)?.write(0, page);
    }
    file.object.grow_to(data.len() as u64);
    Ok(())
}
