//! What a process reaches without a descriptor: its files, its names, the network, powers over the machine.

use abi::{SpawnArgs, spawn_flags};
use std::os::fd::{AsRawFd, BorrowedFd};

const CLONE_NEWNS: u64 = 0x2_0000;
const CLONE_NEWUTS: u64 = 0x400_0000;
const CLONE_NEWIPC: u64 = 0x800_0000;
const CLONE_NEWCGROUP: u64 = 0x200_0000;
const CLONE_NEWPID: u64 = 0x2000_0000;

pub use abi::Grant;

/// The World of a process that is to be started: the caller's, narrowed step by step. It is never wider than the caller's.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct World<'a> {
    flags: u64,
    namespaces: u64,
    grants: u64,
    root: Option<BorrowedFd<'a>>,
}

impl<'a> World<'a> {
    /// The caller's files, names and network, and no grants.
    pub fn new() -> Self {
        Self::default()
    }
    /// With this power over the machine, if the caller has it.
    pub fn grant(mut self, grant: Grant) -> Self {
        self.grants |= 1 << grant as u8;
        self
    }
    /// With all the powers that the caller has.
    pub fn all_grants(mut self) -> Self {
        self.grants = 0x7f;
        self
    }
    /// With another root: it reaches what is below, as it is mounted now, and nothing else.
    pub fn root(mut self, directory: BorrowedFd<'a>) -> Self {
        self.root = Some(directory);
        self
    }
    /// Without any files but those of its descriptors: its root is empty.
    pub fn no_files(mut self) -> Self {
        self.flags |= spawn_flags::NO_ROOT;
        self
    }
    /// With mounts of its own, which begin as a copy of the caller's.
    pub fn own_mounts(mut self) -> Self {
        self.namespaces |= CLONE_NEWNS;
        self
    }
    /// With process numbers of its own: it is process 1, and sees only those below it.
    pub fn own_processes(mut self) -> Self {
        self.namespaces |= CLONE_NEWPID;
        self
    }
    /// With a host name and System V names of its own, and its budget as the root of cgroup2.
    pub fn own_names(mut self) -> Self {
        self.namespaces |= CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;
        self
    }
    /// Without a network.
    pub fn no_network(mut self) -> Self {
        self.flags |= spawn_flags::NO_NET;
        self
    }

    /// Writes it down for the kernel.
    pub(crate) fn apply(&self, to: &mut SpawnArgs) {
        to.flags |= self.flags;
        to.namespaces = self.namespaces;
        to.grants = self.grants;
        to.root = self.root.map_or(-1, |fd| fd.as_raw_fd());
    }
}
