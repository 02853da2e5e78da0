//! Names and files: path walk, dentries, inodes, mounts, open files, descriptors.
//!
//! * [`inode::Inode`] – a file itself; [`dentry::Dentry`] – a name of it in the tree; [`mount::Location`] – a name in a mount.
//! * [`file::File`] – what an open file does; [`file::OpenFile`] – an open description; [`table::FdTable`] – descriptors.
//! * `walk` – from a path to a location. `node` – creating, linking, renaming, removing.
//! * `tmpfs`, `devices`, `proc`, `pipe` – kinds of files. `initramfs` – the root from an archive.

pub(crate) mod buffer;
pub(crate) mod busy;
pub(crate) mod capability;
pub(crate) mod cgroup;
pub(crate) mod context;
pub(crate) mod dentry;
pub(crate) mod devices;
pub(crate) mod entries;
pub(crate) mod epoll;
mod epoll_nesting;
pub(crate) mod eventfd;
pub(crate) mod file;
pub(crate) mod initramfs;
pub(crate) mod inode;
pub(crate) mod locks;
pub(crate) mod mount;
pub(crate) mod namespace;
pub(crate) mod node;
pub(crate) mod notify;
pub(crate) mod open;
pub(crate) mod pipe;
pub(crate) mod proc;
pub(crate) mod regular;
pub(crate) mod release;
pub(crate) mod seals;
pub(crate) mod service;
pub(crate) mod splice;
pub(crate) mod table;
pub(crate) mod tmpfs;
pub(crate) mod virtual_file;
pub(crate) mod walk;
pub(crate) mod xattr;
