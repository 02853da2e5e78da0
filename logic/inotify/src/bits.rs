//! Bits of masks and events (inotify(7)).

/// Read.
pub const ACCESS: u32 = 0x1;
/// Written, or cut.
pub const MODIFY: u32 = 0x2;
/// Mode, owner, times or links changed.
pub const ATTRIB: u32 = 0x4;
/// Closed, was open for writing.
pub const CLOSE_WRITE: u32 = 0x8;
/// Closed, was not open for writing.
pub const CLOSE_NOWRITE: u32 = 0x10;
/// Opened.
pub const OPEN: u32 = 0x20;
/// An entry was renamed from here.
pub const MOVED_FROM: u32 = 0x40;
/// An entry was renamed to here.
pub const MOVED_TO: u32 = 0x80;
/// An entry was made.
pub const CREATE: u32 = 0x100;
/// An entry was removed.
pub const DELETE: u32 = 0x200;
/// The watched file itself is gone.
pub const DELETE_SELF: u32 = 0x400;
/// The watched file itself was renamed.
pub const MOVE_SELF: u32 = 0x800;
/// All that can be asked for.
pub const ALL_EVENTS: u32 = 0xfff;
/// The file system was unmounted.
pub const UNMOUNT: u32 = 0x2000;
/// Events were lost.
pub const Q_OVERFLOW: u32 = 0x4000;
/// The watch is gone.
pub const IGNORED: u32 = 0x8000;
/// Only if it is a directory.
pub const ONLYDIR: u32 = 0x0100_0000;
/// A link at the end of the path is watched itself.
pub const DONT_FOLLOW: u32 = 0x0200_0000;
/// Nothing of entries whose name is gone.
pub const EXCL_UNLINK: u32 = 0x0400_0000;
/// Only if it is not watched yet.
pub const MASK_CREATE: u32 = 0x1000_0000;
/// Added to what the watch is for.
pub const MASK_ADD: u32 = 0x2000_0000;
/// It is about a directory.
pub const ISDIR: u32 = 0x4000_0000;
/// The watch is for one event.
pub const ONESHOT: u32 = 0x8000_0000;

/// What inotify_add_watch(2) knows.
pub const KNOWN: u32 =
    ALL_EVENTS | UNMOUNT | Q_OVERFLOW | IGNORED | ONLYDIR | DONT_FOLLOW | EXCL_UNLINK | MASK_CREATE | MASK_ADD | ISDIR | ONESHOT;
/// What a watch remembers of it.
pub const KEPT: u32 = ALL_EVENTS | EXCL_UNLINK | ONESHOT;
/// What a record may show.
pub const SHOWN: u32 = ALL_EVENTS | UNMOUNT | Q_OVERFLOW | IGNORED | ISDIR;
