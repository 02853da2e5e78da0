//! Lays out trees in a cpio archive: what a kernel unpacks as its first root. The form is [`logic_cpio::write`]'s.
//!
//! [`Archive`] keeps the names it has written, so that parents are added once and symlinks among
//! them are followed. Neighbour: [`crate::root`], which says what goes in.

use anyhow::{Context, Result};
use logic_cpio::write::{Meta, Node, Writer, Written};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Symlinks followed in one path, as Linux's path walk allows (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// A name that is in the archive already.
enum Known {
    Directory,
    Symlink(Vec<u8>),
    Other,
}

/// A growing archive.
pub struct Archive {
    writer: Writer<Vec<u8>>,
    known: HashMap<Vec<u8>, Known>,
    hard_links: HashMap<(u64, u64), Written>,
    /// What could not be written first, with its name.
    trouble: Option<(Vec<u8>, io::Error)>,
}

impl Archive {
    /// An empty archive.
    pub fn new() -> Self {
        Self { writer: Writer::new(Vec::new()), known: HashMap::new(), hard_links: HashMap::new(), trouble: None }
    }

    /// Whether `name` is in the archive.
    pub fn contains(&self, name: &str) -> bool {
        self.known.contains_key(trimmed(name.as_bytes()))
    }

    /// Adds a directory with its parents; one that is there already stays as it is.
    pub fn dir(&mut self, name: &str, mode: u32) {
        self.dir_bytes(name.as_bytes(), Meta::new(mode));
    }

    /// Adds a regular file with its parents.
    pub fn file(&mut self, name: &str, data: &[u8], mode: u32) {
        self.regular(name.as_bytes(), Meta::new(mode), 1, data);
    }

    /// Adds a symbolic link with its parents.
    pub fn symlink(&mut self, name: &str, target: &str) {
        self.symlink_bytes(name.as_bytes(), target.as_bytes(), Meta::new(0o777));
    }

    /// Adds a character device with its parents.
    pub fn char_device(&mut self, name: &str, mode: u32, major: u32, minor: u32) {
        let name = self.place(name.as_bytes());
        let written = self.writer.node(&name, Node::CharDevice(major, minor), Meta::new(mode));
        self.note(&name, written);
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
            let entry = host_meta(&meta);
            if meta.is_dir() {
                self.dir_bytes(&name, entry);
                let mut below: Vec<_> =
                    fs::read_dir(&path).and_then(Iterator::collect).with_context(|| format!("cannot list {}", path.display()))?;
                below.sort_by_key(|entry: &fs::DirEntry| std::cmp::Reverse(entry.file_name()));
                for entry in below {
                    let child = [trimmed(&name), b"/", entry.file_name().as_bytes()].concat();
                    todo.push((entry.path(), child));
                }
            } else if meta.is_symlink() {
                let target = fs::read_link(&path)?;
                self.symlink_bytes(&name, target.as_os_str().as_bytes(), entry);
            } else if meta.is_file() {
                self.host_file(&path, &meta, &name, entry)?;
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
        let mut contents: HashMap<Vec<u8>, (Option<Written>, Meta)> = HashMap::new();
        for member in tar.entries()? {
            let mut member = member?;
            let name = member.path_bytes().into_owned();
            let name = member_name(&name).to_vec();
            let header = member.header();
            let meta = Meta {
                permissions: header.mode()?,
                uid: u32::try_from(header.uid()?).unwrap_or(0),
                gid: u32::try_from(header.gid()?).unwrap_or(0),
                mtime_s: u32::try_from(header.mtime()?).unwrap_or(0),
            };
            let kind = header.entry_type();
            if kind.is_dir() {
                self.dir_bytes(&name, meta);
            } else if kind.is_symlink() {
                let target = member.link_name_bytes().context("tar: symlink without a target")?.into_owned();
                self.symlink_bytes(&name, &target, meta);
            } else if kind.is_hard_link() {
                let target = member.link_name_bytes().context("tar: link without a target")?.into_owned();
                let target = member_name(&target).to_vec();
                let &(file, meta) = contents.get(&target).context("tar: hard link to an unknown member")?;
                self.further(&name, meta, 2, file);
            } else if kind.is_file() {
                let mut data = Vec::new();
                std::io::Read::read_to_end(&mut member, &mut data)?;
                // Two names or more are announced by nlink; one link too many does no harm.
                let file = self.regular(&name, meta, 2, &data);
                contents.insert(name, (file, meta));
            }
        }
        Ok(())
    }

    /// Ends the archive and gives its bytes.
    ///
    /// # Errors
    /// When something that was added cannot stand in an archive: a file of 4 GiB, say.
    pub fn finish(self) -> Result<Vec<u8>> {
        if let Some((name, error)) = self.trouble {
            return Err(error).with_context(|| format!("cannot put {} into an archive", String::from_utf8_lossy(&name)));
        }
        let mut bytes = self.writer.finish()?;
        // cpio(1) writes whole 512-byte blocks; some readers want that.
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        Ok(bytes)
    }

    fn host_file(&mut self, path: &Path, meta: &fs::Metadata, name: &[u8], entry: Meta) -> Result<()> {
        let key = (meta.dev(), meta.ino());
        let nlink = u32::try_from(meta.nlink()).unwrap_or(u32::MAX);
        if nlink > 1
            && let Some(&file) = self.hard_links.get(&key)
        {
            self.further(name, entry, nlink, Some(file));
            return Ok(());
        }
        let data = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let file = self.regular(name, entry, nlink, &data);
        self.hard_links.extend(file.map(|file| (key, file)));
        Ok(())
    }

    fn regular(&mut self, name: &[u8], meta: Meta, nlink: u32, data: &[u8]) -> Option<Written> {
        let name = self.place(name);
        let written = self.writer.first_name(&name, meta, nlink, data);
        let file = self.note(&name, written);
        self.known.insert(name, Known::Other);
        file
    }

    /// Another name of a file, if that could be written.
    fn further(&mut self, name: &[u8], meta: Meta, nlink: u32, file: Option<Written>) {
        let name = self.place(name);
        if let Some(file) = file {
            let written = self.writer.further_name(&name, meta, nlink, file);
            self.note(&name, written);
        }
        self.known.insert(name, Known::Other);
    }

    fn dir_bytes(&mut self, name: &[u8], meta: Meta) {
        let name = self.place(name);
        if name.is_empty() || matches!(self.known.get(&name), Some(Known::Directory | Known::Symlink(_))) {
            return;
        }
        let written = self.writer.node(&name, Node::Directory, meta);
        self.note(&name, written);
        self.known.insert(name, Known::Directory);
    }

    fn symlink_bytes(&mut self, name: &[u8], target: &[u8], meta: Meta) {
        let name = self.place(name);
        let written = self.writer.symlink(&name, target, Meta { permissions: 0o777, ..meta });
        self.note(&name, written);
        self.known.insert(name, Known::Symlink(target.to_vec()));
    }

    /// Remembers the first that could not be written.
    fn note<T>(&mut self, name: &[u8], written: io::Result<T>) -> Option<T> {
        written.map_err(|error| _ = self.trouble.get_or_insert_with(|| (name.to_vec(), error))).ok()
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
                    let written = self.writer.node(&next, Node::Directory, Meta::new(0o755));
                    self.note(&next, written);
                    self.known.insert(next.clone(), Known::Directory);
                    at = next;
                }
            }
        }
        at
    }
}

impl Default for Archive {
    fn default() -> Self {
        Self::new()
    }
}

/// What belongs to the caller becomes root's: nobody else's uid means anything in the guest,
/// unless a root file system was unpacked as root.
fn host_meta(meta: &fs::Metadata) -> Meta {
    let own = |id: u32, mine: u32| if id == mine { 0 } else { id };
    Meta {
        permissions: meta.mode(),
        uid: own(meta.uid(), rustix::process::geteuid().as_raw()),
        gid: own(meta.gid(), rustix::process::getegid().as_raw()),
        mtime_s: u32::try_from(meta.mtime()).unwrap_or(0),
    }
}

fn components(name: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    name.split(|&b| b == b'/').filter(|part| !part.is_empty() && *part != b".")
}

/// The place of a tar's member: `./etc` is `etc`, and `.profile` stays what it is.
fn member_name(name: &[u8]) -> &[u8] {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    trimmed(if name == b"." { b"" } else { name })
}

fn trimmed(name: &[u8]) -> &[u8] {
    let name = OsStr::from_bytes(name).as_bytes();
    let start = name.iter().take_while(|&&b| b == b'/').count();
    let end = name.iter().rev().take_while(|&&b| b == b'/').count();
    name.get(start..name.len().saturating_sub(end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::member_name;

    #[test]
    fn names_of_members() {
        for (written, place) in
            [("./etc/", "etc"), (".", ""), ("./", ""), ("/bin/sh", "bin/sh"), (".profile", ".profile"), ("./.x", ".x")]
        {
            assert_eq!(member_name(written.as_bytes()), place.as_bytes(), "{written}");
        }
    }
}
