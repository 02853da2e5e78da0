//! How many objects of each kind exist: each holds a [`Counted`] for its life.
//!
//! A hart counts in a row of its own, so that counting shares no cache line; an object may end on another hart than the
//! one it was made on, so only the sum of a column means something.

use core::sync::atomic::Ordering;

/// Kinds of objects that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Kind {
    /// Open file descriptions.
    OpenFiles,
    /// Descriptors: slots of tables, and those in use by a call.
    Descriptors,
    /// Processes, zombies included.
    Processes,
    /// Threads, those of the kernel included.
    Threads,
    /// Address spaces.
    AddressSpaces,
    /// Pipes and open FIFOs.
    Pipes,
    /// Inodes.
    Inodes,
    /// Dentries.
    Dentries,
    /// Mounts.
    Mounts,
    /// Sets of interests.
    EpollSets,
    /// Worlds, and namespaces without content.
    Worlds,
    /// Pid scopes.
    PidScopes,
    /// Channels: pairs of ends.
    Channels,
    /// Messages that wait, are in hand, or are kept for the next.
    Messages,
    /// Sockets.
    Sockets,
}

const KINDS: usize = 15;

/// All kinds with their names in `/proc/rvos/counters`.
pub(crate) const ALL: [(Kind, &str); KINDS] = [
    (Kind::OpenFiles, "open_files"),
    (Kind::Descriptors, "descriptors"),
    (Kind::Processes, "processes"),
    (Kind::Threads, "threads"),
    (Kind::AddressSpaces, "address_spaces"),
    (Kind::Pipes, "pipes"),
    (Kind::Inodes, "inodes"),
    (Kind::Dentries, "dentries"),
    (Kind::Mounts, "mounts"),
    (Kind::EpollSets, "epoll_sets"),
    (Kind::Worlds, "worlds"),
    (Kind::PidScopes, "pid_scopes"),
    (Kind::Channels, "channels"),
    (Kind::Messages, "messages"),
    (Kind::Sockets, "sockets"),
];

const _: () = assert!(KINDS <= arch::OBJECT_KINDS);

/// One object of kind `KIND` (a [`Kind`] as a number), as long as this value lives.
#[derive(Debug)]
pub(crate) struct Counted<const KIND: usize>(());

impl<const KIND: usize> Counted<KIND> {
    /// Counts one more.
    #[inline]
    pub(crate) fn new() -> Self {
        add(KIND, 1);
        Counted(())
    }
}

impl<const KIND: usize> Drop for Counted<KIND> {
    #[inline]
    fn drop(&mut self) {
        add(KIND, -1);
    }
}

#[inline]
fn add(kind: usize, n: i64) {
    // Leaving the hart in between does no harm: the cell is atomic.
    if let Some(cell) = arch::core(|c| c.hart_block()).objects.get(kind) {
        cell.fetch_add(n, Ordering::Relaxed);
    }
}

/// How many exist; exact when nothing is made or dropped meanwhile.
pub(crate) fn count(kind: Kind) -> i64 {
    let harts = (0..arch::MAX_HARTS).filter_map(arch::hart_block);
    harts.filter_map(|h| h.objects.get(kind as usize)).map(|c| c.load(Ordering::Relaxed)).sum()
}
