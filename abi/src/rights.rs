//! [`Rights`]: what the holder of a descriptor slot may do with the object behind it.
//!
//! Rights belong to the slot, not to the open description. They only shrink: what is obtained through a descriptor (openat, dup, reopening by
//! `/proc/*/fd`, mmap, messages) has at most that descriptor's rights. Each row of the call tables names the rights that it needs.

use bitflags::bitflags;

bitflags! {
    /// The rights of one descriptor slot. A missing right is `EBADF` where Linux would say so (reading a write-only file), else `EACCES`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[repr(transparent)]
    pub struct Rights: u32 {
        /// Take data out: read, receive, list a directory, wait on an epoll set.
        const READ = 1 << 0;
        /// Put data in or change the length: write, send, ftruncate.
        const WRITE = 1 << 1;
        /// Move the open description's offset.
        const SEEK = 1 << 2;
        /// Run the file (execveat with AT_EMPTY_PATH) or map it executable.
        const EXEC = 1 << 3;
        /// Map the object into memory; the mapping's protection needs READ, WRITE and EXEC besides.
        const MAP = 1 << 4;
        /// Device requests (ioctl).
        const IOCTL = 1 << 5;
        /// Learn about the object: stat, extended attributes, socket names and options.
        const STAT = 1 << 6;
        /// Change the object besides its contents: mode, owner, times, attributes; for a directory, its entries; for a set of watches, its members.
        const CHANGE = 1 << 7;
        /// Use a directory as the start of a path.
        const WALK = 1 << 8;
        /// Let a path leave the directory through `..`, an absolute path or an absolute link. Without it the walk behaves as under `RESOLVE_BENEATH` (openat2(2)).
        const WALK_UP = 1 << 9;
        /// Make another slot for the same open description: dup, and the copy that fork makes.
        const DUP = 1 << 10;
        /// Hand the descriptor to another process in a message.
        const TRANSFER = 1 << 11;
        /// Signal the process behind a pidfd.
        const SIGNAL = 1 << 12;
        /// Wait for the process behind a pidfd, or poll any object.
        const WAIT = 1 << 13;
        /// Steer the object: bind, listen, connect and shut down a socket, enter a namespace, reach into a process.
        const MANAGE = 1 << 14;
    }
}

impl Rights {
    /// No right at all: for the calls that concern the slot alone, such as close.
    pub const NONE: Rights = Rights::empty();
}
