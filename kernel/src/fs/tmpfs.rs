//! File systems whose files live in memory alone (tmpfs(5)).

use super::dentry::Dentry;
use super::inode::{Body, FileSystem, Given, Inode, S_IFDIR};
use super::mount::Mount;
use super::namespace::Namespace;
use mem::{NoMemory, Ref};

/// What a tmpfs begins with.
pub(crate) struct Options {
    /// Permission bits of the root.
    pub(crate) mode: u32,
    /// Owner and group of the root.
    pub(crate) owner: (u32, u32),
    /// Most pages of files; `u64::MAX` is no limit.
    pub(crate) pages: u64,
    /// Most inodes; `u64::MAX` is no limit.
    pub(crate) inodes: u64,
}

/// How many pages a tmpfs may have, and how many inodes, if nobody says otherwise: as half of memory has pages (tmpfs(5)).
pub(crate) fn default_limit() -> u64 {
    mem::frame_counts().total / 2
}

/// An empty tmpfs: its file system and root.
pub(crate) fn new_tmpfs(kind: &'static str, options: &Options) -> Result<(Ref<FileSystem>, Ref<Dentry>), NoMemory> {
    let fs = FileSystem::try_new_with(kind, 0x0102_1994, Given::Tmpfs(options.mode, options.owner))?;
    fs.pages.set_limit(options.pages);
    fs.inodes.set_limit(options.inodes);
    let root = Inode::try_new(&fs, S_IFDIR | options.mode, options.owner, Body::Directory)?;
    Ok((fs, Dentry::try_new_root(root)?))
}

/// A namespace whose root is an empty tmpfs.
pub(crate) fn new_root() -> Result<Ref<Namespace>, NoMemory> {
    // The system's own files may take all the memory there is.
    let all = mem::frame_counts().total;
    let (fs, root) = new_tmpfs("rootfs", &Options { mode: 0o755, owner: (0, 0), pages: all, inodes: all })?;
    Namespace::try_new(Mount::try_new(fs, root, 0, b"rootfs")?)
}
