//! File systems whose files live in memory alone.

use super::dentry::Dentry;
use super::inode::{Body, FileSystem, Inode, S_IFDIR};
use super::mount::{Mount, Namespace};
use mem::{NoMemory, Ref};

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
