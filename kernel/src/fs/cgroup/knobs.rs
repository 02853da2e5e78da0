//! The table of files, and which directory has which.

use super::{Opener, core, is_root, limits};
use crate::budget::Budget;
use crate::fs::proc::{Made, Text};
use ::core::sync::atomic::Ordering;
use abi::Errno;

/// Controllers, as bits of `cgroup.subtree_control`.
pub(super) const CPU: u32 = 1;
pub(super) const MEMORY: u32 = 2;
pub(super) const PIDS: u32 = 4;
pub(super) const FDS: u32 = 8;
pub(super) const CHANNELS: u32 = 16;

/// All of them by name.
pub(super) const CONTROLLERS: [(u32, &str); 5] =
    [(CPU, "cpu"), (MEMORY, "memory"), (PIDS, "pids"), (FDS, "fds"), (CHANNELS, "channels")];

/// Where a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// In every directory.
    All,
    /// Not in the root.
    Below,
    /// Not in the root, and only if the parent's `cgroup.subtree_control` has this controller.
    With(u32),
}

/// Writes what a file shows.
type Show = fn(&mut Text, &Budget) -> Made;
/// Takes what is written to a file that somebody opened.
type Set = fn(&Budget, &[u8], &Opener) -> Result<(), Errno>;

/// A file.
pub(super) struct Knob {
    pub(super) name: &'static [u8],
    pub(super) place: Where,
    pub(super) mode: u32,
    pub(super) read: Option<Show>,
    pub(super) write: Option<Set>,
    /// Whether poll(2) and inotify(7) tell of changes.
    pub(super) watched: bool,
    /// Whether it may be set in the root of a cgroup namespace from inside (cgroup-v2.rst, nsdelegate): others are for who
    /// made that.
    pub(super) delegated: bool,
}

impl Where {
    /// Whether a budget's directory is one of those.
    pub(super) fn holds(self, budget: &Budget) -> bool {
        match self {
            Where::All => true,
            Where::Below => !is_root(budget),
            Where::With(controller) => !is_root(budget) && controllers(budget) & controller != 0,
        }
    }
}

/// The controllers that a cgroup has.
pub(super) fn controllers(budget: &Budget) -> u32 {
    if is_root(budget) {
        return CONTROLLERS.iter().fold(0, |all, (bit, _)| all | bit);
    }
    budget.parent().map_or(0, |p| p.subtree_control.load(Ordering::Relaxed))
}

type Read = fn(&mut Text, &Budget) -> Made;
type Write = Set;

const fn shown(name: &'static [u8], place: Where, read: Read) -> Knob {
    Knob { name, place, mode: 0o444, read: Some(read), write: None, watched: false, delegated: false }
}

const fn events(name: &'static [u8], place: Where, read: Read) -> Knob {
    Knob { name, place, mode: 0o444, read: Some(read), write: None, watched: true, delegated: false }
}

const fn set(name: &'static [u8], place: Where, read: Read, write: Write) -> Knob {
    Knob { name, place, mode: 0o644, read: Some(read), write: Some(write), watched: false, delegated: false }
}

const fn delegated(knob: Knob) -> Knob {
    Knob { delegated: true, ..knob }
}

const fn command(name: &'static [u8], place: Where, write: Write) -> Knob {
    Knob { name, place, mode: 0o200, read: None, write: Some(write), watched: false, delegated: false }
}

/// The number of `cgroup.procs`, and its permission bits if nobody changed them.
pub(super) const PROCS: u16 = 1;
pub(super) const PROCS_MODE: u32 = 0o644;

/// All files, numbered from 1.
pub(super) static KNOBS: &[Knob] = &[
    delegated(set(b"cgroup.procs", Where::All, core::procs, core::attach)),
    shown(b"cgroup.controllers", Where::All, core::show_controllers),
    delegated(set(b"cgroup.subtree_control", Where::All, core::show_subtree, core::set_subtree)),
    shown(b"cgroup.stat", Where::All, core::stat),
    shown(b"cgroup.type", Where::Below, core::kind),
    events(b"cgroup.events", Where::Below, core::events),
    command(b"cgroup.kill", Where::Below, core::kill),
    shown(b"memory.current", Where::With(MEMORY), limits::memory_current),
    shown(b"memory.peak", Where::With(MEMORY), limits::memory_peak),
    set(b"memory.max", Where::With(MEMORY), limits::memory_max, limits::set_memory_max),
    events(b"memory.events", Where::With(MEMORY), limits::memory_events),
    delegated(set(b"memory.oom.group", Where::With(MEMORY), limits::oom_group, limits::set_oom_group)),
    shown(b"memory.stat", Where::With(MEMORY), limits::memory_stat),
    shown(b"pids.current", Where::With(PIDS), limits::pids_current),
    shown(b"pids.peak", Where::With(PIDS), limits::pids_peak),
    set(b"pids.max", Where::With(PIDS), limits::pids_max, limits::set_pids_max),
    events(b"pids.events", Where::With(PIDS), limits::pids_events),
    shown(b"cpu.stat", Where::All, limits::cpu_stat),
    set(b"cpu.weight", Where::With(CPU), limits::cpu_weight, limits::set_cpu_weight),
    set(b"cpu.max", Where::With(CPU), limits::cpu_max, limits::set_cpu_max),
    shown(b"fds.current", Where::With(FDS), limits::fds_current),
    shown(b"fds.peak", Where::With(FDS), limits::fds_peak),
    set(b"fds.max", Where::With(FDS), limits::fds_max, limits::set_fds_max),
    events(b"fds.events", Where::With(FDS), limits::fds_events),
    shown(b"channels.current", Where::With(CHANNELS), limits::channels_current),
    shown(b"channels.peak", Where::With(CHANNELS), limits::channels_peak),
    set(b"channels.max", Where::With(CHANNELS), limits::channels_max, limits::set_channels_max),
    events(b"channels.events", Where::With(CHANNELS), limits::channels_events),
];
