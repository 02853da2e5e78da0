//! From a path to a location (path_resolution(7)).

use super::context::{Cred, FsContext};
use super::dentry::{Dentry, NAME_MAX, copy_bytes};
use super::file::OpenFile;
use super::inode::{Body, LinkTarget};
use super::mount::Location;
use abi::{Errno, Rights};
use alloc::vec::Vec;
use mem::{NoMemory, Ref};

/// Longest path, with its NUL.
pub(crate) const PATH_MAX: usize = 4096;
/// Links followed in one walk (MAXSYMLINKS).
const MAX_LINKS: u32 = 40;

/// How a walk treats its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// Follow a link at the end.
    Follow,
    /// Do not.
    NoFollow,
}

/// Limits on a walk: RESOLVE_* of openat2(2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resolve {
    /// No crossing of mount points.
    pub(crate) no_xdev: bool,
    /// No links like those in `/proc/PID/fd`.
    pub(crate) no_magiclinks: bool,
    /// No links at all.
    pub(crate) no_symlinks: bool,
    /// Never above the start.
    pub(crate) beneath: bool,
    /// The start is the root.
    pub(crate) in_root: bool,
}

/// A place, and what may be done with it and with what is reached from it.
#[derive(Clone)]
pub(crate) struct Reached {
    /// The place.
    pub(crate) place: Location,
    /// The most that may be done.
    pub(crate) rights: Rights,
}

impl Reached {
    /// A place that is reached by the caller's own authority.
    #[inline(always)]
    pub(crate) fn freely(place: Location) -> Self {
        Reached { place, rights: Rights::all() }
    }
    /// The place, if all of `need` may be done there; EACCES.
    #[inline(always)]
    pub(crate) fn with(self, need: Rights) -> Result<Location, Errno> {
        if self.rights.contains(need) { Ok(self.place) } else { Err(Errno::EACCES) }
    }
}

/// A walk's surroundings.
pub(crate) struct Walker<'a> {
    /// Root, current directory, mounts.
    pub(crate) fs: &'a FsContext,
    /// Who walks.
    pub(crate) cred: &'a Cred,
    /// Limits.
    pub(crate) resolve: Resolve,
}

/// Where a walk ended.
pub(crate) enum Found {
    /// At a file.
    At(Reached),
    /// At an open file without a place (`/proc/self/fd/N` of a pipe), with the rights of that descriptor.
    Open(Ref<OpenFile>, Rights),
}

/// Where a walk to the parent of a name ended.
pub(crate) struct Parent {
    /// The directory.
    pub(crate) dir: Location,
    /// What may be done there.
    pub(crate) rights: Rights,
    /// The last component, which is a plain name.
    pub(crate) name: Vec<u8>,
    /// Whether slashes follow it.
    pub(crate) must_be_dir: bool,
}

struct Walk<'a, 'b> {
    w: &'b Walker<'a>,
    root: Location,
    start: Location,
    at: Location,
    /// The rights of what the walk came through.
    rights: Rights,
    /// What it may not leave: RESOLVE_BENEATH, or a directory without [`Rights::WALK_UP`].
    floor: Option<Location>,
    links: u32,
}

/// One step's result.
enum Step {
    Go,
    Open(Ref<OpenFile>),
}

impl Walker<'_> {
    /// The file that `path` names, from `start` on. An empty path is ENOENT.
    #[inline(always)]
    pub(crate) fn find(&self, start: &Reached, path: &[u8], last: Last) -> Result<Found, Errno> {
        let mut walk = Walk::new(self, start, path);
        match walk.run(path, Some(last))? {
            Ran::Open(of) => Ok(Found::Open(of, walk.rights)),
            Ran::Done | Ran::Parent(..) => Ok(Found::At(Reached { place: walk.at, rights: walk.rights })),
        }
    }
    /// The same, for calls that are not in such a hurry.
    #[inline(never)]
    pub(crate) fn find_any(&self, start: &Reached, path: &[u8], last: Last) -> Result<Found, Errno> {
        self.find(start, path, last)
    }
    /// The file at a path, which must have a place and allow `need`.
    pub(crate) fn locate(&self, start: &Reached, path: &[u8], last: Last, need: Rights) -> Result<Location, Errno> {
        self.reach(start, path, last)?.with(need)
    }
    /// The file at a path, which must have a place.
    #[inline]
    pub(crate) fn reach(&self, start: &Reached, path: &[u8], last: Last) -> Result<Reached, Errno> {
        match self.find_any(start, path, last)? {
            Found::At(reached) => Ok(reached),
            Found::Open(..) => Err(Errno::ENOENT),
        }
    }
    /// The directory and last name of a path. The directory must allow `need`.
    pub(crate) fn parent(&self, start: &Reached, path: &[u8], need: Rights) -> Result<Parent, ParentError> {
        let mut walk = Walk::new(self, start, path);
        match walk.run(path, None).map_err(ParentError::Errno)? {
            Ran::Parent(..) if !walk.rights.contains(need) => Err(ParentError::Errno(Errno::EACCES)),
            Ran::Parent(name, must_be_dir) => Ok(Parent { dir: walk.at, rights: walk.rights, name, must_be_dir }),
            Ran::Done | Ran::Open(_) => Err(ParentError::NoName),
        }
    }
    /// What is at the end of a path. A link there is followed or not; the last one of a row of links may lead nowhere.
    pub(crate) fn entry(&self, start: &Reached, path: &[u8], last: Last) -> Result<Entry, ParentError> {
        let mut walk = Walk::new(self, start, path);
        let mut link: Option<Vec<u8>> = None;
        loop {
            let ran = walk.run(link.as_deref().unwrap_or(path), None).map_err(ParentError::Errno)?;
            let Ran::Parent(name, must_be_dir) = ran else { return Err(ParentError::NoName) };
            match walk.at_name(&name, last).map_err(ParentError::Errno)? {
                None => return Ok(Entry::Free(Parent { dir: walk.at, rights: walk.rights, name, must_be_dir })),
                Some(Stepped::Link(text)) => link = Some(text),
                Some(Stepped::To(Step::Open(of))) => {
                    return Ok(Entry::Taken { found: Found::Open(of, walk.rights), must_be_dir });
                }
                Some(Stepped::To(Step::Go)) => {
                    let found = Found::At(Reached { place: walk.at, rights: walk.rights });
                    return Ok(Entry::Taken { found, must_be_dir });
                }
            }
        }
    }
}

/// What is at the end of a path whose last name may be free.
pub(crate) enum Entry {
    /// Nothing: the directory and the name.
    Free(Parent),
    /// A file.
    Taken {
        /// Where.
        found: Found,
        /// Whether slashes follow its name.
        must_be_dir: bool,
    },
}

/// Why there is no parent and name.
pub(crate) enum ParentError {
    /// The walk failed.
    Errno(Errno),
    /// The path ends in `.`, `..` or is the root.
    NoName,
}

enum Ran {
    Done,
    Parent(Vec<u8>, bool),
    Open(Ref<OpenFile>),
}

/// Paths still to walk, the innermost last, with how far each has been walked.
struct Pending {
    stack: Vec<(Vec<u8>, usize)>,
}

impl Pending {
    fn push(&mut self, path: &[u8]) -> Result<(), Errno> {
        let copy = copy_bytes(path).map_err(|NoMemory| Errno::ENOMEM)?;
        self.stack.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        self.stack.push((copy, 0));
        Ok(())
    }
}

impl<'a, 'b> Walk<'a, 'b> {
    #[inline(always)]
    fn new(w: &'b Walker<'a>, start: &Reached, path: &[u8]) -> Self {
        let Reached { place: start, rights } = start;
        let root = if w.resolve.in_root { start.clone() } else { w.fs.root() };
        let mut walk = Walk { w, root, start: start.clone(), at: start.clone(), rights: *rights, floor: None, links: 0 };
        if w.resolve.beneath {
            walk.stay_here();
        }
        if path.first() == Some(&b'/') && !w.resolve.beneath && !w.resolve.in_root {
            // By the caller's own root, and not through where it was to begin.
            walk.rights = Rights::all();
        }
        walk.confine();
        walk
    }

    /// Without the right to leave it, the directory that the walk is at becomes its floor.
    #[inline(always)]
    fn confine(&mut self) {
        if !self.rights.contains(Rights::WALK_UP) && !self.w.resolve.in_root {
            self.stay_here();
        }
    }

    #[cold]
    #[inline(never)]
    fn stay_here(&mut self) {
        self.floor = Some(self.at.clone());
    }

    /// Walks the path. With `last` = `None` it stops before the last component, if that is a name.
    fn run(&mut self, path: &[u8], last: Option<Last>) -> Result<Ran, Errno> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        self.begin(path)?;
        // The path of the call is walked in place; targets of links are copies on a stack above it.
        let mut at = 0usize;
        let mut pending = Pending { stack: Vec::new() };
        loop {
            let (current, pos): (&[u8], usize) = match pending.stack.last() {
                Some((p, i)) => (p, *i),
                None => (path, at),
            };
            let start = skip_slashes(current, pos);
            let end = component_end(current, start);
            let after = skip_slashes(current, end);
            let in_link = !pending.stack.is_empty();
            if start == end {
                if !in_link {
                    return Ok(Ran::Done);
                }
                pending.stack.pop();
                continue;
            }
            let outer_done = at_end(path, at) && pending.stack.iter().rev().skip(1).all(|(p, i)| at_end(p, *i));
            let is_last = after == current.len() && (!in_link || outer_done);
            let trailing = after != end || (in_link && path.last() == Some(&b'/'));
            let name = current.get(start..end).unwrap_or_default();
            if name.len() > NAME_MAX {
                return Err(Errno::ENAMETOOLONG);
            }
            self.check_search()?;
            if is_last && last.is_none() && name != b"." && name != b".." {
                return Ok(Ran::Parent(copy_bytes(name).map_err(|NoMemory| Errno::ENOMEM)?, trailing));
            }
            let follow = !is_last || trailing || last == Some(Last::Follow) || last.is_none();
            let target = self.step(name, follow)?;
            match pending.stack.last_mut() {
                Some((_, i)) => *i = after,
                None => at = after,
            }
            match target {
                Stepped::Link(text) => {
                    self.begin(&text)?;
                    pending.push(&text)?;
                }
                Stepped::To(Step::Open(of)) if is_last && !trailing => return Ok(Ran::Open(of)),
                Stepped::To(Step::Open(_)) => return Err(Errno::ENOTDIR),
                Stepped::To(Step::Go) => {
                    if (!is_last || trailing) && !self.at.inode().is_dir() {
                        return Err(Errno::ENOTDIR);
                    }
                }
            }
        }
    }

    /// An absolute path begins at the root.
    #[inline(always)]
    fn begin(&mut self, path: &[u8]) -> Result<(), Errno> {
        if path.first() == Some(&b'/') {
            if self.floor.is_some() {
                return Err(Errno::EXDEV);
            }
            let root = self.w.fs.namespace.cover(self.root.clone());
            if self.w.resolve.no_xdev && !Ref::ptr_eq(&root.mount, &self.at.mount) {
                return Err(Errno::EXDEV);
            }
            self.at = root;
        }
        Ok(())
    }

    fn check_search(&self) -> Result<(), Errno> {
        let inode = self.at.inode();
        if !inode.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        if !self.rights.contains(Rights::WALK) {
            return Err(Errno::EACCES);
        }
        if self.w.cred.capable(super::context::cap::DAC_READ_SEARCH) || self.w.cred.may(&inode.attrs.lock(), 1) {
            return Ok(());
        }
        Err(Errno::EACCES)
    }

    #[inline(always)]
    fn step(&mut self, name: &[u8], follow: bool) -> Result<Stepped, Errno> {
        match name {
            b"." => return Ok(Stepped::To(Step::Go)),
            b".." => {
                self.up()?;
                return Ok(Stepped::To(Step::Go));
            }
            _ => {}
        }
        let dentry = Dentry::lookup(&self.at.dentry, name)?;
        let next = Location { mount: self.at.mount.clone(), dentry };
        if follow && next.inode().kind() == super::inode::S_IFLNK {
            return self.follow(&next);
        }
        let covered = self.w.fs.namespace.cover(next.clone());
        if self.w.resolve.no_xdev && !Ref::ptr_eq(&covered.mount, &self.at.mount) {
            return Err(Errno::EXDEV);
        }
        self.at = covered;
        Ok(Stepped::To(Step::Go))
    }

    /// Goes on to a last name, if there is such a file.
    fn at_name(&mut self, name: &[u8], last: Last) -> Result<Option<Stepped>, Errno> {
        match self.step(name, last == Last::Follow) {
            Err(Errno::ENOENT) => Ok(None),
            other => other.map(Some),
        }
    }

    #[inline(never)]
    fn follow(&mut self, link: &Location) -> Result<Stepped, Errno> {
        self.links += 1;
        if self.links > MAX_LINKS || self.w.resolve.no_symlinks {
            return Err(Errno::ELOOP);
        }
        match read_link(link)? {
            LinkTarget::Path(text) => Ok(Stepped::Link(text)),
            LinkTarget::Location(..) | LinkTarget::Open(..) if self.w.resolve.no_magiclinks => Err(Errno::ELOOP),
            LinkTarget::Location(..) | LinkTarget::Open(..) if self.floor.is_some() || self.w.resolve.in_root => {
                Err(Errno::EXDEV)
            }
            // Another way to what a descriptor leads to is as good as a duplicate.
            LinkTarget::Location(Reached { rights, .. }, _) | LinkTarget::Open(_, _, rights) if !rights.contains(Rights::DUP) => {
                Err(Errno::EACCES)
            }
            LinkTarget::Location(to, _) => {
                if self.w.resolve.no_xdev && !Ref::ptr_eq(&to.place.mount, &self.at.mount) {
                    return Err(Errno::EXDEV);
                }
                self.at = to.place;
                self.rights &= to.rights;
                self.confine();
                Ok(Stepped::To(Step::Go))
            }
            LinkTarget::Open(of, _, rights) => {
                self.rights &= rights;
                Ok(Stepped::To(Step::Open(of)))
            }
        }
    }

    /// To the parent directory; the root is its own.
    fn up(&mut self) -> Result<(), Errno> {
        if let Some(floor) = &self.floor
            && (self.at.same(floor) || !is_below(self.w.fs, &self.at, floor))
        {
            return Err(Errno::EXDEV);
        }
        loop {
            if self.at.same(&self.root) || (self.w.resolve.in_root && self.at.same(&self.start)) {
                return Ok(());
            }
            if Ref::ptr_eq(&self.at.dentry, &self.at.mount.root) {
                // The root of a mount: go on from where it is mounted.
                let Some(at) = self.w.fs.namespace.place_of(&self.at.mount) else { return Ok(()) };
                if self.w.resolve.no_xdev {
                    return Err(Errno::EXDEV);
                }
                self.at = at;
                continue;
            }
            if let Some(parent) = self.at.dentry.parent() {
                let up = Location { mount: self.at.mount.clone(), dentry: parent };
                self.at = self.w.fs.namespace.cover(up);
            }
            return Ok(());
        }
    }
}

/// Whether a place is somewhere below `floor`: it may have been moved away while the walk was there.
fn is_below(fs: &FsContext, place: &Location, floor: &Location) -> bool {
    let mut at = place.clone();
    loop {
        if at.same(floor) {
            return true;
        }
        if Ref::ptr_eq(&at.dentry, &at.mount.root) {
            let Some(below) = fs.namespace.place_of(&at.mount) else { return false };
            at = below;
            continue;
        }
        let Some(parent) = at.dentry.parent() else { return false };
        at.dentry = parent;
    }
}

enum Stepped {
    To(Step),
    Link(Vec<u8>),
}

/// Where a symbolic link points.
pub(crate) fn read_link(link: &Location) -> Result<LinkTarget, Errno> {
    match &link.inode().body {
        Body::Symlink(target) => Ok(LinkTarget::Path(copy_bytes(target).map_err(|NoMemory| Errno::ENOMEM)?)),
        Body::Virtual(v) => v.link(),
        _ => Err(Errno::EINVAL),
    }
}

fn skip_slashes(path: &[u8], mut at: usize) -> usize {
    while path.get(at) == Some(&b'/') {
        at += 1;
    }
    at
}

fn component_end(path: &[u8], mut at: usize) -> usize {
    while path.get(at).is_some_and(|b| *b != b'/') {
        at += 1;
    }
    at
}

fn at_end(path: &[u8], at: usize) -> bool {
    skip_slashes(path, at) == path.len()
}

/// The path of a location, as getcwd(2) shows it from the root directory. `(deleted)` is the caller's matter. Unreachable places
/// begin with `(unreachable)`. A path that is longer than any call can take is ENAMETOOLONG.
pub(crate) fn path_of(fs: &FsContext, place: &Location) -> Result<Vec<u8>, Errno> {
    let root = &fs.root();
    let mut reversed: Vec<u8> = Vec::new();
    let mut at = place.clone();
    let mut reached = false;
    loop {
        if at.same(root) {
            reached = true;
            break;
        }
        if Ref::ptr_eq(&at.dentry, &at.mount.root) {
            match fs.namespace.place_of(&at.mount) {
                Some(below) => at = below,
                None => break,
            }
            continue;
        }
        let Some(parent) = at.dentry.parent() else { break };
        at.dentry.with_name(|name| {
            if reversed.len() + name.len() >= PATH_MAX {
                return Err(Errno::ENAMETOOLONG);
            }
            reversed.try_reserve(name.len() + 1).map_err(|_| Errno::ENOMEM)?;
            reversed.extend(name.iter().rev());
            reversed.push(b'/');
            Ok::<(), Errno>(())
        })?;
        at.dentry = parent;
    }
    let _ = reached;
    reversed.reverse();
    if reversed.is_empty() {
        reversed.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        reversed.push(b'/');
    }
    Ok(reversed)
}

/// What readlink(2) shows of a link.
pub(crate) struct LinkText(pub(crate) Vec<u8>);

impl LinkText {
    /// The text of a link.
    pub(crate) fn of(link: &Location) -> Result<LinkText, Errno> {
        Ok(LinkText(match read_link(link)? {
            LinkTarget::Path(text) | LinkTarget::Location(_, text) | LinkTarget::Open(_, text, _) => text,
        }))
    }
}
