//! The root file system from cpio archives that follow one another, plain or compressed.

use super::context::{Cred, FsContext};
use super::dentry::{Dentry, boxed_bytes};
use super::inode::{Body, FileSystem, Inode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG};
use super::mount::{Location, Mount};
use super::namespace::Namespace;
use super::walk::{Last, Reached, Resolve, Walker};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use logic_cpio::{Entry, Failure, LinkKey, Reader, Source};
use logic_gzip::{Inflater, Room};
use mem::{NoMemory, PAGE, Ref};
use sync::SpinLock;

/// Longest name with its NUL, and longest target of a link (PATH_MAX).
const PATH_BYTES: usize = 4096;

/// Why the archive could not be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// There is none.
    Missing,
    /// A part is damaged.
    Archive(logic_cpio::Error),
    /// A compressed part is.
    Gzip(logic_gzip::Error),
    /// A symbolic link has no target, or one longer than a path may be.
    BadLink,
    /// What a name has before its last `/` is no directory, or the name leads nowhere.
    BadPlace,
    /// A file is of a kind that does not exist.
    BadKind,
    /// No memory.
    NoMemory,
}

impl From<NoMemory> for Reason {
    fn from(_: NoMemory) -> Self {
        Reason::NoMemory
    }
}

impl From<logic_gzip::NoMemory> for Reason {
    fn from(_: logic_gzip::NoMemory) -> Self {
        Reason::NoMemory
    }
}

impl From<logic_gzip::Error> for Reason {
    fn from(error: logic_gzip::Error) -> Self {
        Reason::Gzip(error)
    }
}

impl<E: Into<Reason>> From<Failure<E>> for Reason {
    fn from(failure: Failure<E>) -> Self {
        match failure {
            Failure::Archive(error) => Reason::Archive(error),
            Failure::Source(error) => error.into(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Missing => "there is none",
            Reason::Archive(error) => return error.fmt(f),
            Reason::Gzip(error) => return error.fmt(f),
            Reason::BadLink => "a symbolic link has an impossible target",
            Reason::BadPlace => "a name leads through what is no directory",
            Reason::BadKind => "a file is of no known kind",
            Reason::NoMemory => "not enough memory",
        })
    }
}

/// An archive that could not be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnpackError {
    /// Why not.
    pub(crate) reason: Reason,
    /// Entries before that.
    pub(crate) entries: usize,
    /// Where the part begins that is to blame, in bytes.
    pub(crate) part: usize,
}

impl fmt::Display for UnpackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnpackError { reason, entries, part } = self;
        write!(f, "the initramfs cannot be unpacked: {reason} (part at byte {part}, after {entries} entries)")
    }
}

/// Unpacks archives that follow one another into the root of `namespace`; gives the number of entries. Each part may be plain
/// or compressed, and padded with zeros (driver-api/early-userspace/buffer-format).
pub(crate) fn unpack(namespace: &Ref<Namespace>, archive: &[u8]) -> Result<usize, UnpackError> {
    let mut rest = archive;
    let mut entries = 0;
    let mut part = 0;
    let mut all = || {
        let mut tree = Tree::try_new(namespace)?;
        let mut room = None;
        loop {
            let Ok(more) = logic_cpio::another(&mut rest);
            if !more {
                return Ok(());
            }
            part = archive.len().saturating_sub(rest.len());
            if logic_gzip::is_gzip(rest) {
                unpack_compressed(&mut tree, &mut rest, &mut room, &mut entries)?;
            } else {
                let mut plain = Part::Plain(rest);
                let unpacked = unpack_one(&mut tree, &mut plain, &mut entries);
                if let Part::Plain(left) = plain {
                    rest = left;
                }
                unpacked?;
            }
        }
    };
    match all() {
        Ok(()) => Ok(entries),
        Err(reason) => Err(UnpackError { reason, entries, part }),
    }
}

/// Unpacks the archives of a compressed part.
fn unpack_compressed(tree: &mut Tree, rest: &mut &[u8], room: &mut Option<Room>, entries: &mut usize) -> Result<(), Reason> {
    let room = match room {
        Some(room) => room,
        None => room.insert(Room::try_new()?),
    };
    let mut contents = Part::Compressed(Inflater::new(rest, room)?);
    while logic_cpio::another(&mut contents)? {
        unpack_one(tree, &mut contents, entries)?;
    }
    // Nothing more comes, so that the end has been reached.
    if let Part::Compressed(inflater) = contents {
        *rest = inflater.rest().unwrap_or_default();
    }
    Ok(())
}

/// A part as the archive's reader wants it: one type, so that there is one reader.
enum Part<'f, 'r> {
    Plain(&'f [u8]),
    Compressed(Inflater<'f, 'r>),
}

type Data<'s, 'f, 'r> = Reader<'s, Part<'f, 'r>>;

impl Source for Part<'_, '_> {
    type Error = logic_gzip::Error;
    fn fill(&mut self) -> Result<&[u8], logic_gzip::Error> {
        match self {
            Part::Plain(rest) => Ok(rest),
            Part::Compressed(inflater) => inflater.fill(),
        }
    }
    fn consume(&mut self, count: usize) {
        match self {
            Part::Plain(rest) => *rest = rest.get(count..).unwrap_or_default(),
            Part::Compressed(inflater) => inflater.consume(count),
        }
    }
}

/// Unpacks one archive up to its trailer.
fn unpack_one(tree: &mut Tree, source: &mut Part<'_, '_>, entries: &mut usize) -> Result<(), Reason> {
    let mut name = Vec::new();
    name.try_reserve_exact(PATH_BYTES).map_err(|_| NoMemory)?;
    name.resize(PATH_BYTES, 0);
    // Links are among the files of one archive.
    tree.links = Links::default();
    let mut reader = Reader::new(source);
    while let Some(entry) = reader.next(&mut name)? {
        if let Some((dir, name)) = tree.place(entry.path)? {
            add(tree, &dir, name, &entry, &mut reader)?;
        } else {
            // The root itself: only its attributes.
            set_owner(tree.root.inode(), &entry);
        }
        *entries = entries.saturating_add(1);
    }
    Ok(())
}

/// Inodes with several names.
type Links = hashbrown::HashMap<LinkKey, Ref<Inode>, super::dentry::NameHash>;

/// A directory and a name in it.
type Place<'n> = (Ref<Dentry>, &'n [u8]);

/// What is being filled.
struct Tree {
    root: Location,
    /// For links in the middle of names.
    fs: Ref<FsContext>,
    cred: Cred,
    links: Links,
}

impl Tree {
    fn try_new(namespace: &Ref<Namespace>) -> Result<Tree, NoMemory> {
        let root = namespace.root().map(|mount| Mount::root_location(&mount)).ok_or(NoMemory)?;
        let fs = FsContext::try_new(namespace.clone(), root.clone(), Reached::freely(root.clone()), 0)?;
        Ok(Tree { root, fs, cred: Cred::default(), links: Links::default() })
    }

    /// The directory that a name is in, and its last component; `None` is the root. Directories on the way are made.
    fn place<'n>(&self, path: &'n [u8]) -> Result<Option<Place<'n>>, Reason> {
        let mut dir = self.root.dentry.clone();
        let mut parts = logic_cpio::components(path).peekable();
        while let Some(part) = parts.next() {
            if part == b".." {
                return Err(Reason::BadPlace);
            }
            if parts.peek().is_none() {
                return Ok(Some((dir, part)));
            }
            dir = match dir.child(part) {
                Some(child) => self.enter(&dir, part, child)?,
                None => make_dir(&dir, part, 0o755)?,
            };
        }
        Ok(None)
    }

    /// The directory that this child is or leads to (`lib/x` where `/lib -> usr/lib`).
    fn enter(&self, dir: &Ref<Dentry>, name: &[u8], child: Ref<Dentry>) -> Result<Ref<Dentry>, Reason> {
        let child = if child.inode().kind() == S_IFLNK {
            let walker = Walker { fs: &self.fs, cred: &self.cred, resolve: Resolve::default() };
            let start = Location { mount: self.root.mount.clone(), dentry: dir.clone() };
            walker.locate(&Reached::freely(start), name, Last::Follow, abi::Rights::NONE).map_err(|_| Reason::BadPlace)?.dentry
        } else {
            child
        };
        if child.inode().is_dir() { Ok(child) } else { Err(Reason::BadPlace) }
    }
}

fn make_dir(dir: &Ref<Dentry>, name: &[u8], mode: u32) -> Result<Ref<Dentry>, NoMemory> {
    let inode = Inode::try_new(&dir.inode().fs, S_IFDIR | mode, (0, 0), Body::Directory)?;
    let d = Dentry::try_new(inode, name, dir)?;
    dir.add_child(&d).map_err(|_| NoMemory)?;
    dir.inode().attrs.lock().nlink += 1;
    Ok(d)
}

/// Adds one file. Of two with one name the later counts, but a directory stays if it has entries.
fn add(tree: &mut Tree, dir: &Ref<Dentry>, name: &[u8], entry: &Entry<'_>, data: &mut Data<'_, '_, '_>) -> Result<(), Reason> {
    let is_dir = entry.mode & S_IFMT == S_IFDIR;
    if let Some(old) = dir.child(name) {
        if old.inode().is_dir() && (is_dir || !old.is_empty()) {
            if is_dir {
                set_owner(old.inode(), entry);
            }
            return Ok(());
        }
        if old.inode().is_dir() {
            dir.inode().attrs.lock().nlink -= 1;
        }
        drop(dir.take_child(name));
    }
    if is_dir {
        set_owner(make_dir(dir, name, 0)?.inode(), entry);
        return Ok(());
    }
    let inode = match tree.links.get(&entry.link_key).filter(|_| entry.nlink > 1) {
        Some(known) => {
            known.attrs.lock().nlink += 1;
            known.clone()
        }
        None => make_inode(&dir.inode().fs, entry, data)?,
    };
    if entry.nlink > 1 {
        tree.links.try_reserve(1).map_err(|_| Reason::NoMemory)?;
        // reserved: just now.
        tree.links.insert(entry.link_key, inode.clone());
    }
    fill(&inode, data)?;
    set_owner(&inode, entry);
    dir.add_child(&Dentry::try_new(inode, name, dir)?).map_err(|_| Reason::NoMemory)?;
    Ok(())
}

/// Owner, mode and times as the archive has them.
fn set_owner(inode: &Inode, entry: &Entry<'_>) {
    let time_ns = u64::from(entry.mtime_s).saturating_mul(crate::clock::SECOND_NS);
    let mut a = inode.attrs.lock();
    (a.mode, a.uid, a.gid) = (a.mode & S_IFMT | entry.mode & !S_IFMT, entry.uid, entry.gid);
    (a.atime_ns, a.mtime_ns, a.ctime_ns) = (time_ns, time_ns, time_ns);
}

fn make_inode(fs: &Ref<FileSystem>, entry: &Entry<'_>, data: &mut Data<'_, '_, '_>) -> Result<Ref<Inode>, Reason> {
    let owner = (entry.uid, entry.gid);
    let body = match entry.mode & S_IFMT {
        S_IFREG => return Ok(Inode::try_new_regular(fs, entry.mode, owner)?),
        S_IFLNK => Body::Symlink(link_target(entry, data)?),
        S_IFCHR | S_IFBLK => Body::Device(entry.rdev.0, entry.rdev.1),
        S_IFIFO => Body::Fifo(SpinLock::new(None)),
        _ => return Err(Reason::BadKind),
    };
    Ok(Inode::try_new(fs, entry.mode, owner, body)?)
}

fn link_target(entry: &Entry<'_>, data: &mut Data<'_, '_, '_>) -> Result<Box<[u8]>, Reason> {
    let length = entry.data_bytes as usize;
    if !(1..PATH_BYTES).contains(&length) {
        return Err(Reason::BadLink);
    }
    let mut target = Vec::new();
    target.try_reserve_exact(length).map_err(|_| Reason::NoMemory)?;
    loop {
        let piece = data.data()?;
        if piece.is_empty() {
            return Ok(boxed_bytes(&target)?);
        }
        target.extend_from_slice(piece);
    }
}

/// Puts the data straight into the file's pages.
fn fill(inode: &Inode, data: &mut Data<'_, '_, '_>) -> Result<(), Reason> {
    let Some(file) = inode.data() else { return Ok(()) };
    let mut at = 0;
    loop {
        let mut piece = data.data()?;
        if piece.is_empty() {
            file.object.grow_to(at as u64);
            return Ok(());
        }
        while !piece.is_empty() {
            let offset = at % PAGE;
            let (now, later) = piece.split_at_checked(PAGE - offset).unwrap_or((piece, &[]));
            file.object.page_for_write((at / PAGE) as u64).map_err(|_| Reason::NoMemory)?.write(offset, now);
            at += now.len();
            piece = later;
        }
    }
}
